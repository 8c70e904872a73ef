"""sentence-transformers' own evaluator, one for each task.

    python -m performance.tools.sentence_transformers_evaluator WORKLOAD

`EmbeddingSimilarityEvaluator` over the pairs of a task, subsets one after another, with cosine
as the main similarity and all else as the library has it, batches of 16 included. (Batches of 32,
the default of `encode`, took 6 to 10 % longer on 500 pairs of STS16, with one thread.)
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from performance.tools.answer import Answer, run
from performance.tools.counting import PaddedTokens
from performance.tools.workload import Model, TaskPairs, Workload

_POOLING = {
    "avg": "mean",
    "cls_before_pooler": "cls",
    "max": "max",
    "avg_sqrt_len": "mean_sqrt_len_tokens",
}


def evaluate(workload: Workload) -> Answer:
    """Score all tasks.

    Raises:
        ValueError: a pooler that the library does not have.
    """
    model = load_model(workload.model, workload.device)
    seen = PaddedTokens(model)
    return Answer({task.id: _score(task, model) for task in workload.tasks}, seen.count)


def _score(task: TaskPairs, model: Any) -> float:
    from sentence_transformers.sentence_transformer.evaluation import EmbeddingSimilarityEvaluator

    evaluator = EmbeddingSimilarityEvaluator(*task.scored(), main_similarity="cosine", name=task.id)
    return float(evaluator(model)[f"{task.id}_spearman_cosine"])


def load_model(model: Model, device: str) -> Any:
    """Return a `SentenceTransformer` in float32: of the folder's own modules, if it has some.

    Raises:
        ValueError: a pooler that the library does not have.
    """
    from sentence_transformers import SentenceTransformer

    if (Path(model.folder) / "modules.json").is_file():
        return SentenceTransformer(model.folder, device=device, local_files_only=True).float()
    return SentenceTransformer(modules=_modules(model), device=device).float()


def _modules(model: Model) -> list[Any]:
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    if model.pooler not in _POOLING:
        raise ValueError(f"sentence-transformers has no pooler {model.pooler}")
    transformer = Transformer(model.folder, max_seq_length=model.max_length)
    pooling = Pooling(transformer.get_embedding_dimension(), _POOLING[model.pooler])
    return [transformer, pooling, *([Normalize()] if model.normalize else [])]


if __name__ == "__main__":
    sys.exit(run(evaluate, ("sentence-transformers", "torch", "transformers", "tokenizers")))
