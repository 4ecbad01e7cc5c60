import re

import numpy as np
import pytest
from page_parts import check_parts, parse
from report_samples import HOSTILE, every_block

from minitorch_cnn.plot import draw_images
from minitorch_cnn.plot.figure import new_figure
from minitorch_cnn.report import Mark, Price, Report, Verdict
from minitorch_cnn.report.style import STYLE


def picture():
    return draw_images(np.zeros((1, 1, 4, 4)))


def test_hostile_texts_stay_texts():
    parts = check_parts(every_block(HOSTILE).to_html())
    seen = HOSTILE.replace("\x00", "\ufffd").replace("\x1b", "\ufffd")
    assert parts.text.count(" ".join(seen.split())) >= 10
    assert not any("onclick" in attributes for _, attributes in parts.tags)


def test_hostile_texts_stay_texts_in_markdown():
    text = every_block(HOSTILE).to_markdown()
    outside = re.sub(r"(?s)```text.*?```|`[^`\n]*`", "", text).replace("<br>", "")
    assert not re.search(r"(?<!\\)<", outside)
    assert "\x00" not in text and "\ufffd" in text


def test_only_web_links_become_links():
    report = Report("t", "[a](javascript:alert(1)) [b](https://e.org/x) [c](#t) [d](file:///etc)")
    links = parse(report.to_html()).all("a")
    assert [link["href"] for link in links] == ["https://e.org/x", "#t"]


def test_marks_become_elements_and_stay_in_markdown():
    report = Report("t", "`a < b` and **c & d**")
    page = report.to_html()
    assert "<code>a &lt; b</code>" in page and "<strong>c &amp; d</strong>" in page
    assert "`a < b` and **c \\& d**" in report.to_markdown()


def test_contents_list_sections_with_subsections_inside():
    report = Report("t")
    for name in ("One", "Two", "One"):
        report.section(name)
        report.subsection("Part")
    parts = check_parts(report.to_html())
    targets = [link["href"] for link in parts.all("a")]
    assert targets == ["#one", "#part", "#two", "#part-2", "#one-2", "#part-3"]
    assert "- One\n  - Part\n- Two" in report.to_markdown()
    assert "nav" not in {tag for tag, _ in parse(Report("empty").to_html()).tags}


def test_names_of_sections_never_meet_those_of_figures():
    report = Report("t")
    report.section("Figure 1")
    report.section("Zoom 1")
    report.section("???")
    report.figure(picture(), "a", "b")
    assert len(set(check_parts(report.to_html()).ids)) == 5


def test_figures_and_tables_are_numbered_and_labels_returned():
    report = Report("t")
    assert report.figure(picture(), "a", "One.") == "Figure 1"
    assert report.table(["a"], [[1]], "One.") == "Table 1"
    assert report.figure(picture(), "a", "Two.") == "Figure 2"
    assert report.verdicts([Verdict("x", 1, 1, exact=True)], "Two.") == "Table 2"
    assert report.prices([]) == "Table 3"


def test_a_figure_is_as_large_as_its_inches():
    report = Report("t")
    report.figure(new_figure(5, 2, dpi=192), "words", "caption")
    image = parse(report.to_html()).images[0]
    assert (image["width"], image["height"]) == ("480", "192")
    assert "--full: 960px" in image["style"]


def test_figures_come_as_bytes_and_files_too(tmp_path):
    from PIL import Image
    path = tmp_path / "a.png"
    Image.new("L", (40, 30)).save(path)
    report = Report("t")
    report.figure(path, "a", "file")
    report.figure(path.read_bytes(), "a", "bytes")
    assert [(i["width"], i["height"]) for i in check_parts(report.to_html()).images] == [
        ("40", "30")] * 2


def test_as_written_labels_what_repeats_a_mistake():
    def badges(report):
        return report.to_html().count('class="badge"')
    report = Report("t", as_written=True)
    report.table(["a"], [[1]], "c")
    report.figure(picture(), "a", "c")
    assert badges(report) == 2
    report.table(["a"], [[1]], "c", as_written=False)
    report.prices([Price("m", 1, 2)])
    report.machine()
    assert badges(report) == 2
    corrected = Report("t")
    corrected.table(["a"], [[1]], "c", as_written=True)
    assert badges(corrected) == 1
    assert r"**Table 1.** \[as written\] c" in corrected.to_markdown()


def test_columns_of_numbers_are_aligned_right():
    report = Report("t")
    report.table(["name", "count", "acc", "mixed"],
                 [["a", 12345, 99.5, "x"], ["b", None, 99.25, 3], ["c", 7, float("nan"), 4]], "c")
    page = report.to_html()
    assert '<td class="number">12,345</td><td class="number">99.50</td><td>x</td>' in page
    assert '<td class="number">–</td><td class="number">99.25</td><td>3</td>' in page
    assert '<td class="number">NaN</td>' in page
    assert "| :--- | ---: | ---: | :--- |" in report.to_markdown()


