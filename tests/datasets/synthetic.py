"""A small made-up data archive with its catalogue: the shape of the real one, none of its text."""

from __future__ import annotations

import hashlib
import io
import random
import tarfile
from collections.abc import Mapping
from pathlib import Path

from benchmark.datasets.catalogue import Archive, Catalogue, Dataset, FileEntry, Part
from benchmark.tasks import Task

REPO, REVISION, ARCHIVE = "org/datasets", "5e" * 20, "senteval.tar"
BALLAST = "senteval/CR/custrev.pos"

WORDS = ["a", "man", "dog", "plays", "the", "guitar", "over", "two", "hills", ",", "rain", "falls"]


def entry_of(path: str, content: bytes, *, size: bool = False) -> FileEntry:
    """The catalogue's entry of a file with this content, with its size where it is to be found."""
    normalised = content.replace(b"\r\n", b"\n")
    lines = len(normalised.removesuffix(b"\n").split(b"\n")) if normalised else 0
    return FileEntry(path, hashlib.sha256(normalised).hexdigest(), lines, len(normalised) * size)


def sentence(generator: random.Random) -> str:
    return " ".join(generator.choices(WORDS, k=generator.randint(2, 8)))


def score(generator: random.Random) -> str:
    return f"{generator.randint(0, 25) / 5:.3f}"


def sts_pair(generator: random.Random, rows: int, unscored: int = 0) -> tuple[bytes, bytes]:
    """An input file and a gold file of STS12-16, with blank gold lines among the scored ones."""
    gold = [score(generator) for _ in range(rows)] + [""] * unscored
    generator.shuffle(gold)
    pairs = [f"{sentence(generator)}\t{sentence(generator)}" for _ in gold]
    return _file(pairs), _file(gold)


def sts_benchmark(generator: random.Random, rows: int) -> bytes:
    """A split of STS-B."""
    return _file(
        f"news\tfile\t2012\t{row:04}\t{score(generator)}\t{sentence(generator)}\t{sentence(generator)}"
        for row in range(rows)
    )


def _file(lines) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def sts_dataset(year: str, contents: Mapping[str, tuple[bytes, bytes]]) -> Dataset:
    """Describe subsets of input and gold files."""
    parts = []
    for name, (pairs, gold) in contents.items():
        paths = [f"STS/{year}-en-test/STS.{kind}.{name}.txt" for kind in ("input", "gs")]
        scored = sum(1 for line in gold.split(b"\n") if line.strip())
        parts.append(Part(name, scored, tuple(map(entry_of, paths, (pairs, gold)))))
    return Dataset(year, "sts", "none", "", tuple(parts))


class World:
    """Two years of STS and one STS-B, all in one archive.

    Attributes:
        files: every file that the catalogue knows, by path.
        tar: the archive, with top folder and a large file that nobody wants.
        catalogue: what describes them.
        tasks: ``Year1``, ``Year2`` (two subsets each) and ``Bench`` (the test split).
    """

    def __init__(self, seed: int = 0) -> None:
        generator = random.Random(seed)
        self.files: dict[str, bytes] = {}
        datasets = {year: self._year(year, generator) for year in ("Year1", "Year2")}
        splits = {split: sts_benchmark(generator, 12) for split in ("dev", "test")}
        parts = []
        for split, content in splits.items():
            path = f"STS/STSBenchmark/sts-{split}.csv"
            self.files[path] = content
            parts.append(Part(split, 12, (entry_of(path, content),)))
        datasets["Bench"] = Dataset("Bench", "sts-benchmark", "none", "", tuple(parts))
        ballast = generator.randbytes(1_500_000)
        self.tar = tar_of({BALLAST: ballast} | {f"senteval/{k}": v for k, v in self.files.items()})
        self.catalogue = Catalogue(self.archive(), datasets)
        self.tasks = (
            Task("Year1", "Year1", "sts", "Year1"),
            Task("Year2", "Year2", "sts", "Year2"),
            Task("Bench", "Bench", "sts", "Bench", parts=("test",)),
        )

    def _year(self, year: str, generator: random.Random) -> Dataset:
        contents = {name: sts_pair(generator, 10, unscored=3) for name in ("forum", "news")}
        dataset = sts_dataset(year, contents)
        for part in dataset.parts:
            self.files |= dict(
                zip((entry.path for entry in part.files), contents[part.name], strict=True)
            )
        return dataset

    def archive(self) -> Archive:
        """Describe the archive as it is now."""
        digest = hashlib.sha256(self.tar).hexdigest()
        return Archive(REPO, REVISION, ARCHIVE, digest, len(self.tar), "for research use only")

    def entries(self, *datasets: str) -> list[FileEntry]:
        """The catalogue's entries of these data sets, of all for none."""
        names = datasets or tuple(self.catalogue.datasets)
        parts = [part for name in names for part in self.catalogue.datasets[name].parts]
        return [entry for part in parts for entry in part.files]

    def content_of(self, entries: list[FileEntry]) -> dict[str, bytes]:
        return {entry.path: self.files[entry.path] for entry in entries}

    def write(self, root: Path, *datasets: str) -> Path:
        """Lay out these data sets below a folder, all for none."""
        for path, content in self.content_of(self.entries(*datasets)).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        return root


def tar_of(files: Mapping[str, bytes], mode: str = "w") -> bytes:
    """An archive of plain files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            add_file(tar, name, content)
    return stream.getvalue()


def add_file(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def files_below(root: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    found = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
