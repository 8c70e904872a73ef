"""What is said of learning curves, the same under tables and under plots."""

from __future__ import annotations

from collections.abc import Iterator

from benchmark.comparisons import LearningCurves
from benchmark.comparisons.curve import BestAgainst, Curve, FamilyCurve, Panel
from benchmark.one_line import one_line
from benchmark.reports.comparison.figures import points, probability, signed_points
from benchmark.reports.families import DRAWN


def title_of(panel: Panel) -> str:
    """Return what is shown: the task, and what its numbers are."""
    return f"{panel.heading}: {panel.measure.title}"


def data_of(panel: Panel) -> str:
    """Return what it was scored on, and how many rows that is."""
    what = "pairs" if not panel.measure.judges_rows else "samples"
    return f"{panel.data}, {panel.rows:,} {what}"


def epoch_of(epoch: float | None) -> str:
    """Return an epoch as tables write it; empty where nobody counted."""
    return "" if epoch is None else f"{epoch:.2f}"


def best_of(curve: Curve, alpha: float) -> Iterator[str]:
    """Say which step of a run is best, and whether it is better than the first and the last."""
    best, count = curve.best_point, len(curve.points)
    name = one_line(curve.run)
    if count == 1:
        yield f"{name}: one step alone, {best.step}"
        return
    where = {0: ", the first", count - 1: ", the last"}.get(curve.best, "")
    yield f"{name}: best of {count} steps is {best.step} ({points(best.score)}){where}"
    yield from (f"{name}, {best.step} over {_over(test, alpha)}" for test in curve.against)


def _over(test: BestAgainst, alpha: float) -> str:
    difference = test.difference
    ends = difference.interval
    apart = "more than chance" if test.chosen_p_value < alpha else "chance may do as much"
    return (
        f"the {test.which} ({test.step}): {signed_points(difference.value)}, {apart} "
        f"(p {probability(test.chosen_p_value)} for the best of all steps; as two steps alone "
        f"{signed_points(ends.low)} to {signed_points(ends.high)}, p {probability(test.p_value)})"
    )


def best_of_family(family: FamilyCurve) -> str:
    """Say at which step the mean of a family is best."""
    name, count = one_line(family.name), len(family.curves)
    if family.best is None:
        return f"{name}: its {count} runs have no step in common, and no mean"
    best = family.points[family.best]
    missing = len({point.step for curve in family.curves for point in curve.points})
    missing -= len(family.points)
    some = f"; {missing} {'step' if missing == 1 else 'steps'} without a mean, for not every run"
    return (
        f"{name}: best mean of {count} runs at step {best.step} ({points(best.spread.mean)})"
        f"{f'{some} has a score there' if missing else ''}"
    )


def legend(found: LearningCurves) -> Iterator[str]:
    """Say how the numbers were made, and what not to read into them."""
    method = found.resampling
    curves = [curve for panel in found.panels for curve in panel.curves]
    if any(not curve.untested for curve in curves):
        yield (
            f"intervals: {method.resamples:,} bootstrap resamples, seed {method.seed}; "
            "percentiles; all steps of a run on the same resamples"
        )
    units = dict.fromkeys(panel.units for panel in found.panels if panel.units)
    yield from (DRAWN[one].replace("members", "steps") for one in units)
    yield from dict.fromkeys(
        f"no intervals of {one_line(curve.run)}: {curve.untested}"
        for curve in curves
        if curve.untested
    )
    if any(len(curve.points) > 1 for curve in curves):
        yield (
            "best: chosen among all steps by these scores, so that its score and its interval are "
            "optimistic, and not those of a fresh test"
        )
    if any(curve.against for curve in curves):
        yield (
            "p for the best of all steps: one-sided, by the greatest of all differences in each "
            "resample, with the luck of the choice in it; p of two alone: exchange test, as if "
            "they had been chosen beforehand"
        )
    on_test = [panel.heading for panel in found.panels if panel.chosen_on_test]
    if on_test:
        yield (
            f"{', '.join(on_test)}: no development split; a step that is chosen by it is chosen on "
            "test data, and its score there is no result"
        )
    if any(panel.families for panel in found.panels):
        yield (
            "sd: of the runs of a family at one step, what another seed does; it says nothing of "
            "other sentences"
        )
    yield from found.remarks
