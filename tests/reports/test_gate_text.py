"""What the gate says on a terminal."""

from __future__ import annotations

import pytest

from benchmark.errors import UsageError
from benchmark.gate import Baseline, updated
from benchmark.reports.gate import render_gate, summary, update_text
from benchmark.reports.gate.sentences import points
from tests.gate.samples import HOSTILE, baseline_with, run_of
from tests.reports.gate_samples import BASELINE, HOSTILE_REPORT, REPORT, every_outcome

TABLE = """\
State           Model      Task               Score    Baseline    Difference    Tolerance
--------------  ---------  ---------------  -------  ----------  ------------  -----------
ok              tiny-bert  STS12            70.0000     70.0000        0.0000       0.0100
WORSE           tiny-bert  STS13            68.9900     70.0000       -1.0100       0.0500
better          tiny-bert  STS14            71.0000     70.0000       +1.0000       0.0100
NOT COMPARABLE  tiny-bert  STS15            70.0000     70.0000             -            -
OTHER ENCODER   tiny-bert  STS16            70.0000     70.0000             -            -
MISSING         tiny-bert  STSBenchmark           -     70.0000             -            -
new             tiny-bert  SICKRelatedness  50.0000           -             -            -"""


def test_the_table_has_a_row_for_each_score():
    assert render_gate(REPORT).startswith(TABLE + "\n\n")


def test_what_failed_is_explained_the_gravest_first():
    remarks = [line for line in render_gate(REPORT).splitlines() if line.startswith("- ")]
    assert [line.split(":")[0] for line in remarks] == [
        "- tiny-bert STS15",
        "- tiny-bert STS16",
        "- tiny-bert STSBenchmark",
        "- tiny-bert STS13",
        "- tiny-bert STS14",
        "- tiny-bert SICKRelatedness",
    ]
    text = "\n".join(remarks)
    assert "68.9900 is 1.0100 points below the baseline of 70.0000 (tolerance 0.05)" in text
    assert "the question is another one: data: 6b0be61cef6d -> 6b0be61cef6d(unverified)" in text
    assert "not the encoder of the baseline: prompt: none -> tiny-bert" in text


def test_circumstances_are_said_once():
    lines = render_gate(REPORT).splitlines()
    assert sum(line.startswith("  environment: ") for line in lines) == 1


def test_the_last_line_sums_up():
    assert render_gate(REPORT).splitlines()[-1] == summary(REPORT)
    assert summary(REPORT) == (
        "7 scores against baseline.toml: 1 ok, 1 better, 1 new, 1 worse, 1 missing, 1 not "
        "comparable, 1 other encoder. Gate NOT passed."
    )


def test_any_direction_says_so():
    assert "where no change is allowed" in render_gate(every_outcome(direction="any"))


def test_no_name_leaves_its_line_or_starts_one():
    lines = render_gate(HOSTILE_REPORT).splitlines()
    assert len(lines) == len(render_gate(REPORT).splitlines())
    assert all(line.isprintable() for line in lines)
    assert not [line for line in lines if line.lstrip().startswith("::")]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0.0000"), (-0.0, "0.0000"), (-0.31, "-0.3100"), (1e-7, "+1.0e-07"), (None, "-")],
)
def test_no_difference_is_hidden(value: float | None, shown: str):
    assert points(value, "+") == shown


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match=r"unknown format 'junt' \(did you mean junit\?\)"):
        render_gate(REPORT, "junt")


def test_an_update_says_what_it_changed():
    before = baseline_with(run_of({"STS12": 0.7, "STS13": 0.8, "STS14": 0.9}), path=BASELINE)
    now = [run_of({"STS12": 0.7, "STS13": 0.81, "STS15": 0.5})]
    assert update_text(updated(before, now)).splitlines() == [
        "added    tiny-bert STS15  50.0000",
        "changed  tiny-bert STS13  80.0000 -> 81.0000 (+1.0000)",
        "1 added, 1 changed, 1 as before, 1 kept though not run: baseline.toml",
    ]
    assert update_text(updated(before, now, prune=True)).splitlines()[2:] == [
        "removed  tiny-bert STS14",
        "1 added, 1 changed, 1 as before, 1 removed: baseline.toml",
    ]


def test_an_update_of_a_hostile_name_stays_on_its_line():
    text = update_text(updated(Baseline(BASELINE), [run_of({"STS12": 0.7}, name=HOSTILE)]))
    assert len(text.splitlines()) == 2
    assert all(line.isprintable() for line in text.splitlines())
