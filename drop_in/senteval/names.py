"""The names of SentEval's tasks, upstream's and its copies': how each is scored, or why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn

from benchmark.suggestions import did_you_mean
from senteval.errors import NotScored, TaskNotAvailable, UnknownTask

Form = Literal[
    "similarity", "both shapes", "cosine of the test split", "regression", "classification"
]
"""How a result is made, and its shape: the engine has one function for each."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What stands behind a name.

    Attributes:
        task: id of the project's task whose data set and rules it has.
        form: how the result is made.
        parts: subsets or splits that are read, all for none.
        encoded: those of them whose sentences need vectors, all for none.
    """

    task: str
    form: Form
    parts: tuple[str, ...] = ()
    encoded: tuple[str, ...] = ()


_TRANSFER = ("CR", "MR", "MPQA", "SUBJ", "SST2", "SST5", "TREC", "MRPC", "SICKEntailment")
_PROBING = (
    *("Length", "WordContent", "Depth", "TopConstituents", "BigramShift"),
    *("Tense", "SubjNumber", "ObjNumber", "OddManOut", "CoordinationInversion"),
)
_YEARS = ("STS12", "STS13", "STS14", "STS15", "STS16")
_SPLITS = ("SICKRelatedness", "STSBenchmark")

AVAILABLE: Final[Mapping[str, Scored]] = {
    **{name: Scored(name, "classification") for name in _TRANSFER},
    **{name: Scored(name, "both shapes") for name in _SPLITS},
    "SNLI": Scored("SNLI", "classification"),
    **{name: Scored(name, "similarity") for name in _YEARS},
    **{name: Scored(name, "classification") for name in _PROBING},
    # SimCSE's copy.
    **{f"{name}-finetune": Scored(name, "regression") for name in _SPLITS},
    # PromptEOL's copy and those made of it: what their mode "dev" asks for.
    "STSBenchmark-dev": Scored("STSBenchmark", "similarity", parts=("dev",)),
    # BERT-whitening's copy.
    **{
        f"{name}Cosin": Scored(name, "cosine of the test split", encoded=("test",))
        for name in _SPLITS
    },
}
"""By name, in the order of SentEval's list."""

OFTEN_MISSING: Final = frozenset(("SNLI", *_PROBING))
"""Tasks that many scripts list, and whose files the usual archive of data does not hold: among
several names they are left out where their data is missing or refused."""

NOT_AVAILABLE: Final[Mapping[str, str]] = {
    "STSBenchmark-fix": "a copy of STSBenchmark that no published archive holds",
    "STSBun": "its copy hands batchers a third argument; STSBenchmarkCosin is its cosine",
    "CocoCXC": "crisscrossed captions, scored over samples drawn by PromCSE's copy of SentEval",
    "ImageCaptionRetrieval": "retrieval with image features, which are published no more",
}


def how_scored(name: object) -> Scored:
    """Return what stands behind a name.

    Raises:
        TaskNotAvailable: SentEval has it, this package does not.
        UnknownTask: nobody has it.
    """
    if isinstance(name, str) and name in AVAILABLE:
        return AVAILABLE[name]
    if isinstance(name, str) and name in NOT_AVAILABLE:
        raise TaskNotAvailable(
            f"{name} is not available yet ({NOT_AVAILABLE[name]}); "
            f"available are {', '.join(AVAILABLE)}"
        )
    raise UnknownTask(
        f"unknown task {name!r}{did_you_mean(str(name), (*AVAILABLE, *NOT_AVAILABLE))}; "
        f"available are {', '.join(AVAILABLE)}"
    )


def sorted_out(names: Iterable[object]) -> tuple[dict[str, Scored], dict[str, str]]:
    """Return what of several names can be scored, each once, and why the others cannot.

    Raises:
        TaskNotAvailable: none of them can be.
        UnknownTask: nobody has one of them.
    """
    scored: dict[str, Scored] = {}
    refused: dict[str, str] = {}
    last: TaskNotAvailable | None = None
    for name in names:
        try:
            scored[str(name)] = how_scored(name)
        except TaskNotAvailable as error:
            refused[str(name)] = f"not available yet ({NOT_AVAILABLE[str(name)]})"
            last = error
    if last is not None and not scored:
        raise last
    return scored, refused


class Results(dict[str, Any]):
    """Results of several tasks by name; the name of one that was left out says why when it is read.

    It is a dictionary of those that were scored in every other respect, and a plain one where it
    is pickled or copied.
    """

    def __init__(self, refused: Mapping[str, str]) -> None:
        """Begin with none; ``refused`` has the reason for each name that was left out."""
        super().__init__()
        self._refused = dict(refused)

    def __missing__(self, name: object) -> NoReturn:
        if name in self._refused:
            raise NotScored(f"{name} was left out: {self._refused[str(name)]}")
        raise KeyError(name)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)
