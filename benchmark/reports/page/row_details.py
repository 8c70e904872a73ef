"""Details of measured and of quoted rows, from records and from published figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict

from benchmark.leaderboard import Column, Leaderboard, MeasuredRow, QuotedRow, Row, Section
from benchmark.reports.leaderboard.wording import STATUS, sentence
from benchmark.reports.page.details import Copyable, Details, Fact, Facts
from benchmark.reports.page.scores import scores_of
from benchmark.reports.page.signature_fields import explain_signature
from benchmark.reports.page.speed import speed_of
from benchmark.results import TaskResult

_CARD = {
    "name": "",
    "source": "where the weights come from",
    "revision": "commit, or version of a package",
    "weights_sha256": "of the weights",
    "settings_sha256": "of configuration and tokenizer files",
    "adapter": "the code that makes vectors",
    "version": "of the adapter, or of a user's encoder",
    "pooler": "how token vectors become a sentence vector",
    "max_length": "limit in tokens",
    "normalize": "vectors scaled to length one",
    "steps": "what else is done to vectors before they are scored",
    "prompt": "text put before each sentence",
    "precision": "of the computation",
    "backend": "library of the computation",
}


_COUNTS = ("pairs", "samples", "unscored_pairs", "truncated_sentences", "zero_vectors")

_TIMES = {
    "look_up_seconds": "reading stored vectors",
    "load_seconds": "loading the model",
    "encode_seconds": "encoding",
}


def details_of(row: Row, section: Section, board: Leaderboard) -> Details:
    """Return what unfolds below a row."""
    if isinstance(row, MeasuredRow):
        return _measured(row, section.columns, board)
    return _quoted(row, section.columns, board)


def _measured(row: MeasuredRow, columns: Iterable[Column], board: Leaderboard) -> Details:
    results = list(row.results.values())
    keys = {"Paper of the model": row.citation}
    blocks = (
        Facts("Signature", explain_signature(row.signature)),
        Facts("Encoder", _encoder(results)),
        Facts("Environment", _shared(results, lambda result: result.environment)),
        Facts("Counts and time", _effort(row)),
        Facts("Vectors", _vectors(results)),
    )
    return Details(
        cautions=tuple(sentence(caution) for caution in row.cautions),
        scores=scores_of(row, columns),
        facts=tuple(block for block in blocks if block.facts),
        texts=(Copyable("Signature on one line", row.signature), *_citations(keys, board)),
    )


def _quoted(row: QuotedRow, columns: Iterable[Column], board: Leaderboard) -> Details:
    published = row.published
    source = next(note.source for note in board.footnotes if note.number == row.footnote)
    place = [
        Fact("source", source.title or "not known", url=source.url),
        Fact("place", published.where),
        Fact("status", f"{published.status}: {STATUS[published.status]}"),
        Fact("section", published.section),
        Fact("setting", published.setting),
        Fact("revision", published.revision, "of the weights"),
        Fact("taken over", ", ".join(published.external), "as the authors of the model report it"),
    ]
    rules = [Fact(name, str(value)) for name, value in asdict(published.protocol).items()]
    digits = [
        Fact(column.heading, row.cells[column.id].printed)
        for column in columns
        if column.id in row.cells
    ]
    average = [Fact("Avg.", row.average.printed)] if row.average else []
    blocks = {"Where it stands": place, "Rules": rules, "As printed": digits + average}
    keys = {"Source": published.source, "Paper of the model": published.citation}
    return Details(
        cautions=(sentence(published.note),) if published.note else (),
        scores=None,
        facts=tuple(_said(heading, facts) for heading, facts in blocks.items()),
        texts=_citations(keys, board),
    )


def _said(heading: str, facts: Iterable[Fact]) -> Facts:
    return Facts(heading, tuple(fact for fact in facts if fact.value))


def _encoder(results: list[TaskResult]) -> tuple[Fact, ...]:
    known = _shared(results, lambda result: result.model.card, _CARD)
    fingerprints = list(dict.fromkeys(str(result.model.fingerprint or "") for result in results))
    fingerprint = Fact(
        "fingerprint", " · ".join(filter(None, fingerprints)), "hash of all that decides a vector"
    )
    return (*known, fingerprint) if fingerprint.value else known


def _effort(row: MeasuredRow) -> tuple[Fact, ...]:
    """Counts add up over tasks; times are those of each run that the records come from."""
    results = list(row.results.values())
    found = [
        Fact(name.replace("_", " "), f"{sum(result.counts[name] for result in counted):,}")
        for name in _COUNTS
        if (counted := [result for result in results if name in result.counts])
    ]
    for name, term in _TIMES.items():
        seconds = dict.fromkeys(result.timings.get(name, 0.0) for result in results)
        found.append(Fact(term, " · ".join(f"{value:,.2f} s" for value in seconds if value)))
    scoring = sum(result.timings.get("score_seconds", 0.0) for result in results)
    found.append(Fact("scoring", f"{scoring:,.2f} s", "all tasks together"))
    speed = speed_of(row)
    if speed:
        how = f"{speed.sentences:,} distinct sentences, {speed.machine}"
        found.append(Fact("speed", f"{speed.rate:,.0f} sentences per second", how))
    days = dict.fromkeys(result.created[:10] for result in results)
    found.append(Fact("day", " · ".join(days)))
    return tuple(fact for fact in found if fact.value)


def _vectors(results: Iterable[TaskResult]) -> tuple[Fact, ...]:
    return tuple(
        Fact(name.replace("_", " "), f"{value:.4f}".removesuffix(".0000"), f"of {result.task}")
        for result in results
        for name, value in result.analysis.items()
    )


def _shared(
    results: Iterable[TaskResult],
    read: Callable[[TaskResult], Mapping[str, object]],
    meanings: Mapping[str, str] | None = None,
) -> tuple[Fact, ...]:
    """Return what the records say, each different value once."""
    said: dict[str, dict[str, None]] = {}
    for result in results:
        for name, value in read(result).items():
            if value is not None:
                said.setdefault(name, {})[_plain(value)] = None
    known = meanings or {}
    order = [*(name for name in known if name in said), *sorted(said.keys() - known.keys())]
    return tuple(
        Fact(name.replace("_", " "), " · ".join(said[name]), known.get(name, "")) for name in order
    )


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _citations(keys: Mapping[str, str], board: Leaderboard) -> tuple[Copyable, ...]:
    """Return BibTeX entries, none of them twice."""
    found: dict[str, Copyable] = {}
    for heading, key in keys.items():
        if key in board.bibliography:
            found.setdefault(key, Copyable(f"{heading}, BibTeX", board.bibliography[key]))
    return tuple(found.values())
