"""Every reader of files that others wrote: an error on purpose or a value, nothing else.

A reader that is not in `READERS` fails `test_no_reader_is_forgotten`.
"""

from __future__ import annotations

import ast
import gzip
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmark.datasets.extract import extract
from benchmark.datasets.readers import READERS as OF_DATA
from benchmark.embeddings import VectorCache, embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.files.tensors import weight_names
from benchmark.encoders.transformer.backends import exported
from benchmark.equivalence.of_text import folder_prompts
from benchmark.equivalence.sentences import read_sentences
from benchmark.errors import BenchmarkError
from benchmark.gate import encode_baseline, open_baseline
from benchmark.interchange import quoted_files, read_tree
from benchmark.leaderboard import encode_statistics, read_statistics
from benchmark.options import EncoderOptions
from benchmark.results import encode_record, published_files, read_record
from benchmark.results.published_files import published_folder, published_tables
from benchmark.steps import step_by_name
from tests import mutations
from tests.checkpoints import write_json, write_plain, write_sentence_transformers
from tests.datasets.synthetic import entry_of, tar_of
from tests.embeddings.storage.known import IDENTITY, store_in, vectors_of
from tests.encoders.transformer.test_dense import write_layer
from tests.gate.samples import baseline_with, run_of
from tests.interchange.mteb_results import plain, write_result
from tests.leaderboard.test_statistics import KNOWN
from tests.results.samples import sample_result
from tests.results.test_published_files import TABLE
from tests.test_architecture import FILES, imported, name_of, tree_of

DATA = b"first\n" * 50


class Reader(NamedTuple):
    """Something that reads a file.

    Attributes:
        modules: the modules of ours that it goes through.
        make: fills a folder with what is sound.
        file: the one that is changed, by its path in the folder.
        read: reads the folder.
        change: how the file may be changed.
    """

    modules: Sequence[str]
    make: Callable[[Path], Any]
    file: str
    read: Callable[[Path], Any]
    change: Callable[[bytes], st.SearchStrategy[bytes]] = mutations.json_like


def _sentence_transformers(folder: Path) -> None:
    prompts = {"prompts": {"a": "b ", "c": ""}, "default_prompt_name": "a", "truncate_dim": None}
    write_sentence_transformers(folder, after=("Dense", "Normalize"), prompts=prompts)
    write_layer(folder / "2_Dense", 8, use_residual=True)
    write_json(folder / "3_Normalize/config.json", {"module_input_name": "sentence_embedding"})
    write_json(folder / "tokenizer_config.json", {"model_max_length": 64, "do_lower_case": True})


def _card(folder: Path) -> Any:
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions()).card


def _vectors(folder: Path) -> Any:
    reference = parse_reference(str(folder))
    return embed(build_encoder(reference, "sts", EncoderOptions(device="cpu")), ["Yes", "no"])


def _names(folder: Path) -> Any:
    return weight_names(Checkpoint(folder, "m", "m"))


def _export(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"x")
    write_json(folder / "complete.json", {"model": "m", "files": {"model.onnx": "0" * 64}})


def _archive(folder: Path) -> None:
    content = tar_of({"senteval/STS/a.txt": DATA, "senteval/b": b"x" * 2000})
    (folder / "data.tar").write_bytes(content)
    (folder / "data.tar.gz").write_bytes(gzip.compress(content, mtime=0))


def _extract(name: str) -> Callable[[Path], Any]:
    entries = [entry_of("STS/a.txt", DATA)]
    return lambda folder: extract(folder / name, entries, folder / "out")


def _data(kind: str) -> Reader:
    files = LINES[kind]

    def make(folder: Path) -> None:
        for place, content in enumerate(files):
            (folder / f"{place}.txt").write_bytes(content)

    def read(folder: Path) -> Any:
        paths = [str(folder / f"{place}.txt") for place in range(len(files))]
        contents = [Path(path).read_bytes() for path in paths]
        return OF_DATA[kind]("part", contents, paths)

    return Reader([], make, f"{len(files) - 1}.txt", read, mutations.scratched)


