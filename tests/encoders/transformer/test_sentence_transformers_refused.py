"""What a sentence-transformers folder may ask for and is not done here, or makes no sense."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmark.encoders.files.hub_checkpoint import fetch_checkpoint
from benchmark.encoders.transformer.sentence_transformers import read_settings
from benchmark.errors import ModelError, NotComputedHere
from tests.checkpoints import (
    HIDDEN,
    SENTENCES,
    as_files,
    write_json,
    write_sentence_transformers,
)
from tests.encoders.transformer.test_dense import write_layer
from tests.encoders.transformer.test_sentence_transformers import assert_same, encoder_of, library
from tests.hub.server import HubServer

MODULES = "modules.json"
POOLING = "1_Pooling/config.json"
TRANSFORMER = "sentence_bert_config.json"
WHOLE = "config_sentence_transformers.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model that is scored, with a file of every kind."""
    made = write_sentence_transformers(
        tmp_path / "m", after=("Dense", "Normalize"), prompts={"prompts": {"a": "b"}}
    )
    write_layer(made / "2_Dense", 8)
    write_json(made / "3_Normalize" / "config.json", {})
    assert read_settings(made)
    return made


def change(folder: Path, name: str, /, **changes: Any) -> None:
    """Change keys of a JSON file; of a list, those of its last object."""
    content = json.loads((folder / name).read_text())
    (content[-1] if isinstance(content, list) else content).update(changes)
    write_json(folder / name, content)


def refusal(folder: Path, kind: type[ModelError] | None = None) -> str:
    """Return why a folder is refused, in one line, by an error of just this kind."""
    with pytest.raises(ModelError) as caught:
        encoder_of(folder)
    assert kind in (None, type(caught.value))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- what the library would do --------------------------------------------------------------------


def test_a_default_prompt_that_does_not_exist(folder: Path) -> None:
    change(folder, WHOLE, default_prompt_name="query")  # there without being written, and empty
    assert_same(folder)
    change(folder, WHOLE, default_prompt_name="sts")
    assert "default_prompt_name is 'sts', and there is no prompt of that name" in refusal(folder)
    with pytest.raises(ValueError, match="Default prompt name 'sts' not found"):
        library(folder)


ONLY_THE_LIBRARY = [
    (WHOLE, {"requirements": {"transformers": ">=1"}}, "asks for requirements, which is not done"),
    (WHOLE, {"query_prefix": "q: "}, "asks for query_prefix"),
    (TRANSFORMER, {"transformer_task": "fill-mask"}, "asks for transformer_task"),
    (TRANSFORMER, {"module_output_name": "sentence_embedding"}, "for module_output_name"),
    (
        TRANSFORMER,
        {"modality_config": {"message": {"method": "forward", "method_output_name": "x"}}},
        "asks for modality_config",
    ),
    (TRANSFORMER, {"modality_config": {}}, "asks for modality_config"),
    (TRANSFORMER, {"processing_kwargs": {"chat_template": {}}}, "processing_kwargs.chat_template"),
    (
        TRANSFORMER,
        {"processing_kwargs": {"text": {"max_length": 9, "padding": "max_length"}}},
        "processing_kwargs.text.padding",
    ),
    (TRANSFORMER, {"tokenizer_args": {"lowercase": 1}}, "tokenizer_args with lowercase"),
    (TRANSFORMER, {"processor_kwargs": {"x": 1}}, "asks for processor_kwargs with x"),
    (TRANSFORMER, {"processor_kwargs": {"model_max_length": None}}, "with model_max_length"),
    (TRANSFORMER, {"model_args": {"num_hidden_layers": 1}}, "model_args with num_hidden_layers"),
    (TRANSFORMER, {"model_kwargs": {"use_safetensors": False}}, "model_kwargs with use_safet"),
    (TRANSFORMER, {"config_kwargs": {"is_decoder": True}}, "config_kwargs with is_decoder"),
    (TRANSFORMER, {"config_args": {"num_hidden_layers": 1}}, "config_args with num_hidden_la"),
    ("2_Dense/config.json", {"module_input_name": "token_embeddings"}, "on 'token_embeddings'"),
    ("2_Dense/config.json", {"module_output_name": "other"}, "a dense layer on 'other'"),
    ("2_Dense/config.json", {"dropout": 0.5}, "a dense layer with dropout is not supported"),
    ("3_Normalize/config.json", {"module_input_name": "token_embeddings"}, "scaling to length"),
    ("3_Normalize/config.json", {"module_output_name": "scaled"}, "one on 'scaled' is not"),
    ("3_Normalize/config.json", {"p": 1}, "a scaling to length one with p is not supported"),
    (MODULES, {"type": "sentence_transformers.models.Router"}, "Dense -> Router, of which"),
    (MODULES, {"route": "query"}, "modules.json: asks for route"),
]


