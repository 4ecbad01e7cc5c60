"""A report with every kind of block, of any texts."""
import numpy as np

from minitorch_cnn.plot import draw_images, draw_matrix
from minitorch_cnn.report import Mark, Price, Report, Verdict

HOSTILE = "<script>alert('1')</script> & \"quotes\" <b onclick=\"x\">*_|`$ </p></table> \x00\x1b"


def every_block(text="some words", rng=None):
    """Every block, with ``text`` in every place that takes one."""
    rng = rng or np.random.default_rng(0)
    report = Report(f"Study {text}", f"First {text}.\n\nSecond `code`, **strong** and "
                    "[a link](https://example.org/a?b=1&c=2).")
    report.text(f"Before any section {text}.")
    report.section(f"Training {text}")
    report.text(f"One {text}.\n\nTwo: " + "averylongwordwithoutanyspace" * 8)
    report.bullets([text, "**strong**"])
    report.note(text)
    report.code(f"Layer   Shape  {text}\n" + "=" * 150)
    report.figure(draw_images(rng.random((20, 1, 9, 9)), title="wide"), text, f"Wide {text}.")
    report.subsection(f"Details {text}")
    report.question(f"Why {text}?", f"Because {text}.\n\nAnd `so`.")
    report.table(["name", text, "accuracy"], [[text, 1.5, 99.123], ["b", None, float("nan")],
                 [Mark("good", text), 3, np.float32(98.0)]], f"Table {text}.", as_written=True)
    report.table(list(range(30)), rng.random((4, 30)), "A matrix.", digits=3)
    report.verdicts([Verdict(text, 78.2, 81.11, (75, 81), (70, 88), why=text),
                     Verdict("b", 97.2, 99.03, (97, 97.4), (98.5, None)),
                     Verdict("c", 799_078, 799_078, exact=True, unit="")], text, document=text)
    report.prices([Price(text, 99.1, 98.95, quantity=text), Price("b", text, text, text)])
    report.figure(draw_matrix(rng.random((3, 3))), text, f"Narrow {text}.", as_written=True)
    report.section("Machine")
    report.machine(seeds=[0, 1, 2], seconds={text: 12.34, "other": 1}, threads=text)
    return report
