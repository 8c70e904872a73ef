"""One result file of MTEB: every form of it, and everything that is wrong with one."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.errors import DataError
from benchmark.interchange import MtebScore, read_mteb_file
from tests.interchange import mteb_results
from tests.interchange.mteb_results import FORMS, MINILM, Content, of_2022, plain, write_result

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["test", "scores", "cos_sim", "cosine_spearman", "spearman", "main_score", "en"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def read(path: Path) -> MtebScore:
    """The one score of a file."""
    [score] = read_mteb_file(path)
    return score


@pytest.mark.parametrize("task", ["STS12", "STS15", "STSBenchmark", "SICK-R"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_form_tells_the_same_score(
    tmp_path: Path, form: Callable[[str, float], Content], task: str
):
    score = read(write_result(tmp_path, form(task, MINILM[task]), task))
    assert score.spearman == Decimal(str(MINILM[task]))
    assert score.task == task


def test_what_else_a_file_tells(tmp_path: Path):
    score = read(write_result(tmp_path, plain("STS12", 0.5)))
    assert score.dataset_revision == "a0d554a64d88156834ff5ae9920b964011b16384"
    assert score.mteb_version == "1.12.75"
    assert score.names_cosine
    merged = mteb_results.with_date_and_phases("STS12", 0.5)
    assert read(write_result(tmp_path, merged)).mteb_version == "2.12.0-2.12.19"


@pytest.mark.parametrize("form", [mteb_results.only_spearman, mteb_results.p_values_alone])
def test_a_similarity_that_is_not_named_is_told(tmp_path: Path, form: Any):
    assert not read(write_result(tmp_path, form("STS12", 0.5))).names_cosine


def test_other_similarities_do_not_count(tmp_path: Path):
    content = plain("STS12", 0.5, spearman=0.9)  # the model's own, a dot product
    assert read(write_result(tmp_path, content)).spearman == Decimal("0.5")


def test_other_splits_are_named(tmp_path: Path):
    content = plain("STSBenchmark", 0.5)
    content["scores"]["dev"] = content["scores"]["test"]
    assert read(write_result(tmp_path, content)).other_splits == ("dev",)


def scores(value: Any) -> Content:
    return plain("STS12", 0.5) | {"scores": value}


def entry(**changes: Any) -> Content:
    return plain("STS12", 0.5, **changes)


def two(**changes: Any) -> Content:
    content = plain("STS12", 0.5)
    content["scores"]["test"] += [content["scores"]["test"][0] | changes]
    return content


WRONG = {
    "another task": (plain("STS13", 0.5), "the file name says STS12, its content STS13"),
    "two tasks": (
        plain("STS12", 0.5) | {"mteb_dataset_name": "STS13"},
        "says STS12, its content STS12 and STS13",
    ),
    "no task": ({"scores": {}}, "its content no task"),
    "a list": ([plain("STS12", 0.5)], "no result of a task"),
    "no scores": (scores({}), "no score of the split test, only none"),
    "scores in a list": (scores([]), "not ordered by split"),
    "another split": (scores({"dev": [{"cosine_spearman": 0.5}]}), "split test, only dev"),
    "no entry": (scores({"test": []}), "test has the subsets none, not one whole"),
    "no list": (scores({"test": 0.5}), "are no list of entries"),
    "no entries": (scores({"test": [0.5]}), "are no list of entries"),
    "several subsets": (two(hf_subset="de"), "the subsets default, de, not one whole"),
    "the subset twice": (two(), "the subsets default, default, not one whole"),
    "another subset": (entry(hf_subset="en-de"), "the subsets en-de, not one whole"),
    "another language": (entry(languages=["deu-Latn"]), "languages .*'deu-Latn'.*English"),
    "languages in a string": (entry(languages="eng-Latn"), "of the languages eng-Latn"),
    "NaN": (entry(cosine_spearman=float("nan")), "cosine_spearman is nan, no correlation"),
    "infinite": (entry(cosine_spearman=float("inf")), "cosine_spearman is inf, no correlation"),
    "points": (entry(cosine_spearman=72.369), "is 72.369, no correlation.*fractions"),
    "points, the score below one": (
        entry(cosine_spearman=0.63, cosine_pearson=1.5, main_score=0.63),
        "cosine_pearson is 1.5, no correlation: MTEB's scores are fractions",
    ),
    "points in blocks": (
        of_2022("STS12", 0.5) | {"test": {"cos_sim": {"spearman": 0.5}, "dot": {"pearson": -9}}},
        "dot.pearson is -9, no correlation",
    ),
    "points in the main score": (
        scores({"test": [{"main_score": 72.4}]}),
        "main_score is 72.4, no correlation",
    ),
    "beyond one": (entry(cosine_spearman=1.000001), "is 1.000001, no correlation"),
    "huge": (entry(cosine_spearman=10**400), "is 100000000000, no correlation"),
    "a string": (entry(cosine_spearman="0.5"), "is '0.5', no number"),
    "a truth value": (entry(cosine_spearman=True), "is True, no number"),
    "a triple": (entry(cosine_spearman=[0.5, 0.5, 0.5]), r"is \[.*, no number"),
    "main score differs": (
        entry(main_score=0.6),
        "contradicts itself: cosine_spearman is 0.5, main_score is 0.6",
    ),
    "older key differs": (entry(cos_sim_spearman=0.51), "cos_sim_spearman is 0.51"),
    "layouts differ": (
        of_2022("STS12", 0.6) | plain("STS12", 0.5),
        "cosine_spearman is 0.5, cos_sim.spearman is 0.6",
    ),
    "nothing of the kind": (
        scores({"test": [{"manhattan_spearman": 0.5}]}),
        "states no cosine_spearman",
    ),
    "several subsets in 2023": (
        of_2022("STS12", 0.5) | {"test": {"en": {"cos_sim": {}}, "de": {"cos_sim": {}}}},
        "the subsets de, en, not one whole",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_believed_is_refused(tmp_path: Path, wrong: str):
    content, message = WRONG[wrong]
    path = write_result(tmp_path, content, "STS12")
    with pytest.raises(DataError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("length", [0, 1, 100, 300])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, length: int):
    path = write_result(tmp_path, plain("STS12", 0.5))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(DataError, match="no whole JSON file"):
        read(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x00", "no whole JSON file"),
        (b"[" * 100_000, "no whole JSON file"),
        (b'{"task_name": "STS12", "scores": ' + b"9" * 5000 + b"}", "no whole JSON file"),
        (b'{"task_name": "STS12", "x": 1e-9999999999999999999999}', "no whole JSON file"),
        (b'{"task_name": "STS12", "scores": {}, "scores": {}}', "stands twice"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes, message: str):
    path = tmp_path / "STS12.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read(path)


def test_what_a_file_quotes_stays_on_one_short_line(tmp_path: Path):
    content = plain("STS12", 0.5, hf_subset="a\nb\x1b[31m" * 1000)
    path = write_result(tmp_path, content)
    with pytest.raises(DataError, match="subsets a b") as caught:
        read(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < len(str(path)) + 310


def test_other_fields_may_be_anything(tmp_path: Path):
    content = plain("STS12", 0.5, manhattan_spearman=float("nan"), extra={"x": [None]})
    assert read(write_result(tmp_path, content)).spearman == Decimal("0.5")


def test_a_file_that_is_gone_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"STS12\.json: cannot be read \(No such file"):
        read(tmp_path / "STS12.json")


def test_what_never_ends_is_refused_at_once(tmp_path: Path):
    path = tmp_path / "STS12.json"
    path.symlink_to("/dev/zero")
    with pytest.raises(DataError, match=r"STS12\.json: cannot be read \(it is a device"):
        read(path)


def test_a_score_of_a_million_digits_is_zero(tmp_path: Path):
    path = tmp_path / "STS12.json"
    path.write_text('{"task_name": "STS12", "test": {"cos_sim": {"spearman": 1e-999999}}}')
    assert read(path).spearman == 0


@settings(max_examples=300, deadline=None)
@given(content=st.dictionaries(st.sampled_from(["scores", "test"]), JSON))
def test_any_content_is_a_score_or_refused(
    content: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
):
    path = tmp_path_factory.mktemp("any") / "STS12.json"
    path.write_text(json.dumps({"task_name": "STS12"} | content))
    with contextlib.suppress(DataError):
        assert -1 <= read(path).spearman <= 1
