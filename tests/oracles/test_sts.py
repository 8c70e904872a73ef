"""Ours against the protocol written down once more, on hostile files and on the real ones.

Cosines must be equal to the last bit, or pairs of the same sentence (cosine 1, give or take a
bit) would change places: SMTeuroparl of STS12 has enough of them to move its Spearman in the
fifth decimal. With equal cosines ranks are equal, and only the float64 sums of the correlations
and means, of at most 10,000 numbers, may differ with their order: by `SUMS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from benchmark.datasets import Dataset, Part, SentencePairs, load_catalogue
from benchmark.datasets.files import Folder, load_parts
from benchmark.metrics import paired_cosine
from benchmark.tasks import Similarity, Task
from tests.datasets.synthetic import entry_of
from tests.oracles import sts, vectors

SUMS = 1e-12
VECTORS = pytest.mark.parametrize("embed", [vectors.whole, vectors.coarse, vectors.fractions])

Embed = Callable[[str], np.ndarray]


class Case(NamedTuple):
    """One task, read by both sides."""

    ours: tuple[SentencePairs, ...]
    theirs: dict[str, list[sts.Pair]]


def scored(case: Case, embed: Embed) -> dict[str, dict[str, float]]:
    """Our scores in the form of the oracle's."""
    task = Task("Task", "Task", "sts", "Data")
    found = Similarity().score(task, case.ours, vectors.Lookup(embed))
    subsets = {name: dict(scores) for name, scores in found.subsets.items()}
    pairs = {name: scores.pop("pairs") for name, scores in subsets.items()}
    assert pairs == {name: len(subset) for name, subset in case.theirs.items()}
    return subsets | found.scores


def assert_equal(case: Case, embed: Embed) -> None:
    expected = sts.score(case.theirs, embed)
    found = scored(case, embed)
    assert list(found) == list(expected)
    for row, scores in expected.items():
        assert found[row] == pytest.approx(scores, rel=0, abs=SUMS), row


# --- hostile files --------------------------------------------------------------------------------

WORDS = ["a", "man", "plays", "'", '"', '"quoted"', "it 's", "caf\u00e9", "\u4e2d\u6587", "-lrb-"]
GAPS = [" ", "  ", "\u00a0", "\u3000", "\x0c", "\x85", "\u2028", "\u2029", "\x1c", "\x0b", "\r "]
"""All of these are white space, and some end a line elsewhere (`str.splitlines`), not here."""


def hostile_cell(generator: random.Random) -> str:
    words = generator.choices(WORDS, k=generator.randint(1, 6))
    text = "".join(word + generator.choice(GAPS) for word in words)
    return generator.choice(["", " ", "\x0c"]) + text.rstrip("\r")


def hostile_gold(generator: random.Random) -> str:
    number = generator.randint(0, 25) / 5
    return generator.choice(["{}", "{:.3f}", " {} ", "{:.1e}", "+{}"]).format(number)


def encoded(lines: list[str], generator: random.Random) -> bytes:
    """Line ends of one kind or of both, sometimes none after the last line."""
    ends = generator.choice([["\n"], ["\r\n"], ["\n", "\r\n"]])
    text = "".join(line + generator.choice(ends) for line in lines)
    return (
        text.rstrip("\r\n") if lines[-1].strip() and generator.random() < 0.5 else text
    ).encode()


def extra(generator: random.Random) -> list[str]:
    return generator.choice([[], [], ["http://example.org"], ["", 'odd "column'], [""]])


def cells(generator: random.Random) -> list[str]:
    """Two sentences, and sometimes columns that nobody asked for."""
    return [hostile_cell(generator), hostile_cell(generator), *extra(generator)]


def write_case(tmp_path: Path, kind: str, names: list[str], generator: random.Random) -> Dataset:
    write = {"sts": write_year, "sts-benchmark": write_sts_benchmark, "sick": write_sick}[kind]
    parts = tuple(write(tmp_path, name, generator) for name in names)
    return Dataset("Hostile", kind, "none", "", parts)


def write_file(path: Path, content: bytes):
    path.write_bytes(content)
    return entry_of(path.name, content)


def write_year(folder: Path, name: str, generator: random.Random) -> Part:
    rows = generator.randint(20, 60)
    golds = [hostile_gold(generator) for _ in range(rows)]
    golds += [generator.choice(["", "", " "]) for _ in range(generator.randint(0, 30))]
    generator.shuffle(golds)
    inputs = ["\t".join(cells(generator)) for _ in golds]
    contents = encoded(inputs, generator), encoded(golds, generator)
    paths = folder / f"STS.input.{name}.txt", folder / f"STS.gs.{name}.txt"
    return Part(name, rows, tuple(map(write_file, paths, contents)))


