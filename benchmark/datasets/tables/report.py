"""What was seen in a table of a user's own, as data, and as lines to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.datasets.tables.columns import Layout
from benchmark.datasets.tables.table import Form
from benchmark.one_line import one_line

FEW_ROWS = 50
"""With fewer an interval of a correlation is as wide as most differences between models."""

LONG_TEXT = 10_000
_SHOWN_NAMES = 20
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class TableReport:
    """How a table was read, and what is in it.

    Attributes:
        source: a path, or what data in memory is called.
        form: encoding, line ends, delimiter and quoting.
        header: whether the first row was taken for names; None where a form has its own.
        columns: what each column that was read is (``first``, ``second``, ``score`` or ``text``,
            ``label``, and ``part``), and its name.
        passed_over: names of the other columns.
        kind: of task that it makes.
        rows: how many are scored.
        parts: name and number of rows of each subset or split.
        distinct_texts: how many different texts there are.
        scores: least, greatest, and how many different ones; None where there are labels.
        classes: name of each class, and how many rows have it.
        repeated: rows whose text or pair, in either order, an earlier row of its part has.
        contradicting: texts or pairs of a part that have several scores or labels.
        empty_texts: texts of nothing but white space.
        longest: characters of the longest text, and where it stands.
        first_rows: the first three, the cells in the order of `columns`, as read.
        notes: what to look at, a clause each.
    """

    source: str
    form: Form
    header: bool | None
    columns: tuple[tuple[str, str], ...]
    passed_over: tuple[str, ...]
    kind: str
    rows: int
    parts: tuple[tuple[str, int], ...]
    distinct_texts: int
    scores: tuple[float, float, int] | None
    classes: tuple[tuple[str, int], ...]
    repeated: int
    contradicting: int
    empty_texts: int
    longest: tuple[int, str]
    first_rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return what to show, a printable line each: whatever is in the table cannot act."""
        columns = ", ".join(f"{role} = {name}" for role, name in self.columns)
        if self.passed_over:
            columns += f"; passed over: {_some(self.passed_over)}"
        shown = [
            f"{self.source}: {self._reading()}",
            f"columns: {columns}",
            f"{self.kind}: {self._content()}",
        ]
        if len(self.parts) > 1:
            shown.append(f"parts: {_some(_sized(self.parts))}")
        if self.classes:
            shown.append(f"classes: {_some(_sized(self.classes))}")
        for number, row in enumerate(self.first_rows, start=1):
            shown.append(f"row {number}: {' | '.join(map(_cut, row))}")
        shown.append(f"longest text: {self.longest[0]:,} characters, {self.longest[1]}")
        return [one_line(line) for line in (*shown, *(f"note: {note}" for note in self.notes))]

    def _reading(self) -> str:
        form = self.form
        header = {True: "names in the first row", False: "no names in the first row", None: ""}
        words = [
            *(form.name, form.encoding),
            f"line ends {form.line_ends}" if form.line_ends else "",
            f"columns separated by {form.delimiter}" if form.delimiter else "",
            form.quoting,
            header[self.header],
        ]
        return ", ".join(word for word in words if word)

    def _content(self) -> str:
        found = f"{self.rows:,} rows, {self.distinct_texts:,} distinct texts"
        if self.scores is not None:
            least, greatest, different = self.scores
            found += f", scores from {least:g} to {greatest:g} ({different:,} different)"
        return found


def _sized(entries: Sequence[tuple[str, int]]) -> list[str]:
    return [f"{name} {size:,}" for name, size in entries]


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN_NAMES
    shown = ", ".join(map(_cut, names[:_SHOWN_NAMES]))
    return f"{shown} and {more:,} more" if more > 0 else shown


def _cut(cell: str) -> str:
    return cell if len(cell) <= _SHOWN_CHARACTERS else f"{cell[:_SHOWN_CHARACTERS]}..."


@dataclass(frozen=True, slots=True)
class Facts:
    """What is counted over the rows of a table."""

    repeated: int
    contradicting: int
    empty: int
    longest: tuple[int, int]

    @classmethod
    def of(
        cls, keys: Sequence[Any], values: Sequence[Any], columns: Sequence[Sequence[str]]
    ) -> Facts:
        """Count.

        Args:
            keys: what makes a row the same as another.
            values: their scores or labels.
            columns: the texts.
        """
        rows = set(zip(keys, values, strict=True))
        several = Counter(key for key, _ in rows)
        longest = max((len(text), -row) for column in columns for row, text in enumerate(column))
        return cls(
            len(keys) - len(several),
            sum(count > 1 for count in several.values()),
            sum(not text.strip() for column in columns for text in column),
            (longest[0], -longest[1]),
        )


def report(
    layout: Layout,
    *,
    kind: str,
    parts: Iterable[tuple[str, int]],
    columns: Sequence[Sequence[str]],
    cells: Sequence[Sequence[Any]],
    facts: Facts,
    scores: tuple[float, float, int] | None = None,
    classes: Iterable[tuple[str, int]] = (),
    notes: Sequence[str] = (),
) -> TableReport:
    """Put together what was seen.

    Args:
        layout: which column is what, and the table.
        kind: of task.
        parts: name and size of each.
        columns: the texts.
        cells: of the columns that were read, as they are.
        facts: what was counted.
        scores: least, greatest, how many.
        classes: name and size of each.
        notes: of this kind of content.
    """
    table = layout.table
    places = [layout.first, layout.second, layout.value, layout.parts]
    words = ["text", "", "label", "part"]
    if layout.second is not None:
        words = ["first", "second", "label" if classes else "score", "part"]
    read = [(word, place) for word, place in zip(words, places, strict=True) if place is not None]
    taken = {place for _, place in read}
    others = [table.column_name(place) for place in range(table.width) if place not in taken]
    length, row = facts.longest
    return TableReport(
        source=table.source,
        form=table.form,
        header=layout.header,
        columns=tuple((word, table.column_name(place)) for word, place in read),
        passed_over=tuple(others),
        kind=kind,
        rows=table.rows,
        parts=tuple(parts),
        distinct_texts=len(set().union(*columns)),
        scores=scores,
        classes=tuple(classes),
        repeated=facts.repeated,
        contradicting=facts.contradicting,
        empty_texts=facts.empty,
        longest=(length, table.place(row)),
        first_rows=tuple(
            tuple(str(column[place]) for column in cells) for place in range(min(3, table.rows))
        ),
        notes=(*table.form.notes, *_notes(facts, table.place(row), classes=bool(classes)), *notes),
    )


def _notes(facts: Facts, place: str, *, classes: bool) -> list[str]:
    found = []
    what, value = ("texts", "labels") if classes else ("pairs", "scores")
    if facts.repeated:
        found.append(f"{what} that repeat an earlier one: {facts.repeated:,}; all are scored")
    if facts.contradicting:
        found.append(f"{what} with several {value}: {facts.contradicting:,}; all are scored")
    if facts.empty:
        found.append(f"empty texts: {facts.empty:,}; they are scored as that")
    if facts.longest[0] > LONG_TEXT:
        found.append(
            f"a text of {facts.longest[0]:,} characters ({place}); it is kept, and an encoder with "
            "a limit cuts it"
        )
    return found
