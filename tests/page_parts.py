"""What an HTML page is made of, and whether it is sound, without a browser."""
import base64
import re
import struct
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "input", "br", "hr"}
PHONE = 390  # CSS pixels
WIDTH = re.compile(r"(?<![\w(-])(?:min-)?width:\s*([\d.]+)(px|rem)")


@dataclass
class Parts:
    """Everything that was found, in order; ``tags`` are (name, attributes)."""

    tags: list = field(default_factory=list)
    text: str = ""
    style: str = ""

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]

    @property
    def images(self):
        return self.all("img")

    @property
    def ids(self):
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]

    def headings(self):
        return [int(tag[1]) for tag, _ in self.tags if re.fullmatch("h[1-6]", tag)]


class _Parser(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts, self.open = Parts(), []

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), f"<{tag}> repeats an attribute"
        self.parts.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.parts.style += data
        else:
            self.parts.text += data


def parse(page):
    """The Parts of a page whose elements all are closed."""
    parser = _Parser()
    parser.feed(page)
    parser.close()
    assert parser.open == [], f"not closed: {parser.open}"
    return parser.parts


def check_parts(page):
    """The page is complete, self-contained and can be narrow; returns its Parts."""
    assert page.startswith("<!DOCTYPE html>")
    parts = parse(page)
    names = {tag for tag, _ in parts.tags}
    assert not names & {"script", "iframe", "object", "embed", "form"}
    assert {"h1", "main", "title", "style"} <= names
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in (
        parts.tags)
    assert len(set(parts.ids)) == len(parts.ids)
    for _, attributes in parts.tags:
        assert not any(name.startswith("on") for name in attributes)
    for link in parts.all("a"):
        assert re.match("https?://|#", link["href"])
        assert not link["href"].startswith("#") or link["href"][1:] in parts.ids
    for image in parts.images:
        _check_image(image)
    levels = parts.headings()
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:])), f"a level is left out: {levels}"
    _check_style(parts.style)
    return parts


def _check_image(image):
    """A PNG inside the page, with words for it, as wide to high as it says."""
    kind, _, data = image["src"].partition(",")
    assert kind == "data:image/png;base64" and image["alt"].strip()
    data = base64.b64decode(data, validate=True)
    assert data.startswith(b"\x89PNG\r\n\x1a\n") and data.endswith(b"IEND\xaeB`\x82")
    width, height = struct.unpack(">II", data[16:24])
    stated = int(image["width"]), int(image["height"])
    scale = width / stated[0]
    assert abs(height / scale - stated[1]) <= 1


def _check_style(style):
    assert "http" not in style and "url(" not in style and "@import" not in style
    for number, unit in WIDTH.findall(style):
        assert float(number) * (16 if unit == "rem" else 1) <= PHONE
    assert "prefers-color-scheme: dark" in style and "@media print" in style
