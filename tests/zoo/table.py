"""The zoo as a table of docs/encoders.md: ``python -m tests.zoo.table`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import PROJECT
from tests.zoo.animals import Animal
from tests.zoo.collection import ZOO

PAGE = PROJECT / "docs" / "encoders.md"
BEGIN, END = "<!-- zoo -->\n", "<!-- end of zoo -->\n"

_BY_LIBRARY = "sentence-transformers"


def _answer(animal: Animal) -> str:
    if animal.refused:
        return "refused"
    return "computed by the library itself" if animal.by == _BY_LIBRARY else "computed here"


def table() -> str:
    """Return the rows: each folder, who made it, what becomes of it."""
    rows = [
        f"| {animal.name} | {animal.said} | {animal.owner} | {_answer(animal)} |" for animal in ZOO
    ]
    same = sum(not animal.refused for animal in ZOO)
    said = (
        f"{len(ZOO)} folders: of {same} the vectors are those of the library that made them, to "
        f"1e-5 of the largest entry; {len(ZOO) - same} are refused in one line.\n\n"
    )
    head = "| folder | what of it | made by | here |\n| --- | --- | --- | --- |\n"
    return said + head + "\n".join(rows) + "\n"


def page_with_table(page: str) -> str:
    """Return a page with the rows of today between its two marks."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    Path(PAGE).write_text(page_with_table(PAGE.read_text("utf-8")), "utf-8")
