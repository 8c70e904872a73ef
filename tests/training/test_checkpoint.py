"""What training leaves, read by all that should: vectors are those of the training."""

from __future__ import annotations

import errno
import functools
import json
import os
import shutil
import signal
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from transformers import AutoModel, AutoTokenizer

from benchmark.encoders.asked.reference import parse_reference
from benchmark.encoders.build import build_encoder
from benchmark.errors import ModelError, TrainingError, UsageError
from benchmark.options import EncoderOptions
from benchmark.training import BatchNormHead, DenseHead
from benchmark.training.checkpoint import finish_checkpoint, write_checkpoint
from benchmark.training.model_card import CheckpointStory
from tests import fixtures
from tests.checkpoints import HIDDEN, MOST_TOKENS, SENTENCES, write_distilbert, write_plain
from tests.rounding import assert_close

log = fixtures.log

STORY = CheckpointStory(
    "runs-x", "simcse", "google-bert/bert-base-uncased", "wiki", "0" * 64, 9, 1, 5
)
TEXTS = [*SENTENCES, " ", "a man " * 90]
Vectors = NDArray[np.float32]


class Trained:
    """An encoder as it is when training ends, and the vectors that it gives."""

    def __init__(
        self, folder: Path, head: torch.nn.Module | None, *, pooling: bool = False
    ) -> None:
        options = {"add_pooling_layer": True} if pooling else {"add_pooling_layer": False}
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        kind = json.loads((folder / "config.json").read_text("utf-8"))["model_type"]
        self.encoder = AutoModel.from_pretrained(
            folder, **({} if kind == "distilbert" else options)
        )
        self.head = head

    def states(self, texts: list[str] = TEXTS, length: int = MOST_TOKENS) -> torch.Tensor:
        batch = self.tokenizer(
            texts, padding=True, truncation=True, max_length=length, return_tensors="pt"
        )
        with torch.no_grad():
            states: torch.Tensor = self.encoder.eval()(**batch).last_hidden_state
        return states

    def first(self) -> Vectors:
        return self.states()[:, 0].numpy()

    def headed(self) -> Vectors:
        assert self.head is not None
        with torch.no_grad():
            found: Vectors = self.head.eval()(self.states()[:, 0]).numpy()
        return found

    def write(self, folder: Path, pooler: str = "cls_before_pooler", **options: Any) -> Path:
        write_checkpoint(
            folder,
            self.encoder,
            self.tokenizer,
            pooler=pooler,
            head=self.head,
            story=options.pop("story", STORY),
            **options,
        )
        return folder


def dense(width: int = HIDDEN) -> DenseHead:
    torch.manual_seed(7)
    return DenseHead(width)


@pytest.fixture(scope="module", params=["bert", "roberta"])
def plain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plain(tmp_path_factory.mktemp("base") / request.param, request.param)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plain(tmp_path_factory.mktemp("base") / "bert")


def ours(folder: Path, **options: Any) -> Vectors:
    """What `run_eval.py` scores of a folder."""
    encoder = build_encoder(parse_reference(str(folder)), "cpu", EncoderOptions(**options))
    return np.asarray(encoder.encode(TEXTS), np.float32)


def of_sentence_transformers(folder: Path) -> Vectors:
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        return SentenceTransformer(str(folder), device="cpu").encode(TEXTS)


