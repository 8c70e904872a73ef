"""Rows that answer different questions never share a ranking."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.leaderboard.lineup import groups_of, line_up, standard_questions
from benchmark.metrics.logistic import PROTOCOLS
from benchmark.results import collect, published_table, published_tables
from benchmark.tasks import table
from tests.leaderboard.samples import STS, card_number, write_model


def lineup_of(folder: Path, group="sts", tables=()):
    return line_up(group, collect([folder]), tables)


def labels(ranking) -> list[str]:
    return [row.label for row in ranking.measured]


def test_the_same_questions_share_a_ranking(tmp_path: Path):
    write_model(tmp_path, "one")
    write_model(tmp_path, "two", card=card_number(2))
    [ranking] = lineup_of(tmp_path).rankings
    assert labels(ranking) == ["one", "two"]
    assert ranking.questions == standard_questions("sts")


def test_unverified_data_has_a_ranking_of_its_own(tmp_path: Path):
    write_model(tmp_path, "verified")
    write_model(tmp_path, "changed", card=card_number(2), verified=False)
    first, second = lineup_of(tmp_path).rankings
    assert (labels(first), labels(second)) == (["verified"], ["changed"])
    assert all("(unverified)" in question for question in second.questions.values())


def test_one_column_that_differs_is_enough(tmp_path: Path):
    write_model(tmp_path, "mixed", tasks=STS[:-1])
    write_model(tmp_path, "mixed", tasks=STS[-1:], verified=False)
    [ranking] = lineup_of(tmp_path).rankings
    assert ranking.questions != standard_questions("sts")


def test_each_protocol_of_classifiers_has_its_ranking(tmp_path: Path):
    tasks = ["MR", *(f"MR/{name}" for name in PROTOCOLS if name != "senteval")]
    write_model(tmp_path, "one", tasks=tasks)
    write_model(tmp_path, "two", tasks=tasks, card=card_number(2))
    rankings = lineup_of(tmp_path, "transfer").rankings
    assert [len(ranking.measured) for ranking in rankings] == [2] * len(PROTOCOLS)
    for ranking in rankings:
        assert len({row.questions["MR"] for row in ranking.measured}) == 1


def test_an_incomplete_row_joins_those_it_can_be_compared_with(tmp_path: Path):
    write_model(tmp_path, "whole")
    write_model(tmp_path, "part", tasks=["STS13"], card=card_number(2))
    write_model(tmp_path, "other", tasks=["STS12", "STS13"], card=card_number(3), verified=False)
    write_model(tmp_path, "its part", tasks=["STS13"], card=card_number(4), verified=False)
    assert [labels(ranking) for ranking in lineup_of(tmp_path).rankings] == [
        ["whole", "part"],
        ["other", "its part"],
    ]


def test_no_two_rows_of_a_ranking_disagree_in_a_column_that_both_have(tmp_path: Path):
    for place, verified in enumerate([True, False, True, False]):
        tasks = STS[place : place + 4]
        write_model(tmp_path, f"m{place}", tasks=tasks, card=card_number(place), verified=verified)
    rankings = lineup_of(tmp_path, tables=published_tables()).rankings
    for ranking in rankings:
        for row in ranking.measured:
            for other in ranking.measured:
                for column in row.questions.keys() & other.questions.keys():
                    assert row.questions[column] == other.questions[column]
            for quoted in ranking.quoted:
                for column, stored in row.records.items():
                    if column in quoted.scores:
                        assert quoted.ranks_with(column, stored.result.signature)


@pytest.mark.parametrize("group", ["sts", "transfer", "sts-mteb", "sts17"])
def test_every_published_row_stands_somewhere_once(group):
    tables = published_tables()
    lineup = line_up(group, [], tables)
    expected = [row for table in tables if table.group == group for row in table.rows]
    assert len(lineup.quoted) == len(expected)
    assert all(row in lineup.quoted for row in expected)


def test_what_is_not_comparable_or_not_verified_is_listed():
    lineup = line_up("sts", [], published_tables())
    [ranking] = lineup.rankings
    listed = [row for part in lineup.unranked for row in part.quoted]
    standard = standard_questions("sts")
    known = [row for row in listed if row.scores and row.status != "unverified"]
    for row in known:
        assert any(row.question(column) != standard.get(column) for column in row.scores)
    assert {row.label for row in listed if row.status == "unverified"} == {"BERT-base [CLS]"}
    # Nothing but an average.
    assert {row.table for row in listed if not row.scores} >= {"simcse-sts", "mirror-bert", "ease"}
    assert not [row for row in ranking.quoted if row.status == "unverified"]
    assert not [row for row in ranking.quoted if row.table == "mteb-sts"]


def test_rows_of_other_rules_are_listed_apart():
    lineup = line_up("sts", [], published_tables())
    metrics = [
        {row.protocol.metric for row in part.quoted}
        for part in lineup.unranked
        if part.table.id == "mteb-sts"
    ]
    assert metrics == [{"spearman"}, {"pearson"}]


def test_a_weighted_mean_does_not_rank_with_all():
    table = published_table("diffcse-sts")
    wmean = replace(table.rows[0], protocol=replace(table.rows[0].protocol, aggregation="wmean"))
    lineup = line_up("sts", [], [replace(table, rows=(wmean, *table.rows[1:]))])
    assert lineup.unranked[0].quoted == (wmean,)
    assert wmean not in lineup.rankings[0].quoted


@pytest.mark.parametrize(("group", "quoted"), [("sts-mteb", 257), ("sts17", 135)])
def test_rows_of_mteb_share_a_ranking_with_ours(tmp_path: Path, group: str, quoted: int):
    """Its own questions are tasks here; the text of the papers' STS-B and SICK-R is another."""
    tasks = [task.id for task in table(group)]
    write_model(tmp_path, "one", tasks=tasks)
    write_model(tmp_path, "two", tasks=tasks, card=card_number(2))
    assert groups_of(collect([tmp_path])) == [group]
    lineup = lineup_of(tmp_path, group, published_tables())
    [ranking] = lineup.rankings
    assert labels(ranking) == ["one", "two"]
    assert len(ranking.quoted) == quoted
    beside = {part.table.id for part in lineup.unranked}
    assert beside == ({"tncse-sts17"} if group == "sts17" else set())
    assert lineup.ids == tasks
