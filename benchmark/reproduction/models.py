"""From names of models to what came out: who is at hand, what is scored, what else is tried."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from benchmark.embeddings import Advance, Engine, VectorCache, default_cache, unwatched
from benchmark.encoders import Encoder, ModelReference, PooledEncoder, build_encoder
from benchmark.encoders.asked.options import require_possible
from benchmark.encoders.protocol import offers
from benchmark.errors import BenchmarkError, ModelError, UsageError
from benchmark.evaluation import evaluate_loaded
from benchmark.keywords import made
from benchmark.options import DataOptions, EncoderOptions, RunOptions
from benchmark.reproduction.asked import Asked, Published, asked_about
from benchmark.reproduction.inquiry import Inquiry, ReproductionReport
from benchmark.reproduction.one_pass import encode_together
from benchmark.reproduction.quotations import Quotation
from benchmark.reproduction.trials import documented_setting, trials_of
from benchmark.results import ResultStore, TaskResult
from benchmark.settings import Settings, nobody_warns
from benchmark.tasks import KINDS, Task
from benchmark.tasks.loading import TaskData, load_data, locate_data

_OWN = "own"
"""How a signature calls the pooler of an encoder that names none."""


@dataclass(frozen=True, kw_only=True)
class ReproductionOptions(DataOptions, EncoderOptions):
    """What may be asked of the models, and of the data; the rest the published rows say."""

    def of_a_run(self) -> RunOptions:
        """Return the same as a run takes it."""
        return RunOptions(**{one.name: getattr(self, one.name) for one in fields(self)})


def reproduce(
    *models: str,
    tasks: str | Iterable[str] | None = None,
    published: Published | Iterable[Published] = (),
    all_poolers: bool = False,
    output_dir: str | os.PathLike[str] | None = None,
    cache: bool = True,
    engine: Engine | None = None,
    advance: Advance = unwatched,
    **options: Any,
) -> ReproductionReport:
    """Run models as they are documented, and hold their scores against published figures.

    Where these differ, it is tried which pooler, aggregation or correlation would give what was
    printed: all poolers from one pass over the layers, and everything else from the same cosines.

    Args:
        *models: as for `benchmark.evaluate`, by name. Default: every model of the catalogue that
            has published rows and whose files are at hand; nothing is downloaded then.
        tasks: to compare no others. Default: all that the rows have figures of.
        published: a folder of published figures instead of those that are packaged; the row that a
            model is held against, ``TABLE/NAME``, instead of those that name it; or both, in a
            list.
        all_poolers: try every pooler, of rows that are reproduced as well.
        output_dir: keep the records of the documented settings here, and take finished ones from
            here. Default: none are kept.
        cache: keep vectors on disk, and take them from there.
        engine: where encoders compute. Default: in this process.
        advance: progress, called with the work done and the work in all.
        **options: of the encoder and of the data, see `benchmark.evaluate`; a ``pooler`` is then
            the documented one.

    Raises:
        UsageError: an unknown name or option, or no published row.
        ModelError, DataError: nothing could be compared.
        UnreadableRecord: published tables are damaged.
    """
    several = [published] if isinstance(published, str | os.PathLike) else published
    store = ResultStore(Path(output_dir)) if output_dir is not None else None
    if store:
        store.prepare()
    settings = Settings(
        store,
        cache=default_cache() if cache else None,
        engine=engine,
        watch=lambda _work: nullcontext(advance),
    )
    asked_for = made(ReproductionOptions, options)
    asked = asked_about(models, several, tasks, asked_for.revision)
    report = inquire(asked, asked_for, settings, all_poolers=all_poolers, only_here=not models)
    if report.errors and not any(one.measured for one in report.inquiries):
        raise report.errors[0]
    return report


def inquire(
    asked: Sequence[Asked],
    options: ReproductionOptions,
    settings: Settings,
    *,
    all_poolers: bool = False,
    only_here: bool = False,
) -> ReproductionReport:
    """Hold models against published rows.

    A failure stays with the model or the task it concerns.

    Args:
        asked: the models, each with its rows.
        options: of encoders and data.
        settings: what the runs work with.
        all_poolers: try every pooler, of rows that are reproduced as well.
        only_here: pass over models whose files are not at hand.

    Raises:
        UsageError: an option that no model could have.
    """
    require_possible(options)
    options = replace(options, offline=options.offline or only_here)
    skipped: dict[str, str] = {}
    failures: dict[str, BenchmarkError] = {}
    ready: list[tuple[Asked, dict[str, Encoder]]] = []
    for one in asked:
        try:
            ready.append((one, _encoders(one, options)))
        except BenchmarkError as error:
            if only_here and isinstance(error, ModelError | UsageError):
                skipped[one.name] = str(error)
            else:
                failures[one.name] = error
    tasks = {task.id: task for one, _ in ready for task in one.tasks}
    loaded, unavailable = load_data(locate_data(tasks.values(), options), options)
    inquiries: list[Inquiry] = []
    for one, encoders in ready:
        scores = _Scores(one, encoders, loaded, unavailable, options.of_a_run())
        try:
            inquiries += scores.inquiries(settings, all_poolers=all_poolers)
        except BenchmarkError as error:
            failures[one.name] = error
    return ReproductionReport(inquiries, skipped, failures)


def _encoders(asked: Asked, options: EncoderOptions) -> dict[str, Encoder]:
    """Return the encoder of each role that tasks ask for: nearly always one of all."""
    reference = asked.reference
    roles = dict.fromkeys(reference.checkpoint(task.checkpoint, options) for task in asked.tasks)
    return {role: build_encoder(reference, role, options) for role in roles}


@dataclass
class _Scores:
    """What one model scores, by pooler and task, as far as it was asked."""

    asked: Asked
    encoders: Mapping[str, Encoder]
    loaded: Sequence[TaskData]
    unavailable: Mapping[str, BenchmarkError]
    options: RunOptions
    results: dict[str, dict[str, TaskResult]] = field(default_factory=dict)
    failures: dict[str, BenchmarkError] = field(default_factory=dict)

    def inquiries(self, settings: Settings, *, all_poolers: bool) -> list[Inquiry]:
        """Run what is documented, then what may explain the rows that it does not reproduce."""
        with _kept_together(settings) as kept:
            rows = list(map(self._documented, self.asked.quotations))
            together = self._encode_together(_tasks(rows), kept) if all_poolers else []
            for pooler in dict.fromkeys(pooler for _, pooler in rows):
                own = _tasks(row for row in rows if row[1] == pooler)
                self._run(pooler, own, kept)
            unsettled = rows if all_poolers else [row for row in rows if self._differs(*row)]
            quiet = replace(kept, store=None, warn=nobody_warns)
            for pooler in together or self._encode_together(_tasks(unsettled), quiet):
                self._try(pooler, _tasks(unsettled), quiet)
        return [self._inquiry(*row) for row in rows]

    def _documented(self, quotation: Quotation) -> tuple[Quotation, str]:
        """Return a row with the pooler that is documented: its own, or that of the model."""
        if not quotation.tasks:
            return quotation, quotation.row.protocol.pooler
        encoder = self._encoder_of(next(iter(quotation.tasks.values())))
        own = encoder.poolers[0] if offers(encoder, PooledEncoder) else encoder.card.pooler or _OWN
        of_row = quotation.row.protocol.pooler
        if not of_row or of_row == own or self.options.pooler is not None:
            return quotation, own
        if offers(encoder, PooledEncoder):
            return quotation, of_row
        why = f"by pooler {of_row}, and this encoder has {own} alone"
        return Quotation(quotation.row, {}, dict.fromkeys(quotation.tasks, why)), own

    def _encoder_of(self, task: Task) -> Encoder:
        return self.encoders[self.asked.reference.checkpoint(task.checkpoint, self.options)]

    def _parts(self, tasks: Iterable[Task]) -> Iterator[tuple[Encoder, list[TaskData]]]:
        """Yield each encoder with the data that it answers."""
        wanted = {task.id for task in tasks}
        entries = [entry for entry in self.loaded if entry.task.id in wanted]
        for encoder in self.encoders.values():
            own = [entry for entry in entries if self._encoder_of(entry.task) is encoder]
            if own:
                yield encoder, own

    def _encode_together(self, tasks: Iterable[Task], settings: Settings) -> list[str]:
        """Return the poolers that can be tried, their vectors made in one pass."""
        found: list[str] = []
        for encoder, entries in self._parts(tasks):
            if offers(encoder, PooledEncoder):
                sentences = [text for entry in entries for text in _sentences(entry)]
                waiting = [
                    name
                    for name in encoder.poolers
                    if any(entry.task.id not in self._of(name) for entry in entries)
                ]
                found += encode_together(encoder, waiting, sentences, self.options, settings)
        return list(dict.fromkeys(found))

    def _run(self, pooler: str, tasks: Iterable[Task], settings: Settings) -> None:
        """Score what is documented by a run like any other, whose records are its own."""
        reference = self.asked.reference
        for encoder, entries in self._parts(tasks):
            options = self.options
            if offers(encoder, PooledEncoder) and pooler != encoder.poolers[0]:
                options = replace(options, pooler=pooler)
            who = encoder if reference.origin == "object" else reference  # no code runs twice
            self.failures |= self._take(pooler, who, entries, options, settings)

    def _try(self, pooler: str, tasks: Iterable[Task], settings: Settings) -> None:
        """Score what was not scored by this pooler yet; where that fails it is no explanation."""
        waiting = [task for task in tasks if task.id not in self._of(pooler)]
        for encoder, entries in self._parts(waiting):
            if offers(encoder, PooledEncoder):
                self._take(pooler, encoder.pooled(pooler), entries, self.options, settings)

    def _take(
        self,
        pooler: str,
        who: ModelReference | Encoder,
        entries: Sequence[TaskData],
        options: RunOptions,
        settings: Settings,
    ) -> dict[str, BenchmarkError]:
        named = [entry.task for entry in entries]
        [run] = evaluate_loaded(who, named, entries, {}, options, settings)
        self._of(pooler).update(run.results)
        return run.failures

    def _of(self, pooler: str) -> dict[str, TaskResult]:
        return self.results.setdefault(pooler, {})

    def _differs(self, quotation: Quotation, pooler: str) -> bool:
        return self._inquiry(quotation, pooler).outcome in ("explained", "unexplained")

    def _inquiry(self, quotation: Quotation, pooler: str) -> Inquiry:
        """Return a row with all trials of it: those of other poolers with the same columns."""
        tasks = {column: task.id for column, task in quotation.tasks.items()}
        compared = {task: one for task, one in self._of(pooler).items() if task in tasks.values()}
        failed = {**self.unavailable, **self.failures}
        trials = [
            trial
            for name, results in self.results.items()
            if compared.keys() <= results.keys()
            for trial in trials_of(name, {task: results[task] for task in compared}, quotation)
        ]
        return Inquiry(
            self.asked.name,
            quotation,
            documented_setting(pooler, quotation),
            tuple(trials),
            {c: failed[task] for c, task in tasks.items() if task in failed.keys() - compared},
        )


def _tasks(rows: Iterable[tuple[Quotation, str]]) -> list[Task]:
    found = {task.id: task for quotation, _ in rows for task in quotation.tasks.values()}
    return list(found.values())


def _sentences(entry: TaskData) -> Iterable[str]:
    return KINDS[entry.task.kind].sentences(entry.data.parts)


@contextmanager
def _kept_together(settings: Settings) -> Iterator[Settings]:
    """Let the vectors of all poolers stay until they were scored, whatever the limit; then shrink.

    Without a cache they lie in a folder that goes.
    """
    if settings.cache is not None:
        yield replace(settings, cache=replace(settings.cache, limit=sys.maxsize))
        settings.cache.shrink()
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        yield replace(settings, cache=VectorCache(Path(folder), sys.maxsize))