@pytest.mark.parametrize(("name", "changes", "said"), ONLY_THE_LIBRARY, ids=str)
def test_what_only_the_library_does(
    folder: Path, name: str, changes: Mapping[str, Any], said: str
) -> None:
    change(folder, name, **changes)
    assert re.search(said, refusal(folder, NotComputedHere))


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        (WHOLE, {"model_type": "CrossEncoder"}, "model_type is CrossEncoder, only Sen"),
        (WHOLE, {"model_type": "SparseEncoder"}, "model_type is SparseEncoder, only Sen"),
        (WHOLE, {"model_type": None}, "model_type is nothing, only SentenceTransformer"),
        (TRANSFORMER, {"tokenizer_name_or_path": "other"}, "whose content no hash here covers"),
        (TRANSFORMER, {"cut_from_the_left": True}, "has a setting cut_from_the_left, which sen"),
        (POOLING, {"pooling_mode_first_last": True}, "asks for pooling_mode_first_last, which"),
        (POOLING, {"pooling_mode": "first_last"}, "pooling by first_last is not supported"),
        (POOLING, {"pooling_mode": ["mean", "all"]}, "pooling by .* is not supported"),
        ("2_Dense/config.json", {"activation_function": "torch.nn.functional.Tanh"}, "functional"),
        ("2_Dense/config.json", {"activation_function": None}, "the name of a class of torch"),
        ("2_Dense/config.json", {"activation_function": "code.Act"}, "'code.Act' is not supp"),
        (MODULES, {"name": "0"}, "gives two modules one name"),
    ],
    ids=str,
)
def test_what_the_library_cannot_use_or_gets_wrong(
    folder: Path, name: str, changes: Mapping[str, Any], said: str
) -> None:
    """Nothing takes over: it has no value for these, or one of nobody's model."""
    change(folder, name, **changes)
    assert re.search(said, refusal(folder, ModelError))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        (WHOLE, {"similarity_fn_name": "dot", "truncate_dim": None}),
        (WHOLE, {"model_type": "SentenceTransformer", "default_prompt_name": None}),
        (WHOLE, {"__version__": {"sentence_transformers": "9.9.9"}, "requirements": {}}),
        (TRANSFORMER, {"model_args": {"add_pooling_layer": False}, "tokenizer_args": {}}),
        (TRANSFORMER, {"model_kwargs": {"attn_implementation": "eager", "torch_dtype": "float32"}}),
        (TRANSFORMER, {"tokenizer_args": {"use_fast": False, "trust_remote_code": True}}),
        (TRANSFORMER, {"config_args": {"use_cache": True, "output_hidden_states": True}}),
        (TRANSFORMER, {"query_length": 9, "document_length": None, "unpad_inputs": False}),
        (TRANSFORMER, {"query_expansion": {"strategy": "fixed", "length": 32}}),
        (
            TRANSFORMER,
            {
                "transformer_task": "feature-extraction",
                "module_output_name": "token_embeddings",
                "modality_config": {
                    "text": {"method": "forward", "method_output_name": "last_hidden_state"}
                },
            },
        ),
        (POOLING, {"pooling_mode": ["mean"]}),
        (POOLING, {"pooling_mode": ["mean", "mean"], "embedding_dimension": 7}),
        (POOLING, {"pooling_mode": "max"}),  # the flag for the mean is then not looked at
        (POOLING, {"include_prompt": False}),
        ("config.json", {"return_dict": False, "output_hidden_states": True}),
        (MODULES, {"kwargs": ["task"]}),
        (MODULES, {"kwargs": [], "idx": "last"}),
    ],
    ids=str,
)
def test_what_leaves_vectors_as_they_are(
    folder: Path, name: str, changes: Mapping[str, Any]
) -> None:
    if "mean" in changes.get("pooling_mode", ()) and len(changes["pooling_mode"]) > 1:
        write_layer(folder / "2_Dense", 8, inputs=2 * HIDDEN)
    change(folder, name, **changes)
    assert_same(folder)