LINES: Mapping[str, list[bytes]] = {
    "sts": [b"a b\tc  d\n" * 3, b"3.5\n\n0.25\n"],
    "sts-benchmark": [b"news\tfile\t2012\t1\t2.5\ta b\tc d\textra\n" * 3],
    "sick": [b"id\ta\tb\tscore\n1\ta b\tc d\t4.5\n2\te\tf\t1\n"],
    "demo": [b"score\tid\tfirst\tsecond\n1.5\t1\ta b\tc d\n"],
    "two-classes": [b"good\n\n", b"bad \xe9\nworse\n"],
    "sst-binary": [b"a good one\t1\na bad one\t0\n"],
    "sst-fine": [b"4 a good one\n0 a bad one\n"],
    "trec": [b"NUM:date When is it ?\nHUM:ind Who \xe9 ?\n"],
    "mrpc": [b"\xef\xbb\xbfq\t1\t2\ta\tb\n1\t3\t4\ta b\tc d\n"],
    "sick-entailment": [b"id\ta\tb\ts\te\n1\ta b\tc d\t4\tNEUTRAL\n"],
    "demo-polarity": [b"class\ttext\n1\ta good one\n"],
}


def _mteb(folder: Path) -> None:
    path = write_result(folder, plain("STS12", 0.5) | {"mteb_version": "1.12.0"})
    write_json(path.parent / "model_meta.json", {"name": "org/model", "revision": "x"})


def _import(folder: Path) -> Any:
    tree = read_tree([folder])
    return tree.errors, quoted_files(tree)


def _published(folder: Path) -> None:
    for name in ("columns.toml", "sources.bib"):
        shutil.copy(published_folder() / name, folder / name)
    (folder / "own.toml").write_text(TABLE, "utf-8")


def _tables(folder: Path) -> Any:
    published_files._read_folder.cache_clear()
    published_files.published_sources.cache_clear()
    return published_tables(folder)


def _baseline(folder: Path) -> None:
    baseline = baseline_with(run_of({"STS12": 0.7, "MR": 0.8}), path=folder / "baseline.toml")
    (folder / "baseline.toml").write_bytes(encode_baseline(baseline))


def _identity(folder: Path) -> None:
    store_in(folder).add(["a"], vectors_of(["a"]))
    (folder / "identity.json").write_text(IDENTITY)


def _summaries(folder: Path) -> Any:
    cache = VectorCache(folder / "vectors")
    [path] = (folder / "vectors").glob("*.sqlite")
    with closing(sqlite3.connect(path)) as connection, connection:
        text = (folder / "identity.json").read_bytes().decode("utf-8", "replace")
        connection.execute("UPDATE encoder SET identity = ?", (text,))
    return cache.summaries()


_ENCODERS = (
    "encoders/files/checkpoint",
    *("encoders/transformer/sentence_transformers", "encoders/transformer/dense"),
    *("encoders/transformer/from_checkpoint", "encoders/files/agreement"),
)
_SETTINGS = (
    *("config.json", "tokenizer_config.json", "modules.json", "sentence_bert_config.json"),
    *("config_sentence_transformers.json", "1_Pooling/config.json", "2_Dense/config.json"),
    "3_Normalize/config.json",
)
_MTEB = ["interchange/mteb_tree", "interchange/mteb_file"]
_TABLES = ["results/published_files"]

READERS: Mapping[str, Reader] = {
    **{
        f"settings {name}": Reader(_ENCODERS, _sentence_transformers, name, _card)
        for name in _SETTINGS
    },
    "names of safetensors": Reader(
        ["encoders/files/tensors"], write_plain, "model.safetensors", _names, mutations.scratched
    ),
    "names of pickles": Reader(
        ["encoders/files/tensors"],
        lambda folder: write_plain(folder, form="bin"),
        "pytorch_model.bin",
        _names,
        mutations.scratched,
    ),
    "exports": Reader(["encoders/files/checkpoint"], _export, "complete.json", exported._is_sound),
    **{
        f"archive {name}": Reader(
            ["datasets/extract", "datasets/files"],
            _archive,
            name,
            _extract(name),
            mutations.scratched,
        )
        for name in ("data.tar", "data.tar.gz")
    },
    **{f"data {kind}": _data(kind) for kind in LINES},
    "result of MTEB": Reader(_MTEB, _mteb, "STS12.json", _import),
    "model of MTEB": Reader(_MTEB, _mteb, "model_meta.json", _import),
    **{
        f"published {name}": Reader(_TABLES, _published, name, _tables, mutations.toml_like)
        for name in ("own.toml", "columns.toml")
    },
    "published sources": Reader(_TABLES, _published, "sources.bib", _tables, mutations.scratched),
    "baseline": Reader(
        ["gate/baseline"],
        _baseline,
        "baseline.toml",
        lambda folder: open_baseline(folder / "baseline.toml"),
        mutations.toml_like,
    ),
    "sentences to fit on": Reader(
        ["steps/words"],
        lambda folder: (folder / "s.txt").write_bytes(DATA),
        "s.txt",
        lambda folder: step_by_name(f"center@{folder / 's.txt'}"),
        mutations.scratched,
    ),
    "sentences to compare on": Reader(
        ["equivalence/sentences"],
        lambda folder: (folder / "s.txt").write_bytes(DATA),
        "s.txt",
        lambda folder: read_sentences(folder / "s.txt"),
        mutations.scratched,
    ),
    "prompts of a folder": Reader(
        ["equivalence/of_text"],
        _sentence_transformers,
        "config_sentence_transformers.json",
        lambda folder: list(folder_prompts(folder)),
    ),
    "identity of a store": Reader(
        ["embeddings/storage/cache"], _identity, "identity.json", _summaries
    ),
    "record": Reader(
        ["results/soundness"],
        lambda folder: (folder / "r.json").write_bytes(encode_record(sample_result())),
        "r.json",
        lambda folder: read_record(folder / "r.json"),
    ),
    "statistics": Reader(
        ["leaderboard/statistics"],
        lambda folder: (folder / "s.json").write_bytes(encode_statistics(KNOWN)),
        "s.json",
        lambda folder: read_statistics(folder / "s.json"),
    ),
}


