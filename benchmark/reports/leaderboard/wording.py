"""What a leaderboard says in words, the same in every format; plain text, not yet escaped."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from benchmark.leaderboard import (
    BoardSection,
    Footnote,
    Leaderboard,
    MeasuredRow,
    QuotedRow,
    TableRow,
)
from benchmark.leaderboard.against import Against
from benchmark.metrics.resampling import Interval
from benchmark.one_line import one_line
from benchmark.reports.spreads import DASH

STATUS = {
    "paper": "in a paper",
    "rerun": "run by others than the model's authors",
    "notebook": "in the saved output of a notebook",
    "repository": "in a repository",
    "transcribed": "read from an image, or quoted by others",
    "unverified": "seen in secondary tables only, origin not known",
}

TRAINING = {
    "untrained": "untrained",
    "prompted": "prompted, untrained",
    "fitted": "fitted afterwards",
    "unsupervised": "unsupervised",
    "nli": "NLI labels",
    "synthetic": "synthetic",
    "sts": "STS labels",
    "distilled": "distilled",
    "labelled": "other labels",
}
"""What made an encoder's vectors, short enough for a table."""

MARKS: Mapping[str, tuple[str, str]] = {
    "test-text": ("test text", "trained on the text of the test sets, without their scores"),
    "test-choice": ("chosen on test", "the checkpoint was chosen by its test scores"),
    "sts-labels": ("STS labels", "trained on labels of STS-B or SICK"),
    "several-encoders": ("several encoders", "the vectors of several encoders put together"),
    "cross-encoder": (
        "cross-encoder",
        "reads both sentences at once, there are no sentence vectors",
    ),
    "best-of-columns": ("best of columns", "each column by another run"),
    "other-seeds": ("other runs", "of other training runs than the published checkpoint"),
    "transcribed": ("transcribed", "read from an image, or quoted by others"),
    "unclear": ("unclear", "the source contradicts itself, or does not say what the figures are"),
}
"""What is said of a trap beside a row, and what it means."""

DEVIATION = (
    "What follows ± is a standard deviation over training runs, as printed by its source; it says "
    "nothing of other sentences, and an interval says nothing of other training runs."
)

NOT_RANKED = (
    "Quoted only, and compared with nothing on this page: their text, pairs or rules are not "
    "those of the first table, are not stated, or nobody knows where they were printed first."
)


AGAINST = {"better": "*", "worse": "°", "": ""}
"""Beside a number that a test found to be better or worse than the baseline's."""


def marks(row: TableRow) -> list[str]:
    """Return the traps of a row in a word or two each; a row of ours has none."""
    return [MARKS[mark][0] for mark in row.published.marks] if isinstance(row, QuotedRow) else []


def marks_of(rows: Iterable[TableRow]) -> list[str]:
    """Return what the traps of these rows mean, a clause each."""
    there = {m for row in rows if isinstance(row, QuotedRow) for m in row.published.marks}
    return [f"{short} ({meaning})" for mark, (short, meaning) in MARKS.items() if mark in there]


def deviates(row: TableRow) -> bool:
    """Tell whether a row of others shows a standard deviation over training runs."""
    cells = [*row.cells.values(), *([row.average] if row.average else [])]
    return isinstance(row, QuotedRow) and any(cell.deviation for cell in cells)


def kind(row: TableRow) -> list[str]:
    """Return what kind of encoder a row is of, as far as it is known: backbone, training, year."""
    traits = row.traits
    year = "" if traits.year is None else str(traits.year)
    said = [traits.backbone, TRAINING.get(traits.training, traits.training), year]
    return [part for part in said if part]


def points(interval: Interval, decimals: int = 1) -> str:
    """Return an interval on the scale from 0 to 100."""
    low, high = (f"{100 * end:.{decimals}f}" for end in (interval.low, interval.high))
    return f"{low} to {high}" if interval.low < 0 else f"{low}{DASH}{high}"


def percent(share: float) -> str:
    """Return a share in percent, with a blank as everywhere else."""
    return f"{100 * share:g} %"


def counted(count: int, noun: str) -> str:
    """Return how many there are of something.

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def place(footnote: Footnote) -> str:
    """Return where quoted rows stand, but for the source's title."""
    where = [footnote.where] if footnote.where else []
    return one_line("; ".join([*where, STATUS[footnote.status]]))


