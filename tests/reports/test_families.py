"""Families: what a reader sees, and what a program reads."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from benchmark import render
from benchmark.comparisons import Resampling, Sensitivity, spread_families
from benchmark.errors import UsageError
from benchmark.results import Family, Member, collect, score_families
from benchmark.sheet import FORMATS
from tests.comparisons.made_up import gold_scores, noisy, store
from tests.gate.samples import HOSTILE
from tests.results.samples import CARD

TASKS = ("STS12", "STS13", "STS14")


def found(folder: Path, settings: tuple[str, str, str], names: tuple[str, str]) -> Sensitivity:
    """Two families with three settings each, on three tasks; the second setting is the best."""
    families = []
    for which, name in enumerate(names):
        members = []
        for place, setting in enumerate(settings):
            given = {}
            for number, task in enumerate(TASKS):
                gold = gold_scores(150, seed=number)
                noise = (0.5, 0.1, 0.3)[place] + 0.1 * which
                given[task] = (noisy(gold, noise, seed=100 * which + 10 * place + number), gold)
            store(folder, f"m{which}-{place}", given)
            members.append(Member(f"m{which}-{place}", (CARD.fingerprint,), setting))
        families.append(Family(name, "template", tuple(members)))
    scored = score_families(families, collect([folder]))
    return spread_families(scored, tasks=[*TASKS, "STS15"], resampling=Resampling(300))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Sensitivity:
    return found(tmp_path_factory.mktemp("plain"), ("bare", "quoted", "twice"), ("small", "large"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Sensitivity:
    settings = (HOSTILE, f"{HOSTILE}2", f"{HOSTILE}3")
    return found(tmp_path_factory.mktemp("hostile"), settings, (HOSTILE, f"{HOSTILE}!"))


def line_of(text: str, start: str) -> str:
    """The first line that begins so, with single blanks."""
    return " ".join(next(line for line in text.splitlines() if line.startswith(start)).split())


def test_words_say_how_far_the_settings_lie_apart(plain: Sensitivity):
    row = plain.families[0].tables[0].average
    assert row is not None
    ends = row.deviation.interval
    expected = (
        f"Over 3 templates the average spans {100 * row.range.value:.1f} points "
        f"({100 * row.worst.value:.1f} to {100 * row.best.value:.1f}; "
        f"sd {100 * row.deviation.value:.1f}, {100 * ends.low:.1f} to {100 * ends.high:.1f})."
    )
    assert line_of(str(plain), "Over 3 templates") == expected


def test_words_say_whether_the_best_survives(plain: Sensitivity):
    mean = plain.families[0].tables[0].held_out_mean
    assert mean is not None
    gain = mean.over_default
    text = line_of(str(plain), "The best on the other 2 tasks")
    assert text.startswith(
        "The best on the other 2 tasks was also the best on the task held out in 3 of 3 cases; its "
        f"gain there over the first (bare): {100 * gain.value:.1f} points "
        f"({100 * gain.interval.low:.1f} to {100 * gain.interval.high:.1f}); over the mean of all:"
    )
    assert "% of 400 choices; it gains" in str(plain)


def test_words_say_whether_rankings_agree(plain: Sensitivity):
    text = str(plain)
    assert line_of(text, "How alike 3 templates rank the models").endswith(
        "; the best for 3: small (3)."
    )
    assert line_of(text, "How alike 2 models rank 3 templates").endswith(
        "Kendall's tau 1.00 (1.00 to 1.00); the best for 2: quoted (2)."
    )


def test_an_interval_that_holds_zero_says_so(tmp_path: Path):
    gold = gold_scores(60)
    for place in range(2):
        given = {task: (noisy(gold, 0.4, 7 * place + len(task)), gold) for task in TASKS}
        store(tmp_path, f"m{place}", given)
    members = (Member(f"m{place}", (CARD.fingerprint,), f"s{place}") for place in range(2))
    [family] = score_families([Family("f", "max_length", tuple(members))], collect([tmp_path]))
    text = str(spread_families([family], resampling=Resampling(300)))
    assert ", with 0 in it)" in text
    assert "Over 2 settings of max_length the average" in text


def test_tables_hold_each_member_the_spread_and_the_choice(plain: Sensitivity):
    tables = render(plain, "csv").split("\n\n")
    members, spread, chosen = (list(csv.DictReader(io.StringIO(t))) for t in tables[:3])
    assert [row["template"] for row in members] == ["bare", "quoted", "twice"]
    assert list(members[0])[2:] == ["STS12", "STS13", "STS14", "Avg. of 3"]
    assert [row["Task"] for row in spread] == ["STS12", "STS13", "STS14", "Avg. of 3"]
    for row in spread:
        assert float(row["best"]) - float(row["worst"]) == pytest.approx(
            float(row["range"]), abs=0.011
        )
    assert {row["chosen"] for row in chosen} == {"quoted"}
    assert {row["best?"] for row in chosen} == {"yes"}


def test_what_is_not_in_it_is_said_once(plain: Sensitivity):
    assert str(plain).count("left out: STS15: there is no record") == 1


def test_json_holds_everything(plain: Sensitivity):
    document = json.loads(render(plain, "json"))
    [first, second] = document["families"]
    assert (first["name"], first["settings"]) == ("small", ["bare", "quoted", "twice"])
    [table] = first["tables"]
    row = plain.families[0].tables[0].tasks[0]
    assert table["tasks"][0] == {
        "task": "STS12",
        "scores": list(row.scores),
        **{
            name: {
                "value": getattr(row, name).value,
                "low": getattr(row, name).interval.low,
                "high": getattr(row, name).interval.high,
                "standard_error": getattr(row, name).standard_error,
            }
            for name in ("mean", "deviation", "best", "worst", "range")
        },
    }
    assert [held["chosen"] for held in table["held_out"]] == [1, 1, 1]
    assert table["held_out_mean"]["kept"] == 3
    assert len(table["halves"]) == 4
    assert second["left_out"] == [{"task": "STS15", "reason": "there is no record"}]
    [stability] = document["stability"]
    assert stability["models"] == ["small", "large"]
    assert stability["of_settings"][-1]["winners"] == {"quoted": 2}
    assert document["method"] == {"resamples": 300, "level": 0.95, "seed": 0, "halvings": 400}


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_names_start_nothing(form: str, plain: Sensitivity, hostile: Sensitivity):
    text, usual = render(hostile, form), render(plain, form)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert len(text.splitlines()) == len(usual.splitlines())
    if form == "markdown":
        assert "<script>" not in text
    for line in text.splitlines():
        assert not line.startswith(("=", "@", "\\input", "::"))


def test_an_unknown_format_is_refused(plain: Sensitivity):
    with pytest.raises(UsageError, match="unknown format 'xml'"):
        render(plain, "xml")


def test_it_says_what_it_is(plain: Sensitivity):
    assert repr(plain) == "<Sensitivity of small, large>"