@pytest.mark.parametrize("bias", [True, False])
def test_a_bias_is_as_the_settings_say(folder: Path, bias: bool) -> None:
    write_layer(folder / "2_Dense", 8, bias=not bias)
    change(folder, "2_Dense/config.json", bias=bias)
    with pytest.raises(ModelError, match=r"is not the dense layer that its config\.json"):
        encoder_of(folder).encode(["Yes"])
    with pytest.raises(RuntimeError, match=r"linear\.bias"):
        library(folder)


def test_settings_under_several_names(
    folder: Path, log: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The library's order, not the alphabet's; a name that it does not know is passed over."""
    long = (*SENTENCES, "the guitar plays a man " * 30)
    write_json(folder / "sentence_albert_config.json", {"max_seq_length": 9})
    write_json(folder / "sentence_mpnet_config.json", {"max_seq_length": 5})
    assert encoder_of(folder).card.max_length == 48
    assert "sentence_mpnet_config.json: not a file that sentence-transformers reads" in caplog.text
    assert_same(folder, long)
    write_json(folder / TRANSFORMER, {})  # says nothing: the next one counts
    assert encoder_of(folder).card.max_length == 9
    assert_same(folder, long)
    (folder / "sentence_albert_config.json").rename(folder / "sentence_xlnet_config.json")
    write_json(folder / "sentence_distilbert_config.json", {"max_seq_length": 7})
    assert encoder_of(folder).card.max_length == 7
    assert_same(folder, long)


# --- paths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["../other", "a/../../other", "/other", "..\\other", "C:\\other", "C:other", "\\other"]
)
def test_paths_that_lead_out(folder: Path, path: str) -> None:
    change(folder, MODULES, path=path)
    assert "leads out of the folder; refused" in refusal(folder)
    with pytest.raises(ValueError, match="expected a relative path"):
        library(folder)


@pytest.mark.parametrize("place", range(4))
def test_links_that_lead_out(folder: Path, place: int) -> None:
    modules = json.loads((folder / MODULES).read_text())
    outside = shutil.copytree(folder / modules[place]["path"], folder.parent / "outside")
    (folder / "link").symlink_to(outside)
    modules[place]["path"] = "link"
    write_json(folder / MODULES, modules)
    assert "names 'link', which leads out of the folder" in refusal(folder)
    # Within the folder a link is as good as a folder.
    (folder / "link").unlink()
    shutil.move(outside, folder / "inside")
    (folder / "link").symlink_to("inside")
    if place:
        assert read_settings(folder)


@pytest.mark.parametrize("path", [None, 3, ["a"], {}, "a\0b", "\ud800"], ids=repr)
def test_paths_that_are_none(folder: Path, path: Any) -> None:
    change(folder, MODULES, path=path)
    assert "modules.json: path is" in refusal(folder)


def test_links_in_a_circle(folder: Path) -> None:
    (folder / "link").symlink_to("link")
    change(folder, MODULES, path="link")
    assert "modules.json: path is 'link', where a folder is expected" in refusal(folder)


def test_files_of_the_hubs_cache_are_links_that_lead_out(hub: HubServer, folder: Path) -> None:
    hub.add_repo("someone/model", as_files(folder))
    checkpoint = fetch_checkpoint("someone/model")
    for name in (MODULES, POOLING, TRANSFORMER, WHOLE, "3_Normalize/config.json"):
        assert (checkpoint.folder / name).is_symlink()
    found, wanted = encoder_of(checkpoint.folder).card, encoder_of(folder).card
    assert found.fingerprint == wanted.fingerprint


# --- values of a wrong type -----------------------------------------------------------------------

WRONG: Mapping[str, Mapping[str, list[Any]]] = {
    MODULES: {
        "type": [3, ["x"]],
        "name": [0, {}],
        "path": [0, False],
        "kwargs": ["task", 3, [3], {"task": 1}],
    },
    POOLING: {
        "pooling_mode_mean_tokens": ["true", 1, [], {}],
        "pooling_mode": [3, {}, True, [[]], [{}]],
        "include_prompt": ["no", 0],
    },
    TRANSFORMER: {
        "max_seq_length": ["48", 48.0, True, 0, -1, [48], {}, float("nan")],
        "do_lower_case": ["true", 1, {}],
        "model_args": [[], "x", 3],
        "modality_config": [[], 3],
        "processing_kwargs": [[], 3, {"text": []}, {"text": {"max_length": "9"}}],
        "processor_kwargs": [[], {"model_max_length": 9.5}],
    },
    WHOLE: {
        "prompts": [[], "x", {"a": 3}, {"a": ["b"]}, {"a": "\ud800"}],
        "default_prompt_name": [3, ["a"], {}, ""],
        "model_type": [3],
        "truncate_dim": [0, -4, "4", 4.0, True, [4], {}],
        "similarity_fn_name": [3, ["dot"]],
    },
    "2_Dense/config.json": {
        "in_features": ["32", 32.0, 0, None, True, []],
        "out_features": ["8", 8.0, 0, None, True, []],
        "activation_function": [3, ["x"], {}],
        "bias": ["no", 0, []],
        "use_residual": ["yes", 1, []],
        "module_input_name": [3, ["x"], {}],
    },
    "3_Normalize/config.json": {"module_input_name": [3, ["x"], {}]},
    "tokenizer_config.json": {
        "model_max_length": ["64", True, 0, -1, [], {}, float("nan"), float("-inf")]
    },
    "config.json": {
        "max_position_embeddings": ["64", 64.0, True, -2, [64], {}],
        "vocab_size": ["9", 9.0, [], {}],
        "num_hidden_layers": ["3", 3.0, True, -1, [3], 10**6],
        "hidden_size": ["32", -1, []],
        "model_type": [3, ["bert"], {}, True],
    },
}
CASES = [
    (name, key, value)
    for name, of in WRONG.items()
    for key, values in of.items()
    for value in values
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose every file is sound."""
    made = write_sentence_transformers(
        tmp_path_factory.mktemp("sound") / "m", after=("Dense", "Normalize"), prompts={}
    )
    write_layer(made / "2_Dense", 8)
    write_json(made / "3_Normalize" / "config.json", {})
    write_json(made / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer"})
    return made


@pytest.mark.parametrize(("name", "key", "value"), CASES, ids=str)
def test_a_value_of_a_wrong_type_is_named(
    sound: Path, tmp_path: Path, name: str, key: str, value: Any
) -> None:
    folder = shutil.copytree(sound, tmp_path / "m")
    change(folder, name, **{key: value})
    said = refusal(folder)
    assert "unexpected" not in said
    assert key in said or "pooling by" in said
    assert Path(name).name in said or "_Dense: " in said or "pooling by" in said


@pytest.mark.parametrize("name", [*WRONG])
@pytest.mark.parametrize("content", ["[" * 100_000, "3", "\ud800", ""], ids=["deep", "3", "x", ""])
def test_files_that_make_no_sense(sound: Path, tmp_path: Path, name: str, content: str) -> None:
    folder = shutil.copytree(sound, tmp_path / "m")
    (folder / name).write_bytes(content.encode("utf-8", "surrogatepass"))
    assert Path(name).name in refusal(folder)


# --- what is no file ------------------------------------------------------------------------------


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _nowhere(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("make", [_pipe, _endless, _nowhere])
@pytest.mark.parametrize("name", [*WRONG, "vocab.txt", "tokenizer.json", "spiece.model"])
def test_pipes_devices_and_links_to_nothing(
    sound: Path, tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    folder = shutil.copytree(sound, tmp_path / "m")
    (folder / name).unlink(missing_ok=True)
    make(folder / name)
    assert f"{name}: cannot be read (" in refusal(folder)


def test_a_locked_folder(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shutil.copytree(sound, tmp_path / "m")
    (folder / MODULES).unlink()

    def locked(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", locked)
    assert refusal(folder) == f"{folder}: cannot be read (Permission denied)"


def test_sizes_beyond_the_weights(sound: Path, tmp_path: Path) -> None:
    for changes in (
        {"vocab_size": 10**9},
        {"max_position_embeddings": 10**9},
        {"num_hidden_layers": 1000, "intermediate_size": 10**5},
        {"hidden_size": 10**6},
        {"type_vocab_size": 10**12},
    ):
        folder = shutil.copytree(sound, tmp_path / "m", dirs_exist_ok=True)
        change(folder, "config.json", **changes)
        assert "it is the configuration of another model" in refusal(folder), changes
    assert (sound / "model.safetensors").stat().st_size > HIDDEN**2


def test_sizes_beside_weights_that_are_a_link_to_nothing(sound: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sound, tmp_path / "m")
    change(folder, "config.json", vocab_size=10**9)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to("nowhere")
    assert "model.safetensors: cannot be read (No such file" in refusal(folder)