def encoder(row: MeasuredRow) -> str:
    """Return who answered: where the weights came from, and how they were used."""
    if row.members:
        return f"mean of {', '.join(member.label for member in row.members)} (varied: {row.varied})"
    card = next(iter(row.results.values())).model.card
    revision = f" at {card['revision']}" if card.get("revision") else ""
    weights = str(card.get("weights_sha256") or "")
    parts = [
        f"{card.get('source') or card.get('name')}{revision}",
        f"weights sha256 {weights[:12]}…" if weights else "weights not identified",
        f"an adapter upon {card['base']}" if card.get("base") else "",
        f"pooler {card['pooler']}" if card.get("pooler") else "",
        f"at most {card['max_length']} tokens" if card.get("max_length") else "",
        f"prompt {card['prompt']}" if card.get("prompt") else "",
        "which is not pooled" if card.get("include_prompt") is False else "",
        f"template {textwrap.shorten(card['template'], 100)}" if card.get("template") else "",
        f"rules {', '.join(card['rules'])}" if card.get("rules") else "",
        f"encoded as {card['encode_as']}" if card.get("encode_as") else "",
        f"steps {', '.join(card['steps'])}" if card.get("steps") else "",
    ]
    return one_line(", ".join(part for part in parts if part))


def cautions(row: MeasuredRow) -> str:
    """Return what must not be overlooked as a sentence, empty if there is nothing."""
    return sentence("; ".join(row.cautions))


def sentence(said: str) -> str:
    """Return a remark with a capital and a full stop; nothing stays nothing.

    A name or a commit that it begins with is spelled as it is.

    >>> sentence("run by others"), sentence("a1b2c3d of main"), sentence("run.py, line 3")
    ('Run by others.', 'a1b2c3d of main.', 'run.py, line 3.')
    """
    line = one_line(said)
    word = line.split(" ")[0].rstrip(",;:.")
    is_word = all(part.isalpha() for part in re.split("[-']", word))
    first = line[:1].upper() if is_word else line[:1]
    return f"{first}{line[1:].rstrip('.')}." if line else ""


def note(row: QuotedRow) -> str:
    """Return what is said of a quoted row, empty if nothing is."""
    published = row.published
    taken_over = f"taken over from its authors: {', '.join(published.external)}"
    parts = [published.note, taken_over if published.external else ""]
    return one_line("; ".join(part for part in parts if part))


def method(board: Leaderboard) -> Iterator[str]:
    """Yield how intervals and groups were computed, a sentence each; nothing if there are none."""
    rows = [row for row in board.measured if row.units]
    if not rows:
        return
    yield (
        f"Intervals: percentile bootstrap, {board.method.resamples:,} resamples, "
        f"{percent(board.method.level)}. They tell how sure a score is given this encoder, had "
        "other pairs or samples been drawn; they say nothing of another training run."
    )
    if any(row.members for row in rows):
        yield FAMILY_INTERVALS
    yield from (_UNITS[units] for units in _UNITS if any(row.units == units for row in rows))
    yield from (
        f"{AGAINST['better']} better, {AGAINST['worse']} worse {against(section.against, board)}"
        for section in board.sections
        if section.against
    )
    yield from (groups(section, board) for section in board.sections if section.tests)


FAMILY = (
    "A family is one thing measured several times (training runs, prompts, settings); its row is "
    "the mean of its members, with their standard deviation (n - 1)."
)
"""For a legend, where there is one."""

FAMILY_INTERVALS = (
    "The interval of a family is that of the mean of its members as they are: other sentences, not "
    "other training runs or prompts, which the deviation shows. Families and their members are in "
    "no group."
)

_UNITS = {
    "sentences": "Rows around the same sentence are drawn together, within a task and across "
    "tasks, so tasks that share sentences are not taken for independent.",
    "rows": "Where sentences were not at hand, each row was drawn by itself.",
}


def groups(section: BoardSection, board: Leaderboard) -> str:
    """Return what a letter means, and by which test; of a ranking whose rows were tested."""
    tested = f"{section.tests:,} pairs" if section.tests > 1 else "1 pair"
    if section.tests < section.pairs:
        tested = (
            f"{section.tests:,} of {section.pairs:,} pairs, the nearest in the ranking; others "
            "count as told apart if a tested pair between them is"
        )
    return (
        "Groups: two rows share a letter if a paired permutation test "
        f"({board.method.permutations:,} permutations) of their averages finds no difference at "
        f"5 %, by Holm's correction over all tests ({tested}). Quoted rows have no predictions, "
        "hence no interval and no group."
    )


def against(found: Against, board: Leaderboard) -> str:
    """Return than what a marked number is better or worse, and by which test.

    It goes on from a sign and its word.
    """
    untested = "" if found.rows else "; no row could be tested"
    scope = counted(len(found.rows), "row")
    return one_line(
        f"than {found.label} by a two-sided paired permutation test "
        f"({board.method.permutations:,} permutations), p below 5 % by Holm's correction: over all "
        f"{found.columns} columns of {scope} for columns, over {scope} for averages{untested}. "
        "Numbers without a mark: not told apart, which is no proof that they are equal; quoted "
        "rows and families are not tested."
    )
