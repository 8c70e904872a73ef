"""`find_row`: names of quoted rows, and what is said of those that mean none or several."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmark.comparisons.quoted_rows import find_row, handle, is_quoted
from benchmark.errors import UsageError
from tests.comparisons.quoted_tables import row, table_of

FIRST = table_of(
    row("Alpha", 70, catalogue="alpha-base", method="alpha"),
    row("Beta", 60, setting="of last layer"),
    row("Beta", 61, setting="of two layers"),
    row("Gamma", 50),
    row("Gamma", 51, status="rerun"),
    name="one",
)
SECOND = table_of(row("Delta", 40, method="delta"), row("Delta/large@2", 45), name="two")
TRANSFER = replace(table_of(row("Alpha", 80), name="other"), group="transfer")
TABLES = (FIRST, SECOND, TRANSFER)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Alpha", FIRST.rows[0]),
        ("alpha-base", FIRST.rows[0]),
        ("alpha", FIRST.rows[0]),
        ("Beta (of two layers)", FIRST.rows[2]),
        ("Gamma@rerun", FIRST.rows[4]),
        ("one/Gamma@paper", FIRST.rows[3]),
        ("one/5", FIRST.rows[4]),
        ("two/Delta", SECOND.rows[0]),
        ("delta", SECOND.rows[0]),
        ("Delta/large@2", SECOND.rows[1]),
        ("two/Delta/large@2", SECOND.rows[1]),
        ("other/Alpha", TRANSFER.rows[0]),
        ("other/1", TRANSFER.rows[0]),
    ],
)
def test_a_row_has_several_names(name: str, expected: object):
    assert find_row(f"published:{name}", TABLES) is expected


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.id)
def test_every_row_has_a_handle_of_its_own(table):
    for number, one in enumerate(table.rows, start=1):
        assert find_row(handle((number, one)), TABLES) is one


def test_a_name_of_several_rows_names_them():
    with pytest.raises(UsageError) as caught:
        find_row("published:Gamma", TABLES)
    assert str(caught.value) == (
        "published:Gamma: there are 2 such rows; name one of published:one/4 (Gamma, paper, "
        "51.50), published:one/5 (Gamma, rerun, 52.50)"
    )
    with pytest.raises(UsageError, match="published:Beta: there are 2 such rows"):
        find_row("published:Beta", TABLES)


def test_many_rows_are_counted():
    many = table_of(*(row("Alpha", 10 + place, section=str(place)) for place in range(12)))
    with pytest.raises(UsageError, match=r"there are 12 such rows; .* and 4 more$"):
        find_row("published:Alpha", [many])


@pytest.mark.parametrize(
    "name", ["", "3", "Alhpa", "one/", "one/9", "Gamma@notebook", "nine/Alpha"]
)
def test_a_name_of_no_row_is_refused(name: str):
    with pytest.raises(UsageError, match="no row of sts is called that"):
        find_row(f"published:{name}", TABLES)


def test_a_name_that_is_nearly_right_is_suggested():
    with pytest.raises(UsageError, match=r"published:Alhpa: .* \(did you mean Alpha\?\)"):
        find_row("published:Alhpa", TABLES)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("one/Alhpa", "one/Alpha"), ("onee/Alpha", "one/Alpha"), ("Gamma@papr", "Gamma@paper")],
)
def test_what_is_suggested_has_the_form_that_was_typed(name: str, meant: str):
    find_row(f"published:{meant}", TABLES)
    with pytest.raises(UsageError) as refusal:
        find_row(f"published:{name}", TABLES)
    assert f"(did you mean {meant}?)" in str(refusal.value)


def test_what_names_a_row_is_told_from_a_folder():
    assert is_quoted("published:Alpha")
    assert not is_quoted("results/published:Alpha")
    assert not is_quoted("results")
