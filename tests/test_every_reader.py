"""Every reader of files that others wrote: an error on purpose or a value, nothing else.

A reader that is not in `READERS` fails `test_no_reader_is_forgotten`.
"""

from __future__ import annotations

import ast
import gzip
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmark.cli.leaderboard import is_page_of_year
from benchmark.datasets.extract import extract
from benchmark.datasets.readers import READERS as OF_DATA
from benchmark.datasets.tables import read_own_data
from benchmark.embeddings import VectorCache, embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.files.tensors import weight_names
from benchmark.encoders.served.client import Client
from benchmark.encoders.served.identity import _Memory
from benchmark.encoders.transformer.backends import exported
from benchmark.equivalence.of_text import folder_prompts
from benchmark.equivalence.sentences import read_sentences
from benchmark.errors import BenchmarkError
from benchmark.gate import encode_baseline, open_baseline
from benchmark.interchange import quoted_files, read_tree
from benchmark.leaderboard import encode_statistics, read_statistics
from benchmark.options import EncoderOptions, RunOptions
from benchmark.recipe_options import RecipeOptions
from benchmark.reports.leaderboard.markdown import MADE
from benchmark.results import encode_record, published_files, read_record
from benchmark.results.families import Family, Member, read_families, write_family
from benchmark.results.published_files import published_folder, published_tables
from benchmark.steps import step_by_name
from benchmark.tasks.asked import own_catalogue
from benchmark.training.networks import located, most_tokens
from benchmark.training.run_folder import Result, RunFolder
from benchmark.training.text import sentences
from benchmark.training.triples import triples
from benchmark.variants import variants
from tests import mutations
from tests.checkpoints import write_json, write_plain, write_sentence_transformers
from tests.datasets.synthetic import entry_of, tar_of
from tests.embeddings.storage.known import IDENTITY, store_in, vectors_of
from tests.encoders.static.models import model2vec_model, write_library
from tests.encoders.static.words import write_glove, write_word2vec
from tests.encoders.transformer.test_dense import write_layer, write_norm
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
    settings = {
        "max_seq_length": 48,
        "do_lower_case": False,
        "processing_kwargs": {"text": {"max_length": 40}},
        "modality_config": {
            "text": {"method": "forward", "method_output_name": ["hidden_states", -2]}
        },
        "tokenizer_args": {"model_max_length": 44},
    }
    after = ("Dense", "Normalize", "LayerNorm", "Dropout")
    write_sentence_transformers(folder, after=after, prompts=prompts, settings=settings)
    write_layer(folder / "2_Dense", 8, use_residual=True)
    write_norm(folder / "4_LayerNorm", 8)
    write_json(folder / "5_Dropout/config.json", {"dropout": 0.5})
    write_json(folder / "3_Normalize/config.json", {"module_input_name": "sentence_embedding"})
    write_json(folder / "tokenizer_config.json", {"model_max_length": 64, "do_lower_case": True})


TRAINED = {"method": "simcse", "seed": 3, "recipe": {"learning_rate": 0.1}}


def _trained(folder: Path) -> None:
    """A run that has ended."""
    RunFolder(folder).begin(TRAINED)
    RunFolder(folder).finish(Result(4, 3, {"STSBenchmark/dev": 0.5}), [{"loss": 1.0}])


def _card(folder: Path) -> Any:
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions()).card


