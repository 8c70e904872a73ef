"""What an evaluation gives in a loop of one's own: the score of the checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import benchmark
from benchmark.errors import DataError, ModelError, UsageError
from benchmark.results import collect
from benchmark.training import Evaluator
from tests.training.models import LENT, MODELS, TASK, _plain, step

Options = dict[str, Any]


@pytest.mark.parametrize("kind", MODELS)
def test_each_step_scores_as_its_checkpoint(kind: str, tmp_path: Path, made_up: Options):
    model, tokenizer, options, save = MODELS[kind](tmp_path)
    evaluator = Evaluator(TASK, run="x", **options, **made_up)
    for steps in (1, 2, 3):
        step(model, steps)
        metrics = evaluator(model.train(), tokenizer=tokenizer, step=steps)
        save(tmp_path / f"saved-{steps}")
        saved = benchmark.evaluate(
            str(tmp_path / f"saved-{steps}"), TASK, cache=False, **options, **made_up
        )
        assert metrics[TASK] == saved[TASK].main_score
        ours, theirs = evaluator.last, saved
        assert ours is not None
        assert ours[TASK].scores == theirs[TASK].scores
        assert (ours.predictions[TASK].predicted == theirs.predictions[TASK].predicted).all()
        if kind != "with an adapter":
            assert ours.fingerprint == theirs.fingerprint


@pytest.mark.parametrize("kind", LENT)
def test_a_model_is_written_once(kind: str, tmp_path: Path, made_up: Options, monkeypatch: Any):
    model, tokenizer, options, _ = LENT[kind](tmp_path)
    evaluator = Evaluator(TASK, **options, **made_up)
    first = evaluator(model, tokenizer=tokenizer)
    monkeypatch.setattr("benchmark.training.subject.Subject.save", None)
    step(model, 1)
    second = evaluator(model, tokenizer=tokenizer)
    assert first[TASK] != second[TASK]


def test_metrics_have_names_as_the_library_has_them(tmp_path: Path, made_up: Options):
    model, tokenizer, options, _ = _plain(tmp_path, "bert")
    evaluator = Evaluator("sts-dev", **options, **made_up)
    metrics = evaluator(model, tokenizer=tokenizer)
    assert list(metrics)[:3] == [TASK, f"{TASK}_spearman_cosine", f"{TASK}_pearson_cosine"]
    assert metrics[evaluator.primary_metric] == metrics[f"{TASK}_spearman_cosine"]
    assert "SICKRelatedness/dev" in metrics


def test_records_are_a_history(tmp_path: Path, made_up: Options):
    model, tokenizer, options, _ = _plain(tmp_path, "bert")
    evaluator = Evaluator(TASK, run="x", output_dir=tmp_path / "out", **options, **made_up)
    scores = {}
    for steps in (125, 250):
        step(model, steps)
        scores[steps] = evaluator(model, tokenizer=tokenizer, step=steps, epoch=steps / 500)
    found = {run.model: run[TASK] for run in collect([tmp_path / "out"])}
    assert set(found) == {"x/step-125", "x/step-250"}
    for steps, metrics in scores.items():
        record = found[f"x/step-{steps}"]
        assert record.main_score == metrics[TASK]
        assert record.training is not None
        assert (record.training.run, record.training.step) == ("x", steps)
        assert record.training.epoch == steps / 500


def test_a_step_that_is_trained_again_replaces_itself(tmp_path: Path, made_up: Options):
    model, tokenizer, options, _ = _plain(tmp_path, "bert")
    for steps in (1, 2):
        Evaluator(TASK, run="x", output_dir=tmp_path / "out", **options, **made_up)(
            model, tokenizer=tokenizer, step=steps
        )
    step(model, 7)  # a run that was killed goes on from before, and not quite as it went
    again = Evaluator(TASK, run="x", output_dir=tmp_path / "out", **options, **made_up)
    metrics = again(model, tokenizer=tokenizer, step=2)
    files = sorted((tmp_path / "out").glob("x__step-*/*/*.json"))
    assert [path.parent.parent.name for path in files] == ["x__step-1", "x__step-2"]
    assert json.loads(files[1].read_text())["main_score"] == metrics[TASK]


def test_weights_that_were_put_back_are_not_those_of_the_last_step(
    tmp_path: Path, made_up: Options
):
    model, tokenizer, options, _ = _plain(tmp_path, "bert")
    evaluator = Evaluator(TASK, run="x", output_dir=tmp_path / "out", **options, **made_up)
    best = {name: weight.clone() for name, weight in model.state_dict().items()}
    evaluator(model, tokenizer=tokenizer, step=1)
    step(model, 1)
    evaluator(model, tokenizer=tokenizer, step=2)
    model.load_state_dict(best)
    for _ in range(2):
        evaluator(model, tokenizer=tokenizer, step=2)
        assert evaluator.last is not None
        assert evaluator.last.model == "x"
        assert evaluator.last[TASK].training is None
    found = {run.model: run.fingerprint for run in collect([tmp_path / "out"])}
    assert found["x"] == found["x/step-1"] != found["x/step-2"]


def test_settings_that_change_are_noticed(tmp_path: Path, made_up: Options):
    model, _, options, save = LENT["of sentence-transformers"](tmp_path)
    evaluator = Evaluator(TASK, **options, **made_up)
    before = evaluator(model)
    model.max_seq_length = 5
    after = evaluator(model)
    save(tmp_path / "saved")
    saved = benchmark.evaluate(str(tmp_path / "saved"), TASK, cache=False, **made_up)
    assert before[TASK] != after[TASK] == saved[TASK].main_score


def test_a_tokenizer_that_grows_is_noticed(tmp_path: Path, made_up: Options):
    model, tokenizer, options, save = _plain(tmp_path, "bert")
    evaluator = Evaluator(TASK, **options, **made_up)
    evaluator(model, tokenizer=tokenizer)
    tokenizer.add_tokens(["guitar", "children"])
    model.resize_token_embeddings(len(tokenizer))
    after = evaluator(model, tokenizer=tokenizer)
    save(tmp_path / "saved")
    saved = benchmark.evaluate(str(tmp_path / "saved"), TASK, cache=False, **options, **made_up)
    assert after[TASK] == saved[TASK].main_score


def test_what_has_no_score_is_told_and_training_goes_on(
    tmp_path: Path, made_up: Options, log: None, caplog: pytest.LogCaptureFixture
):
    model, tokenizer, options, _ = _plain(tmp_path, "bert")
    evaluator = Evaluator(TASK, run="x", **options, **made_up)
    with torch.no_grad():
        model.encoder.layer[-1].output.LayerNorm.weight.fill_(float("nan"))
    metrics = evaluator(model, tokenizer=tokenizer, step=5)
    assert all(score != score for score in metrics.values())
    assert "x/step-5: STSBenchmark/dev: the encoder gave" in caplog.text


def test_an_encoder_that_is_named(tmp_path: Path, made_up: Options):
    found = _plain(tmp_path, "bert")

    class Mine(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = found.model

    with pytest.raises(UsageError, match="give `encoder`"):
        Evaluator(TASK, **found.options, **made_up)(Mine(), tokenizer=found.tokenizer)
    named = Evaluator(TASK, encoder=lambda model: model.body, **found.options, **made_up)
    plain = Evaluator(TASK, **found.options, **made_up)
    assert named(Mine(), tokenizer=found.tokenizer) == plain(found.model, tokenizer=found.tokenizer)


def test_weights_that_two_networks_share_are_told_apart(tmp_path: Path, made_up: Options):
    """A discriminator begins with the encoder's own weights: names alone must decide."""
    from transformers import BertConfig, BertModel, BertPreTrainedModel

    start = _plain(tmp_path, "bert")

    class Two(BertPreTrainedModel):
        config_class = BertConfig

        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.bert, self.discriminator = BertModel(config), BertModel(config)

    two = Two(start.model.config)
    two.bert.load_state_dict(start.model.state_dict())
    two.discriminator.load_state_dict(start.model.state_dict())
    evaluator = Evaluator(TASK, **start.options, **made_up)
    evaluator(two, tokenizer=start.tokenizer)
    step(two.discriminator, 1)
    step(two.bert, 2)
    metrics = evaluator(two, tokenizer=start.tokenizer)
    two.save_pretrained(tmp_path / "saved")
    start.tokenizer.save_pretrained(tmp_path / "saved")
    saved = benchmark.evaluate(
        str(tmp_path / "saved"), TASK, cache=False, **start.options, **made_up
    )
    assert metrics[TASK] == saved[TASK].main_score


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"family": "x"}, "`family` is not for a model in training"),
        ({"name": "x"}, "`name` is not for a model in training"),
        ({"revision": "x"}, "`revision` is not for a model in training"),
        ({"vary": {"pooler": ["avg"]}}, "`vary` is not for a model in training"),
        ({"prompt_for": {"sts": "x"}}, "`prompt_for` is not for a model in training"),
        ({"steps": [["normalize"], ["center"]]}, "`steps` names several chains"),
        ({"poler": "avg"}, "unknown option `poler` .did you mean pooler.."),
    ],
)
def test_options_that_are_refused(options: Options, message: str, made_up: Options):
    with pytest.raises(UsageError, match=message):
        Evaluator(TASK, **options, **made_up)


def test_data_that_is_missing_is_told_before_training(tmp_path: Path):
    with pytest.raises(DataError):
        Evaluator(TASK, data_dir=tmp_path, offline=True)


def test_no_tokenizer(tmp_path: Path, made_up: Options):
    model, *_ = _plain(tmp_path, "bert")
    with pytest.raises(UsageError, match="its tokenizer is needed; give `tokenizer`"):
        Evaluator(TASK, **made_up)(model)


def test_weights_in_shards_are_refused(tmp_path: Path, made_up: Options):
    model, tokenizer, options, _ = _plain(tmp_path, "bert")
    weight = next(model.parameters())
    weight.ds_id = 0  # as DeepSpeed marks what it has spread
    with pytest.raises(ModelError, match="spread over processes"):
        Evaluator(TASK, **options, **made_up)(model, tokenizer=tokenizer)