def of_simcse_tool(folder: Path, pooler: str) -> Vectors:
    """The calls that the tool of SimCSE makes (simcse/tool.py), with a limit of our own."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    batch = tokenizer(
        TEXTS, padding=True, truncation=True, max_length=MOST_TOKENS, return_tensors="pt"
    )
    with torch.no_grad():
        outputs = model(**batch, return_dict=True)
    if pooler == "cls":
        return outputs.pooler_output.numpy()
    return outputs.last_hidden_state[:, 0].numpy()


def loading(folder: Path) -> Mapping[str, Any]:
    """What transformers says was missing or left over."""
    return AutoModel.from_pretrained(folder, output_loading_info=True)[1]


# --- who loads it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("head", [DenseHead, BatchNormHead], ids=["SimCSE", "DiffCSE"])
def test_without_the_head_all_give_the_first_state(plain: Path, head: Any, tmp_path: Path) -> None:
    trained = Trained(plain, head(HIDDEN))
    folder = trained.write(tmp_path / "runs" / "x")
    for vectors in (ours(folder), of_sentence_transformers(folder)):
        assert_close(vectors, trained.first())
    assert_close(of_simcse_tool(folder, "cls_before_pooler"), trained.first())


def test_with_the_head_all_give_what_it_gives(plain: Path, tmp_path: Path) -> None:
    trained = Trained(plain, dense())
    folder = trained.write(tmp_path / "x", "cls")
    assert_close(ours(folder), trained.headed())
    assert_close(of_sentence_transformers(folder), trained.headed())
    assert_close(of_simcse_tool(folder, "cls"), trained.headed())
    assert np.abs(trained.headed() - trained.first()).max() > 0.1


def test_the_vector_is_the_same_to_the_last_bit_where_no_layer_follows(
    plain: Path, tmp_path: Path
) -> None:
    """The weights are those that were trained, and so is what is computed of them."""
    trained = Trained(plain, dense())
    folder = trained.write(tmp_path / "x")
    np.testing.assert_array_equal(ours(folder), ours(folder, pooler="cls_before_pooler"))
    state = AutoModel.from_pretrained(folder).state_dict()
    for name, tensor in trained.encoder.state_dict().items():
        torch.testing.assert_close(state[name], tensor, rtol=0, atol=0)


def test_the_suite_needs_no_pooler_and_says_nothing(
    plain: Path, tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Trained(plain, dense()).write(tmp_path / "x")
    caplog.clear()  # of what the library says of the base model
    encoder = build_encoder(parse_reference(str(folder)), "cpu", EncoderOptions())
    assert encoder.card.pooler == "cls_before_pooler"
    assert encoder.card.max_length == MOST_TOKENS
    encoder.encode(TEXTS)
    assert [record.getMessage() for record in caplog.records] == []


@pytest.mark.parametrize("pooling", [False, True], ids=["no pooling layer", "its own"])
def test_nothing_is_missing_where_the_head_is_the_pooling_layer(
    plain: Path, tmp_path: Path, pooling: bool
) -> None:
    trained = Trained(plain, dense(), pooling=pooling)
    folder = trained.write(tmp_path / "x")
    found = loading(folder)
    assert not found["missing_keys"]
    assert not found["unexpected_keys"]
    assert_close(of_simcse_tool(folder, "cls"), trained.headed())


def test_a_head_that_no_library_knows_is_left_out(plain: Path, tmp_path: Path) -> None:
    """The pooling layer is then the base model's, or missing where it was left out in training."""
    found = loading(Trained(plain, BatchNormHead(HIDDEN)).write(tmp_path / "x"))
    assert set(found["missing_keys"]) == {"pooler.dense.weight", "pooler.dense.bias"}
    assert not found["unexpected_keys"]
    found = loading(Trained(plain, BatchNormHead(HIDDEN), pooling=True).write(tmp_path / "y"))
    assert not found["missing_keys"]


@pytest.mark.parametrize("pooler", ["avg", "max", "last_token"])
def test_other_poolings_of_sentence_transformers(plain: Path, tmp_path: Path, pooler: str) -> None:
    trained = Trained(plain, None)
    folder = trained.write(tmp_path / "x", pooler)
    assert_close(ours(folder), of_sentence_transformers(folder))
    assert_close(ours(folder), ours(trained.write(tmp_path / "y"), pooler=pooler))


def test_an_architecture_without_pooling_layer(tmp_path: Path) -> None:
    trained = Trained(write_distilbert(tmp_path / "base"), dense())
    folder = trained.write(tmp_path / "x", "cls")
    assert_close(ours(folder), trained.headed())
    assert_close(of_sentence_transformers(folder), trained.headed())
    assert not loading(folder)["unexpected_keys"]
    assert "from simcse import" not in (folder / "README.md").read_text("utf-8")


def test_the_length_of_training_is_not_that_of_the_tokenizer(bert: Path, tmp_path: Path) -> None:
    trained = Trained(bert, dense())
    trained.states(["a man " * 40], length=8)
    folder = trained.write(tmp_path / "x")
    stored = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    assert (stored["truncation"], stored["padding"]) == (None, None)
    assert len(AutoTokenizer.from_pretrained(folder)("a man " * 20)["input_ids"]) > 8
    short = trained.write(tmp_path / "y", max_length=16)
    assert_close(ours(short), trained.states(length=16)[:, 0].numpy())
    assert_close(of_sentence_transformers(short), trained.states(length=16)[:, 0].numpy())


def test_what_files_cannot_say_is_refused(bert: Path, tmp_path: Path) -> None:
    trained = Trained(bert, None)
    for pooler, said in [
        ("cls", "this training has no such head"),
        ("avg_first_last", "sentence-transformers has no such pooling"),
        ("clss", "cls"),
    ]:
        with pytest.raises(UsageError, match=said):
            trained.write(tmp_path / "x", pooler)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="it is no folder"):
        trained.write(tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_pooling_layer_of_the_encoder_itself_is_a_head(bert: Path, tmp_path: Path) -> None:
    trained = Trained(bert, None, pooling=True)
    folder = trained.write(tmp_path / "x", "cls")
    assert_close(ours(folder), of_simcse_tool(bert, "cls"))


# --- whole or not at all --------------------------------------------------------------------------


@pytest.fixture
def trained(bert: Path) -> Trained:
    return Trained(bert, dense())


@pytest.fixture
def changed(bert: Path) -> Trained:
    """The same, some steps on."""
    found = Trained(bert, DenseHead(HIDDEN))
    with torch.no_grad():
        for weight in found.encoder.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(3)) / 10)
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_another_takes_its_place_and_other_files_stay(
    trained: Trained, changed: Trained, tmp_path: Path
) -> None:
    folder = trained.write(tmp_path / "x")
    (folder / "evaluation").mkdir()
    (folder / "evaluation" / "record.json").write_text("{}", "utf-8")
    assert changed.write(folder) == folder
    assert_close(ours(folder), changed.first())
    assert (folder / "evaluation" / "record.json").read_text("utf-8") == "{}"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_everybody_may_read_it(trained: Trained, tmp_path: Path) -> None:
    folder = trained.write(tmp_path / "x", "cls")
    modes = [path.stat().st_mode & 0o777 for path in folder.rglob("*.safetensors")]
    assert modes == [0o644, 0o644]


