"""Two files of different folders that import modules of one name: nobody gets the other's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest

from benchmark import evaluate
from benchmark.embeddings import VectorCache, embed
from benchmark.embeddings.engines import Processes
from benchmark.encoders import Encoder
from benchmark.encoders.python_object import load_object
from benchmark.errors import ModelError

NEIGHBOURS = {"layers", "layers_int", "layers_str", "models", "spaces", "sent_one", "sent_two"}


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Forget the files and their neighbours; libraries stay, which are not made to come twice."""
    path = list(sys.path)
    yield
    sys.path[:] = path
    for name in list(sys.modules):
        if name.startswith("_encoder_file_") or name.partition(".")[0] in NEIGHBOURS:
            del sys.modules[name]


HEAD = "import numpy as np\nfrom benchmark import EncoderCard\nSIZE = {size}\n"
AT_ONCE = """
{imports}
class Mine:
    card = EncoderCard("of-{size}", version="1")
    def encode(self, sentences):
        return np.full((len(sentences), 2), {value}, np.float32)
"""
WHEN_MADE = """
class Mine:
    card = EncoderCard("of-{size}", version="1")
    def __init__(self):
        {imports}
        self.value = {value}
    def encode(self, sentences):
        return np.full((len(sentences), 2), self.value, np.float32)
"""
WHEN_ASKED = """
class Mine:
    card = EncoderCard("of-{size}", version="1")
    def encode(self, sentences):
        {imports}
        return np.full((len(sentences), 2), {value}, np.float32)
"""
WITHOUT_A_CARD = WHEN_ASKED.replace("card =", "unused =")
MOMENTS = {"at once": AT_ONCE, "when made": WHEN_MADE, "when asked": WHEN_ASKED}
IMPORTS = {
    "module": ("import layers", "layers.SIZE"),
    "from": ("from layers import SIZE", "SIZE"),
    "package": ("import models.deep.net", "models.deep.net.SIZE"),
    "namespace": ("from spaces.net import SIZE", "SIZE"),
    "by text": ("import importlib; net = importlib.import_module('layers')", "net.SIZE"),
}
"""How a neighbour is imported, and its number then."""