def test_rows_may_be_dicts_and_cells_hold_pipes_and_lines():
    report = Report("t")
    report.table(["a", "b"], [{"a": "x|`y|z`", "more": 1}, {"b": "one\ntwo"}], "c")
    text = report.to_markdown()
    assert r"| x\|`y\|z` | – |" in text and "| – | one<br>two |" in text
    assert "one<br>two" in report.to_html()


@pytest.mark.parametrize("call, error, message", [
    (lambda r: r.table(["a", "b"], [[1, 2], [1]], "c"), ValueError,
     r"row 1 has 1 cells but there are 2 columns \(a, b\)"),
    (lambda r: r.table([], [], "c"), ValueError, "at least one column"),
    (lambda r: r.subsection("x"), ValueError, r'subsection "x" has no section.*section\(...\)'),
    (lambda r: r.figure(picture(), " ", "c"), ValueError, "alt must say in words"),
    (lambda r: r.figure(b"GIF89a", "a", "c"), ValueError, "no PNG file"),
    (lambda r: r.figure([1], "a", "c"), TypeError, "matplotlib Figure.*got list"),
    (lambda r: r.figure(picture(), "a", "c", name="../x"), ValueError, '"../x" is no file name'),
    (lambda r: [r.figure(picture(), "a", "c", name="x") for _ in "ab"], ValueError,
     'there is a figure "x" already'),
    (lambda r: r.verdicts([("SGD", 1)], "c"), TypeError, "rows must be Verdict, got tuple"),
    (lambda r: r.prices([1]), TypeError, "rows must be Price, got int"),
    (lambda r: Mark("fine", "x"), ValueError, 'must be "good", "bad" or "open", got "fine"')])
def test_bad_blocks_are_refused(call, error, message):
    report = Report("t")
    with pytest.raises(error, match=message):
        call(report)
    assert all(len(block.name) == 1 for block in report.blocks)


def test_saved_twice_are_the_same_files_with_a_picture_each(tmp_path):
    report = every_block()
    path = report.save(tmp_path / "runs" / "study", name="all results")
    files = {f.relative_to(tmp_path).as_posix(): f.read_bytes()
             for f in tmp_path.rglob("*") if f.is_file()}
    assert set(files) == {"runs/study/all results.html", "runs/study/all results.md",
                          "runs/study/all results_figures/wide-some-words.png",
                          "runs/study/all results_figures/narrow-some-words.png"}
    markdown = path.with_suffix(".md").read_text(encoding="utf-8")
    assert "](all%20results_figures/wide-some-words.png)" in markdown
    report.save(tmp_path / "runs" / "study", name="all results")
    assert files == {f.relative_to(tmp_path).as_posix(): f.read_bytes()
                     for f in tmp_path.rglob("*") if f.is_file()}


def test_an_interrupted_save_leaves_the_old_page(tmp_path, monkeypatch):
    path = every_block().save(tmp_path)
    before = path.read_text(encoding="utf-8")

    def fail(source, target):
        raise OSError("disk full")
    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        every_block("other").save(tmp_path)
    assert path.read_text(encoding="utf-8") == before
    assert not list(tmp_path.rglob("*.tmp"))


def test_verdicts_without_expectations_need_no_column_for_them():
    report = Report("t")
    report.verdicts([Verdict("a", 1.0, 1.5, (0, 2))], "c", document="notebook2023")
    assert "| quantity | notebook2023 | ours \\[interval\\] | verdict |" in report.to_markdown()


def test_code_may_hold_fences():
    report = Report("t")
    report.code("a\n```\nb <i>")
    assert "````text\na\n```\nb <i>\n````" in report.to_markdown()
    assert "b &lt;i&gt;" in report.to_html()


def test_an_empty_report_is_a_page():
    check_parts(Report("").to_html())
    assert Report("x").to_markdown().startswith("# x\n\n---\n")


def variables(block):
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6});", block))


def luminance(color):
    digits = color[1:] if len(color) == 7 else "".join(2 * c for c in color[1:4])
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
              for v in (int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1, 2])
def test_texts_stand_out_in_light_dark_and_print(scheme):
    found = variables(re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[scheme])
    pairs = [(ink, ground) for ink in ("ink", "faint", "link", "good", "bad")
             for ground in ("paper", "panel")] + [("badge-ink", "badge")]
    for ink, ground in pairs:
        light, dark = sorted((luminance(found[ink]), luminance(found[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)  # WCAG 2.2, level AA
