"""Figures that a test made by another pooler or aggregation are traced back to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benchmark import ModelError, Run, UsageError, evaluate, records, reproduce
from benchmark.embeddings import default_cache
from benchmark.encoders.transformer.backends import in_torch
from benchmark.encoders.transformer.poolers import POOLERS
from benchmark.reproduction import Inquiry, one_pass
from benchmark.reproduction.verdict import verdict
from tests.checkpoints import as_files, write_distilbert
from tests.hub.client import hub, hub_cache, naps
from tests.hub.server import HubServer
from tests.reproduction.made_up import (
    DOCUMENTED,
    MODEL,
    PROTOCOL,
    REPOSITORY,
    STS,
    Place,
    average,
    figures,
    quoted,
    write_published,
)

__all__ = ["hub", "hub_cache", "naps"]

RunBy = Callable[[str], Run]
ROW = "paper/Paper"
WITHOUT_TEMPLATE = {name for name, pooler in POOLERS.items() if not pooler.needs_template}


def inquired(place: Place, folder: Path, *, pooler: str = DOCUMENTED, **more: Any) -> Inquiry:
    """Hold the checkpoint, documented with a pooler, against the row of the table."""
    report = reproduce(
        str(place.checkpoint), published=[folder, ROW], pooler=pooler, **place.of_data, **more
    )
    [found] = report.inquiries
    return found


def settings(found: Inquiry) -> set[tuple[str, str, str]]:
    """What gives the printed figures."""
    return {(t.setting.pooler, t.setting.aggregation, t.setting.metric) for t in found.fits}


# --- what is reproduced ---------------------------------------------------------------------------


def test_what_was_printed_by_the_documented_setting(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    printed = figures(run_by(DOCUMENTED))
    folder = write_published(tmp_path / "p", [quoted(printed, average=average(printed))])
    found = inquired(place, folder)
    assert found.outcome == "reproduced"
    assert not found.searched
    assert list(found.measured.differences) == list(STS)
    assert {one.text for one in found.measured.all_differences} == {"0.00"}
    assert verdict(found) == (f"reproduced by {DOCUMENTED}, all: all 7 within 0.02",)


def test_a_row_that_states_another_aggregation_is_held_against_that(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    printed = figures(run_by(DOCUMENTED), "wmean", "pearson")
    rules = PROTOCOL | {"aggregation": "wmean", "metric": "pearson"}
    folder = write_published(tmp_path / "p", [quoted(printed)], protocol=rules)
    found = inquired(place, folder)
    assert found.outcome == "reproduced"
    assert verdict(found)[0].startswith(f"reproduced by {DOCUMENTED}, wmean, pearson: all 7")


def test_the_pooler_of_a_row_is_its_documented_one(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    """Unless another one is asked for."""
    row = quoted(figures(run_by("max")), protocol={"pooler": "max"})
    folder = write_published(tmp_path / "p", [row])
    found = inquired(place, folder, pooler=None)
    assert (found.outcome, found.documented.pooler, found.searched) == ("reproduced", "max", False)
    assert inquired(place, folder, pooler="avg").documented.pooler == "avg"


# --- what another setting gives -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pooler", "aggregation"),
    [("cls", "all"), ("avg_first_last", "all"), ("max", "wmean"), ("last_token", "mean")],
)
def test_another_pooler_is_named(
    place: Place, run_by: RunBy, tmp_path: Path, pooler: str, aggregation: str
) -> None:
    printed = figures(run_by(pooler), aggregation)
    folder = write_published(tmp_path / "p", [quoted(printed, average=average(printed))])
    found = inquired(place, folder)
    assert found.outcome == "explained"
    assert settings(found) == {(pooler, aggregation, "spearman")}
    documented = figures(run_by(DOCUMENTED))
    farthest = max(abs(documented[task] - printed[task]) for task in STS)
    [said] = verdict(found)
    assert said == (
        f"not within tolerance: the printed values are those of pooler {pooler}, aggregation "
        f"{aggregation}: all 7 within 0.02; documented ({DOCUMENTED}, all) differs by up to "
        f"{farthest:.2f} points"
    )


def test_another_aggregation_of_the_same_pooler_is_named(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    folder = write_published(tmp_path / "p", [quoted(figures(run_by(DOCUMENTED), "mean"))])
    assert settings(inquired(place, folder)) == {(DOCUMENTED, "mean", "spearman")}


def test_another_correlation_is_named(place: Place, run_by: RunBy, tmp_path: Path) -> None:
    folder = write_published(tmp_path / "p", [quoted(figures(run_by("max"), "all", "pearson"))])
    found = inquired(place, folder)
    assert settings(found) == {("max", "all", "pearson")}
    assert "pooler max, aggregation all by Pearson's correlation: all 7" in verdict(found)[0]


def test_poolers_that_no_cosine_tells_apart_are_all_named(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    """A mean and a sum over the root of the length have one direction."""
    folder = write_published(tmp_path / "p", [quoted(figures(run_by("avg")))])
    found = inquired(place, folder)
    assert settings(found) == {("avg", "all", "spearman"), ("avg_sqrt_len", "all", "spearman")}
    assert "of pooler avg or avg_sqrt_len, aggregation all: all 7 within" in verdict(found)[0]


def test_where_subsets_are_one_every_aggregation_is_named(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    printed = {task: figures(run_by("max"))[task] for task in STS[-2:]}
    folder = write_published(tmp_path / "p", [quoted(printed)])
    said = verdict(inquired(place, folder))[0]
    assert "of pooler max, aggregation all, mean or wmean: all 2 within 0.02" in said


def test_one_column_that_disagrees_is_enough_against_a_claim(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    """Six of seven are nobody's figures; the closest is named with its differences."""
    printed = figures(run_by("max"))
    printed[STS[2]] += 0.5
    folder = write_published(tmp_path / "p", [quoted(printed)])
    found = inquired(place, folder)
    assert (found.outcome, found.fits) == ("unexplained", [])
    assert found.closest.setting.pooler == "max"
    said = verdict(found)[0]
    assert said.startswith(
        "not within tolerance, and no pooler or aggregation that was tried gives the printed "
        "values; the closest is pooler max, aggregation all: off by up to 0.50 points, 0.07 in "
        f"the mean; documented ({DOCUMENTED}, all) differs by up to "
    )


