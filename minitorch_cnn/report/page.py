"""The frame around the blocks: a complete HTML page, a complete Markdown text."""
from html import escape

from .blocks import Heading, Text
from .inline import clean, html_inline, markdown_inline, plain_inline
from .style import STYLE

# The page needs nothing but itself, and this forbids it everything else.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'"


def html_page(title, subtitle, blocks, footer):
    """One self-contained page: no script, no font, no image from elsewhere."""
    parts = "\n".join(block.html() for block in blocks)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(plain_inline(title))}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<div class="page">
<header>
<h1>{html_inline(title)}</h1>
{_html_subtitle(subtitle)}
</header>
{_html_contents(blocks)}
<main>
{parts}
</main>
<footer>{html_inline(footer)}</footer>
</div>
</body>
</html>
"""


def _html_subtitle(subtitle):
    return Text(subtitle).html().replace("<p>", '<p class="subtitle">')


def _html_contents(blocks):
    """The table of contents; subsections stand inside the entry of their section."""
    entries = []
    for block in blocks:
        if isinstance(block, Heading) and block.level == 2:
            entries.append((block, []))
        elif isinstance(block, Heading):
            entries[-1][1].append(block)
    if not entries:
        return ""
    lines = "\n".join(f"<li>{_link(block)}{_html_inside(inside)}</li>" for block, inside in entries)
    return ('<nav aria-label="Contents">\n<details open>\n<summary>Contents</summary>\n'
            f"<ol>\n{lines}\n</ol>\n</details>\n</nav>")


def _html_inside(headings):
    lines = "\n".join(f"<li>{_link(block)}</li>" for block in headings)
    return f"\n<ul>\n{lines}\n</ul>" if headings else ""


def _link(heading):
    return f'<a href="#{heading.name}">{html_inline(plain_inline(heading.text))}</a>'


def markdown_page(title, subtitle, blocks, footer, folder):
    """The same as Markdown; the pictures are files in ``folder`` beside it."""
    contents = "\n".join(f"{'  ' * (block.level - 2)}- {markdown_inline(plain_inline(block.text))}"
                         for block in blocks if isinstance(block, Heading))
    parts = [f"# {markdown_inline(' '.join(clean(title).split()))}",
             Text(subtitle).markdown(folder), contents,
             *(block.markdown(folder) for block in blocks), "---", markdown_inline(footer)]
    return "\n\n".join(part for part in parts if part) + "\n"
