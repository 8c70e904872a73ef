"""Families are kept whole, read strictly, and change no record."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.errors import RecordError, UnreadableRecord, UsageError
from benchmark.one_line import encodable
from benchmark.results.families import (
    Family,
    Member,
    add_to_family,
    merged,
    read_families,
    write_family,
)
from tests.leaderboard.samples import write_model

SEEDS = Family(
    "seeds", "seed", (Member("runs/seed-1", ("a" * 64,)), Member("runs/seed-2", ("b" * 64,)))
)


def test_a_family_is_read_as_it_was_written(tmp_path: Path):
    path = write_family(tmp_path, SEEDS)
    assert path == tmp_path / "families" / "seeds.toml"
    assert read_families([tmp_path]) == [SEEDS]


@given(name=st.text(min_size=1), setting=st.text())
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, name: str, setting: str):
    folder = tmp_path_factory.mktemp("any")
    family = Family(encodable(name), "prompt", (Member(encodable(name), (), encodable(setting)),))
    write_family(folder, family)
    assert read_families([folder]) == [family]


def test_a_member_is_known_by_its_states():
    assert SEEDS.member("runs/seed-2", "b" * 64) == SEEDS.members[1]
    assert SEEDS.member("runs/seed-2", "a" * 64) is None
    assert SEEDS.member("runs/seed-2", None) is None
    assert Member("own").has("own", None)
    assert not Member("own").has("own", "a" * 64)


def test_a_family_is_found_below_any_folder_and_is_no_record(tmp_path: Path):
    from benchmark.results import collect

    write_model(tmp_path / "one", "model", 0.5, ["STS12"])
    write_family(tmp_path / "one", SEEDS)
    assert read_families([tmp_path]) == [SEEDS]
    assert [run.model for run in collect([tmp_path])] == ["model"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 3", "name"),
        ('name = "x"\nvaried = "seed"\nmembers = []', "`members` is empty"),
        ('name = "x"\nvaried = "seed"\nmember = []', "did you mean members"),
        ("name =", "Invalid value"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, text: str, said: str):
    path = tmp_path / "families" / "x.toml"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(UnreadableRecord, match=said) as refused:
        read_families([tmp_path])
    assert str(path) in str(refused.value)


def test_one_name_is_one_family(tmp_path: Path):
    write_family(tmp_path / "one", SEEDS)
    write_family(tmp_path / "two", SEEDS)
    assert read_families([tmp_path]) == [SEEDS]
    write_family(tmp_path / "two", Family("seeds", "seed", SEEDS.members[:1]))
    with pytest.raises(UnreadableRecord, match="another family seeds"):
        read_families([tmp_path])


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "families").write_text("a file")
    with pytest.raises(RecordError, match="cannot be written"):
        write_family(tmp_path, SEEDS)


# --- families that grow ---------------------------------------------------------------------------

STATES = [character * 64 for character in "abcdef"]


def of(*members: Member) -> Family:
    return Family("seeds", "seed", members)


def test_a_later_run_adds_members_and_doubles_none(tmp_path: Path):
    assert add_to_family(tmp_path, SEEDS) == SEEDS
    sixth = Member("runs/seed-6", (STATES[2],))
    grown = of(*SEEDS.members, sixth)
    assert add_to_family(tmp_path, of(SEEDS.members[1], sixth)) == grown
    assert read_families([tmp_path]) == [grown]


def test_a_state_says_more_than_a_name():
    elsewhere = Member("../runs/seed-1", SEEDS.members[0].fingerprints)
    assert merged(SEEDS, of(elsewhere)) == SEEDS


def test_a_model_with_a_checkpoint_for_each_kind_of_tasks_is_one_member():
    first, then = Member("m", (STATES[0],), "cls"), Member("m", (STATES[1],), "cls")
    assert merged(of(first), of(then)).members == (Member("m", tuple(STATES[:2]), "cls"),)
    other = Member("m", (STATES[1],), "avg")
    assert merged(of(first), of(other)).members == (first, other)


def test_a_state_that_is_replaced_is_the_members_no_more(tmp_path: Path):
    add_to_family(tmp_path, SEEDS)
    again = Member("runs/seed-1", (STATES[4],))

    def is_replaced(member: Member, state: str) -> bool:
        return member.what == again.what and state != STATES[4]

    whole = add_to_family(tmp_path, of(again), is_replaced)
    assert whole.members == (again, SEEDS.members[1])


def test_members_that_vary_something_else_are_no_family(tmp_path: Path):
    add_to_family(tmp_path, SEEDS)
    with pytest.raises(UsageError, match="seeds: its members differ in seed, not in pooler"):
        add_to_family(tmp_path, Family("seeds", "pooler", (Member("m", (), "cls"),)))
    assert read_families([tmp_path]) == [SEEDS]


def test_two_names_in_one_place_are_refused(tmp_path: Path):
    add_to_family(tmp_path, Family("a b", "seed", SEEDS.members))
    with pytest.raises(UnreadableRecord, match="holds the family a b"):
        add_to_family(tmp_path, Family("a-b", "seed", SEEDS.members))


ONE = st.builds(
    lambda number, setting: Member(f"run-{number}", (STATES[number],), setting),
    st.integers(0, len(STATES) - 1),
    st.just(""),
)
SEVERAL = st.lists(ONE, min_size=1, unique=True).map(lambda members: of(*members))


@given(SEVERAL, SEVERAL, SEVERAL)
def test_whatever_the_order_nobody_is_lost_or_doubled(one: Family, two: Family, three: Family):
    assert merged(one, one) == one
    left, right = merged(merged(one, two), three), merged(one, merged(two, three))
    assert left == right
    assert set(left.members) == {*one.members, *two.members, *three.members}
    assert len(set(left.members)) == len(left.members)
    assert set(merged(three, merged(two, one)).members) == set(left.members)


WRITER = """
import sys
from pathlib import Path
from benchmark.results.families import Family, Member, add_to_family

for number in range(int(sys.argv[2]), 24, 4):
    member = Member(f"run-{number}", (f"{number:064d}",))
    add_to_family(Path(sys.argv[1]), Family("seeds", "seed", (member,)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a lock of another kind")
def test_runs_at_the_same_time_lose_no_member(tmp_path: Path):
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*command, str(number)]) for number in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    [family] = read_families([tmp_path])
    assert sorted(member.model for member in family.members) == sorted(
        f"run-{number}" for number in range(24)
    )
