"""The verbs of the command line as functions: what `benchmark` offers beside `evaluate`.

Results in memory, results read from records, and folders of records may stand wherever results are
asked for. Nothing is printed and no file is written; what comes back prints itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmark.errors import UsageError
from benchmark.keywords import made
from benchmark.named import (
    Folders,
    Location,
    Place,
    chosen_tasks,
    collected,
    families_of,
    paths_named,
    sides_and_baseline,
    sources_of,
    two_at_most,
    two_sides,
)
from benchmark.options import EncoderOptions, OwnKind
from benchmark.results import Runs, StoredRun, collect, read_families
from benchmark.suggestions import did_you_mean
from benchmark.tasks import Task

if TYPE_CHECKING:
    from benchmark.comparisons import Comparison, Explanation, FamilyComparison, SeveralComparisons
    from benchmark.encoders import Encoder
    from benchmark.gate import Direction, GateReport
    from benchmark.leaderboard import Leaderboard, Traits
    from benchmark.measures import Tolerance


def load_encoder(name: str, checkpoint: str | None = None, **options: Any) -> Encoder:
    """Return an encoder that is ready to be asked: an object with ``card`` and ``encode``.

    Its files are located and identified now; weights are loaded when the first sentence comes.

    >>> encoder = load_encoder("all-minilm-l6-v2", pooler="cls")
    >>> encoder.card.pooler
    'cls'

    Args:
        name: as for `benchmark.evaluate`.
        checkpoint: ``sts`` or ``transfer``, for a model that has one for each.
        **options: of the encoder: ``pooler``, ``revision``, ``max_length``, ``preset``,
            ``template``, ``text_rules``, ``device``, ``precision``, ``backend``, ``adapter``,
            ``encode_as``, ``trust_remote_code``, ``offline``, ``progress_bar``; see
            `benchmark.evaluate`.

    Raises:
        UsageError: an unknown name or option, an option that does not fit, or it is not said which
            of several checkpoints is meant.
        ModelError: not found, not the published weights, not supported.
    """
    from benchmark.encoders import build_encoder, parse_reference
    from benchmark.encoders.asked.catalogue import named_models
    from benchmark.encoders.asked.options import require_possible

    asked = made(EncoderOptions, options)
    require_possible(asked)
    reference = parse_reference(name, asked.revision)
    several: Collection[str] = ()
    if reference.origin == "catalogue":
        several = named_models()[reference.name].checkpoints.keys() - {"any"}
    if several and checkpoint not in several:
        raise UsageError(
            f"{reference.name} has a checkpoint for each of {', '.join(sorted(several))}; choose "
            "one with `checkpoint`"
        )
    if checkpoint and not several:
        raise UsageError(f"`checkpoint` {checkpoint}: {reference.name} has only one")
    return build_encoder(reference, checkpoint or "any", asked)


def records(*paths: Location) -> Runs[StoredRun]:
    """Read all records in these files and below these folders.

    Args:
        *paths: record files, or folders at any level of an output folder.

    Returns:
        One run for each state of each model, sorted by name.

    Raises:
        UsageError: nothing is named.
        UnreadableRecord: a path does not exist, holds no record, or one that is not sound.
    """
    if not paths:
        raise UsageError("records: name records, or folders of them")
    places = [Path(path) for path in paths]
    return Runs(collect(places), read_families(places))


def compare(
    *results: Place,
    models: Sequence[str] | None = None,
    baseline: str | None = None,
    tasks: str | Task | Iterable[str | Task] | None = None,
    columns: str | None = None,
    kind: OwnKind = "auto",
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
    data_dir: Folders | None = None,
) -> Comparison | FamilyComparison | SeveralComparisons:
    """Compare two models, or two families of runs, on the same rows: is the difference real?

    Args:
        *results: of both models, or of one each; the first is A. Of two places that hold several
            runs each, those of one are a family (seeds of a method): what is compared then are
            the methods, with what training and what sentences vary.
        models: names of the models in this order, where there are more; a state of a model can
            be named as ``NAME@FINGERPRINT``, with its first digits. A family is meant by its
            name, or by a glob such as ``seed-*``.
        baseline: name of the model or family that each of any number of ``models`` (by default
            all others) is compared with; p-values are adjusted over all of them.
        tasks: as for `benchmark.evaluate`, among those that are there. Default: all.
        columns: of files among them, as for `benchmark.evaluate`.
        kind: what they were scored as, likewise.
        resamples: of the bootstrap, and exchanges of the test.
        level: of the intervals; 1 - level is the level of the tests.
        seed: of the random numbers; the same seed gives the same result.
        data_dir: a SentEval folder, or several, for the sentences: pairs that share one are drawn
            together. Default: where the runs had theirs, or a run would look. Nothing is
            downloaded.

    Raises:
        UsageError: it is not clear which models are meant, or nothing can be compared.
        UnreadableRecord: records, predictions or gold are missing or damaged.
        DataError: a folder of data that was named does not exist.
    """
    from benchmark import comparisons

    named = ("compare", results, models)
    sides = two_sides(*named) if baseline is None else sides_and_baseline(*named, baseline)
    if len(sides) < 2:
        only = f"compare: only one model is named ({sides[0].name})"
        raise UsageError(f"{only}; name a second folder, or two `models`")
    runs = [run for family in sides for run in family.runs]
    asked, own = chosen_tasks(tasks, runs, columns, kind)
    options: dict[str, Any] = {
        "tasks": asked,
        "sources": sources_of(results, data_dir, own),
        "resampling": comparisons.Resampling(resamples, level, seed),
    }
    if baseline is not None:
        return comparisons.compare_with_baseline(sides[:-1], sides[-1], **options)
    if len(runs) == 2:
        return comparisons.compare_runs(*runs, **options)
    return comparisons.compare_families(*sides, **options)


def explain(
    *results: Place,
    models: Sequence[str] | None = None,
    tasks: str | Task | Iterable[str | Task] | None = None,
    columns: str | None = None,
    kind: OwnKind = "auto",
    top: int = 5,
    data_dir: Folders | None = None,
) -> Explanation:
    """Show where the scores of a model come from, or the differences between two.

    Args:
        *results: of the models, as for `compare`.
        models: names of one or two of them.
        tasks: as for `compare`; a file of your own shows its sentences.
        columns: as for `compare`.
        kind: as for `compare`.
        top: how many pairs of each list.
        data_dir: a SentEval folder, or several, for the sentences. Nothing is downloaded.

    Raises:
        UsageError, UnreadableRecord, DataError: as `compare`.
    """
    from benchmark.comparisons import explain_runs

    chosen = two_at_most("explain", results, models)
    asked, own = chosen_tasks(tasks, chosen, columns, kind)
    return explain_runs(chosen, tasks=asked, sources=sources_of(results, data_dir, own), top=top)


def check(
    results: Place | Sequence[Location],
    baseline: Location,
    *,
    direction: Direction = "drop",
    tolerance: str | float | Tolerance | None = None,
    significant: bool = False,
    strict: bool = False,
    data_dir: Folders | None = None,
) -> GateReport:
    """Compare scores with a baseline: did one become worse, or is one missing?

    Nothing is raised for a score that did; see ``passed``, ``failures`` and ``scores`` of what
    comes back.

    Args:
        results: of any number of models.
        baseline: a baseline file, or a folder of records.
        direction: ``drop`` fails on worse scores, ``any`` on every change beyond tolerance.
        tolerance: for every score, instead of what the baseline says: points, or a number of
            samples of the test set (``"2 samples"``).
        significant: other weights may answer, and a change beyond tolerance counts only if a
            paired test calls it significant. The baseline is then a folder.
        strict: fail where an encoder has no version, so that nobody can tell whether it is that of
            the baseline. Otherwise ``unidentified`` names it, and its scores alone are compared.
        data_dir: a SentEval folder, or several, for that test. Nothing is downloaded.

    Raises:
        UsageError: there is no baseline, or a model has two records of one task.
        UnreadableRecord: the baseline or a record is damaged.
    """
    from benchmark.gate import check as check_runs
    from benchmark.gate import open_baseline
    from benchmark.measures import parse_tolerance

    if isinstance(tolerance, str | float | int):
        try:
            tolerance = parse_tolerance(tolerance)
        except ValueError as error:
            raise UsageError(f"`tolerance`: {error}") from error
    known = open_baseline(Path(baseline))
    return check_runs(
        collected([results]),
        known,
        direction=direction,
        tolerance=tolerance,
        significant=significant,
        strict=strict,
        sources=sources_of([results], data_dir),
    )


def rank(
    *results: Place,
    tasks: str | None = None,
    rows: Sequence[str] | None = None,
    own_rows: Literal["ranked", "last"] = "ranked",
    baseline: str | None = None,
    published: Location | Literal[False] | None = None,
    statistics: Location | None = None,
    data_dir: Folders | None = None,
) -> Leaderboard:
    """Make a leaderboard of measured rows, and of published ones beside them.

    Args:
        *results: of any number of models; of the steps of a training run the last one is a row,
            and those that are given by themselves.
        tasks: ``sts``, ``transfer``, or another group, where there are several.
        rows: names and globs of measured rows, and of quoted ones behind ``published:``, which
            takes a source or table as well; only these are shown. Default: all.
        own_rows: ``last`` puts measured rows below quoted ones.
        baseline: name of a measured row that the others are tested against.
        published: a folder of published figures instead of those that are packaged, or False for
            measured rows alone.
        statistics: a ``statistics.json`` that the command line wrote: intervals and tests that
            are in it are not computed again.
        data_dir: a SentEval folder, or several, for gold scores where the results have none.
            Nothing is downloaded.

    Raises:
        UsageError: there is no score of a group that has a leaderboard, or there are several; a
            name means no row.
        UnreadableRecord: records, predictions, figures or statistics are damaged.
        DataError: a folder of data that was named does not exist.
    """
    from benchmark.leaderboard import Choice, make_leaderboard, read_statistics
    from benchmark.results import published_sources, published_tables

    runs = collected(results)
    groups = leaderboard_groups(runs, tasks)
    if len(groups) > 1:
        raise UsageError(f"there are leaderboards of {', '.join(groups)}; choose by `tasks`")
    folder = Path(published) if published else None
    board, _ = make_leaderboard(
        groups[0],
        runs,
        () if published is False else published_tables(folder),
        None if statistics is None else read_statistics(Path(statistics)),
        families=families_of(results),
        named=paths_named(results),
        sources=sources_of(results, data_dir),
        described=described_models(folder),
        bibliography=published_sources(folder),
        choice=Choice(tuple(rows or ()), own_rows, baseline or ""),
    )
    return board


def described_models(published: Path | None = None) -> dict[str, Traits]:
    """Return what kind of encoder each model of the catalogue is, by name.

    Args:
        published: a folder of published figures instead of those that are packaged.

    Raises:
        UnreadableRecord: the figures are damaged.
    """
    from benchmark.encoders.asked.catalogue import named_models
    from benchmark.leaderboard import Traits, methods_by_model
    from benchmark.results import published_tables
    from benchmark.results.published_files import published_backbones

    methods = methods_by_model(row for table in published_tables(published) for row in table.rows)
    backbones = published_backbones(published)
    found = {}
    for name, model in named_models().items():
        backbone = backbones.get(model.backbone)
        found[name] = Traits(
            year=model.year,
            backbone=backbone.title if backbone else model.backbone,
            family=backbone.family if backbone else "",
            parameters=backbone.parameters if backbone else None,
            training=model.training,
            method=methods.get(name, name),
            citation=model.citation,
        )
    return found


def leaderboard_groups(runs: Sequence[StoredRun], wanted: str | None = None) -> list[str]:
    """Return the groups of tasks that leaderboards are made of: the wanted one, or all.

    Raises:
        UsageError: there is none, or none of that name.
    """
    from benchmark.leaderboard import BOARDS, groups_of

    scored = {result.asked.group for run in runs for result in run.results.values()} - {""}
    if wanted is not None and wanted not in scored | BOARDS.keys():
        raise UsageError(
            f"`tasks` {wanted}: the records hold no score of such a group"
            f"{did_you_mean(wanted, scored)}; there are {', '.join(sorted(scored))}"
        )
    found = groups_of(runs) if wanted is None else [wanted]
    if not found:
        raise UsageError(
            f"leaderboard: the records hold scores of {', '.join(sorted(scored))} alone, which are "
            "for choosing or for trying; name one by `tasks`"
        )
    return found
