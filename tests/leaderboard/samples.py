"""Records with predictions and gold, as runs would leave them, without a run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from benchmark.encoders import EncoderCard
from benchmark.leaderboard import Method
from benchmark.results import ResultStore, TaskResult, asked_of, sign
from benchmark.results.predictions import encode_predicted
from benchmark.tasks import Gold, Task, TaskScores, table, task_by_id
from benchmark.tasks.loading import published_sha256
from tests.results.samples import CARD, sample_result

QUICK = Method(resamples=200, permutations=199)
STS = [task.id for task in table("sts")]
TRANSFER = [task.id for task in table("transfer")]
ROWS = 60

HOSTILE = (
    "a|b*c`d</td><script>alert(1)</script>\\&%$#_{}~^ [x](y) ![i](j) <!-- \n"
    "\u202egnp.\x1b[31m\x00 $\\input{/etc/passwd}$ '\"--"
)
"""A name that tries to leave every format it gets into."""
FORMULA = "=cmd|'/C calc'!A0"


def seed_of(*words: object) -> int:
    """A number that is the same in every process."""
    return int.from_bytes(hashlib.sha256(repr(words).encode()).digest()[:4], "big")


def gold_of(task: Task, rows: int = ROWS) -> np.ndarray:
    """Human scores with ties, or classes: the same for every model."""
    dice = np.random.default_rng(seed_of(task.dataset))
    if task.kind == "classification":
        return dice.integers(0, 2, rows)
    return dice.integers(0, 26, rows) / 5


def given_by(model: str, task: Task, quality: float, rows: int = ROWS) -> np.ndarray:
    """What a model of this quality (0 to 1) gives."""
    dice, gold = np.random.default_rng(seed_of(model, task.dataset)), gold_of(task, rows)
    if task.kind == "classification":
        return np.where(dice.random(rows) < (1 + quality) / 2, gold, 1 - gold)
    noise = dice.normal(size=rows)
    return (quality * stats.zscore(gold) + (1 - quality) * noise).astype(np.float32) / 10


def scored(
    task_id: str, given: np.ndarray, gold: np.ndarray
) -> tuple[dict[str, dict[str, float]], float]:
    """All scores and the main one, by scipy."""
    if task_by_id(task_id).kind == "classification":
        right = round(float(np.mean(given == gold)), 4)
        return {"test": {"accuracy": right}, "dev": {"accuracy": right}}, right
    rho = float(stats.spearmanr(given, gold).statistic)
    return {"all": {"spearman": rho, "pearson": rho}}, rho


def record_of(
    model: str,
    task_id: str,
    quality: float = 0.8,
    *,
    card: EncoderCard = CARD,
    verified: bool = True,
    rows: int = ROWS,
    **changes: Any,
) -> tuple[TaskResult, TaskScores]:
    """A record on data that has the identity of the published one, and what it was made of."""
    task = task_by_id(task_id)
    gold, given = gold_of(task, rows), given_by(model, task, quality, rows)
    scores, main = scored(task_id, given, gold)
    sha256 = published_sha256(task) if verified else "ab" * 32
    base = sample_result(task.variant_of or task.id, main, name=model, card=card)
    result = replace(
        base,
        task=task.id,
        asked=asked_of(task),
        scores=scores,
        subsets={"first": {"spearman": main, "pairs": rows}},
        data=replace(base.data, sha256=sha256, verified=verified),
        signature=sign(task, sha256, verified, card),
        notes=() if verified else ("scored on unverified data",),
        predictions_sha256=hashlib.sha256(encode_predicted(given)).hexdigest(),
    )
    made = TaskScores(main, scores, {}, {}, predicted=given, gold=Gold(gold, (("first", rows),)))
    return replace(result, **changes), made


def write_model(
    folder: Path,
    model: str = "tiny-bert",
    quality: float = 0.8,
    tasks: Iterable[str] = STS,
    *,
    card: EncoderCard = CARD,
    **changes: Any,
) -> list[Path]:
    """Write the records of a model into an output folder, gold beside them."""
    store = ResultStore(folder)
    made = [record_of(model, task, quality, card=card, **changes) for task in tasks]
    return [store.write(model, card, result, scores) for result, scores in made]


def write_models(folder: Path, qualities: Sequence[float], tasks: Iterable[str] = STS) -> Path:
    """Write models ``model-0``, ``model-1`` ... of these qualities."""
    for place, quality in enumerate(qualities):
        write_model(folder, f"model-{place}", quality, list(tasks), card=card_number(place))
    return folder


def card_number(number: int) -> EncoderCard:
    """One of many encoders of known identity."""
    return replace(CARD, weights_sha256=f"{number:064x}")