def test_an_average_that_disagrees_is_one_too(place: Place, run_by: RunBy, tmp_path: Path) -> None:
    row = quoted(figures(run_by(DOCUMENTED)), average="12.00")
    found = inquired(place, write_published(tmp_path / "p", [row]))
    assert found.outcome == "unexplained"


def test_where_nothing_comes_closer_it_is_said(place: Place, run_by: RunBy, tmp_path: Path) -> None:
    printed = {task: score + 0.04 for task, score in figures(run_by(DOCUMENTED)).items()}
    found = inquired(place, write_published(tmp_path / "p", [quoted(printed)]))
    assert found.closest is found.measured
    assert verdict(found)[0].endswith(
        "differs by up to 0.04 points, 0.04 in the mean; nothing comes closer"
    )


# --- what stands in the way -----------------------------------------------------------------------


def test_a_row_of_an_average_alone(place: Place, run_by: RunBy, tmp_path: Path) -> None:
    printed = average(figures(run_by("max")))
    row = {"model": "Paper", "columns": [], "scores": [], "average": printed}
    found = inquired(place, write_published(tmp_path / "p", [row]))
    assert found.outcome == "explained"
    assert ("max", "all", "spearman") in settings(found)
    said = verdict(found)
    assert "the printed value is that of pooler" in said[0]
    assert "max, aggregation all" in said[0]
    assert ": the average within 0.02; documented" in said[0]
    assert said[0].endswith("points on average")
    assert said[1] == "only the average is printed: that alone could be compared"
    with pytest.raises(UsageError, match="no published row has figures of these"):
        inquired(place, tmp_path / "p", tasks="STS12")


def test_one_column_alone_is_said(place: Place, run_by: RunBy, tmp_path: Path) -> None:
    folder = write_published(tmp_path / "p", [quoted(figures(run_by("max")), average="50.00")])
    found = inquired(place, folder, tasks="STS14")
    assert list(found.measured.differences) == ["STS14"]
    assert found.measured.average is None
    assert verdict(found)[1:] == ("only STS14 could be compared",)


