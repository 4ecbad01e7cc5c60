"""Text with three marks, `code`, **strong** and [links](https://...), as HTML and as Markdown."""
import re
from html import escape

MARKS = re.compile(r"`(?P<code>[^`\n]+)`"
                   r"|\*\*(?P<strong>[^*\n]+)\*\*"
                   r"|\[(?P<link>[^\]\n]+)\]\((?P<target>(?:https?://|#)[^\s()<>\"]+)\)")
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
SPECIAL = re.compile(r"([\\`*_\[\]<>|&$~])")
LINE_START = re.compile(r"^(\s*\d*)([#+=.)-]+)(?=\s|$)")  # a heading, a rule, an item of a list


def clean(text):
    """``text`` without characters that neither format can hold."""
    return UNPRINTABLE.sub("\ufffd", str(text))


def html_inline(text):
    """Escaped HTML; the three marks become elements."""
    return _marked(text, escape, lambda code: f"<code>{escape(code)}</code>",
                   lambda words: f"<strong>{escape(words)}</strong>",
                   lambda words, target: f'<a href="{escape(target)}">{escape(words)}</a>')


def markdown_inline(text):
    """Escaped Markdown; the three marks stay."""
    text = _marked(text, markdown_escape, lambda code: f"`{code}`",
                   lambda words: f"**{markdown_escape(words)}**",
                   lambda words, target: f"[{markdown_escape(words)}]({target})")
    return LINE_START.sub(r"\1\\\2", text)


def markdown_escape(text):
    """Plain text in which Markdown sees no mark of its own; the start of a line is left out."""
    return SPECIAL.sub(r"\\\1", text)


def plain_inline(text):
    """The text without its marks."""
    return _marked(text, str, str, str, lambda words, target: words)


def _marked(text, between, code, strong, link):
    """``text`` with every mark, and what is between them, written by its function."""
    text, parts, end = clean(text), [], 0
    for found in MARKS.finditer(text):
        parts.append(between(text[end:found.start()]))
        end = found.end()
        if found["code"]:
            parts.append(code(found["code"]))
        elif found["strong"]:
            parts.append(strong(found["strong"]))
        else:
            parts.append(link(found["link"], found["target"]))
    return "".join(parts) + between(text[end:])


def paragraphs(text):
    """The pieces of ``text`` between blank lines, each on one line."""
    pieces = (" ".join(piece.split()) for piece in re.split(r"\n\s*\n", clean(text)))
    return [piece for piece in pieces if piece]


def slug(text, taken=()):
    """A name for links and files made of ``text``: small letters, digits, dashes; not yet taken."""
    name = re.sub(r"[^a-z0-9]+", "-", plain_inline(text).lower()).strip("-")[:60] or "part"
    number, unique = 2, name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique
