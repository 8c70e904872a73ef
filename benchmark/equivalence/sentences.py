"""What two encoders are asked: ordinary sentences, and some on which encoders like to differ."""

from __future__ import annotations

from pathlib import Path

from benchmark.errors import DataError, UsageError
from benchmark.foreign import Unreadable, read_lines
from benchmark.options import DataOptions
from benchmark.tasks import KINDS, select_tasks
from benchmark.tasks.loading import load_data, locate_data

MOST_SENTENCES = 100_000

_PARAGRAPH = (
    "on the first morning of the journey nobody had expected the river to rise so quickly and "
    "while the two older men carried their boxes up to the house a girl of about nine years sat "
    "quite still under the oak tree counting every boat that came down with the brown water past "
    "the mill where her brother used to fish before he went away to sea"
)
_LENGTHS = (20, 40, 60, 90, 120, 180, 240, 360, 480)
"""In words: most encoders read 64, 128, 256 or 512 tokens."""

PROBES = (
    "a",
    "Yes.",
    "Two words",
    "the cat sat on the mat",
    "The Cat Sat On The Mat",
    "THE CAT SAT ON THE MAT",
    "The cat sat on the mat.",
    "the cat sat on the mat ",
    "  the cat sat on the mat",
    "the cat  sat on   the mat",
    "the cat\tsat on the mat",
    "NATO and the EU met in Paris; Germany's Chancellor did not.",
    "A café in São Paulo, naïve façades and Ångström's Übung",
    "A cafe\u0301 written with a combining accent",
    "In 2021, 3.5 % of 1,024 cases cost $12.50 (or £9.99).",
    "3.14159 2.71828 1.41421",
    "Is this a question? Yes! No... maybe; see e.g. (a) and [b].",
    'He said: "don\'t" and left -- quickly.',
    "https://example.org/a_b?c=1&d=2#e and somebody@example.org",
    "snake_case camelCase x=y*2; // code",
    "Мужчина играет на гитаре.",
    "一个男人在弹吉他。",
    "एक आदमी गिटार बजा रहा है",
    "رجل يعزف على الجيتار",
    "👍 great game tonight 🎉",
    "\ufb01rst \uff12nd \u00bd",
)

BLANK = ("", "   ")
"""Which some encoders refuse; they are then left out, and that is said."""


def default_sentences() -> list[str]:
    """Return the sentences of the embedded demonstration pairs, and those for probing.

    Raises:
        DataError: the data that comes with the project is damaged.
    """
    options = DataOptions(offline=True)
    loaded, failures = load_data(locate_data(select_tasks("DemoSTS"), options), options)
    for failure in failures.values():
        raise failure
    demo = [s for entry in loaded for s in KINDS[entry.task.kind].sentences(entry.data.parts)]
    words = _PARAGRAPH.split()
    long = [" ".join((words * 9)[:count]) for count in _LENGTHS]
    return list(dict.fromkeys([*demo, *PROBES, *long, *BLANK]))


def read_sentences(path: Path) -> list[str]:
    """Return the distinct lines of a file, blanks and all.

    Raises:
        DataError: it cannot be read.
        UsageError: it holds none, or too many.
    """
    try:
        lines = list(dict.fromkeys(read_lines(path, 2**28)))
    except Unreadable as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    if not any(line.strip() for line in lines) or len(lines) > MOST_SENTENCES:
        raise UsageError(
            f"`sentences` {path}: holds {len(lines):,} distinct lines; from one sentence to "
            f"{MOST_SENTENCES:,}, one a line, are needed"
        )
    return lines
