import math

import pytest

from minitorch_cnn.report import Price, Verdict


@pytest.mark.parametrize("verdict, within, text", [
    (Verdict("a", 78.2, 81.1, (75, 82)), True, "✓ within"),
    (Verdict("a", 78.2, 83, (75, 82)), False, "✗ outside, not explained"),
    (Verdict("a", 78.2, 83, (75, 82), why="one epoch"), False, "✗ outside: one epoch"),
    (Verdict("a", 78.2, 99, None, (70, 88)), True, "✓ within"),
    (Verdict("a", 69.9, 69.9, None, (70, 88)), False, "✗ outside, not explained"),
    (Verdict("a", 99.5, None, None, (99.5, None), why="augmented"), True, "✓ within: augmented"),
    (Verdict("a", 99.4, None, None, (None, 99.4)), True, "✓ within"),
    (Verdict("a", math.nan, 5, None, (None, 9)), False, "✗ outside, not explained"),
    (Verdict("a", 31870, 9564, exact=True, why="they count weights"), False,
     "✗ outside: they count weights"),
    (Verdict("a", 320, 320, exact=True), True, "✓ equal"),
    (Verdict("a", 320, 320), None, "○ nothing to judge by"),
    (Verdict("a", 320, why="no number"), None, "○ nothing to judge by: no number")])
def test_verdicts(verdict, within, text):
    assert verdict.within is within
    assert str(verdict.cells()[4]) == text


@pytest.mark.parametrize("verdict, cells", [
    (Verdict("SGD", 78.2, 81.11, (75, 81), (70, 88)),
     ("SGD", "81.11 %", "78.20 [75.00, 81.00] %", "70.00 to 88.00 %")),
    (Verdict("best", 99.6, accepted=(99.5, None), digits=1), ("best", "–", "99.6 %", "≥ 99.5 %")),
    (Verdict("x", math.nan, 3, accepted=(None, 4), unit="s"),
     ("x", "3.00 s", "NaN", "≤ 4.00 s")),
    (Verdict("parameters", 799_078, 799_078, exact=True, unit=""),
     ("parameters", "799,078", "799,078", "equal"))])
def test_cells_of_a_verdict(verdict, cells):
    assert verdict.cells()[:4] == cells


@pytest.mark.parametrize("price, cells", [
    (Price("m", 99.1, 98.95, quantity="q"), ("m", "q", "99.10", "98.95", "+0.15")),
    (Price("m", 1, 3.5, digits=1), ("m", "", "1", "3.5", "−2.5")),
    (Price("m", 2.0, 2.0), ("m", "", "2.00", "2.00", "0.00")),
    (Price("m", "27 a side", 28), ("m", "", "27 a side", "28", "–")),
    (Price("m", None, 28, "unknown"), ("m", "", "–", "28", "unknown"))])
def test_cells_of_a_price(price, cells):
    assert price.cells() == cells