def _routes(folder: Path) -> None:
    """A folder that the library computes: two ways, through modules of many kinds."""
    modules = {"": "models.Router", "1_Normalize": "models.Normalize"}
    listed = [
        {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.{kind}"}
        for place, (path, kind) in enumerate(modules.items())
    ]
    write_json(folder / "modules.json", listed)
    inner = ("Transformer", "Dense", "WordEmbeddings")
    types = {
        f"a_{place}": f"sentence_transformers.models.{kind}" for place, kind in enumerate(inner)
    }
    structure = {"a": ["a_0", "a_1"], "b": ["a_2"]}
    parameters = {"default_route": "a", "allow_empty_key": True, "route_mappings": {}}
    router = {"types": types, "structure": structure, "parameters": parameters}
    write_json(folder / "router_config.json", router)
    write_plain(folder / "a_0")
    arguments = {"model_args": {"dtype": "float32"}, "max_seq_length": 9}
    write_json(folder / "a_0/sentence_bert_config.json", arguments)
    write_json(folder / "a_1/config.json", {"activation_function": "torch.nn.Tanh"})
    words = "sentence_transformers.models.tokenizer.WhitespaceTokenizer"
    write_json(folder / "a_2/wordembedding_config.json", {"tokenizer_class": words})
    whole = {"prompts": {"a": "b"}, "default_prompt_name": "a", "truncate_dim": 3}
    write_json(folder / "config_sentence_transformers.json", whole)


def _library_card(folder: Path) -> Any:
    asked = EncoderOptions(adapter="sentence-transformers")
    return build_encoder(parse_reference(str(folder)), "sts", asked).card


def _vectors(folder: Path) -> Any:
    reference = parse_reference(str(folder))
    return embed(build_encoder(reference, "sts", EncoderOptions(device="cpu")), ["Yes", "no"])


def _static(folder: Path) -> None:
    model2vec_model("words", normalize=True).save_pretrained(folder)


def _static_embedding(folder: Path) -> None:
    write_library(folder, "words")
    settings = {"prompts": {"a": ""}, "truncate_dim": None, "model_type": "SentenceTransformer"}
    write_json(folder / "config_sentence_transformers.json", settings)


def _word_vectors(name: str) -> Callable[[Path], Any]:
    def read(folder: Path) -> Any:
        lists = {"word_rules": f"stop:{folder / 'stop'}", "word_weights": f"sif:1:{folder / 'p'}"}
        reference = parse_reference(f"words:{folder / name}")
        return build_encoder(reference, "sts", EncoderOptions(**lists)).encode(["the cat", "no"])

    return read


def _words(folder: Path) -> None:
    write_glove(folder, "v.txt")
    write_word2vec(folder, "v.vec", end=" \n")
    write_word2vec(folder, "v.bin", binary=True)
    (folder / "v.txt.gz").write_bytes(gzip.compress((folder / "v.txt").read_bytes(), mtime=0))
    with zipfile.ZipFile(folder / "v.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "v.bin", "v.bin")
    (folder / "stop").write_text("a\nno\n")
    (folder / "p").write_text("the 100\ncat\t3.5\n")


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


OWN: Mapping[str, bytes] = {
    "t.tsv": b'sentence1\tsentence2\tscore\na\tb\t1\nc\t"d\t2.5\n\xc3\xa9\tf\t0\n',
    "t.csv": b"split;text_a;text_b;label\r\n" + b'x;"a ""b"", c";d;1\r\nx;e;f;0\r\n' * 2,
    "t.jsonl": b'{"first": "a", "second": "b", "gold": %d}\n' * 4 % (1, 2, 3, 4),
    "t.json": json.dumps([{"text": str(n), "label": n % 2} for n in range(20)]).encode(),
    "t.txt.gz": gzip.compress(b"a\tb\t1\nc\td\t2\ne\tf\t3\n", mtime=0),
}


def _own(name: str) -> Reader:
    change = mutations.json_like if name == "t.json" else mutations.scratched
    return Reader(
        ["datasets/tables/file", "datasets/tables/json_rows"],
        lambda folder: (folder / name).write_bytes(OWN[name]),
        name,
        lambda folder: read_own_data(folder / name).report.lines(),
        change,
    )


def _own_parquet(folder: Path) -> None:
    columns = {"text1": list("abc"), "text2": list("def"), "score": [0.0, 1.5, 2.0]}
    pq.write_table(pa.table(columns), folder / "t.parquet")


def _mteb(folder: Path) -> None:
    path = write_result(folder, plain("STS12", 0.5) | {"mteb_version": "1.12.0"})
    write_json(path.parent / "model_meta.json", {"name": "org/model", "revision": "x"})


def _import(folder: Path) -> Any:
    tree = read_tree([folder])
    return tree.errors, quoted_files(tree)


def _published(folder: Path) -> None:
    for name in ("columns.toml", "backbones.toml", "sources.bib"):
        shutil.copy(published_folder() / name, folder / name)
    (folder / "own.toml").write_text(TABLE, "utf-8")


def _tables(folder: Path) -> Any:
    published_files._read_folder.cache_clear()
    published_files.published_sources.cache_clear()
    published_files.published_backbones.cache_clear()
    return published_tables(folder)


def _family(folder: Path) -> None:
    write_family(folder, Family("seeds", "seed", (Member("a", ("1" * 64,), "first"), Member("b"))))


def _values(folder: Path) -> None:
    (folder / "templates.txt").write_text('Say "{text}" .\n{text} means {mask}\n', "utf-8")


def _own_catalogue(folder: Path) -> None:
    entry = '[[tasks]]\nid = "tickets"\nfile = "tickets.tsv"\ngroup = "support"\n'
    (folder / "mine.toml").write_text(f'{entry}columns = ["a", "b", "c"]\naliases = ["t"]\n')


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


def _adapter(folder: Path) -> None:
    write_plain(folder / "base")
    named = {"base_model_name_or_path": "base", "peft_type": "LORA", "revision": None}
    write_json(folder / "adapter_config.json", named)
    (folder / "adapter_model.safetensors").write_bytes(b"")


_ENCODERS = (
    "encoders/files/checkpoint",
    *("encoders/transformer/sentence_transformers", "encoders/transformer/dense"),
    "encoders/transformer/prompts",
    *("encoders/transformer/from_checkpoint", "encoders/files/agreement"),
    *("encoders/transformer/transformer_settings", "encoders/transformer/length"),
)
_SETTINGS = (
    *("config.json", "tokenizer_config.json", "modules.json", "sentence_bert_config.json"),
    *("config_sentence_transformers.json", "1_Pooling/config.json", "2_Dense/config.json"),
    *("3_Normalize/config.json", "4_LayerNorm/config.json", "5_Dropout/config.json"),
)
_STATIC = ("encoders/files/checkpoint", "encoders/static/published", "encoders/static/token_bags")
_WORDS = tuple(f"encoders/static/{name}" for name in ("vectors_file", "vectors_form", "word_rules"))
_SERVED = [f"encoders/served/{name}" for name in ("client", "encoder", "rows", "identity")]
_ROWS = [[1.0, 0.5], [0.25, 1.0], [0.5, 0.5], [1.0, 0.0]]
_PAGES: Mapping[str, Mapping[str, Any]] = {
    "openai": {
        "models.json": {"data": [{"id": "m", "owned_by": "me", "meta": {"n_embd": 2}}]},
        "embeddings.json": {
            "model": "m",
            "data": [{"index": place, "embedding": row} for place, row in enumerate(_ROWS)],
        },
    },
    "tei": {
        "info.json": {
            "model_id": "org/m",
            "model_sha": "c" * 40,
            "model_dtype": "float16",
            "model_type": {"embedding": {"pooling": "mean"}},
            "max_input_length": 512,
            "max_client_batch_size": 32,
            "version": "1.8",
        },
        "embed.json": _ROWS,
    },
    "ollama": {
        "tags.json": {
            "models": [
                {"name": "m:latest", "digest": "d", "details": {"quantization_level": "F16"}}
            ]
        },
        "version.json": {"version": "0.9"},
        "embed.json": {"model": "m", "embeddings": _ROWS},
    },
}
"""What services answer, by kind and by page."""


def _service(kind: str, page: str) -> Reader:
    """Read what a service answers from files; to one sentence it gives the last of its rows."""

    def make(folder: Path) -> None:
        for name, content in _PAGES[kind].items():
            write_json(folder / name, content)

    def read(folder: Path) -> Any:
        def answer(client: Client, _: str, path: str, body: Any, __: int) -> Any:
            content = (folder / f"{path.rpartition('/')[2]}.json").read_bytes()
            asked = client._parsed(content, whole=True)
            if body is not None and len(body.get("input", body.get("inputs"))) == 1:
                if kind == "tei":
                    return asked[-1:]
                if kind == "ollama":
                    return asked | {"embeddings": asked["embeddings"][-1:]}
                return asked | {"data": [asked["data"][-1] | {"index": 0}]}
            return asked

        with mock.patch.object(Client, "_answer", answer):
            model = "" if kind == "tei" else "m@"
            reference = parse_reference(f"{kind}:{model}http://127.0.0.1:1")
            return build_encoder(reference, "any", EncoderOptions()).card

    return Reader([*_SERVED, f"encoders/served/{kind}"], make, page, read)


def _states(folder: Path) -> None:
    _Memory("m", folder / "m.json").state(np.array(_ROWS, np.float32))


_ASKED_OF_LIBRARY = (
    *("modules.json", "router_config.json", "config_sentence_transformers.json"),
    *("a_0/config.json", "a_0/sentence_bert_config.json", "a_1/config.json"),
    "a_2/wordembedding_config.json",
)
_MTEB = ["interchange/mteb_tree", "interchange/mteb_file"]
_TABLES = ["results/published_files"]

READERS: Mapping[str, Reader] = {
    **{
        f"settings {name}": Reader(_ENCODERS, _sentence_transformers, name, _card)
        for name in _SETTINGS
    },
    "settings of an adapter": Reader(
        ["encoders/transformer/peft_adapter"], _adapter, "adapter_config.json", _card
    ),
    **{
        f"model2vec {name}": Reader(_STATIC, _static, name, _vectors)
        for name in ("config.json", "modules.json", "tokenizer.json")
    },
    "model2vec vectors": Reader(
        _STATIC, _static, "model.safetensors", _vectors, mutations.scratched
    ),
    **{
        f"words {name}": Reader(_WORDS, _words, name, _word_vectors(name), mutations.scratched)
        for name in ("v.txt", "v.vec", "v.bin", "v.txt.gz", "v.zip")
    },
    **{
        f"words with {name}": Reader(
            _WORDS, _words, name, _word_vectors("v.txt"), mutations.scratched
        )
        for name in ("stop", "p")
    },
    **{
        f"static {name}": Reader(_STATIC, _static_embedding, name, _vectors)
        for name in ("modules.json", "config_sentence_transformers.json")
    },
    **{
        f"{page} of {kind}": _service(kind, page)
        for kind, pages in _PAGES.items()
        for page in pages
    },
    "states of a service": Reader(
        _SERVED,
        _states,
        "m.json",
        lambda folder: _Memory("m", folder / "m.json").state(-np.array(_ROWS, np.float32)),
    ),
    **{
        f"of the library {name}": Reader(["encoders/library/folder"], _routes, name, _library_card)
        for name in _ASKED_OF_LIBRARY
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
    **{f"own data {name}": _own(name) for name in OWN},
    "own data t.parquet": Reader(
        ["datasets/tables/file"],
        _own_parquet,
        "t.parquet",
        lambda folder: read_own_data(folder / "t.parquet"),
        mutations.scratched,
    ),
    "result of MTEB": Reader(_MTEB, _mteb, "STS12.json", _import),
    "model of MTEB": Reader(_MTEB, _mteb, "model_meta.json", _import),
    **{
        f"published {name}": Reader(_TABLES, _published, name, _tables, mutations.toml_like)
        for name in ("own.toml", "columns.toml", "backbones.toml")
    },
    "family of runs": Reader(
        ["results/families"],
        _family,
        "families/seeds.toml",
        lambda folder: read_families([folder]),
        mutations.toml_like,
    ),
    "values to vary": Reader(
        ["variants"],
        _values,
        "templates.txt",
        lambda folder: variants(RunOptions(vary=[f"template=@{folder / 'templates.txt'}"])),
        mutations.scratched,
    ),
    "published sources": Reader(_TABLES, _published, "sources.bib", _tables, mutations.scratched),
    "catalogue of one's own": Reader(
        ["tasks/asked"],
        _own_catalogue,
        "mine.toml",
        lambda folder: own_catalogue(folder / "mine.toml"),
        mutations.toml_like,
    ),
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
    "sentences to train on": Reader(
        ["training/text"],
        lambda folder: (folder / "s.txt").write_bytes(DATA + b"second\n"),
        "s.txt",
        lambda folder: list(sentences(folder / "s.txt")),
        mutations.scratched,
    ),
    "what training begins with": Reader(
        ["training/networks"],
        write_plain,
        "config.json",
        lambda folder: most_tokens(located(str(folder), "model", RecipeOptions()), 32),
    ),
    "story of a training": Reader(
        ["training/run_folder"],
        _trained,
        "run.toml",
        lambda folder: RunFolder(folder).state(TRAINED),
        mutations.toml_like,
    ),
    "triples to train on": Reader(
        ["training/triples"],
        lambda folder: (folder / "t.csv").write_bytes(b'sent0,sent1,hard_neg\na,"b, c",d\ne,f,g\n'),
        "t.csv",
        lambda folder: list(triples(folder / "t.csv")),
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
    "page of a year": Reader(
        ["cli/leaderboard"],
        lambda folder: (folder / "2021.md").write_text(f"# Rows\n\n{MADE}\n", "utf-8"),
        "2021.md",
        lambda folder: is_page_of_year(folder / "2021.md"),
        mutations.scratched,
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


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> int:
    """Return how many ways to try: more beside the slow tests, many if others are sought."""
    if settings.get_current_profile_name() == "seeking":
        return 1000
    return 25 if request.config.getoption("markexpr") == "not slow" else 75


@pytest.mark.parametrize("name", READERS)
def test_an_error_on_purpose_or_a_value(
    sound: Callable[[str, Reader], Path], examples: int, name: str
) -> None:
    check(READERS[name], sound(name, READERS[name]), examples)


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
    "encoders/python_file": "Python parses it, tests/encoders/test_python_file.py",
    "hub": "hashes files of the cache, tests/test_hub_client.py",
}
"""Who asks for bytes, and looks at nothing but their hash, or has Python look at them."""


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
