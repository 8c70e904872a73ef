"""The examples of docs/add-a-step.md, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmark import EncoderCard, evaluate
from benchmark.steps.words import STEPS
from tests.conftest import PROJECT
from tests.encoder_files import WordHash

PAGE = (PROJECT / "docs" / "add-a-step.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


class Named(WordHash):
    """Is called like the model of the examples."""

    card = EncoderCard("all-minilm-l6-v2", version="1")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run an example with a quick encoder in the place of the model; return its names and runs."""

    def run(name: str) -> tuple[dict[str, Any], list[Any]]:
        runs: list[Any] = []

        def quick(model: Any, tasks: str, **options: Any) -> Any:
            if isinstance(model, list):
                runs.append(evaluate([Named()], tasks, **options))
            else:
                assert model == "all-minilm-l6-v2"
                runs.append(evaluate(WordHash(), tasks, **options))
            return runs[-1]

        monkeypatch.setattr("benchmark.evaluate", quick)
        names: dict[str, Any] = {"__name__": Path(name).stem}
        exec(compile(EXAMPLES[name], name, "exec", dont_inherit=True), names)
        return names, runs

    return run


def said(run: Any) -> str:
    signature = run["DemoSTS"].signature
    assert signature.count("|steps:") == 1
    return str(signature.partition("|steps:")[2].partition("|")[0])


def test_there_are_examples() -> None:
    assert set(EXAMPLES) == {"use.py", "sweep.py", "my_step.py", "my_fitted_step.py"}


def test_those_that_come_with_the_program(ran: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WordHash, "dimensions", 200)
    _, (words, objects, own, mine) = ran("use.py")
    assert said(words) == said(objects) == "truncate:128,normalize"
    assert words["DemoSTS"].main_score == objects["DemoSTS"].main_score
    assert said(own) == "whiten:64@own"
    assert re.fullmatch("whiten:2@mine/[0-9a-f]{12}", said(mine))


def test_several_chains(ran: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _, [runs] = ran("sweep.py")
    assert [run.steps for run in runs] == [(), ("truncate:32",), ("binary",)]
    assert capsys.readouterr().out == f"{runs[1].scores}\n"


def test_one_of_your_own(ran: Any) -> None:
    names, [run] = ran("my_step.py")
    assert said(run) == "clip:0.5"
    assert f"|steps:{said(run)}|" in PAGE
    plain = evaluate(WordHash(), "DemoSTS")["DemoSTS"]
    assert run["DemoSTS"].main_score != plain.main_score
    assert np.array_equal(names["Clip"](2).apply(np.array([-3.0, 1.0, 3.0])), [-2, 1, 2])


def test_one_that_is_fitted(ran: Any) -> None:
    _, (own, named) = ran("my_fitted_step.py")
    assert said(own) == "centre@own"
    assert re.fullmatch("centre@pets/[0-9a-f]{12}", said(named))
    scores = [run["DemoSTS"].main_score for run in (own, named)]
    assert len({*scores, evaluate(WordHash(), "DemoSTS")["DemoSTS"].main_score}) == 3


def test_the_table_has_every_word() -> None:
    for name in STEPS:
        assert re.search(rf"^\| `\w+\(\d*\)` \| .*`{name}", PAGE, re.MULTILINE), name