def test_other_questions_are_compared_with_nothing(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    printed = figures(run_by(DOCUMENTED))
    of_others = {"STSBenchmark/train+dev+test": 50.0}
    folder = write_published(tmp_path / "p", [quoted(printed | of_others)])
    found = inquired(place, folder)
    assert found.outcome == "reproduced"
    assert verdict(found)[1:] == (
        "not compared: STSBenchmark/train+dev+test (no task of this program)",
    )


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"data": "raw"}, "of other text (raw)"),
        ({"split": "dev"}, "of the split dev"),
    ],
)
def test_a_row_by_other_rules_is_not_compared(
    place: Place, tmp_path: Path, rules: dict[str, str], why: str
) -> None:
    row = quoted({"STS12": 50.0}, protocol=rules)
    found = inquired(place, write_published(tmp_path / "p", [row]))
    assert (found.outcome, found.trials) == ("not compared", ())
    assert verdict(found) == (f"not compared: STS12 ({why})",)


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        ("other-seeds", "of other training runs than the published checkpoint"),
        ("best-of-columns", "of another training run in each column"),
        ("cross-encoder", "of a cross-encoder, which has no vectors"),
    ],
)
def test_what_the_checkpoint_cannot_have_given_is_not_compared(
    place: Place, tmp_path: Path, mark: str, why: str
) -> None:
    row = quoted({"STS12": 50.0}, marks=[mark])
    found = inquired(place, write_published(tmp_path / "p", [row]))
    assert verdict(found) == (f"not compared: STS12 ({why})",)


def test_rules_that_are_not_stated_are_said(place: Place, run_by: RunBy, tmp_path: Path) -> None:
    row = quoted({"STS12": figures(run_by(DOCUMENTED))["STS12"]})
    rules = {"similarity": "cos", "metric": "spearman"}
    found = inquired(place, write_published(tmp_path / "p", [row], protocol=rules))
    assert found.outcome == "reproduced"
    said = "the source does not state aggregation, text: taken as in the papers' tables"
    assert said in verdict(found)


