"""What somebody may type after ``--model``, and how it is understood."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.encoders import ModelReference, parse_reference
from benchmark.encoders.asked.catalogue import named_models
from benchmark.encoders.asked.reference import split_names
from benchmark.errors import BenchmarkError, ModelError, UsageError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with checkpoints and files under various names."""
    for folder in ("checkpoint", "org/local", "with space", "file.py:Name.d"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("mine.py", "weights.bin", "sub.dir/its.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("diffcse-bert-base", ModelReference("catalogue", "diffcse-bert-base")),
        ("  diffcse-bert-base ", ModelReference("catalogue", "diffcse-bert-base")),
        ("diffcse-bert-base@v2", ModelReference("catalogue", "diffcse-bert-base", "v2")),
        ("diffcse-bert-base@", ModelReference("catalogue", "diffcse-bert-base")),
        ("checkpoint", ModelReference("folder", "checkpoint")),
        ("./checkpoint", ModelReference("folder", "checkpoint")),
        ("checkpoint/", ModelReference("folder", "checkpoint")),
        ("with space", ModelReference("folder", "with space")),
        ("org/local", ModelReference("folder", "org/local")),
        ("org/name", ModelReference("hub", "org/name")),
        ("org/name@main", ModelReference("hub", "org/name", "main")),
        ("org/name@refs/pr/1", ModelReference("hub", "org/name", "refs/pr/1")),
        (f"org/name@{COMMIT}", ModelReference("hub", "org/name", COMMIT)),
        ("Org-1.x/na_me.v2-b", ModelReference("hub", "Org-1.x/na_me.v2-b")),
        ("mine.py:Mine", ModelReference("object", "mine.py:Mine")),
        ("./mine.py:make_it", ModelReference("object", "mine.py:make_it")),
        ("words:weights.bin", ModelReference("words", "words:weights.bin")),
        ("words:sub.dir/its.py", ModelReference("words", "words:sub.dir/its.py")),
        ("sub.dir/its.py:_it2", ModelReference("object", "sub.dir/its.py:_it2")),
    ],
)
def test_every_kind_of_reference(text: str, reference: ModelReference) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize("name", named_models())
def test_every_name_of_the_catalogue(name: str) -> None:
    assert parse_reference(name) == ModelReference("catalogue", name)


def test_a_folder_goes_before_a_hub_id(tmp_path: Path) -> None:
    assert parse_reference("org/other").origin == "hub"
    (tmp_path / "org" / "other").mkdir()
    assert parse_reference("org/other").origin == "folder"


@pytest.mark.usefixtures("log")
def test_a_folder_that_is_called_like_a_hub_id_is_said(caplog: pytest.LogCaptureFixture) -> None:
    parse_reference("./org/local")
    assert caplog.messages == []
    assert parse_reference("org/local").origin == "folder"
    [line] = caplog.messages
    assert line == "org/local: the folder of that name; org/local@main names that of the hub"
    assert parse_reference("org/local@main").origin == "hub"


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("file", ["config.json", "modules.json"])
def test_a_folder_that_is_called_like_a_model_of_the_catalogue_is_said(
    file: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    name = "all-minilm-l6-v2"
    (tmp_path / name).mkdir()
    assert parse_reference(name).origin == "catalogue"
    assert caplog.messages == []  # nothing in it: the results of a run, perhaps
    (tmp_path / name / file).touch()
    assert parse_reference(name).origin == "catalogue"
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith(f"{name}: the model of the catalogue, not the folder")
    assert f"./{name} names the folder" in record.getMessage()
    assert parse_reference(f"./{name}").origin == "folder"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b", ["a", "b"]),
        (" a , ,b,", ["a", "b"]),
        ("lr=1e-05,seed=3", ["lr=1e-05,seed=3"]),
        ("./lr=1e-05,seed=3/", ["./lr=1e-05,seed=3/"]),
        ("a,lr=1e-05,seed=3,b", ["a", "lr=1e-05,seed=3", "b"]),
        ("lr=1e-05,seed=3,lr=1e-05,seed=4", ["lr=1e-05,seed=3", "lr=1e-05", "seed=4"]),
        ("words:lr=1e-05,seed=3/mine.py,b", ["words:lr=1e-05,seed=3/mine.py", "b"]),
        ("lr=1e-05,seed=3/mine.py:Mine,b", ["lr=1e-05,seed=3/mine.py:Mine", "b"]),
        ("", []),
        (",", []),
    ],
)
def test_a_comma_may_be_part_of_a_path(text: str, names: list[str], tmp_path: Path) -> None:
    (tmp_path / "lr=1e-05,seed=3").mkdir()
    (tmp_path / "lr=1e-05,seed=3" / "mine.py").touch()
    assert split_names(text) == names


@pytest.mark.parametrize(
    "typed",
    ["{here}/checkpoint", "./checkpoint", "checkpoint/", ".//checkpoint", "{here}/checkpoint/"],
)
def test_a_folder_has_one_name(typed: str, tmp_path: Path) -> None:
    named = parse_reference(typed.format(here=tmp_path))
    assert named == ModelReference("folder", "checkpoint")
    assert named.location == tmp_path / "checkpoint"


def test_a_folder_elsewhere_is_called_by_its_last_two_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    named = parse_reference("../checkpoint")
    assert named.name == f"{tmp_path.name}/checkpoint"
    assert named == parse_reference(str(tmp_path / "checkpoint"))
    monkeypatch.chdir(tmp_path / "checkpoint")
    assert parse_reference(".").name == f"{tmp_path.name}/checkpoint"


