"""Reports in a real browser: ``check_page`` starts Chromium where there is one."""
import pytest
from browser import MEASURE, Browser, check_page, find_browser
from page_parts import check_parts
from report_samples import HOSTILE, every_block


@pytest.mark.parametrize("text", ["some words", HOSTILE, "wordswithoutend" * 30])
def test_every_block_loads_and_fits_a_phone_and_a_desk(tmp_path, text):
    path = every_block(text).save(tmp_path)
    assert len(check_page(path, screenshots=tmp_path).images) == 2
    made = {file.name for file in tmp_path.glob("*.png")}
    assert len(made) == (4 if find_browser() else 0)


def test_without_a_browser_the_parts_are_checked(tmp_path, monkeypatch):
    monkeypatch.setattr("browser.find_browser", lambda: None)
    path = every_block().save(tmp_path)
    assert len(check_page(path, tmp_path).images) == 2 and not list(tmp_path.glob("*.png"))


def test_a_page_that_is_too_wide_or_broken_is_found(tmp_path):
    page = every_block().to_html()
    broken = page.replace("base64,iVBOR", "base64,AAAAA", 1)
    with pytest.raises(AssertionError):
        check_parts(broken)
    with pytest.raises(AssertionError):
        check_parts(page.replace("<main>", '<main><p style="x">'))
    with pytest.raises(AssertionError):
        check_parts(page.replace("</style>", "p { min-width: 500px; }</style>"))
    program = find_browser()
    if program:  # the measuring itself must be able to fail
        path = tmp_path / "wide.html"
        path.write_text(broken.replace("<main>", '<main><div style="width: 700px">x</div>'))
        with Browser(program) as browser:
            browser.show(path, 390)
            found = browser.ask(MEASURE)
        assert found["scroll"] > 390 and len(found["outside"]) > 0
        assert [natural for natural, _, _ in found["images"]][0] == 0