def folder_with(folder: Path, size: int, text: str, how: str = "module") -> Path:
    """Write a file and every kind of neighbour, all of which know a number of their own."""
    for name in ("layers.py", "models/__init__.py", "models/deep/__init__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(HEAD.format(size=size))
    for name in ("models/deep/net.py", "spaces/net.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(HEAD.format(size=size))
    imports, value = IMPORTS[how]
    file = folder / f"mine_{size}.py"
    file.write_text(HEAD.format(size=0) + text.format(imports=imports, value=value, size=size))
    return file


def vectors_of(encoder: Encoder) -> list[list[float]]:
    """Return the vector of one sentence, as a run has it."""
    return embed(encoder, ["a"]).matrix.tolist()


def assert_refused(error: BaseException, first: Path, second: Path) -> None:
    """Require one line with both files and a way out."""
    text = str(error)
    assert "\n" not in text
    assert f" in this process, not {second.parent}" in text
    assert str(first.parent) in text
    assert text.endswith("; run the two one by one, or rename one of them")


@pytest.mark.parametrize("how", IMPORTS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_one_after_another(tmp_path: Path, moment: str, how: str):
    """Each is its own, or refused: as in a run, which opens one when the one before is done."""
    first = folder_with(tmp_path / "one", 1, MOMENTS[moment], how)
    second = folder_with(tmp_path / "two", 2, MOMENTS[moment], how)
    assert vectors_of(load_object(f"{first}:Mine")) == [[1, 1]]
    with pytest.raises(ModelError) as caught:
        load_object(f"{second}:Mine")
    assert_refused(caught.value, first, second)


@pytest.mark.parametrize("how", IMPORTS)
@pytest.mark.parametrize("text", [WHEN_ASKED, WITHOUT_A_CARD], ids=["card", "no card"])
def test_both_made_before_either_is_asked(tmp_path: Path, text: str, how: str):
    """As where two models are compared: the first would find what lies beside the second."""
    first = folder_with(tmp_path / "one", 1, text, how)
    second = folder_with(tmp_path / "two", 2, text, how)
    one, two = load_object(f"{first}:Mine"), load_object(f"{second}:Mine")
    with pytest.raises(ModelError) as caught:
        vectors_of(one)
    assert_refused(caught.value, second, first)
    assert vectors_of(two) == [[2, 2]]


def test_nothing_of_another_one_is_stored(tmp_path: Path):
    first = folder_with(tmp_path / "one", 1, WHEN_ASKED)
    second = folder_with(tmp_path / "two", 2, WHEN_ASKED)
    one, _ = load_object(f"{first}:Mine"), load_object(f"{second}:Mine")
    store = VectorCache(tmp_path / "vectors").store("one", "one")
    with pytest.raises(ModelError):
        embed(one, ["a"], store=store)
    assert store.count(["a"]) == 0


def test_in_a_relative_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = folder_with(tmp_path / "one", 1, AT_ONCE)
    second = folder_with(tmp_path / "two", 2, AT_ONCE)
    monkeypatch.chdir(tmp_path)
    assert vectors_of(load_object("one/mine_1.py:Mine")) == [[1, 1]]
    monkeypatch.chdir(tmp_path / "two")
    with pytest.raises(ModelError) as caught:
        load_object("mine_2.py:Mine")
    assert_refused(caught.value, first, second)


def test_one_that_fails_for_it_says_why(tmp_path: Path):
    first = folder_with(tmp_path / "one", 1, AT_ONCE)
    second = folder_with(tmp_path / "two", 2, AT_ONCE)
    load_object(f"{first}:Mine")
    second.write_text("from layers import only_here\n")
    with pytest.raises(ModelError) as caught:
        load_object(f"{second}:Mine")
    assert_refused(caught.value, first, second)


@pytest.mark.parametrize("text", MOMENTS.values(), ids=MOMENTS)
def test_what_both_folders_have_by_a_link_is_shared(tmp_path: Path, text: str):
    first = folder_with(tmp_path / "one", 1, text)
    second = folder_with(tmp_path / "two", 2, text)
    (tmp_path / "two/layers.py").unlink()
    (tmp_path / "two/layers.py").symlink_to(tmp_path / "one/layers.py")
    assert vectors_of(load_object(f"{first}:Mine")) == [[1, 1]]
    assert vectors_of(load_object(f"{second}:Mine")) == [[1, 1]]


def test_files_of_one_folder_share_what_lies_there(tmp_path: Path):
    first = folder_with(tmp_path, 1, AT_ONCE)
    second = folder_with(tmp_path, 2, AT_ONCE)
    assert vectors_of(load_object(f"{first}:Mine")) == [[2, 2]]
    assert vectors_of(load_object(f"{second}:Mine")) == [[2, 2]]


def test_neighbours_that_nobody_imports_are_in_nobodys_way(tmp_path: Path):
    first = folder_with(tmp_path / "one", 1, AT_ONCE, "module")
    second = folder_with(tmp_path / "two", 2, AT_ONCE, "package")
    (tmp_path / "two/layers.py").unlink()
    (tmp_path / "two/__main__.py").touch()
    assert vectors_of(load_object(f"{first}:Mine")) == [[1, 1]]
    assert vectors_of(load_object(f"{second}:Mine")) == [[2, 2]]


def test_two_files_of_one_name_have_modules_of_their_own(tmp_path: Path):
    """What looks a class up by the name of its module must find its own."""
    found = []
    for size, kind in ((1, "int"), (2, "str")):
        file = folder_with(tmp_path / kind, size, AT_ONCE + "    width: 'Kind'\n", "from")
        (file.parent / "layers.py").rename(file.parent / f"layers_{kind}.py")
        text = file.read_text().replace("from layers", f"from layers_{kind}")
        (file.parent / "mine.py").write_text(f"{text}\nKind = {kind}\n")
        found.append(load_object(f"{file.parent}/mine.py:Mine"))
    assert [get_type_hints(type(one))["width"] for one in found] == [int, str]
    assert [vectors_of(one) for one in found] == [[[1, 1]], [[2, 2]]]


@pytest.mark.parametrize("text", MOMENTS.values(), ids=MOMENTS)
def test_in_one_run(tmp_path: Path, text: str):
    """The other model is scored all the same, and its score is what it is alone."""
    body = text.replace("np.full(", "drawn(") + (
        "def drawn(shape, seed, kind):\n"
        "    return np.random.default_rng(seed).random(shape, kind)\n"
    )
    models = [
        f"{folder_with(tmp_path / name, size, body)}:Mine" for size, name in ((1, "a"), (2, "b"))
    ]
    both = evaluate(models, tasks="DemoSTS", cache=False)
    alone = evaluate(models[0], tasks="DemoSTS", cache=False)
    scored, refused = both
    assert not refused.results
    assert "run the two one by one, or rename one of them" in str(refused.failures["DemoSTS"])
    assert scored.results["DemoSTS"].main_score == alone.results["DemoSTS"].main_score


@pytest.mark.slow
def test_in_worker_processes(tmp_path: Path):
    """They inherit the path, where the folder of the file that was opened last comes first."""
    made = []
    for size, name in ((1, "one"), (2, "two")):
        file = folder_with(tmp_path / name, size, WHEN_ASKED)
        file.rename(file.parent / f"sent_{name}.py")
        (file.parent / "mine.py").write_text(f"from sent_{name} import Mine\n")
        made.append(load_object(f"{file.parent}/mine.py:Mine"))
    with pytest.raises(ModelError, match=r"`import layers` gives .*two/layers\.py in this"):
        embed(made[0], ["a"], engine=Processes(1))
    assert embed(made[1], ["a"], engine=Processes(1)).matrix.tolist() == [[2, 2]]
    assert np.array_equal(embed(made[1], ["a"]).matrix, [[2, 2]])


def test_a_file_that_is_named_like_the_neighbour_of_another_is_no_clash(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    imports, value = IMPORTS["module"]
    text = HEAD.format(size=1) + AT_ONCE.format(size=1, imports=imports, value=value)
    (tmp_path / "one" / "first.py").write_text(text)
    (tmp_path / "one" / "layers.py").write_text(HEAD.format(size=1))
    alone = HEAD.format(size=2) + AT_ONCE.format(size=2, imports="", value="SIZE")
    (tmp_path / "two" / "layers.py").write_text(alone)
    for place, size in (("one/first.py", 1), ("two/layers.py", 2)):
        encoder = load_object(f"{tmp_path / place}:Mine")
        assert embed(encoder, ["a"]).matrix.tolist() == [[size, size]]
