"""All of the zoo."""

from __future__ import annotations

from tests.zoo.animals import Animal
from tests.zoo.architectures import ARCHITECTURES
from tests.zoo.other_folders import OTHERS
from tests.zoo.sentence_transformers_folders import FOLDERS

ZOO: list[Animal] = [*ARCHITECTURES, *FOLDERS, *OTHERS]
