"""An option is declared once: the command line, `evaluate` and the refusals go by its field."""

from __future__ import annotations

import inspect
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from cyclopts import App

import benchmark.evaluation
from benchmark import UsageError, evaluate
from benchmark.cli.run import run
from benchmark.encoders.asked.options import require_usual
from benchmark.encoders.transformer.backends.backend import BACKENDS, PRECISIONS
from benchmark.encoders.transformer.poolers import POOLERS
from benchmark.keywords import taking
from benchmark.metrics.logistic import PROTOCOLS
from benchmark.options import (
    Backend,
    DataOptions,
    EncoderOptions,
    Precision,
    RunOptions,
    Training,
    option,
)

FIELDS = {one.name: one for one in fields(RunOptions)}
IN_PYTHON_ALONE = {"progress_bar"}
"""What cannot be written on a command line."""

OF_ANY = {"offline", "progress_bar", "device", "trust_remote_code"}
"""What an encoder may be given that has no use for it."""


def other_value(one: Field[Any]) -> Any:
    """Some value that an option has only when asked."""
    hint = get_type_hints(RunOptions)[one.name]
    if one.name == "prompt_for":
        return {"sts": "x"}
    if one.default is False:
        return True
    if hint == list[str]:
        return ["normalize"]
    if one.name == "data_dir":
        return [Path("x"), Path("y")]
    if isinstance(one.default, str):
        return next(choice for choice in get_args(hint) if choice != one.default)
    if int in get_args(hint):
        return 3
    return Path("x") if Path in get_args(hint) else "x"


@pytest.mark.parametrize("name", sorted(FIELDS.keys() - IN_PYTHON_ALONE))
def test_every_option_is_one_of_the_command_line(name: str):
    value = other_value(FIELDS[name])
    app = App()
    app.default(run)
    values = value if isinstance(value, list) else [] if value is True else [value]
    typed = [part for one in values or [""] for part in (f"--{name.replace('_', '-')}", str(one))]
    typed = [part for part in typed if part]
    if isinstance(value, dict):
        typed = [part for key, text in value.items() for part in (f"{typed[0]}.{key}", text)]
    _, bound, _ = app.parse_args(typed, exit_on_error=False, print_error=False)
    assert getattr(bound.arguments["options"], name) == value


@pytest.mark.parametrize("name", FIELDS)
def test_every_option_is_a_keyword_of_evaluate(name: str, monkeypatch: pytest.MonkeyPatch):
    class Seen(Exception):
        pass

    def look(options: EncoderOptions) -> None:
        raise Seen(getattr(options, name))

    value = other_value(FIELDS[name])
    monkeypatch.setattr(benchmark.evaluation, "require_possible", look)
    with pytest.raises(Seen) as caught:
        evaluate("all-minilm-l6-v2", "DemoSTS", **{name: value})
    assert caught.value.args == (value,)


@pytest.mark.parametrize("name", FIELDS)
def test_every_option_is_explained(name: str):
    shown = inspect.signature(evaluate).parameters[name]
    assert shown.kind is shown.KEYWORD_ONLY
    assert shown.default == FIELDS[name].default
    documented = " ".join((evaluate.__doc__ or "").split())
    assert f" {name}: {FIELDS[name].metadata['help']} " in documented


@pytest.mark.parametrize("one", fields(EncoderOptions), ids=lambda one: one.name)
def test_an_encoder_that_has_no_use_for_an_option_refuses_it(one: Field[Any]):
    asked = EncoderOptions(**{one.name: other_value(one)})
    if one.name in OF_ANY:
        require_usual(asked, "mine")
        return
    said = f"`{one.name}` {other_value(one)}: mine has no such setting"
    with pytest.raises(UsageError, match=said):
        require_usual(asked, "mine")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"devise": "cpu"}, "unknown option `devise` (did you mean device?)"),
        ({"xyz": 1}, "unknown option `xyz`"),
        ({"device": "gpu"}, "`device` gpu: there is none; choose from auto, cpu, cuda, mps"),
        ({"protocol": "fast"}, "`protocol` fast: there is none; choose from senteval, senteval-f"),
        ({"batch_tokens": 0}, "`batch_tokens` 0: a whole number >= 1 is needed"),
        ({"max_length": "12"}, "`max_length` 12: a whole number >= 1 is needed"),
        ({"prompt_for": {"STS": "a"}}, "`prompt_for` 'STS': there is no such kind of task; choose"),
        ({"prompt_for": "a"}, "`prompt_for` 'a': a text for each kind is needed"),
        ({"prompt_for": {"sts": None}}, "`prompt_for` sts None: a text is needed"),
        ({"prompt": "a", "prompt_name": "a"}, "`prompt` and `prompt_name` are two prompts"),
        ({"prompt_name": 1}, "`prompt_name` 1: a text is needed"),
        ({"max_length": 1.5}, "`max_length` 1.5: a whole number >= 1 is needed"),
    ],
    ids=str,
)
def test_keywords_that_make_no_sense(options: dict[str, Any], said: str):
    with pytest.raises(UsageError) as caught:
        evaluate("all-minilm-l6-v2", "DemoSTS", **options)
    assert str(caught.value).startswith(said)


def test_a_new_option_is_one_edit():
    from dataclasses import dataclass

    @dataclass(frozen=True, kw_only=True)
    class More(DataOptions):
        sample: int | None = option(None, "Take so many rows.", least=2)

    @taking(More)
    def answer(model: str, tasks: Any, options: More) -> tuple[str, Any, int | None]:
        """Answer.

        Args:
            model: a name.
            tasks: ids.
            options: OPTIONS
        """
        return model, tasks, options.sample

    assert answer("m") == ("m", "sts", None)
    assert answer("m", tasks="demo", sample=2) == ("m", "demo", 2)
    assert "sample: Take so many rows." in (answer.__doc__ or "")
    with pytest.raises(UsageError, match="`sample` 1: a whole number >= 2"):
        answer("m", sample=1)


def test_choices_are_those_of_the_tables():
    assert set(get_args(Precision)) == {*PRECISIONS, "auto"}
    assert get_args(Backend) == tuple(BACKENDS)
    assert get_args(Training) == tuple(PROTOCOLS)
    named = FIELDS["pooler"].metadata["help"].partition(": ")[2].partition(".")[0].split(", ")
    assert set(named) == set(POOLERS)
