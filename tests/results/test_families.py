"""Families are kept whole, read strictly, and change no record."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.errors import RecordError, UnreadableRecord
from benchmark.one_line import encodable
from benchmark.results.families import Family, Member, read_families, write_family
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
