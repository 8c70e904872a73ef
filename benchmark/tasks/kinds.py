"""How tasks of each kind are scored."""

from typing import Final

from benchmark.tasks.classification import Classification
from benchmark.tasks.kind import Kind
from benchmark.tasks.similarity import Similarity

KINDS: Final[dict[str, Kind]] = {
    "similarity": Similarity(),
    "classification": Classification(),
}
"""By the word that `Task.kind` says."""
