"""What is kept: named by what it was computed from, refused when it is damaged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.errors import UnreadableRecord
from benchmark.leaderboard.contenders import contenders_of
from benchmark.leaderboard.statistics import (
    Method,
    PairTests,
    RowIntervals,
    ScoreInterval,
    Statistics,
    encode_statistics,
    merged,
    pair_key,
    read_statistics,
    row_key,
)
from benchmark.results import collect
from tests.leaderboard.samples import STS, card_number, write_model

ROW = RowIntervals("sts", "sentences", {"STS12": ScoreInterval(0.7, 0.6, 0.8)})
PAIR = PairTests("transfer", "rows", ("a", "b"), {"MR": 0.25}, 0.5)
KNOWN = Statistics({"a": ROW}, {"b": PAIR})


@pytest.fixture
def two(tmp_path: Path):
    write_model(tmp_path, "one", 0.9)
    write_model(tmp_path, "two", 0.5, card=card_number(2))
    return contenders_of("sts", collect([tmp_path]))


def test_a_file_is_read_back_as_it_was_written(tmp_path: Path):
    path = tmp_path / "statistics.json"
    path.write_bytes(encode_statistics(KNOWN))
    assert read_statistics(path) == KNOWN
    assert encode_statistics(read_statistics(path)) == path.read_bytes()


def test_no_file_is_no_statistics(tmp_path: Path):
    assert read_statistics(tmp_path / "statistics.json") == Statistics()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"version": 2, "rows": {}, "pairs": {}}',
        b'{"version": 1, "rows": {}}',
        b'{"version": 1, "rows": [], "pairs": {}}',
        encode_statistics(KNOWN)[:-20],
        encode_statistics(KNOWN).replace(b"0.25", b"NaN"),
        encode_statistics(KNOWN).replace(b"0.25", b"1.25"),
        encode_statistics(KNOWN).replace(b"0.6", b"-6.0"),
        encode_statistics(KNOWN).replace(b"0.6", b"0.9"),  # ends before it begins
        encode_statistics(KNOWN).replace(b"sentences", b"feelings"),
        b"[" * 100_000,
    ],
)
def test_damaged_statistics_are_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "statistics.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableRecord, match="delete the file") as caught:
        read_statistics(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_same_predictions_have_the_same_key_under_another_name(two, tmp_path: Path):
    renamed = replace(two[0], model="other", label="other")
    assert row_key(renamed, Method()) == row_key(two[0], Method())


def test_other_predictions_data_or_method_have_another_key(two):
    keys = {row_key(row, Method()) for row in two}
    keys.add(row_key(two[0], Method(resamples=5000)))
    keys.add(row_key(two[0], Method(level=0.9)))
    fewer = replace(two[0], records={c: two[0].records[c] for c in STS[1:]})
    keys.add(row_key(fewer, Method()))
    stored = two[0].records["STS12"]
    data = replace(stored.result.data, sha256="ab" * 32)
    other = replace(stored, result=replace(stored.result, data=data))
    keys.add(row_key(replace(two[0], records={**two[0].records, "STS12": other}), Method()))
    assert len(keys) == 6


def test_a_pair_has_one_key_in_either_order(two):
    first, second = two
    assert pair_key(first, second, Method()) == pair_key(second, first, Method())
    assert pair_key(first, first, Method()) != pair_key(first, second, Method())


def test_other_groups_are_left_alone_and_what_is_of_no_use_goes():
    made = Statistics({"new": ROW})
    together = merged(KNOWN, ["sts"], [made])
    assert together.rows == {"new": ROW}
    assert together.pairs == {"b": PAIR}
