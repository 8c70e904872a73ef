"""Does training here teach anything? A small encoder from scratch, by SimCSE and by DiffCSE.

    python scripts/measure_training.py --corpus FOLDER --data-dir SENTEVAL [--work FOLDER]
        [--write] [--quick]

Nothing is downloaded: a WordPiece vocabulary is learned from the text files of a folder, a BERT of
4 layers and a smaller generator are trained briefly as masked language models on them, then the
first one is trained further by both recipes, several seeds each. What comes out is scored on the
seven STS tasks beside the encoder as it was, and compared as families are. With ``--write`` the
summary takes its place in docs/training.md and the learning curves in docs/images. A stage that is
finished in the work folder is not done again. Two cores, about fifteen minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

import benchmark  # noqa: E402
from benchmark.training.objectives.masking import Vocabulary, masked  # noqa: E402
from benchmark.training.text import Sentences, sentences  # noqa: E402

METHODS = ("simcse", "diffcse")
UNTRAINED = {"cls_before_pooler": "first token", "avg": "mean"}
"""Poolers of the encoder that was not trained further, and what they are in a word."""

DEV = "STSBenchmark/dev"
MOST_TOKENS = 512
PAGE, PLOT = PROJECT / "docs" / "training.md", PROJECT / "docs" / "images" / "training-curves.svg"
START, END = "<!-- measured: training -->", "<!-- end of measured -->"


@dataclass(frozen=True)
class Sizes:
    """How much of everything.

    Attributes:
        vocabulary: pieces at most.
        width: of both networks.
        layers: of the encoder; the generator has half.
        pretraining: steps of each of the two as a language model, 64 sentences each.
        seconds: after which pre-training of each ends all the same.
        steps: of each run of a recipe, 64 sentences each.
        judged: steps from one look at STS-B dev to the next.
    """

    vocabulary: int = 8000
    width: int = 256
    layers: int = 4
    pretraining: tuple[int, int] = (1000, 500)
    seconds: tuple[float, float] = (200.0, 50.0)
    steps: int = 60
    judged: int = 15


QUICK = Sizes(400, 32, 2, (6, 4), (20.0, 20.0), 6, 3)


# --- what training begins with --------------------------------------------------------------------


def joined_corpus(folder: Path, work: Path, most: int | None) -> Sentences:
    """Write the sentences of all text files of a folder into one; lists of words are none."""
    path = work / "corpus.txt"
    if not path.is_file():
        files = [file for file in sorted(folder.glob("*.txt")) if "vocab" not in file.name]
        lines = [line for file in files for line in sentences(file) if line.strip()]
        path.write_text("".join(f"{line}\n" for line in lines[:most]), "utf-8")
    return sentences(path)


def written_tokenizer(corpus: Sentences, size: int, folder: Path) -> Any:
    """Learn a vocabulary of lower-cased pieces, as BERT's is."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizer

    learned = BertWordPieceTokenizer(lowercase=True)
    learned.train_from_iterator(iter(corpus), vocab_size=size, show_progress=False)
    vocabulary = learned.get_vocab()
    folder.mkdir(parents=True, exist_ok=True)
    pieces = sorted(vocabulary, key=lambda piece: vocabulary[piece])
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in pieces), "utf-8")
    return BertTokenizer(str(folder / "vocab.txt"), model_max_length=MOST_TOKENS)


def language_model(tokenizer: Any, width: int, layers: int) -> Any:
    """Return a BERT without weights worth anything, and its head for masked words."""
    from transformers import BertConfig, BertForMaskedLM

    return BertForMaskedLM(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=width,
            intermediate_size=4 * width,
            num_hidden_layers=layers,
            num_attention_heads=max(width // 64, 1),
            max_position_embeddings=MOST_TOKENS,
        )
    )