def test_a_task_that_fails_is_not_compared_and_the_others_are(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    """Its data is missing here: no pooler is tried on fewer columns than the documented one."""
    data = tmp_path / "data"
    shutil.copytree(place.data, data)
    shutil.rmtree(next(data.rglob("STS12-en-test")))
    elsewhere = Place(place.checkpoint, data)
    folder = write_published(tmp_path / "p", [quoted(figures(run_by("max")))])
    found = inquired(elsewhere, folder, offline=True)
    assert list(found.failures) == ["STS12"]
    assert settings(found) == {("max", "all", "spearman")}
    assert all(list(trial.scores) == list(STS[1:]) for trial in found.trials)
    assert verdict(found)[1].startswith("not compared: STS12 (")


# --- which models ---------------------------------------------------------------------------------


def test_a_model_that_no_row_names_wants_one(place: Place, tmp_path: Path) -> None:
    folder = write_published(tmp_path / "p", [quoted({"STS12": 50.0}, catalogue=MODEL)])
    with pytest.raises(UsageError, match="no published row is of it; name the row"):
        reproduce(str(place.checkpoint), published=folder, **place.of_data)
    with pytest.raises(UsageError, match="glove-6b-50d: no published row is of it"):
        reproduce("glove-6b-50d", published=folder)
    with pytest.raises(UsageError, match="no row of sts is called that"):
        reproduce(str(place.checkpoint), published=[folder, "paper/Papr"])
    with pytest.raises(UsageError, match="names a row; name the model"):
        reproduce(published=[folder, ROW])
    with pytest.raises(UsageError, match="unknown option `poler`"):
        reproduce(str(place.checkpoint), published=[folder, ROW], poler="max")


def test_a_model_of_the_catalogue_is_held_against_all_rows_of_it(
    place: Place, run_by: RunBy, tmp_path: Path, hub: HubServer
) -> None:
    hub.add_repo(REPOSITORY, as_files(place.checkpoint))
    printed, others = figures(run_by(DOCUMENTED)), figures(run_by("cls"))
    rows = [
        quoted(printed, catalogue=MODEL),
        quoted(others, "Rerun", catalogue=MODEL, status="rerun"),
        quoted(others, "Hearsay", catalogue=MODEL, status="unverified", source=""),
        quoted(others, "Another", catalogue="sup-simcse-bert-base"),
    ]
    folder = write_published(tmp_path / "p", rows)
    found = reproduce(MODEL, published=folder, **place.of_data)
    assert [one.quotation.row.model for one in found.inquiries] == ["Paper", "Rerun"]
    assert [one.outcome for one in found.inquiries] == ["reproduced", "explained"]
    assert settings(found.inquiries[1]) == {("cls", "all", "spearman")}
    assert not found.reproduced


def test_models_whose_files_are_not_here_are_skipped_unless_they_are_named(
    place: Place, run_by: RunBy, tmp_path: Path, hub: HubServer
) -> None:
    """Nothing is fetched for those that nobody named."""
    hub.add_repo(REPOSITORY, as_files(place.checkpoint))
    printed = figures(run_by(DOCUMENTED))
    rows = [quoted(printed, catalogue=MODEL), quoted(printed, "Other", catalogue="bert-base-avg")]
    folder = write_published(tmp_path / "p", rows)
    nothing = reproduce(published=folder, **place.of_data)
    assert (list(nothing.skipped), nothing.inquiries) == ([MODEL, "bert-base-avg"], [])
    assert not nothing.reproduced
    assert hub.requests == []
    assert reproduce(MODEL, published=folder, **place.of_data).reproduced
    every = reproduce(published=folder, **place.of_data)
    assert [one.outcome for one in every.inquiries] == ["reproduced"]
    assert list(every.skipped) == ["bert-base-avg"]
    assert every.reproduced
    with pytest.raises(ModelError, match="bert-base-uncased"):
        reproduce("bert-base-avg", published=folder, **place.of_data)
    both = reproduce(MODEL, "bert-base-avg", published=folder, **place.of_data)
    assert (len(both.inquiries), list(both.failures)) == (1, ["bert-base-avg"])


def test_records_of_the_documented_setting_alone_are_kept(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    folder = write_published(tmp_path / "p", [quoted(figures(run_by("max")))])
    inquired(place, folder, output_dir=tmp_path / "records")
    [run] = records(tmp_path / "records")
    assert sorted(run) == sorted(STS)
    assert {result.model.card["pooler"] for result in run.values()} == {DOCUMENTED}
    again = evaluate(
        str(place.checkpoint),
        pooler=DOCUMENTED,
        output_dir=tmp_path / "records",
        **place.of_data,
    )
    assert again.resumed == set(STS)


# --- what a model has -----------------------------------------------------------------------------


def searched(found: Inquiry) -> set[str]:
    return {trial.setting.pooler for trial in found.trials}


def test_every_pooler_of_the_table_is_tried(place: Place, tmp_path: Path) -> None:
    folder = write_published(tmp_path / "p", [quoted({"STS12": 1.0})])
    assert searched(inquired(place, folder)) == WITHOUT_TEMPLATE


def test_every_pooler_is_shown_of_what_is_reproduced_if_asked(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    folder = write_published(tmp_path / "p", [quoted(figures(run_by(DOCUMENTED)))])
    found = inquired(place, folder, all_poolers=True)
    assert (found.outcome, searched(found)) == ("reproduced", WITHOUT_TEMPLATE)
    assert settings(found) == {(DOCUMENTED, "all", "spearman")}
    folder = write_published(tmp_path / "q", [quoted(figures(run_by("avg")))])
    said = verdict(inquired(place, folder, pooler="avg", all_poolers=True))[0]
    assert said.endswith("all 7 within 0.02; as well by pooler avg_sqrt_len, aggregation all")


def test_a_model_without_a_head_is_tried_without_it(
    place: Place, tmp_path: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    other = Place(write_distilbert(tmp_path / "m"), place.data)
    found = inquired(other, write_published(tmp_path / "p", [quoted({"STS12": 1.0})]))
    assert searched(found) == WITHOUT_TEMPLATE - {"cls"}
    assert "nothing is tried with cls (" in caplog.text


@pytest.mark.slow
def test_classifiers_are_trained_on_the_vectors_of_each_pooler(
    place: Place, tmp_path: Path
) -> None:
    """By the protocol that the row states; there is no aggregation to try."""
    options = {**place.of_data, "protocol": "senteval-fast"}
    run = evaluate(str(place.checkpoint), "DemoPolarity", pooler="max", cache=False, **options)
    [result] = run.values()
    row = {"model": "Paper", "columns": ["DemoPolarity"], "scores": [100 * result.main_score]}
    rules = {"metric": "accuracy", "classifier": "senteval-fast", "data": "senteval"}
    found = inquired(
        place, write_published(tmp_path / "p", [row], group="transfer", protocol=rules)
    )
    assert found.outcome == "explained"
    assert ("max", "", "") in settings(found)
    assert searched(found) == WITHOUT_TEMPLATE
    assert len(found.trials) == len(WITHOUT_TEMPLATE)
    assert found.measured.differences["DemoPolarity"].tolerance == Decimal("0.3")
    assert "of pooler " in verdict(found)[0]
    assert "aggregation" not in verdict(found)[0]


def test_an_encoder_with_one_pooler_is_tried_by_aggregations(place: Place, tmp_path: Path) -> None:
    folder = write_published(tmp_path / "p", [quoted({"STS12": 1.0})])
    report = reproduce("glove-6b-50d", published=[folder, ROW], **place.of_data)
    [found] = report.inquiries
    assert searched(found) == {"avg_words"}
    assert "and no aggregation that was tried gives" in verdict(found)[0]
    row = quoted({"STS12": 1.0}, protocol={"pooler": "cls"})
    folder = write_published(tmp_path / "q", [row])
    [found] = reproduce("glove-6b-50d", published=[folder, ROW], **place.of_data).inquiries
    assert found.outcome == "not compared"
    assert "by pooler cls, and this encoder has avg_words alone" in verdict(found)[0]


def test_one_pass_over_the_layers_serves_all_poolers(
    place: Place, run_by: RunBy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batches that are computed are those of one run; the trials then find their vectors."""
    asked: list[str] = []
    compute = in_torch.forward_and_pool

    def counted(model: Any, ids: Any, pooler: Any, marks: Any) -> Any:
        asked.append(pooler.name)
        return compute(model, ids, pooler, marks)

    monkeypatch.setattr(in_torch, "forward_and_pool", counted)
    place.run("max")
    of_one_run = len(asked)
    asked.clear()
    folder = write_published(tmp_path / "p", [quoted(figures(run_by("max")))])
    before = len(asked)  # of what the figures are made with
    found = inquired(place, folder)
    documented, *together = dict.fromkeys(asked[before:])
    assert documented == DOCUMENTED
    assert together == [
        "+".join(name for name in POOLERS if name in WITHOUT_TEMPLATE - {DOCUMENTED})
    ]
    assert asked[before:].count(documented) == of_one_run
    assert asked.count(together[0]) == of_one_run + 1  # a sentence that tells what the model has
    assert searched(found) == WITHOUT_TEMPLATE
    asked.clear()
    inquired(place, folder)
    assert asked == together  # all vectors are stored, each under its own encoder
    asked.clear()
    evaluate(str(place.checkpoint), "sts", pooler="cls", cache=True, **place.of_data)
    assert asked == []


def test_without_a_cache_nothing_is_left_behind(
    place: Place, run_by: RunBy, tmp_path: Path
) -> None:
    folder = write_published(tmp_path / "p", [quoted(figures(run_by("max")))])
    assert settings(inquired(place, folder, cache=False)) == {("max", "all", "spearman")}
    assert not (tmp_path / "cache" / "vectors").exists()


def test_a_small_cache_costs_no_second_pass(
    place: Place, run_by: RunBy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHMARK_CACHE_BYTES", "1000")
    passes: list[str] = []
    embed = one_pass.embed
    monkeypatch.setattr(one_pass, "embed", lambda *a, **k: passes.append("") or embed(*a, **k))
    folder = write_published(tmp_path / "p", [quoted(figures(run_by("max")))])
    assert settings(inquired(place, folder)) == {("max", "all", "spearman")}
    assert len(passes) == 1
    assert default_cache().summaries() == []
