"""Report: a study on one page, put together block by block."""
import re
from datetime import date
from pathlib import Path
from urllib.parse import quote

from .blocks import Bullets, Code, Figure, Heading, Note, Question, Table, Text
from .compare import Price, Verdict
from .files import write_whole
from .images import as_picture
from .inline import clean, slug
from .machine import machine_facts, own_version
from .page import html_page, markdown_page


class Report:
    """A study's figures, tables, verdicts and answers, in the order in which they are added.

    In all texts `code`, **strong** and [words](https://...) are marks; everything else is escaped.

    Parameters
    ----------
    title : str
        Of the page.
    subtitle : str
        Under it; blank lines separate paragraphs.
    as_written : bool
        Label every table and figure "as written": they repeat a document's mistakes.
    """

    def __init__(self, title, subtitle="", as_written=False):
        self.title, self.subtitle, self.as_written = title, subtitle, as_written
        self.blocks = []
        self._names = set()
        self._level = 1

    # words ----------------------------------------------------------------------------------------

    def section(self, title):
        """Start a section."""
        self._heading(title, 2)

    def subsection(self, title):
        """Start a section inside the section.

        Raises
        ------
        ValueError
            Before the first section.
        """
        if self._level == 1:
            raise ValueError(f'Report: subsection "{title}" has no section around it; call '
                             "section(...) first")
        self._heading(title, 3)

    def _heading(self, title, level):
        self._level = level
        self.blocks.append(Heading(_one_line(title), level, self._name(title)))

    def text(self, text):
        """Add paragraphs, separated by blank lines."""
        self.blocks.append(Text(text))

    def bullets(self, items):
        """Add a list of points."""
        self.blocks.append(Bullets(list(items)))

    def code(self, text):
        """Add text as a program printed it, in a fixed-width font."""
        self.blocks.append(Code(text))

    def note(self, text):
        """Add a paragraph that stands out."""
        self.blocks.append(Note(text))

    def question(self, question, answer):
        """Add a question of the assignment with its answer in words."""
        name = self._name(question)
        self.blocks.append(Question(_one_line(question), answer, min(self._level + 1, 4), name))

    # numbers --------------------------------------------------------------------------------------

    def table(self, columns, rows, caption, digits=None, as_written=None):
        """Add a table; columns of numbers are aligned right.

        Parameters
        ----------
        columns : sequence of str
            Their names.
        rows : sequence of sequences, or of dicts by column name
            Cells: text, numbers, None for what is not known, or ``Mark``.
        caption : str
            What the table shows.
        digits : int, optional
            After the point of every float; without it as many as the column needs.
        as_written : bool, optional
            Label it so, or not; as the report without it.

        Returns
        -------
        str
            "Table 3", to be named in texts.

        Raises
        ------
        ValueError
            If a row has not a cell for every column.
        """
        columns = list(columns)
        rows = [[row.get(name) for name in columns] if isinstance(row, dict) else list(row)
                for row in rows]
        for i, row in enumerate(rows):
            if len(row) != len(columns):
                raise ValueError(f"Report.table: row {i} has {len(row)} cells but there are "
                                 f"{len(columns)} columns ({', '.join(map(str, columns))}); use "
                                 "None for a cell that is not known")
        if not columns:
            raise ValueError("Report.table: a table needs at least one column")
        block = Table(self._count(Table), caption, self._mode(as_written), columns, rows, digits)
        self.blocks.append(block)
        return block.label("Table")

    def verdicts(self, rows, caption, document="document", as_written=None):
        """Add a table of a document's numbers beside ours.

        Parameters
        ----------
        rows : sequence of Verdict
        caption : str
            What is compared, and what the intervals are.
        document : str
            Its name, over its column.
        as_written : bool, optional
            Label it so, or not; as the report without it.

        Returns
        -------
        str
            "Table 3", to be named in texts.
        """
        cells = [_of(Verdict, row, "verdicts").cells() for row in rows]
        ours = "ours [interval]" if any(row.interval is not None for row in rows) else "ours"
        columns = ("quantity", document, ours, "expected", "verdict")
        if all(row.accepted is None and not row.exact for row in rows):
            columns, cells = columns[:3] + columns[4:], [row[:3] + row[4:] for row in cells]
        return self.table(columns, cells, caption, as_written=as_written)

    def prices(self, rows, caption="What the documents' mistakes cost: the same quantity measured "
                                   "as written and corrected."):
        """Add a table of mistakes; ``rows`` are ``Price``. Returns "Table 3", to be named."""
        cells = [_of(Price, row, "prices").cells() for row in rows]
        columns = ("mistake", "quantity", "as written", "corrected", "price")
        return self.table(columns, cells, caption, as_written=False)

    def machine(self, seeds=(), seconds=None, **more):
        """Add what the study ran on, with its seeds and times.

        Parameters
        ----------
        seeds : sequence of int
        seconds : dict of str to float, optional
            Time of each part.
        more
            Further lines, such as ``threads=2``.
        """
        facts = {**machine_facts(), **{name.replace("_", " "): v for name, v in more.items()}}
        if seeds:
            facts["seeds"] = ", ".join(str(seed) for seed in seeds)
        facts["date"] = date.today().isoformat()
        self.table(("what", "value"), [(name, str(value)) for name, value in facts.items()],
                   "Machine, versions and seeds.", as_written=False)
        if seconds:
            rows = [*seconds.items(), ("total", sum(seconds.values()))]
            self.table(("part", "seconds"), rows, "Times.", digits=1, as_written=False)

    # pictures -------------------------------------------------------------------------------------

    def figure(self, figure, alt, caption, name=None, as_written=None):
        """Add a picture; it is rendered now, so the Figure may be forgotten.

        Parameters
        ----------
        figure : matplotlib.figure.Figure, bytes, str or Path
            What a function of ``plot`` returned, the bytes of a PNG file, or its path.
        alt : str
            What there is to see, for those who cannot see it.
        caption : str
            What it shows and what to learn from it.
        name : str, optional
            Of the PNG file beside the Markdown; made of the caption without it.
        as_written : bool, optional
            Label it so, or not; as the report without it.

        Returns
        -------
        str
            "Figure 3", to be named in texts.

        Raises
        ------
        ValueError
            For an empty ``alt``, a name that is taken or no file name, bytes that are no PNG.
        TypeError
            If ``figure`` is none of these.
        """
        if not str(alt).strip():
            raise ValueError("Report.figure: alt must say in words what there is to see")
        name = self._file_name(name, caption)
        block = Figure(self._count(Figure), caption, self._mode(as_written), as_picture(figure),
                       alt, name)
        self.blocks.append(block)
        return block.label("Figure")

    def _file_name(self, name, caption):
        taken = {block.name for block in self._of(Figure)}
        if name is None:
            return slug(caption, taken)
        if not re.fullmatch(r"[\w-][\w.-]*", name):
            raise ValueError(f'Report.figure: "{name}" is no file name; use letters, digits and -')
        if name in taken:
            raise ValueError(f'Report.figure: there is a figure "{name}" already; choose another '
                             "name")
        return name

    # out ------------------------------------------------------------------------------------------

    def to_html(self):
        """The report as one self-contained HTML page."""
        return html_page(self.title, self.subtitle, self.blocks, self._footer())

    def to_markdown(self, folder="figures"):
        """The report as Markdown that expects its pictures as PNG files in ``folder``."""
        return markdown_page(self.title, self.subtitle, self.blocks, self._footer(), folder)

    def save(self, folder, name="report"):
        """Write ``<name>.html``, ``<name>.md`` and the pictures of the latter, each file whole.

        Parameters
        ----------
        folder : str or Path
            Made where it is missing.
        name : str
            Of the files, without ending.

        Returns
        -------
        pathlib.Path
            Of the HTML page.
        """
        folder, beside = Path(folder), f"{name}_figures"
        for figure in self._of(Figure):
            write_whole(folder / beside / f"{figure.name}.png", figure.picture.data)
        write_whole(folder / f"{name}.md", self.to_markdown(quote(beside)))
        return write_whole(folder / f"{name}.html", self.to_html())

    # inside ---------------------------------------------------------------------------------------

    def _of(self, kind):
        return [block for block in self.blocks if isinstance(block, kind)]

    def _count(self, kind):
        return len(self._of(kind)) + 1

    def _mode(self, as_written):
        return self.as_written if as_written is None else as_written

    def _name(self, title):
        """A name to link to, not taken in this report."""
        reserved = re.fullmatch(r"(figure|table|zoom)-\d+", slug(title))
        name = slug(f"section {title}" if reserved else title, self._names)
        self._names.add(name)
        return name

    def _footer(self):
        return f"Made with minitorch_cnn {own_version()}. This page needs no script and no network."


def _one_line(text):
    return " ".join(clean(text).split())


def _of(kind, row, method):
    if not isinstance(row, kind):
        raise TypeError(f"Report.{method}: rows must be {kind.__name__}, got {type(row).__name__}")
    return row
