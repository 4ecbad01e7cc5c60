import numpy as np
import pytest

import minitorch_cnn as mt
from minitorch_cnn.report.cells import Mark, column_texts, is_numeric, number_text
from minitorch_cnn.report.inline import markdown_inline, paragraphs, plain_inline, slug


@pytest.mark.parametrize("value, digits, text", [
    (None, None, "–"), (True, None, "yes"), (np.bool_(False), 2, "no"), (9999, None, "9999"),
    (799_078, None, "799,078"), (np.int64(-10_000), 3, "−10,000"), (3.14159, None, "3.142"),
    (3.14159, 2, "3.14"), (float("nan"), 2, "NaN"), (float("inf"), None, "infinite"),
    (-np.inf, None, "−infinite"), (np.float32(0.5), 1, "0.5"), (1e-9, None, "1e-09"),
    (-0.5, 2, "−0.50"), (-7, None, "−7"), (-1e-9, None, "−1e-09")])
def test_numbers_as_people_write_them(value, digits, text):
    assert number_text(value, digits) == text


@pytest.mark.parametrize("values, texts", [
    ([99.07, 98.9, None], ["99.07", "98.90", "–"]),
    ([0.123456, 1.0], ["0.1235", "1.0000"]),
    ([1e-6, 1.5], ["1e-06", "1.5"]),
    ([2.0, 3.0], ["2", "3"]),
    ([0.0, float("nan")], ["0", "NaN"]),
    ([np.array(2.5), "2.5 %"], ["2.5", "2.5 %"])])
def test_floats_of_a_column_get_the_same_decimals(values, texts):
    assert column_texts(values) == texts


def test_other_objects_are_written_by_themselves():
    assert column_texts([mt.tensor([1, 2]), (3, 4)]) == ["tensor([1, 2])", "(3, 4)"]


@pytest.mark.parametrize("texts, numeric", [
    (["1", "2.5", "12,345"], True), (["99.1 %", "98.9 ± 0.1", "–"], True),
    (["78.20 [75.00, 81.00] %", "NaN", "infinite"], True), (["70 to 88 %", "1e-07"], True),
    (["+0.15", "−2.5", "≥"], False), (["3x3"], False), (["a1"], False), (["–", ""], False),
    ([], False), (["12 s", "3 ms"], True), ([Mark("good", "3")], False)])
def test_what_is_a_column_of_numbers(texts, numeric):
    assert is_numeric(texts) is numeric


@pytest.mark.parametrize("text, markdown", [
    ("a_b * c", r"a\_b \* c"), ("# no heading", r"\# no heading"), ("- no item", r"\- no item"),
    ("1. no item", r"1\. no item"), ("1.5 is a number", "1.5 is a number"), ("#tag", "#tag"),
    ("see [a](https://e.org). Done", "see [a](https://e.org). Done"), ("---", r"\---"),
    ("`a_b` c_d", r"`a_b` c\_d"), ("[no](ftp://link)", r"\[no\](ftp://link)"),
    ("$5 <b>", r"\$5 \<b\>"), ("a `b", r"a \`b"), ("\ud800", "\ufffd")])
def test_markdown_sees_no_marks_but_ours(text, markdown):
    assert markdown_inline(text) == markdown


def test_plain_text_loses_its_marks():
    assert plain_inline("a `b` **c** [d](#e)") == "a b c d"


def test_blank_lines_separate_paragraphs():
    assert paragraphs("a\nb\n \n\n c ") == ["a b", "c"] and paragraphs(" \n") == []


def test_slugs_are_plain_and_not_taken():
    assert slug("Conv 1: `w` (3x3)!") == "conv-1-w-3x3"
    assert slug("ß?") == "part" and slug("a", {"a", "a-2"}) == "a-3"
    assert len(slug("x" * 500)) == 60
