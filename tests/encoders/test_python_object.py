"""Encoders that people wrote: found, made, and refused with a line that helps."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmark.encoders import (
    Encoder,
    EncoderCard,
    TokenEncoder,
    as_encoder,
    build_encoder,
    parse_reference,
)
from benchmark.encoders.python_object import load_object
from benchmark.encoders.raising import raised
from benchmark.errors import ModelError, UsageError
from benchmark.options import EncoderOptions


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Forget the modules and the paths that a test brings in."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def written(folder: Path, text: str, name: str = "mine.py") -> Path:
    """Write a Python file; it knows NumPy and the card."""
    header = "import numpy as np\nfrom benchmark import EncoderCard\n"
    (folder / name).write_text(header + dedent(text))
    return folder / name


def refusal(reference: str) -> str:
    """Return the one line with which a reference is refused."""
    with pytest.raises(ModelError) as caught:
        load_object(reference)
    assert "\n" not in str(caught.value)
    return str(caught.value)


MINE = """
class Mine:
    def encode(self, sentences):
        return np.ones((len(sentences), 2), np.float32)

class Carded(Mine):
    card = EncoderCard("carded", version="3")

ready = Carded()
uncarded = Mine()

def make():
    return ready

def make_mine():
    return Mine()
"""


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("Mine", EncoderCard("Mine")),
        ("Carded", EncoderCard("carded", version="3")),
        ("ready", EncoderCard("carded", version="3")),
        ("uncarded", EncoderCard("uncarded")),
        ("make", EncoderCard("carded", version="3")),
        ("make_mine", EncoderCard("make_mine")),
    ],
)
def test_class_instance_and_factory(tmp_path: Path, name: str, card: EncoderCard) -> None:
    encoder = load_object(f"{written(tmp_path, MINE)}:{name}")
    assert isinstance(encoder, Encoder)
    assert not isinstance(encoder, TokenEncoder)
    assert encoder.card == card
    assert np.array_equal(encoder.encode(["a", "b"]), np.ones((2, 2), np.float32))


def test_by_reference(tmp_path: Path) -> None:
    reference = parse_reference(f"{written(tmp_path, MINE)}:Carded")
    assert build_encoder(reference, "sts", EncoderOptions()).card.name == "carded"


@pytest.mark.parametrize(("option", "value"), [("pooler", "avg"), ("max_length", 8)])
def test_options_that_it_cannot_have(tmp_path: Path, option: str, value: Any) -> None:
    reference = parse_reference(f"{written(tmp_path, MINE)}:Carded")
    with pytest.raises(UsageError, match="has no such setting"):
        build_encoder(reference, "sts", EncoderOptions(**{option: value}))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Mien", "has no 'Mien' (did you mean Mine?)"),
        ("carded", "has no 'carded' (did you mean Carded?)"),
        ("zzzzzz", "has no 'zzzzzz'; it has Mine, Carded, ready, uncarded, make, ..."),
    ],
)
def test_a_name_that_is_not_there(tmp_path: Path, name: str, said: str) -> None:
    path = written(tmp_path, MINE)
    assert refusal(f"{path}:{name}") == f"{path}: {said}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(f"{tmp_path}/none.py:Mine") == f"{tmp_path}/none.py: no such file"
    assert "no such file" in refusal(f"{tmp_path}:Mine")
    (tmp_path / "mine.txt").touch()
    assert "must end in .py" in refusal(f"{tmp_path}/mine.txt:Mine")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that"),
        ("def f(:", "SyntaxError"),
        ("\n1 / 0", "ZeroDivisionError: division by zero (mine.py, line 4)"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines (mine.py, line 3)"),
    ],
)
def test_a_file_that_cannot_be_run(tmp_path: Path, text: str, said: str) -> None:
    message = refusal(f"{written(tmp_path, text)}:Mine")
    assert message.startswith(f"{tmp_path}/mine.py: raised ")
    assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class Mine:\n  def __init__(self): raise OSError('no weights')", "OSError: no weights"),
        ("class Mine:\n  def __init__(self, path): pass", "TypeError"),
        ("def Mine(): return 1 / 0", "ZeroDivisionError"),
        ("def Mine(path): return path", "TypeError"),
        ("Mine = 3", "TypeError"),
        ("Mine = None", "TypeError"),
    ],
)
def test_an_object_that_cannot_be_made(tmp_path: Path, text: str, said: str) -> None:
    message = refusal(f"{written(tmp_path, text)}:Mine")
    assert message.startswith(f"{tmp_path}/mine.py:Mine: raised ")
    assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class Mine: pass", "needs a method encode(sentences)"),
        ("def Mine(): return 3", "needs a method encode(sentences)"),
        ("class A:\n  def encode(self, s): ...\ndef Mine(): return A", "an object of it, like A()"),
        ("class Mine:\n  encode = 3", "needs a method encode(sentences)"),
        (
            "class Mine:\n  card = {'name': 'x'}\n  def encode(self, s): ...",
            "its card is a dict, not a benchmark.EncoderCard",
        ),
        (
            "class Mine:\n  card = 'x'\n  def encode(self, s): ...",
            "its card is a str, not a benchmark.EncoderCard",
        ),
    ],
)
def test_an_object_that_is_no_encoder(tmp_path: Path, text: str, said: str) -> None:
    message = refusal(f"{written(tmp_path, text)}:Mine")
    assert message.startswith(("Mine: ", "A: "))
    assert said in message


def test_ending_the_program_is_not_an_error_of_the_model(tmp_path: Path) -> None:
    for text in ("raise KeyboardInterrupt", "def Mine(): raise KeyboardInterrupt"):
        with pytest.raises(KeyboardInterrupt):
            load_object(f"{written(tmp_path, text)}:Mine")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise SystemExit('usage')", "mine.py: raised SystemExit: usage (mine.py, line 3)"),
        ("raise GeneratorExit", "mine.py: raised GeneratorExit"),
        ("class E(BaseException): ...\nraise E(1)", "mine.py: raised E: 1"),
        ("def Mine(): exit(3)", "mine.py:Mine: raised SystemExit: 3"),
        ("def __getattr__(name): raise SystemExit(name)", "mine.py:Mine: raised SystemExit: Mine"),
        (
            "class E(Exception):\n  def __str__(self): raise SystemExit\nraise E",
            "mine.py: raised E: (no message: its __str__ raised SystemExit)",
        ),
        ("class E(Exception):\n  __str__ = 3\nraise E", "(no message: its __str__ raised TypeErr"),
    ],
)
def test_ending_the_program_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(f"{written(tmp_path, text)}:Mine")


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("EncoderCard(3)", "Mine: name in its card is a int, not str"),
        ("EncoderCard('a', version=1.0)", "Mine: version in its card is a float, not str | None"),
        ("EncoderCard('a', max_length='8')", "max_length in its card is a str, not int | None"),
        ("EncoderCard('a', max_length=True)", "max_length in its card is a bool, not int | None"),
        ("EncoderCard('a', normalize=None)", "normalize in its card is a NoneType, not bool"),
        ("EncoderCard('a', precision=np.float32)", "precision in its card is a type, not str"),
    ],
)
def test_a_card_whose_fields_have_other_types(tmp_path: Path, card: str, said: str) -> None:
    text = f"class Mine:\n  card = {card}\n  def encode(self, s): ..."
    assert said in refusal(f"{written(tmp_path, text)}:Mine")


def test_neighbours_can_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once and later, from wherever the program was started, as for a script."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    written(folder, "VALUE = 5", "first_neighbour.py")
    written(folder, "VALUE = 7", "later_neighbour.py")
    written(
        folder,
        """
        import first_neighbour

        class Mine:
            def encode(self, sentences):
                import later_neighbour
                row = [first_neighbour.VALUE, later_neighbour.VALUE]
                return np.array([row] * len(sentences), np.float32)
        """,
    )
    monkeypatch.chdir(tmp_path)
    vectors = load_object("theirs/mine.py:Mine").encode(["a"])
    assert vectors.tolist() == [[5, 7]]


def test_a_file_with_a_dataclass(tmp_path: Path) -> None:
    """A dataclass looks its own module up by name while it is made."""
    path = written(
        tmp_path,
        """
        from __future__ import annotations
        from dataclasses import dataclass

        @dataclass
        class Mine:
            size: int = 3
            def encode(self, sentences):
                return np.zeros((len(sentences), self.size), np.float32)
        """.replace("        from __future__ import annotations\n", ""),
    )
    path.write_text("from __future__ import annotations\n" + path.read_text())
    assert load_object(f"{path}:Mine").encode(["a"]).shape == (1, 3)


@pytest.mark.parametrize("name", ["json.py", "numpy.py", "random.py", "torch.py"])
def test_a_file_that_is_called_like_a_library(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, MINE, name)
    before = sys.modules.get(path.stem)
    assert load_object(f"{path}:Carded").card.name == "carded"
    assert sys.modules.get(path.stem) is before


# --- objects in memory ----------------------------------------------------------------------------


class Encodes:
    def encode(self, sentences: Any) -> Any:
        return np.ones((len(sentences), 2), np.float32)


def test_an_object_in_memory_gets_a_card() -> None:
    assert as_encoder(Encodes()).card == EncoderCard("Encodes")
    assert as_encoder(Encodes(), "mine").card == EncoderCard("mine")
    assert as_encoder(Encodes()).encode(["a"]).shape == (1, 2)


def test_an_object_with_a_card_stays_itself() -> None:
    candidate = Encodes()
    candidate.card = EncoderCard("own")  # type: ignore[attr-defined]
    assert as_encoder(candidate, "mine") is candidate


@pytest.mark.parametrize("candidate", [None, 3, object(), SimpleNamespace(encode=1)])
def test_an_object_that_cannot_encode(candidate: Any) -> None:
    with pytest.raises(ModelError, match=r"needs a method encode\(sentences\)"):
        as_encoder(candidate)


def test_an_object_that_is_wrapped_twice_is_wrapped_once() -> None:
    once = as_encoder(Encodes())
    assert as_encoder(once) is once


# --- one line for what was raised -----------------------------------------------------------------


def test_what_was_raised_and_where() -> None:
    try:
        raise ValueError("first\n  second\tthird")
    except ValueError as error:
        line = error.__traceback__.tb_lineno
        said = raised(error)
    assert said == f"raised ValueError: first second third (test_python_object.py, line {line})"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "import os\ndef Mine():\n  return os.environ['NOWHERE']",
            "(mine.py, line 5, in <frozen os>",
        ),
        ("import json\ndef Mine():\n  json.loads('{')", "(mine.py, line 5, in decoder.py, line "),
        (
            "import json\ndef Mine():\n  f()\ndef f(): json.loads('{')",
            "(mine.py, line 6, in decoder",
        ),
        ("def Mine():\n  open('/nowhere/weights')", "'/nowhere/weights' (mine.py, line 4)"),
    ],
)
def test_an_error_names_the_last_line_of_the_file_itself(
    tmp_path: Path, text: str, place: str
) -> None:
    assert place in refusal(f"{written(tmp_path, text)}:Mine")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("class Mine:\n  def __init__(self, path): pass", "positional argument: 'path'"),
        ("def f(:", "(mine.py, line 3)"),
    ],
)
def test_no_line_of_ours_is_named(tmp_path: Path, text: str, end: str) -> None:
    assert refusal(f"{written(tmp_path, text)}:Mine").endswith(end)


def test_a_long_message_is_cut() -> None:
    assert len(raised(RuntimeError("x" * 10_000))) < 400


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert raised(RuntimeError("x")) == "raised RuntimeError: x"


def test_an_edit_within_a_second_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Bytecode that Python keeps would be taken for it: the size and the second are the same."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    text = """
        class Constant:
            card = EncoderCard("constant", version="1")

            def encode(self, sentences):
                return np.full((len(sentences), 2), 1.0, np.float32)
    """
    file = written(tmp_path, text)
    stamp = (1_700_000_000, 1_700_000_000)
    found = []
    for number in ("1.0", "3.0"):
        file.write_text(file.read_text().replace("1.0", number))
        os.utime(file, stamp)
        found.append(load_object(f"{file}:Constant").encode(["a"])[0, 0])
    assert found == [1.0, 3.0]