def batches(corpus: Sentences, tokenizer: Any, seed: int) -> Iterator[Any]:
    """Yield batches of 64 sentences of at most 48 tokens, in another order for each epoch."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(corpus), generator=generator).tolist()
        for place in range(0, len(order), 64):
            texts = [corpus[row] for row in order[place : place + 64]]
            yield tokenizer(
                texts, padding=True, truncation=True, max_length=48, return_tensors="pt"
            )


def pretrained(
    model: Any, corpus: Sentences, tokenizer: Any, steps: int, seconds: float
) -> dict[str, float]:
    """Train a masked language model: 15 % of the tokens, the rate rising for a tenth and falling.

    Returns:
        Steps, seconds, and the loss over the last tenth.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    vocabulary = Vocabulary.of(tokenizer)
    began, losses = time.perf_counter(), []
    for step, batch in enumerate(batches(corpus, tokenizer, 0)):
        done = max(step / steps, (time.perf_counter() - began) / seconds)
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * min(done / 0.1 + 0.01, (1 - done) / 0.9 + 0.01, 1.0)
        losses.append(_language_step(model.train(), batch, vocabulary, optimizer))
    tail = losses[-max(len(losses) // 10, 1) :]
    spent = time.perf_counter() - began
    return {"steps": len(losses), "seconds": spent, "loss": sum(tail) / len(tail)}


def _language_step(model: Any, batch: Any, vocabulary: Vocabulary, optimizer: Any) -> float:
    """Guess what was hidden, there alone: to look up all words at all places is what costs most."""
    ids = batch["input_ids"]
    hidden = masked(ids, vocabulary, 0.15)
    states = model.bert(
        input_ids=hidden,
        attention_mask=batch["attention_mask"],
        token_type_ids=batch["token_type_ids"],
    ).last_hidden_state[hidden != ids]
    loss = torch.nn.functional.cross_entropy(model.cls(states), ids[hidden != ids])
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


# --- the stages -----------------------------------------------------------------------------------


@dataclass
class Measurement:
    """What was asked, and where it is done.

    Attributes:
        work: folder of all that is made.
        data_dir: of SentEval's data.
        sizes: how much of everything.
        seeds: of each method.
        learning_rate: of each method.
    """

    work: Path
    data_dir: Path
    sizes: Sizes
    seeds: int
    learning_rate: float

    @property
    def base(self) -> Path:
        """The encoder that training begins with."""
        return self.work / "base"

    @property
    def generator(self) -> Path:
        """The smaller language model with the same vocabulary."""
        return self.work / "generator"

    def stage(self, name: str, work: Callable[[], Any]) -> dict[str, Any]:
        """Return what a stage came to and its seconds; from its file, if it was done before."""
        path = self.work / f"{name}.json"
        if not path.is_file():
            began = time.perf_counter()
            print(f"{name} ...", flush=True)
            done = {"result": work(), "seconds": time.perf_counter() - began}
            path.write_text(json.dumps(done), "utf-8")
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        print(f"{name}: {found['seconds']:.0f} s", flush=True)
        return found

    def pretrain(self, corpus: Sentences) -> dict[str, dict[str, float]]:
        """Make both networks."""
        torch.manual_seed(0)
        tokenizer = written_tokenizer(corpus, self.sizes.vocabulary, self.work / "vocabulary")
        found = {}
        halves = (self.base, 1), (self.generator, 2)
        for (folder, part), steps, seconds in zip(
            halves, self.sizes.pretraining, self.sizes.seconds, strict=True
        ):
            model = language_model(tokenizer, self.sizes.width, self.sizes.layers // part)
            found[folder.name] = pretrained(model, corpus, tokenizer, steps, seconds)
            found[folder.name]["parameters"] = sum(each.numel() for each in model.parameters())
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        return found

    def train(self, method: str, corpus: Sentences) -> list[dict[str, float]]:
        """Train all seeds of a method."""
        from benchmark.training import train

        of_diffcse: dict[str, Any] = {"generator": str(self.generator), "mask_ratio": 0.3}
        runs = train(
            method,
            model=self.base,
            data=corpus.path,
            output_dir=self.work / method,
            seeds=str(self.seeds),
            batch_size=64,
            learning_rate=self.learning_rate,
            max_steps=self.sizes.steps,
            eval_steps=self.sizes.judged,
            save_steps=self.sizes.judged,
            tasks=DEV,
            data_dir=self.data_dir,
            device="cpu",
            **(of_diffcse if method == "diffcse" else {}),
        )
        return [{"seed": run.seed, "best_step": run.best_step} for run in runs]

    def results(self, name: str) -> Path:
        """Where the records of a row, or of the runs of a method, lie."""
        return self.work / "results" / name

    def evaluate(self) -> None:
        """Score the encoder as it was, and all runs, on the seven tasks."""
        asked: dict[str, Any] = {"tasks": "sts", "data_dir": self.data_dir, "device": "cpu"}
        for pooler in UNTRAINED:
            benchmark.evaluate(
                str(self.base), pooler=pooler, output_dir=self.results(pooler), **asked
            )
        for method in METHODS:
            benchmark.evaluate(
                [str(self.work / method / "seed-*")],
                family=method,
                output_dir=self.results(method),
                **asked,
            )

    def draw(self, plot: Path) -> None:
        """Draw STS-B dev over the steps of all runs."""
        folders = [str(self.work / method) for method in METHODS]
        asked = ["--tasks", DEV, "--data-dir", str(self.data_dir), "--output", str(plot)]
        command = [sys.executable, "-m", "benchmark", "curve", *folders, *asked]
        subprocess.run(command, check=True, cwd=PROJECT)  # noqa: S603 - our own program


# --- the summary ----------------------------------------------------------------------------------


def summary(measured: Measurement, corpus: Sentences, stages: dict[str, dict[str, Any]]) -> str:
    """Return Markdown: what was done, all scores, and what the differences are worth."""
    sizes, made = measured.sizes, stages["pretraining"]["result"]
    minutes = sum(stage["seconds"] for stage in stages.values()) / 60
    spent = ", ".join(f"{name} {stage['seconds']:.0f} s" for name, stage in stages.items())
    heads = ["| encoder | STS12 | STS13 | STS14 | STS15 | STS16 | STS-B | SICK-R | Avg. |"]
    heads.append("| --- |" + " ---: |" * 8)
    base, generator = made["base"], made["generator"]
    told = (
        f"A BERT of {sizes.layers} layers, {sizes.width} wide "
        f"({base['parameters'] / 1e6:.1f} million weights), with a vocabulary of its own, from "
        f"scratch on {len(corpus):,} sentences: {base['steps']} steps as a language model (loss "
        f"{base['loss']:.2f}); the generator, of half the layers, {generator['steps']} "
        f"({generator['loss']:.2f}). Then each recipe, {measured.seeds} seeds: {sizes.steps} steps "
        f"of 64 sentences, rate {measured.learning_rate:g}, STS-B dev every {sizes.judged}, the "
        f"best weights kept. {minutes:.1f} minutes on {_machine()}: {spent}."
    )
    return "\n\n".join(
        [
            told,
            "\n".join([*heads, *_rows(measured)]),
            f"![Learning curves](images/{PLOT.name})",
            _comparison(measured),
        ]
    )


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}"


def _rows(measured: Measurement) -> Iterator[str]:
    from statistics import mean, stdev

    def row(name: str, runs: Any) -> str:
        tasks = list(runs[0].results)
        columns = [[100 * run[task].main_score for run in runs] for task in tasks]
        columns.append([run.average("sts") for run in runs])
        spread = (f" ± {stdev(column):.2f}" if len(column) > 1 else "" for column in columns)
        cells = (f"{mean(one):.2f}{sd}" for one, sd in zip(columns, spread, strict=True))
        return f"| {name} | {' | '.join(cells)} |"

    for pooler, what in UNTRAINED.items():
        yield row(f"not trained further, {what}", benchmark.records(measured.results(pooler)))
    for method in METHODS:
        runs = benchmark.records(measured.results(method))
        yield row(f"{method} ({len(runs)} seeds)", runs)


def _comparison(measured: Measurement) -> str:
    first, second = METHODS
    found = benchmark.compare(
        measured.results(first), measured.results(second), data_dir=measured.data_dir
    )
    text = benchmark.render(found, "markdown").strip().replace(f"{measured.work}/", "")
    return f"<details><summary>{first} against {second}</summary>\n\n{text}\n\n</details>"


def written_into(page: str, text: str) -> str:
    """Return a page with the text between the marks of this measurement, which are made once."""
    section = f"{START}\n\n{text}\n\n{END}"
    if START in page:
        return re.sub(f"{START}.*?{END}", lambda _: section, page, flags=re.DOTALL)
    return f"{page.rstrip()}\n\n## A run that learns\n\n{section}\n"


def main() -> None:
    """Do all stages, or what is left of them."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("training-measured"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--budget", type=float, help="seconds that pre-training may take in all")
    parser.add_argument("--write", action="store_true", help="into docs/")
    parser.add_argument("--quick", action="store_true", help="a few steps of everything")
    asked = parser.parse_args()
    sizes = QUICK if asked.quick else Sizes()
    if asked.steps:
        sizes = replace(sizes, steps=asked.steps)
    if asked.budget:
        share = asked.budget / sum(sizes.seconds)
        sizes = replace(sizes, seconds=(sizes.seconds[0] * share, sizes.seconds[1] * share))
    work = asked.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("BENCHMARK_CACHE_DIR", str(work / "vectors"))
    measured = Measurement(work, asked.data_dir.absolute(), sizes, asked.seeds, asked.learning_rate)
    corpus = joined_corpus(asked.corpus, work, 400 if asked.quick else None)
    stages = {"pretraining": measured.stage("pretraining", lambda: measured.pretrain(corpus))}
    for method in METHODS:
        stages[method] = measured.stage(method, lambda: measured.train(method, corpus))  # noqa: B023
    stages["evaluation"] = measured.stage("evaluation", measured.evaluate)
    measured.draw(PLOT if asked.write else work / PLOT.name)
    text = summary(measured, corpus, stages)
    (work / "summary.md").write_text(f"{text}\n", "utf-8")
    if asked.write:
        PAGE.write_text(written_into(PAGE.read_text("utf-8"), text), "utf-8")
    print(text)


if __name__ == "__main__":
    main()
