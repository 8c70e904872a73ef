"""Records of made-up models, with predictions and gold beside them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from benchmark.comparisons import PairedTask, Rows
from benchmark.encoders import EncoderCard
from benchmark.measures import ACCURACY, SPEARMAN
from benchmark.results import ResultStore, StoredRun, collect
from benchmark.tasks import Gold, TaskScores
from tests.results.samples import CARD, sample_result, task_named

Subsets = Sequence[tuple[str, int]]


def gold_scores(size: int, seed: int = 0) -> np.ndarray:
    """Gold like that of an STS task: 26 steps from 0 to 5, many ties."""
    return np.round(np.random.default_rng(seed).uniform(0, 5, size) * 5) / 5


def noisy(gold: np.ndarray, noise: float, seed: int) -> np.ndarray:
    """Cosines of a model: the more noise, the worse."""
    values = gold / 5 + noise * np.random.default_rng(seed).standard_normal(len(gold))
    return (values / (1 + np.abs(values).max())).astype(np.float32)


def classes(gold: np.ndarray, right: float, seed: int) -> np.ndarray:
    """Classes from 0 to the largest of gold, that share of them right."""
    dice = np.random.default_rng(seed)
    wrong = (gold + 1) % (gold.max() + 1)
    return np.where(dice.random(len(gold)) < right, gold, wrong)


def npy(array: np.ndarray) -> bytes:
    """The array as a file, without the code under test."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()


def store(
    folder: Path,
    name: str,
    given: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    subsets: Mapping[str, Subsets] | None = None,
    card: EncoderCard = CARD,
    **changes: Any,
) -> Path:
    """Write records of a model, and return their folder.

    ``given`` holds predictions and gold for each task; ``changes`` replace fields of every record.
    """
    for task_id, (predicted, gold) in given.items():
        parts = tuple((subsets or {}).get(task_id, (("test", len(gold)),)))
        classified = task_named(task_id).kind == "classification"
        kept = predicted.astype(np.int16 if classified else np.float32)
        score = np.mean(kept == gold) if classified else stats.spearmanr(kept, gold).statistic
        digest = hashlib.sha256(npy(kept)).hexdigest()
        result = sample_result(task_id, float(score), card=card, name=name)
        result = replace(result, **{"predictions_sha256": digest, **changes})
        scores = TaskScores(result.main_score, {}, {}, {}, predicted=kept, gold=Gold(gold, parts))
        ResultStore(folder).write(name, card, result, scores)
    return folder


def run_of(folder: Path, name: str) -> StoredRun:
    """The one run of that name below a folder."""
    [run] = [run for run in collect([folder]) if run.model == name]
    return run


def paired(
    gold: np.ndarray,
    *given: np.ndarray,
    task: str = "STS12",
    subsets: Subsets = (),
    sentences: tuple[tuple[str, ...], ...] | None = None,
) -> PairedTask:
    """What some models gave for one task, without records."""
    measure = ACCURACY if gold.dtype.kind == "i" else SPEARMAN
    parts = tuple(subsets) or (("test", len(gold)),)
    return PairedTask(
        task, measure, Rows(Gold(gold, parts).with_texts(sentences), sentences), given
    )
