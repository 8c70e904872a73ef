"""What unfolds below a row: every score, who answered and how, where a quoted row stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from benchmark.globs import natural
from benchmark.leaderboard import (
    BoardSection,
    Column,
    Leaderboard,
    MeasuredRow,
    QuotedRow,
    TableRow,
)
from benchmark.reports.leaderboard.wording import STATUS, points
from benchmark.results import TaskResult, printed
from benchmark.results.signature import parse_fields
from benchmark.tasks import rows_are

SIGNATURE_FIELDS: Mapping[str, str] = {
    "task": "id of the task",
    "split": "which split was scored",
    "agg": "how subsets are put together in the main score",
    "metric": "correlation, accuracy or average precision",
    "sim": "similarity of two vectors",
    "clf": "how classifiers are trained",
    "cv": "how the classifier is chosen and tested",
    "data": "hash of what was read: of one task, or of all tasks together",
    "v": "version of the rules; raised when the same vectors could get another score",
    "model": "source and revision, or the name of a user's encoder",
    "weights": "first 12 digits of the SHA-256 of the weights",
    "base": "what it is an adapter upon: folder, or hub id and commit",
    "adapter": "the code that makes vectors, and its version",
    "pool": "pooler: how token vectors become a sentence vector",
    "maxlen": "limit in tokens; longer sentences are cut",
    "norm": "whether vectors are scaled to length one",
    "steps": "what else is done to vectors before they are scored",
    "prompt": "text put before each sentence",
    "prompt_pooled": "whether the tokens of that text are pooled, too",
    "template": "what each sentence is put into",
    "rules": "what is done to its text before that",
    "as": "the way through a model that has several: query or document",
    "dtype": "precision of the computation",
    "stored": "type of the weights in their files, where it is not float32",
    "backend": "library of the computation",
}
"""What each says, in the words of docs/protocol.md."""

CARD_FIELDS: Mapping[str, str] = {
    "name": "",
    "source": "where the weights come from",
    "revision": "commit, or version of a package",
    "weights_sha256": "of the weights",
    "base": "what it is an adapter upon",
    "settings_sha256": "of configuration and tokenizer files",
    "adapter": "the code that makes vectors",
    "version": "of the adapter, or of a user's encoder",
    "pooler": "how token vectors become a sentence vector",
    "max_length": "limit in tokens",
    "normalize": "vectors scaled to length one",
    "steps": "what else is done to vectors before they are scored",
    "prompt": "text put before each sentence",
    "include_prompt": "whether the tokens of that text are pooled, too",
    "template": "what each sentence is put into",
    "rules": "what is done to its text before that",
    "encode_as": "the way through a model that has several",
    "precision": "of the computation",
    "stored": "type of the weights in their files, where it is not float32",
    "backend": "library of the computation",
}
_COUNTS = ("pairs", "samples", "unscored_pairs", "truncated_sentences", "zero_vectors")
_TIMES = {
    "look_up_seconds": "reading stored vectors",
    "load_seconds": "loading the model",
    "encode_seconds": "encoding",
}


class Fact(NamedTuple):
    """A term, its value, and what the term means (may be empty); ``url`` is safe to follow."""

    term: str
    value: str
    meaning: str = ""
    url: str = ""


def facts(row: TableRow, section: BoardSection, board: Leaderboard) -> dict[str, list[Fact]]:
    """Return what is known of a row of a section, under headings; there is none over nothing."""
    known = _measured(row) if isinstance(row, MeasuredRow) else _quoted(row, section, board)
    return {heading: found for heading, found in known.items() if found}


def copyable(row: TableRow, board: Leaderboard) -> dict[str, str]:
    """Return texts to take along: the signature on one line, BibTeX (no entry twice)."""
    if isinstance(row, MeasuredRow):
        texts = {"Signature on one line": row.signature}
        keys = {"Paper of the model": row.traits.citation}
    else:
        texts = {}
        keys = {"Source": row.published.source, "Paper of the model": row.published.citation}
    first = {key: heading for heading, key in reversed(keys.items()) if key in board.bibliography}
    return texts | {
        f"{heading}, BibTeX": board.bibliography[key]
        for heading, key in keys.items()
        if first.get(key) == heading
    }


def _measured(row: MeasuredRow) -> dict[str, list[Fact]]:
    results = list(row.results.values())
    return {
        "Signature": [
            Fact(name, value, SIGNATURE_FIELDS.get(name, ""))
            for name, value in parse_fields(row.signature).items()
        ],
        "Encoder": [
            *_shared(results, lambda result: result.model.card, CARD_FIELDS),
            *_said(
                Fact(
                    "fingerprint",
                    _each(result.model.fingerprint or "" for result in results),
                    "hash of all that decides a vector",
                )
            ),
        ],
        "Environment": list(_shared(results, lambda result: result.environment)),
        "Counts and time": _said(*_effort(row)),
        "Vectors": [
            Fact(name.replace("_", " "), f"{value:.4f}".removesuffix(".0000"), f"of {result.task}")
            for result in results
            for name, value in result.analysis.items()
        ],
    }


def _quoted(row: QuotedRow, section: BoardSection, board: Leaderboard) -> dict[str, list[Fact]]:
    published = row.published
    source = next(note.source for note in board.footnotes if note.number == row.footnote)
    rules = asdict(published.protocol)
    cells = [(column.heading, row.cells.get(column.id)) for column in section.columns]
    return {
        "Where it stands": _said(
            Fact("source", source.title or "not known", url=source.url),
            Fact("place", published.where),
            Fact("status", f"{published.status}: {STATUS[published.status]}"),
            Fact("section", published.section),
            Fact("setting", published.setting),
            Fact("revision", published.revision, "of the weights"),
            Fact(
                "taken over",
                ", ".join(published.external),
                "as the authors of the model report it",
            ),
        ),
        "Rules": _said(*(Fact(name, str(rule)) for name, rule in rules.items())),
        "As printed": [
            Fact(heading, cell.printed)
            for heading, cell in [*cells, ("Avg.", row.average)]
            if cell is not None
        ],
    }


def _said(*facts: Fact) -> list[Fact]:
    return [fact for fact in facts if fact.value]


def _effort(row: MeasuredRow) -> Iterator[Fact]:
    """Counts add up over tasks; times are those of each run that the records come from."""
    results = row.results.values()
    for name in _COUNTS:
        counts = [result.counts[name] for result in results if name in result.counts]
        yield Fact(name.replace("_", " "), f"{sum(counts):,}" if counts else "")
    for name, term in _TIMES.items():
        seconds = dict.fromkeys(result.timings.get(name, 0.0) for result in results)
        yield Fact(term, " · ".join(f"{value:,.2f} s" for value in seconds if value))
    scoring = sum(result.timings.get("score_seconds", 0.0) for result in results)
    yield Fact("scoring", f"{scoring:,.2f} s", "all tasks together")
    speed = speed_of(row)
    if speed:
        how = f"{speed.sentences:,} distinct sentences, {speed.machine}"
        yield Fact("speed", f"{speed.rate:,.0f} sentences per second", how)
    yield Fact("day", _each(result.created[:10] for result in results))


def _shared(
    results: Sequence[TaskResult],
    read: Callable[[TaskResult], Mapping[str, object]],
    meanings: Mapping[str, str] | None = None,
) -> Iterator[Fact]:
    """Yield what the records say, each different value once; what has no meaning comes last."""
    known = meanings or {}
    said = {name for result in results for name, value in read(result).items() if value is not None}
    for name in [*(name for name in known if name in said), *sorted(said - known.keys())]:
        values = (read(result).get(name) for result in results)
        shown = dict.fromkeys(_plain(value) for value in values if value is not None)
        yield Fact(name.replace("_", " "), " · ".join(shown), known.get(name, ""))


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _each(values: Iterable[str]) -> str:
    return " · ".join(dict.fromkeys(value for value in values if value))


# --- how fast it was, where its sentences were really encoded -------------------------------------


@dataclass(frozen=True, slots=True)
class Speed:
    """The largest run among a row's records.

    Attributes:
        sentences: distinct ones that the run encoded.
        seconds: that this took.
        machine: device and number of CPUs.
    """

    sentences: int
    seconds: float
    machine: str

    @property
    def rate(self) -> float:
        """Sentences per second."""
        return self.sentences / self.seconds


def speed_of(row: MeasuredRow) -> Speed | None:
    """Return the speed of a row's largest run.

    None if its vectors came from the store, or if its records do not say how many sentences
    their run encoded: tasks share sentences, so the records' own counts do not add up to it.
    """
    runs = [run for result in row.results.values() if (run := _run(result)) is not None]
    return max(runs, key=lambda run: (run.sentences, -run.seconds), default=None)


def _run(result: TaskResult) -> Speed | None:
    sentences = result.effort.get("run_encoded_sentences", 0)
    seconds = result.timings.get("encode_seconds", 0.0)
    # A task that was taken from the store says nothing of the run, even if the run did encode.
    if not (sentences and seconds and result.effort.get("encoded_sentences", 0)):
        return None
    known = result.environment
    cpus = f", {known['cpus']} CPUs" if known.get("cpus") else ""
    return Speed(sentences, seconds, f"{known.get('device', 'device not known')}{cpus}")


# --- every score by task and subset ---------------------------------------------------------------

_INTERVAL = "interval"
_COUNT = "rows"
_AGGREGATIONS = {"all": "all rows together", "mean": "mean of subsets", "wmean": "weighted mean"}

_Values = dict[str, str]


class ScoreLine(NamedTuple):
    """A line of a table of scores.

    Attributes:
        label: of a task or subset.
        level: 0 for a task, 1 for what belongs to it.
        values: by what stands above them.
    """

    label: str
    level: int
    values: Mapping[str, str]


def score_lines(row: MeasuredRow, columns: Iterable[Column]) -> list[ScoreLine]:
    """Return the scores of a row, tasks in the order of the columns, each before its subsets."""
    lines = []
    for column in columns:
        result = row.results.get(column.id)
        if result is not None:
            interval = row.cells[column.id].interval
            shown = {_INTERVAL: points(interval, 2)} if interval else {}
            trained = rows_are(result.asked.kind) == "classes"
            (_, main), *below = _trained(result) if trained else _similar(result)
            lines.append(ScoreLine(column.heading, 0, _count(result.counts) | main | shown))
            lines += [ScoreLine(label, 1, values) for label, values in below]
    return lines


def _similar(result: TaskResult) -> Iterator[tuple[str, _Values]]:
    """The main score first; other aggregations and subsets only where there are several."""
    whole = result.scores.get(result.aggregation, {})
    chosen = _chosen(result, "all") if result.aggregation == "all" else {}
    main_first = sorted(whole.items(), key=lambda score: score[0] != result.metric)
    yield "", _percent(dict(main_first)) | chosen
    if len(result.subsets) > 1:
        for name, scores in result.scores.items():
            if name != result.aggregation:
                yield _AGGREGATIONS.get(name, name), _percent(scores)
        for name, scores in result.subsets.items():
            yield name, _subset(scores)


def _trained(result: TaskResult) -> Iterator[tuple[str, _Values]]:
    whole = {
        f"{split} {metric}": score
        for split, scores in sorted(result.scores.items())
        for metric, score in scores.items()
    }
    yield "", _percent(whole)
    for name in sorted(result.subsets, key=natural):
        values = {key.replace("_", " "): score for key, score in result.subsets[name].items()}
        yield name, _subset(values) | _chosen(result, name)


def _chosen(result: TaskResult, where: str) -> _Values:
    """Return what was chosen on a fold, or over all pairs."""
    found = result.choices.get(where, {})
    return {name.replace("_", " "): f"{value:g}" for name, value in found.items()}


def _subset(scores: Mapping[str, float]) -> _Values:
    return _count(scores) | _percent(
        {name: score for name, score in scores.items() if name not in ("pairs", "samples")}
    )


def _count(counts: Mapping[str, float]) -> _Values:
    count = counts.get("pairs", counts.get("samples"))
    return {} if count is None else {_COUNT: f"{int(count):,}"}


def _percent(scores: Mapping[str, float]) -> _Values:
    return {name: printed(score) for name, score in scores.items()}
