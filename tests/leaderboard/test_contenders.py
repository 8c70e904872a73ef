"""Records to rows: what shares a row, how rows of one name are labelled, what is refused."""

from __future__ import annotations

from pathlib import Path

from benchmark.leaderboard.contenders import contenders_of
from benchmark.results import Run, collect, encode_record, read_record
from benchmark.tasks import select_tasks
from tests.leaderboard.samples import STS, TRANSFER, card_number, write_model
from tests.results.samples import renamed


def test_each_group_takes_its_own_tasks(tmp_path: Path):
    write_model(tmp_path, tasks=["STS12", "MR", "STSBenchmark/dev", "SST5"])
    runs = collect([tmp_path])
    assert [list(row.records) for row in contenders_of("sts", runs)] == [["STS12"]]
    assert [list(row.records) for row in contenders_of("transfer", runs)] == [["MR"]]


def test_columns_are_in_the_order_of_the_papers(tmp_path: Path):
    write_model(tmp_path, tasks=reversed(TRANSFER))
    [row] = contenders_of("transfer", collect([tmp_path]))
    assert list(row.records) == TRANSFER


def test_the_average_is_that_of_a_run(tmp_path: Path):
    paths = write_model(tmp_path)
    [row] = contenders_of("sts", collect([tmp_path]))
    results = {result.task: result for result in map(read_record, paths)}
    assert row.average(STS) == Run("tiny-bert", select_tasks("sts"), results).average("sts")


def test_an_average_needs_every_column(tmp_path: Path):
    write_model(tmp_path, tasks=STS[:-1])
    [row] = contenders_of("sts", collect([tmp_path]))
    assert row.average(STS) is None


def test_another_protocol_is_another_row(tmp_path: Path):
    write_model(tmp_path, tasks=["MR", "MR/sklearn", "CR/sklearn"])
    rows = contenders_of("transfer", collect([tmp_path]))
    assert {row.label: list(row.records) for row in rows} == {
        "tiny-bert (senteval)": ["MR"],
        "tiny-bert (sklearn)": ["MR", "CR"],
    }


def test_two_states_of_one_name_are_two_labelled_rows(tmp_path: Path):
    cards = card_number(1), card_number(2)
    for card, quality in zip(cards, (0.5, 0.9), strict=True):
        write_model(tmp_path, quality=quality, card=card)
    labels = [row.label for row in contenders_of("sts", collect([tmp_path]))]
    assert labels == sorted(f"tiny-bert ({card.fingerprint[:8]})" for card in cards)


def test_one_checkpoint_for_each_board_needs_no_label(tmp_path: Path):
    write_model(tmp_path, tasks=["STS12"], card=card_number(1))
    write_model(tmp_path, tasks=["MR"], card=card_number(2))
    runs = collect([tmp_path])
    assert [row.label for row in contenders_of("sts", runs)] == ["tiny-bert"]
    assert [row.label for row in contenders_of("transfer", runs)] == ["tiny-bert"]


def test_a_task_of_no_known_table_is_passed_over(tmp_path: Path):
    [path] = write_model(tmp_path, tasks=["STS12"])
    path.write_bytes(encode_record(renamed(read_record(path), "STS99")))
    assert contenders_of("sts", collect([tmp_path])) == []