LOADED = ("config.json", "tokenizer_config.json", "vocab.txt", "model.safetensors")
"""Files that the libraries read themselves; how they fail is told in a line of ours."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Reader], Path]:
    """Return where the sound file of a reader lies, made once."""
    made: dict[str, Path] = {}

    def file(name: str, reader: Reader) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp("sound") / "folder"
            folder.mkdir()
            reader.make(folder)
            made[name] = folder
        folder = made[name]
        return (
            folder / reader.file
            if (folder / reader.file).exists()
            else next(folder.rglob(reader.file))
        )

    return file


def refusal(reader: Reader, folder: Path) -> str:
    """Return what an error on purpose says, nothing where there is none."""
    try:
        reader.read(folder)
    except BenchmarkError as error:
        return str(error)
    return ""


def check(reader: Reader, path: Path, examples: int) -> None:
    """Read a file that was changed in many ways; leave it as it was."""
    content = path.read_bytes()
    folder = next(parent for parent in path.parents if parent.name == "folder")

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(changed=reader.change(content))
    def read(changed: bytes) -> None:
        path.write_bytes(changed)
        said = refusal(reader, folder)
        assert len(said) < 2000
        assert "\n" not in said

    reader.read(folder)
    try:
        read()
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("name", READERS)
def test_an_error_on_purpose_or_a_value(sound: Callable[[str, Reader], Path], name: str) -> None:
    check(READERS[name], sound(name, READERS[name]), 25)


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_the_same_in_depth(sound: Callable[[str, Reader], Path], name: str) -> None:
    check(READERS[name], sound(name, READERS[name]), 200)


@pytest.mark.slow
@pytest.mark.parametrize("file", LOADED)
def test_the_libraries_fail_in_a_line_of_ours(
    sound: Callable[[str, Reader], Path], file: str
) -> None:
    change = mutations.json_like if file.endswith(".json") else mutations.scratched
    reader = Reader([], _sentence_transformers, file, _vectors, change)
    check(reader, sound(file, reader), 100)


# --- nobody is forgotten --------------------------------------------------------------------------

ELSEWHERE = {
    "results/collection": "finds records and reads none, tests/results/test_collection.py",
    "results/predictions": "hashes them first; with gold in tests/campaign",
    "encoders/files/seal": "hashes the files of a checkpoint, tests/encoders/files/test_seal.py",
    "datasets/fetch": "hashes the archive, tests/datasets/test_fetch.py",
    "hub": "hashes files of the cache, tests/test_hub_client.py",
}
"""Who asks for bytes and looks at nothing but their hash."""


def test_no_reader_is_forgotten() -> None:
    """What asks `benchmark.foreign` is tried here, whoever it is."""
    asking = {
        name_of(path).removeprefix("benchmark/").removesuffix(".py")
        for path in FILES
        if any(
            module.startswith("benchmark.foreign")
            for node in ast.walk(tree_of(path))
            for module in imported(node)
        )
    }
    tried = {module for reader in READERS.values() for module in reader.modules}
    assert asking - tried - ELSEWHERE.keys() == set()
    assert asking >= tried | ELSEWHERE.keys()
