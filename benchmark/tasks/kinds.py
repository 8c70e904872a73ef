"""How tasks of each kind are scored."""

from typing import Final, NoReturn

from benchmark.errors import UsageError
from benchmark.suggestions import did_you_mean
from benchmark.tasks.classification import Classification
from benchmark.tasks.inference import Inference
from benchmark.tasks.kind import Kind, RowsAre
from benchmark.tasks.pair_classification import PairClassification
from benchmark.tasks.relatedness import Relatedness
from benchmark.tasks.similarity import Similarity


class _Kinds(dict[str, Kind]):
    def __missing__(self, word: str) -> NoReturn:
        raise UsageError(
            f"no kind of task is called {word!r}{did_you_mean(word, self)}; there are "
            f"{', '.join(self)}"
        )


KINDS: Final[dict[str, Kind]] = _Kinds(
    {
        "similarity": Similarity(),
        "classification": Classification(),
        "inference": Inference(),
        "pair-classification": PairClassification(),
        "relatedness": Relatedness(),
    }
)
"""By the word that `Task.kind` says; another one raises `UsageError`."""


def rows_are(kind: str) -> RowsAre:
    """Return how a row of a kind is shown; of one that is not known here, not by itself."""
    return KINDS[kind].rows_are if kind in KINDS else "rows"
