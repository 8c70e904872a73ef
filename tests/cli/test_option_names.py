"""Options are named as Python knows them, and shown as they are typed."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from benchmark.cli.app import option_names
from benchmark.cli.console import Console, as_typed
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("`data_dir` /x: no such folder", "--data-dir /x: no such folder"),
        ("use another `device`", "use another --device"),
        ("`backend` onnx `precision` int8", "--backend onnx --precision int8"),
        ("is not on this machine (`offline`)", "is not on this machine (--offline)"),
        ("(`update` accepts, `prune` removes)", "(--update accepts, --prune removes)"),
        ("see `list_models`, or give", "see --list-models, or give"),
        ("`datum` is no option, `data-dir` neither", "`datum` is no option, `data-dir` neither"),
        ("/tmp/`device`: no such folder", "/tmp/`device`: no such folder"),
        ("unknown model '`device`'", "unknown model '`device`'"),
        ("`device`.txt and x`device`", "`device`.txt and x`device`"),
        ("device: no such folder", "device: no such folder"),
    ],
)  # fmt: skip
def test_only_an_option_by_itself_is_shown_with_dashes(message: str, shown: str):
    assert as_typed(message) == shown


def test_options_of_every_verb_are_known():
    known = option_names()
    assert {"device", "baseline", "models", "top", "published", "model_name"} <= known.keys()
    assert known["max_size"] == "--max-size"
    assert not {"no_device", "no_offline", "results", "progress_bar"} & known.keys()


def test_warnings_show_options_as_typed(capsys: pytest.CaptureFixture[str]):
    Console(quiet=True, debug=False)
    logging.getLogger("benchmark.somewhere").warning("`data_dir` %s holds none", "`here`")
    assert capsys.readouterr().err == "warning: --data-dir `here` holds none\n"


def test_failures_in_json_show_options_as_typed(command: Command):
    outcome = command("--tasks", "STS12", "--offline", "--format", "json", "--quiet")
    [run] = json.loads(outcome.out)["runs"]
    assert "--data-dir" in run["failures"]["STS12"]
    assert outcome.errors == [f"error: {run['failures']['STS12']}"]


def test_problems_of_a_plan_show_options_as_typed(command: Command, own_data: Path):
    outcome = command("--dry-run", "--tasks", "STS12", "--data-dir", own_data)
    assert "--unverified-data" in outcome.out
    assert "`" not in outcome.out