def test_a_relative_folder_and_a_link(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    trained.write(Path("here"))
    (tmp_path / "link").symlink_to("there", target_is_directory=True)
    trained.write(Path("link"))
    assert (tmp_path / "there" / "config.json").is_file()
    assert files(tmp_path / "here").keys() == files(tmp_path / "there").keys()
    monkeypatch.chdir(tmp_path / "here")
    trained.write(Path())
    assert ours(tmp_path / "here").shape == (len(TEXTS), HIDDEN)


def failing(*args: Any, **options: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["os.fsync", "os.replace", "pathlib.Path.mkdir"])
@pytest.mark.parametrize("there", [False, True], ids=["new", "one is there"])
def test_a_full_disk_leaves_what_was_there(
    trained: Trained,
    changed: Trained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    there: bool,
) -> None:
    folder = tmp_path / "x"
    if there:
        trained.write(folder)
    before = files(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(step, failing)
        with pytest.raises(TrainingError) as caught:
            changed.write(folder)
    assert "x: the checkpoint cannot be written (No space left on device)" in str(caught.value)
    assert files(tmp_path) == before
    changed.write(folder)
    assert_close(ours(folder), changed.first())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("most", [10, 300, 3_000, 20_000, 100_000])
def test_a_file_that_cannot_grow_is_one_line(
    trained: Trained, changed: Trained, tmp_path: Path, most: int
) -> None:
    """The system itself refuses to write, in whichever library that is."""
    import resource

    folder = trained.write(tmp_path / "x")
    before = files(tmp_path)
    told = tmp_path / "told"

    def write() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        stream = os.open(told, os.O_CREAT | os.O_WRONLY)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        try:
            changed.write(folder)
        except TrainingError as error:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            os.write(stream, str(error).encode())

    assert in_child(write) == 0
    message = told.read_text("utf-8")
    told.unlink()
    assert "\n" not in message
    assert "the checkpoint cannot be written (" in message
    assert files(tmp_path) == before


KILLED = 77


def in_child(action: Callable[[], None]) -> int:
    """Run something in a process of its own; return its exit status."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of torch, which are idle
        child = os.fork()
    if not child:
        status = 1
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(number: int, below: Path, action: Callable[[], None]) -> Callable[[], None]:
    """Return an action that ends its process before it changes files for the n-th time."""

    def run() -> None:
        left = number

        def count(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            if event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "open"):
                if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & 3):
                    return
                named = arguments[0]
                if not isinstance(named, (str, os.PathLike)) or str(below) not in str(named):
                    return
                left -= 1
                if not left:
                    os._exit(KILLED)

        sys.addaudithook(count)
        action()

    return run


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("there", [False, True], ids=["new", "one is there"])
def test_a_kill_at_any_step_leaves_no_mixture(
    trained: Trained, changed: Trained, tmp_path: Path, there: bool
) -> None:
    """What a folder holds is old, new or no checkpoint; after the next call it is whole."""
    old = files(trained.write(tmp_path / "old", "cls"))
    new = files(changed.write(tmp_path / "new", "cls"))
    assert old.keys() == new.keys()
    seen, number, status = set(), 0, KILLED
    while status == KILLED:
        number += 1
        place = tmp_path / str(number)
        folder = place / "x"
        place.mkdir()
        if there:
            shutil.copytree(tmp_path / "old", folder)
        write = functools.partial(changed.write, folder, "cls")
        status = in_child(killed_at(number, place, write))
        assert status in (0, KILLED)
        meanwhile = state(folder, old, new)
        assert meanwhile in ({"old", "new", "refused"} if there else {"absent", "new"})
        finish_checkpoint(folder)
        after = state(folder, old, new)
        assert after in ({"old", "new"} if there else {"absent", "new"})
        seen |= {meanwhile, f"then {after}"}
        write()
        assert files(folder) == new
        assert [path.name for path in place.iterdir()] == ["x"]
        shutil.rmtree(place)
    assert number > 15
    before = "old" if there else "absent"
    assert {before, "new", f"then {before}", "then new"} <= seen
    assert there == ("refused" in seen)


def state(folder: Path, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> str:
    """Tell what a folder holds; without its configuration it is no checkpoint."""
    if not folder.exists():
        return "absent"
    found = files(folder)
    if "config.json" not in found:
        return "refused"
    return "old" if found == old else "new" if found == new else "a mixture"


def test_a_folder_without_its_configuration_is_refused(trained: Trained, tmp_path: Path) -> None:
    folder = trained.write(tmp_path / "x")
    (folder / "config.json").unlink()
    with pytest.raises(ModelError, match=r"config\.json is missing"):
        ours(folder)
