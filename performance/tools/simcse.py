"""SimCSE's way of computing the table, written after its rules; docs/protocol.md states them.

    python -m performance.tools.simcse WORKLOAD

Per subset, in SentEval's order, in batches of 128 pairs; the two sides of a pair are encoded by
themselves, padded to the longest of the batch, not cut; nothing is remembered. The training and
development splits of STS-B and SICK-R are encoded and correlated too, as the script does.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from performance.tools.answer import Answer, run
from performance.tools.counting import PaddedTokens
from performance.tools.workload import Part, TaskPairs, Workload

BATCH = 128

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
Row = tuple[str, str, float]

_AVERAGED = {
    "avg": (-1,),
    "avg_top2": (-2, -1),
    "avg_first_last": (0, -1),
    "avg_first_last_layer1": (1, -1),
}
"""Hidden states whose mean over the real tokens is taken."""


def evaluate(workload: Workload) -> Answer:
    """Score all tasks.

    Raises:
        ValueError: a pooler that SimCSE's script does not have.
    """
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder, pooler = workload.model.folder, workload.model.pooler
    if pooler not in (*_AVERAGED, "cls", "cls_before_pooler"):
        raise ValueError(f"SimCSE's script has no pooler {pooler}")
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    model.eval().to(workload.device)
    seen = PaddedTokens(model)
    encode = functools.partial(_encode, torch, model, tokenizer, pooler)
    return Answer({task.id: _score(task, encode) for task in workload.tasks}, seen.count)


def _encode(
    torch: Any, model: Any, tokenizer: Any, pooler: str, sentences: Sequence[str]
) -> NDArray[np.float32]:
    batch = tokenizer(list(sentences), return_tensors="pt", padding=True).to(model.device)
    with torch.no_grad():
        output = model(**batch, output_hidden_states=pooler in _AVERAGED and pooler != "avg")
        vectors: NDArray[np.float32] = _pool(output, batch["attention_mask"], pooler).cpu().numpy()
    return vectors


def _pool(output: Any, mask: Any, pooler: str) -> Any:
    if pooler == "cls":
        return output.pooler_output
    if pooler == "cls_before_pooler":
        return output.last_hidden_state[:, 0]
    layers = _AVERAGED[pooler]
    states = [output.last_hidden_state if n == -1 else output.hidden_states[n] for n in layers]
    mean = sum(states[1:], start=states[0]) / len(states)
    return (mean * mask.unsqueeze(-1)).sum(1) / mask.sum(-1, keepdim=True)


def _score(task: TaskPairs, encode: Encode) -> float:
    """Return Spearman's correlation over all pairs that count."""
    from scipy.stats import pearsonr, spearmanr

    cosines: list[NDArray[np.float32]] = []
    gold: list[list[float]] = []
    for part in task.parts:
        rows = _ordered(part, by_length=task.sorted)
        found = np.concatenate([_cosines(batch, encode) for batch in _batches(rows)])
        human = [score for _, _, score in rows]
        pearsonr(found, human), spearmanr(found, human)  # the script prints them for each subset
        if part.scored:
            cosines.append(found)
            gold.append(human)
    return float(spearmanr(np.concatenate(cosines), np.concatenate(gold)).statistic)


def _ordered(part: Part, *, by_length: bool) -> list[Row]:
    rows = list(zip(part.first, part.second, part.gold, strict=True))
    if not by_length:
        return rows
    return sorted(rows, key=lambda row: (len(row[0].split()), len(row[1].split()), row[2]))


def _batches(rows: Sequence[Row]) -> list[Sequence[Row]]:
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]


def _cosines(rows: Sequence[Row], encode: Encode) -> NDArray[np.float32]:
    first, second, _ = zip(*rows, strict=True)
    a, b = (np.nan_to_num(encode(side)) for side in (first, second))
    return np.asarray(np.vecdot(a, b) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)))


if __name__ == "__main__":
    sys.exit(run(evaluate, ("torch", "transformers", "tokenizers", "numpy")))
