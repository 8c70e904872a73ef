"""What a folder of the zoo is, who made it, and what becomes of it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating[Any]]
Owner = Callable[[Path, Sequence[str]], Vectors]


@dataclass(frozen=True)
class Animal:
    """A folder as people publish it.

    Attributes:
        name: of it, for the table and the tests.
        owner: the library that made it, and whose vectors are the right ones.
        write: fills the folder.
        vectors: what the owning library makes of it; None where it cannot be asked.
        by: the adapter that answers here; empty where it is refused.
        refused: what the refusal says (a regular expression); empty where it is not.
        options: that are asked of it here.
        said: what the table says beside its name.
        slow: whether it takes seconds.
    """

    name: str
    owner: str
    write: Callable[[Path], object]
    vectors: Owner | None = None
    by: str = "transformers"
    refused: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    said: str = ""
    slow: bool = False
