"""Made-up data for every task, in the files and the layout that SentEval reads."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

from benchmark.datasets import load_catalogue
from benchmark.tasks import table
from tests.datasets.probing import probing_file, write_probing

PLAIN = [
    "a",
    "man",
    "dog",
    "plays",
    "the",
    "guitar",
    "over",
    "two",
    "hills",
    ",",
    "rain",
    "caf\xe9",
]
OF_CLASS = ["gloomy", "bright", "square", "loud", "seventh", "salty"]
"""A word that tells a class, most of the time."""


class Writer:
    """Writes the files of all tasks below a folder ``downstream``."""

    def __init__(self, root: Path, seed: int = 0) -> None:
        self.root = root / "downstream"
        self.draw = random.Random(seed)

    def everything(self) -> None:
        for year in ("STS12", "STS13", "STS14", "STS15", "STS16"):
            self.sts(year)
        for split in ("train", "dev", "test"):
            self.sts_benchmark(split)
        for split in ("train", "trial", "test_annotated"):
            self.sick(split)
        for name in ("MR", "CR", "SUBJ", "MPQA"):
            self.two_classes(name)
        for split, rows in (("train", 80), ("dev", 30), ("test", 30)):
            self.sst(split, rows)
        self.trec("train_5500.label", 120)
        self.trec("TREC_10.label", 24)
        self.mrpc("train", 80)
        self.mrpc("test", 30)
        self.snli()
        for task in table("probing"):
            [file] = {part.files[0].path for part in load_catalogue().datasets[task.dataset].parts}
            write_probing(self.root.parent, file, probing_file(3 if task.linear else 2, 120))

    def sts(self, year: str) -> None:
        for part in load_catalogue().datasets[year].parts:
            gold = [self.score() for _ in range(14)] + [""] * 2
            self.draw.shuffle(gold)
            pairs = [f"{self.sentence()}\t{self.sentence()}" for _ in gold]
            for entry, lines in zip(part.files, (pairs, gold), strict=True):
                self.write(entry.path, lines)

    def sts_benchmark(self, split: str) -> None:
        rows = [
            f"news\tfile\t2012\t{row:04}\t{self.score()}\t{self.sentence()}\t{self.sentence()}"
            for row in range(17)
        ]
        self.write(f"STS/STSBenchmark/sts-{split}.csv", rows)

    def sick(self, split: str) -> None:
        names = ["CONTRADICTION", "NEUTRAL", "ENTAILMENT"]
        rows = ["pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment"]
        for row in range(60):
            first, second = self.sentence(row % 3), self.sentence(row % 3)
            rows.append(f"{row}\t{first}\t{second}\t{self.score()}\t{names[row % 3]}")
        self.write(f"SICK/SICK_{split}.txt", rows)

    def two_classes(self, name: str) -> None:
        [part] = load_catalogue().datasets[name].parts
        for label, entry in zip((1, 0), part.files, strict=True):
            rows = [self.sentence(label) for _ in range(60 if label else 51)]
            self.write(entry.path, [*rows, rows[0], ""], "latin-1")  # one twice, one blank

    def sst(self, split: str, rows: int) -> None:
        coarse = [f"{self.sentence(row % 2)} \t{row % 2}" for row in range(rows)]
        fine = [f"{row % 5} {self.sentence(row % 5)}" for row in range(rows)]
        self.write(f"SST/binary/sentiment-{split}", coarse)
        self.write(f"SST/fine/sentiment-{split}", fine)

    def trec(self, file: str, rows: int) -> None:
        names = ["ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"]
        lines = [f"{names[row % 6]}:fine {self.sentence(row % 6)} ?" for row in range(rows)]
        self.write(f"TREC/{file}", lines, "latin-1")

    def mrpc(self, split: str, rows: int) -> None:
        lines = ["Quality\t#1 ID\t#2 ID\t#1 String\t#2 String"]
        for row in range(rows):
            first = self.sentence(row % 2)
            second = f"{first} {self.sentence()}" if row % 2 else self.sentence(0)
            lines.append(f"{row % 2}\t{row}\t{row}\t{first}\t{second}")
        self.write(f"MRPC/msr_paraphrase_{split}.txt", lines, "utf-8-sig")

    def snli(self) -> None:
        names = ["entailment", "neutral", "contradiction"]
        for split, rows in (("train", 60), ("dev", 18), ("test", 15)):
            for side in ("s1", "s2"):
                sentences = [self.sentence(row % 3) for row in range(rows)]
                self.write(f"SNLI/{side}.{split}", sentences)
            self.write(f"SNLI/labels.{split}", [names[row % 3] for row in range(rows)])

    def sentence(self, label: int | None = None) -> str:
        words = self.draw.choices(PLAIN, k=self.draw.randint(2, 8))
        if label is not None:
            telling = OF_CLASS[label] if self.draw.random() < 0.8 else self.draw.choice(OF_CLASS)
            words.insert(self.draw.randint(0, len(words)), telling)
        return " ".join(words)

    def score(self) -> str:
        return f"{self.draw.randint(0, 25) / 5:.3f}"

    def write(self, path: str, lines: Iterable[str], encoding: str = "utf-8") -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