def test_a_folder_called_like_a_model_of_the_catalogue_has_another_name(tmp_path: Path) -> None:
    (tmp_path / "all-minilm-l6-v2").mkdir()
    named = parse_reference("./all-minilm-l6-v2").name
    assert named == f"{tmp_path.name}/all-minilm-l6-v2"


@pytest.mark.parametrize(
    ("text", "title", "name"),
    [
        ("ours=checkpoint", "ours", "checkpoint"),
        ("run 2 = ./checkpoint", "run 2", "checkpoint"),
        ("base=bert-base-avg", "base", "bert-base-avg"),
        ("hub=org/other@main", "hub", "org/other"),
        ("local=openai:m@http://127.0.0.1:1/v1", "local", "openai:m@http://127.0.0.1:1/v1"),
    ],
)
def test_a_model_with_a_name_of_ones_own(text: str, title: str, name: str) -> None:
    named = parse_reference(text)
    assert (named.title, named.name, named.called) == (title, name, title)


def test_a_folder_with_an_equals_sign_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "lr=1e-05").mkdir()
    assert parse_reference("lr=1e-05").called == "lr=1e-05"


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("difcse-bert-base", UsageError, "did you mean diffcse-bert-base?"),
        ("DiffCSE-BERT-base", UsageError, "did you mean diffcse-bert-base?"),
        ("all-MiniLM-L6", UsageError, "did you mean all-minilm-l6-v2?"),
        ("gpt2", UsageError, "did you mean openai-community/gpt2?"),
        ("roberta-large", UsageError, "did you mean FacebookAI/roberta-large?"),
        ("bert-base-uncased", UsageError, "did you mean google-bert/bert-base-uncased?"),
        ("all-mpnet-base-v2", UsageError, "did you mean sentence-transformers/all-mpnet-base-v2?"),
        ("nothing-like-it-at-all", UsageError, "`list_models`"),
        ("", UsageError, "`list_models`"),
        ("a b", UsageError, "`list_models`"),
        ("mine.py", ModelError, "name the object in it, mine.py:Name"),
        ("weights.bin", ModelError, "a file, not the folder of a checkpoint"),
        ("weights.bin", ModelError, "if it holds word vectors, words:weights.bin"),
        ("words:nowhere", ModelError, "no such file"),
        ("words:checkpoint", ModelError, "no such file"),
        ("words:", ModelError, "no such file"),
        ("other.py:Mine", ModelError, "no such file"),
        ("./nowhere", ModelError, "no such folder"),
        ("../nowhere", ModelError, "no such folder"),
        ("~/nowhere", ModelError, "no such folder"),
        ("/nowhere/at/all", ModelError, "no such folder"),
        ("a/b/c", ModelError, "no such folder"),
        ("org/na me", ModelError, "no such folder"),
        ("nowhere/", ModelError, "no such folder"),
        ("x" * 5000, UsageError, "unknown model"),
        ("./" + "x" * 5000, ModelError, "no such folder"),
        ("x" * 5000 + ".py:Mine", ModelError, "no such file"),
        ("/name", ModelError, "no such folder"),
        ("mine.py:not a name", UsageError, "unknown model"),
        ("mine.py:1st", UsageError, "unknown model"),
    ],
)
def test_what_is_none(text: str, kind: type[BenchmarkError], said: str) -> None:
    with pytest.raises(kind) as caught:
        parse_reference(text)
    assert said in str(caught.value)
    assert text.strip() in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_suggestion_where_nothing_is_near() -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference("nothing-like-it-at-all")
    assert "did you mean" not in str(caught.value)


# --- revisions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["org/name", "diffcse-bert-base"])
def test_a_revision_on_its_own(name: str) -> None:
    for text in (name, f"{name}@v2"):
        assert parse_reference(text, "v2").revision == "v2"
        assert parse_reference(text, "v2").name == name


@pytest.mark.parametrize("name", ["org/name", "diffcse-bert-base"])
def test_two_revisions(name: str) -> None:
    with pytest.raises(UsageError, match="name two revisions"):
        parse_reference(f"{name}@v1", "v2")


@pytest.mark.parametrize("text", ["checkpoint", "mine.py:Mine", "words:weights.bin"])
def test_no_revision_for_what_is_on_this_disk(text: str) -> None:
    with pytest.raises(UsageError, match="is on this disk"):
        parse_reference(text, "v2")


@given(st.text(max_size=40))
def test_any_text_is_understood_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError, ModelError):
        assert parse_reference(text).name in text


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}/[A-Za-z0-9_.-]{1,20}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9._/-]{1,20}", fullmatch=True),
)
def test_any_hub_id(name: str, revision: str) -> None:
    assert parse_reference(f"{name}@{revision}") in (
        ModelReference("hub", name, revision),
        ModelReference("folder", f"{name}@{revision}"),
    )


# --- one name, several checkpoints ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "checkpoint"),
    [
        ("diffcse-bert-base", "sts", "sts"),
        ("diffcse-bert-base", "transfer", "transfer"),
        ("diffcse-bert-base@v2", "transfer", "transfer"),
        ("all-minilm-l6-v2", "sts", "any"),
        ("org/name", "sts", "any"),
        ("checkpoint", "transfer", "any"),
        ("mine.py:Mine", "sts", "any"),
    ],
)
def test_which_checkpoint_answers(text: str, kind: str, checkpoint: str) -> None:
    assert parse_reference(text).checkpoint(kind) == checkpoint


def test_a_known_repository_without_its_organisation_is_suggested_in_full():
    with pytest.raises(UsageError, match=r"did you mean google-bert/bert-base-uncased\?"):
        parse_reference("bert-base-uncased")
