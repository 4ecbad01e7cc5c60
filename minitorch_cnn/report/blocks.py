"""The pieces of a report; each writes itself as HTML and, right under it, as Markdown."""
import base64
from dataclasses import dataclass, field
from html import escape

from .cells import Mark, column_texts, is_numeric
from .images import Picture
from .inline import clean, html_inline, markdown_escape, markdown_inline, paragraphs, plain_inline

AS_WRITTEN = "as written"
LONG = 24  # letters in a cell
PHONE = 390  # CSS pixels; a wider figure is made smaller there until it is tapped


@dataclass
class Heading:
    """The start of a section; ``level`` 2 or 3."""

    text: str
    level: int
    name: str

    def html(self):
        return f'<h{self.level} id="{self.name}">{html_inline(self.text)}</h{self.level}>'

    def markdown(self, folder):
        return f"{'#' * self.level} {markdown_inline(self.text)}"


@dataclass
class Text:
    """Paragraphs, separated by blank lines."""

    text: str

    def html(self):
        return "\n".join(f"<p>{html_inline(piece)}</p>" for piece in paragraphs(self.text))

    def markdown(self, folder):
        return "\n\n".join(markdown_inline(piece) for piece in paragraphs(self.text))


@dataclass
class Bullets:
    """A list of points."""

    items: list

    def html(self):
        items = "\n".join(f"<li>{html_inline(item)}</li>" for item in self.items)
        return f"<ul>\n{items}\n</ul>"

    def markdown(self, folder):
        return "\n".join(f"- {markdown_inline(' '.join(clean(item).split()))}"
                         for item in self.items)


@dataclass
class Code:
    """Text as a program printed it."""

    text: str

    def html(self):
        return f'<pre tabindex="0"><code>{escape(clean(self.text))}</code></pre>'

    def markdown(self, folder):
        fence = "```"
        while fence in self.text:
            fence += "`"
        return f"{fence}text\n{clean(self.text)}\n{fence}"


@dataclass
class Note:
    """A paragraph set apart: what a reader must know before the numbers."""

    text: str

    def html(self):
        return f'<aside class="note">{Text(self.text).html()}</aside>'

    def markdown(self, folder):
        return "\n>\n".join(f"> {markdown_inline(piece)}" for piece in paragraphs(self.text))


@dataclass
class Question:
    """A question of the assignment and its answer in words."""

    question: str
    answer: str
    level: int
    name: str

    def html(self):
        return (f'<section class="question" aria-labelledby="{self.name}">\n'
                f'<h{self.level} id="{self.name}">{html_inline(self.question)}</h{self.level}>\n'
                f"{Text(self.answer).html()}\n</section>")

    def markdown(self, folder):
        return (f"{'#' * self.level} {markdown_inline(self.question)}\n\n"
                f"{Text(self.answer).markdown(folder)}")


@dataclass
class Captioned:
    """What figures and tables share: a number, a caption, and the label of the mode."""

    number: int
    caption: str
    as_written: bool

    def label(self, kind):
        """Figure 3, or Table 3."""
        return f"{kind} {self.number}"

    def html_caption(self, kind):
        """The figcaption element."""
        badge = f' <span class="badge">{AS_WRITTEN}</span>' if self.as_written else ""
        return (f"<figcaption><b>{self.label(kind)}.</b>{badge} {html_inline(self.caption)}"
                "</figcaption>")

    def markdown_caption(self, kind):
        """One line with the same."""
        badge = rf" \[{AS_WRITTEN}\]" if self.as_written else ""
        return (f"**{self.label(kind)}.**{badge} "
                f"{markdown_inline(' '.join(clean(self.caption).split()))}")


@dataclass
class Table(Captioned):
    """Rows of cells under the names of their columns."""

    columns: list
    rows: list
    digits: int | None = None
    texts: list = field(init=False)
    numeric: list = field(init=False)

    def __post_init__(self):
        self.texts = [column_texts([row[j] for row in self.rows], self.digits)
                      for j in range(len(self.columns))]
        self.numeric = [is_numeric(column) for column in self.texts]

    def html(self):
        label = self.label("Table")
        head = "".join(f'<th scope="col"{self._align(j)}>{html_inline(name)}</th>'
                       for j, name in enumerate(self.columns))
        body = "\n".join(f"<tr>{self._html_row(i)}</tr>" for i in range(len(self.rows)))
        return (f'<figure class="table" id="table-{self.number}">\n{self.html_caption("Table")}\n'
                f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">\n<table>\n'
                f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>\n"
                "</figure>")

    def _html_row(self, i):
        cells = [f"{self._align(j, column[i])}>{self._html_cell(column[i])}"
                 for j, column in enumerate(self.texts)]
        return f'<th scope="row"{cells[0]}</th>' + "".join(f"<td{cell}</td>" for cell in cells[1:])

    def _align(self, j, text=""):
        """Numbers to the right; long texts keep a width to be read in."""
        kind = "number" if self.numeric[j] else "words" if len(str(text)) > LONG else ""
        return f' class="{kind}"' if kind else ""

    @staticmethod
    def _html_cell(cell):
        text = html_inline(cell).replace("\n", "<br>")
        return f'<span class="{cell.kind}">{text}</span>' if isinstance(cell, Mark) else text

    def markdown(self, folder):
        rule = ["---:" if numeric else ":---" for numeric in self.numeric]
        rows = [[self._markdown_cell(column[i]) for column in self.texts]
                for i in range(len(self.rows))]
        head = [self._markdown_cell(name) for name in self.columns]
        return self.markdown_caption("Table") + "\n\n" + "\n".join(
            f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])

    @staticmethod
    def _markdown_cell(cell):
        # a pipe ends a cell even inside `code`, unless it is escaped
        return "<br>".join(markdown_inline(line).replace("\\|", "|").replace("|", "\\|")
                           for line in str(cell).split("\n"))


@dataclass
class Figure(Captioned):
    """A picture with a caption, and a text for those who cannot see it."""

    picture: Picture
    alt: str
    name: str

    def html(self):
        (width, height), full = self.picture.shown, self.picture.pixels[0]
        wide = " wide" if width > PHONE else ""
        data = base64.b64encode(self.picture.data).decode("ascii")
        return (f'<figure class="picture" id="figure-{self.number}">\n'
                f'<input type="checkbox" class="zoom" id="zoom-{self.number}" '
                f'aria-label="{self.label("Figure")} at full size">\n'
                f'<label class="scroll{wide}" for="zoom-{self.number}"><img alt="{self._alt()}" '
                f'width="{width}" height="{height}" style="--shown: {width}px; --full: {full}px" '
                f'src="data:image/png;base64,{data}"></label>\n'
                f"{self.html_caption('Figure')}\n</figure>")

    def _alt(self):
        return escape(" ".join(plain_inline(self.alt).split()))

    def markdown(self, folder):
        alt = markdown_escape(" ".join(plain_inline(self.alt).split()))
        return f"![{alt}]({folder}/{self.name}.png)\n\n{self.markdown_caption('Figure')}"
