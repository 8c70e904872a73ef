"""A comparison and an explanation with something in every part of them; names may be hostile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmark.comparisons import Comparison, Explanation, Resampling, Verdict
from benchmark.comparisons.comparison import (
    AverageComparison,
    Discordance,
    GroupComparison,
    TaskComparison,
)
from benchmark.comparisons.confusion import Agreement, TaskConfusion
from benchmark.comparisons.explain import VectorAnalysis, analyses
from benchmark.comparisons.similarity import JudgedPair, PairLists, Subset, SubsetFigures, TaskParts
from benchmark.comparisons.tables import LeftOut
from benchmark.measures import ACCURACY, SPEARMAN
from benchmark.metrics.resampling import Interval, PairedOutcome
from benchmark.results import StoredRecord, StoredRun, asked_of
from tests.gate.samples import OTHER_WEIGHTS
from tests.results.samples import CARD, sample_result, task_named

TASKS = {"STS12": 0.75, "STS13": 0.5, "MR": 0.8, "DemoSTS": 0.5, "STSBenchmark": 0.5}


def model(name: str, card=CARD, drop: float = 0.0, note: str = "") -> StoredRun:
    """A run with records of `TASKS`."""
    notes = (note,) if note else ()
    records = {
        task: StoredRecord(
            Path(f"{task}.json"),
            sample_result(task, score - drop, card=card, name=name, notes=notes),
        )
        for task, score in TASKS.items()
    }
    return StoredRun(name, card.fingerprint, name, records)


def outcome(difference: float, p: float, adjusted: float) -> PairedOutcome:
    """Scores of 0.75 and what is left, give or take 0.01."""
    interval = Interval(difference - 0.01, difference + 0.01)
    return PairedOutcome(0.75, 0.75 - difference, difference, interval, 0.005, p, adjusted)


def compared(name: str = "one", note: str = "", reason: str = "only A has a record") -> Comparison:
    """Two STS tasks with their average, and a transfer task."""
    sts = [
        TaskComparison(asked_of(task_named(task)), 750, scores, found, None, verdict)
        for task, scores, found, verdict in (
            ("STS12", (0.75, 0.65), outcome(0.1, 0.0001, 0.0003), Verdict.FIRST),
            ("STS13", (0.5, 0.501), outcome(-0.001, 0.7, 0.7), Verdict.UNCLEAR),
        )
    ]
    counts = Discordance(1234, 56, 1e-12)
    rating = outcome(0.0, 1.0, 1.0)
    mr = TaskComparison(
        asked_of(task_named("MR")), 10662, (0.8, 0.8), rating, counts, Verdict.IDENTICAL
    )
    average = AverageComparison(2, outcome(-0.02, 0.0001, 0.0001), None, Verdict.SECOND)
    return Comparison(
        first=model(name, note=note),
        second=model("other", OTHER_WEIGHTS, 0.1),
        resampling=Resampling(),
        groups=(
            GroupComparison("sts", "", SPEARMAN, "sentences", tuple(sts), average),
            GroupComparison("transfer", "", ACCURACY, "rows", (mr,), None),
        ),
        left_out=(LeftOut("STS14", reason),),
    )


def explained(
    name: str = "one", sentence: str = "a man is playing", subset: str = "MSRpar", number: int = 2
) -> Explanation:
    """Every section, for one model or two."""
    scores = {"spearman": 0.5, "pearson": None}
    figures = (SubsetFigures(scores, 0.25, -0.0312),) * number
    ways = (dict.fromkeys(("all", "mean", "wmean"), scores),) * number
    parts = TaskParts("STS12", 6, ways, (Subset(subset, 4, figures), Subset("rest", 2, figures)))
    pair = JudgedPair("STS12", subset, 1, 4.4666, (0.25,) * number, (-0.9,) * number, None)
    told = replace(pair, sentences=(sentence, "a woman sings"))
    of_class = ((7, 3), (0, 0))
    confusion = TaskConfusion(
        "MR",
        ("negative", "positive"),
        (of_class,) * number,
        Agreement(5, 2, 2, 1) if number == 2 else None,
    )
    return Explanation(
        models=(model(name), model("other", OTHER_WEIGHTS))[:number],
        parts=(parts,),
        pairs=PairLists((told,), (pair,) * (number - 1), (told,) * (number - 1)),
        confusions=(confusion,),
        analyses=analysed({"alignment": 0.25, "recall@1": 0.5, "retrieval_queries": 194.0}, number),
        left_out=(LeftOut("STS14", "only A has a record"),),
    )


def analysed(figures: dict[str, float], number: int = 1) -> tuple[VectorAnalysis, ...]:
    """STS-B, with these figures for the first model and none for the second."""
    found = [
        StoredRecord(Path("x.json"), replace(sample_result("STSBenchmark"), analysis=each))
        for each in (figures, {})[:number]
    ]
    return analyses({"STSBenchmark": found})