def write_sts_benchmark(folder: Path, name: str, generator: random.Random) -> Part:
    lines = [
        "\t".join(
            ["genre", "file", "2012", f"{row:04}", hostile_gold(generator), *cells(generator)]
        )
        for row in range(generator.randint(20, 60))
    ]
    file = write_file(folder / f"{name}.csv", encoded(lines, generator))
    return Part(name, len(lines), (file,))


def write_sick(folder: Path, name: str, generator: random.Random) -> Part:
    rows = [
        [str(row), *cells(generator)[:2], hostile_gold(generator), "NEUTRAL", *extra(generator)]
        for row in range(generator.randint(20, 60))
    ]
    header = "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment"
    lines = [header, *map("\t".join, rows)]
    file = write_file(folder / f"{name}.txt", encoded(lines, generator))
    return Part(name, len(rows), (file,))


ORACLE_READERS = {
    "sts": sts.read_year,
    "sts-benchmark": lambda folder, name: sts.read_sts_benchmark(folder / f"{name}.csv"),
    "sick": lambda folder, name: sts.read_sick(folder / f"{name}.txt"),
}


@pytest.fixture(params=[(kind, seed) for kind in ORACLE_READERS for seed in range(6)], ids=str)
def hostile(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Files that are legal, and as unpleasant as they may be."""
    kind, seed = request.param
    names = ["forum", "surprise.OnWN", "x"][: 1 + seed % 3]
    dataset = write_case(tmp_path, kind, names, random.Random(seed))
    data = load_parts(dataset, dataset.parts, Folder(tmp_path, "hostile"))
    return Case(data.parts, {name: ORACLE_READERS[kind](tmp_path, name) for name in names})


def test_the_same_pairs_are_read(hostile: Case) -> None:
    for part in hostile.ours:
        ours = sorted(zip(part.first, part.second, part.gold.tolist(), strict=True))
        assert ours == sorted(map(tuple, hostile.theirs[part.name]))


@VECTORS
def test_hostile_files_score_the_same(hostile: Case, embed: Embed) -> None:
    assert_equal(hostile, embed)


# --- the real files -------------------------------------------------------------------------------

YEARS = {
    "STS12": ["MSRpar", "MSRvid", "SMTeuroparl", "surprise.OnWN", "surprise.SMTnews"],
    "STS13": ["FNWN", "headlines", "OnWN"],
    "STS14": ["deft-forum", "deft-news", "headlines", "images", "OnWN", "tweet-news"],
    "STS15": ["answers-forums", "answers-students", "belief", "headlines", "images"],
    "STS16": ["answer-answer", "headlines", "plagiarism", "postediting", "question-question"],
}
SPLITS = {
    "STSBenchmark": {"train": "sts-train", "dev": "sts-dev", "test": "sts-test"},
    "SICKRelatedness": {
        "train": "SICK_train",
        "dev": "SICK_trial",
        "test": "SICK_test_annotated",
    },
}


def read_really(dataset: str, root: Path) -> dict[str, list[sts.Pair]]:
    """All subsets or splits, by the oracle."""
    if dataset in YEARS:
        folder = root / "STS" / f"{dataset}-en-test"
        return {subset: sts.read_year(folder, subset) for subset in YEARS[dataset]}
    if dataset == "STSBenchmark":
        folder = root / "STS" / "STSBenchmark"
        return {
            split: sts.read_sts_benchmark(folder / f"{file}.csv")
            for split, file in SPLITS[dataset].items()
        }
    return {
        split: sts.read_sick(root / "SICK" / f"{file}.txt")
        for split, file in SPLITS[dataset].items()
    }


@pytest.fixture(scope="module", params=[*YEARS, *SPLITS])
def real(request: pytest.FixtureRequest, real_data: Path) -> Case:
    """A data set with all its parts."""
    dataset = load_catalogue().datasets[request.param]
    data = load_parts(dataset, dataset.parts, Folder(real_data, "real"))
    assert data.verified
    return Case(data.parts, read_really(request.param, real_data))


@pytest.mark.real_data
@VECTORS
def test_real_files_score_the_same(real: Case, embed: Embed) -> None:
    assert_equal(real, embed)


@pytest.mark.real_data
def test_one_part_of_several_scores_the_same(real: Case) -> None:
    last = real.ours[-1]
    assert_equal(Case((last,), {last.name: real.theirs[last.name]}), vectors.whole)


@pytest.mark.real_data
@VECTORS
def test_cosines_are_equal_to_the_last_bit(real: Case, embed: Embed) -> None:
    lookup = vectors.Lookup(embed)
    for part in real.ours:
        ours = paired_cosine(lookup[part.first], lookup[part.second])
        pairs = zip(part.first, part.second, strict=True)
        theirs = np.array([sts.cosine(embed(first), embed(second)) for first, second in pairs])
        assert ours.dtype == theirs.dtype == np.float32
        np.testing.assert_array_equal(ours, theirs)
