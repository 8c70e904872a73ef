"""Checkpoints that must be refused, and how: one line, nothing random, nothing executed."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.files.weights_files import choose_weights
from benchmark.errors import ModelError
from benchmark.options import EncoderOptions
from tests import checkpoints
from tests.checkpoints import SENTENCES, write_json

Spoil = Callable[[Path], Any]


def encoder_of(folder: Path, **options: Any) -> Any:
    """Return the encoder of a folder, `avg` unless another pooler is asked for."""
    options = {"pooler": "avg"} | options
    return build_encoder(parse_reference(str(folder)), "sts", EncoderOptions(**options))


def refusal(folder: Path, **options: Any) -> str:
    """Return the line with which a folder is refused, at once or when it is loaded."""
    with pytest.raises(ModelError) as caught:
        encoder_of(folder, **options).load()
    message = str(caught.value)
    assert "\n" not in message
    assert folder.name in message
    return message


def edit(folder: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    """Change the weights of a safetensors checkpoint."""
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


# --- weights that are not there -------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "embeddings.word_embeddings.weight",
        "embeddings.LayerNorm.bias",
        "encoder.layer.0.attention.self.query.bias",
        "encoder.layer.2.output.dense.weight",
    ],
)
def test_one_missing_weight_is_too_many(tmp_path: Path, name: str) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    edit(folder, lambda weights: weights.pop(name))
    message = refusal(folder)
    assert "weights of the encoder are missing" in message
    assert f"({name}, 1 in all)" in message


@pytest.mark.parametrize("name", ["pooler.dense.weight", "pooler.dense.bias"])
def test_half_a_head_matters_to_cls_alone(tmp_path: Path, name: str) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    whole = encoder_of(folder).encode(SENTENCES)
    edit(folder, lambda weights: weights.pop(name))
    assert np.array_equal(encoder_of(folder).encode(SENTENCES), whole)
    assert "no pooling head" in refusal(folder, pooler="cls")


def test_weights_of_a_shallower_model(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m", num_hidden_layers=2)
    settings = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", settings | {"num_hidden_layers": 3})
    assert "16 in all" in refusal(folder)


def test_weights_of_another_shape(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    name = "encoder.layer.1.output.dense.weight"
    edit(folder, lambda weights: weights.update({name: torch.ones(3, 5)}))
    message = refusal(folder)
    assert "of the wrong shape" in message
    assert f"({name}, 1 in all)" in message


def test_a_head_of_another_shape_matters_to_cls_alone(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    whole = encoder_of(folder).encode(SENTENCES)
    edit(folder, lambda weights: weights.update({"pooler.dense.weight": torch.ones(3, 5)}))
    assert np.array_equal(encoder_of(folder).encode(SENTENCES), whole)
    assert "no pooling head" in refusal(folder, pooler="cls")


def test_weights_of_something_else(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    save_file({"a": torch.ones(2)}, folder / "model.safetensors", {"format": "pt"})
    assert "missing" in refusal(folder)


@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_a_missing_shard_is_named(tmp_path: Path, form: str) -> None:
    folder = checkpoints.write_sharded(tmp_path / "m", form)
    [shard] = folder.glob("*-00002-of-00003.*")
    shard.unlink()
    assert shard.name in refusal(folder)


@pytest.mark.parametrize("index", [{}, {"weight_map": {}}, {"weight_map": ["a"]}, [1]])
def test_an_index_without_shards(tmp_path: Path, index: Any) -> None:
    folder = checkpoints.write_sharded(tmp_path / "m")
    write_json(folder / "model.safetensors.index.json", index)
    assert "model.safetensors.index.json" in refusal(folder)


# --- files that are not there, or broken ----------------------------------------------------------


def remove(name: str) -> Spoil:
    return lambda folder: (folder / name).unlink()


def write(name: str, content: str) -> Spoil:
    return lambda folder: (folder / name).write_text(content)


def cut(name: str) -> Spoil:
    return lambda folder: os.truncate(folder / name, (folder / name).stat().st_size // 2)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (remove("config.json"), "config.json is missing"),
        (write("config.json", "{"), "config.json: cannot be read"),
        (write("config.json", ""), "config.json: cannot be read"),
        (write("config.json", "[]"), "config.json: holds no settings"),
        (write("config.json", "{}"), "cannot be loaded"),
        (write("config.json", '{"model_type": "no-such-model"}'), "cannot be loaded"),
        (write("tokenizer_config.json", "{"), "tokenizer_config.json: cannot be read"),
        (write("tokenizer_config.json", '"x"'), "tokenizer_config.json: holds no settings"),
        (remove("model.safetensors"), "no weights"),
        (cut("model.safetensors"), "cannot be loaded"),
        (write("model.safetensors", ""), "cannot be loaded"),
        (write("model.safetensors", "<html>Please sign in to this network</html>"), "cannot be"),
        (remove("vocab.txt"), "there is no vocabulary"),
        (write("vocab.txt", ""), "there is no vocabulary"),
    ],
)
def test_broken_folders(tmp_path: Path, spoil: Spoil, said: str) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    spoil(folder)
    assert said in refusal(folder)


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt"])
def test_half_a_byte_pair_tokenizer(tmp_path: Path, name: str) -> None:
    folder = checkpoints.write_plain(tmp_path / "m", "roberta")
    (folder / name).unlink()
    assert "no usable tokenizer" in refusal(folder)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut("pytorch_model.bin"), "cannot be loaded"),
        (write("pytorch_model.bin", ""), "EOFError"),
        (write("pytorch_model.bin", "<html>"), "damaged"),
    ],
)
def test_broken_pickles(tmp_path: Path, spoil: Spoil, said: str) -> None:
    folder = checkpoints.write_diffcse(tmp_path / "m")
    spoil(folder)
    assert said in refusal(folder)


def test_a_folder_that_is_no_utf8(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    (folder / "config.json").write_bytes(b'{"\xff": 1}')
    assert "config.json: cannot be read" in refusal(folder)


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    assert "config.json is missing" in refusal(tmp_path / "m")


@pytest.mark.parametrize("name", ["tf_model.h5", "flax_model.msgpack", "rust_model.ot"])
def test_weights_of_other_libraries_are_none(tmp_path: Path, name: str) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    (folder / "model.safetensors").rename(folder / name)
    assert "no weights" in refusal(folder)


# --- code in a checkpoint -------------------------------------------------------------------------


class Run:
    """Runs a shell command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


def _as_archive(content: Any, file: Path) -> None:
    torch.save(content, file)


def _as_old_archive(content: Any, file: Path) -> None:
    torch.save(content, file, _use_new_zipfile_serialization=False)


def _as_bare_pickle(content: Any, file: Path) -> None:
    file.write_bytes(pickle.dumps(content, protocol=2))


@pytest.mark.parametrize("save", [_as_archive, _as_old_archive, _as_bare_pickle])
@pytest.mark.parametrize("pooler", ["avg", "cls", None])
def test_code_in_a_pickle_is_never_run(
    tmp_path: Path, save: Callable[[Any, Path], None], pooler: str | None
) -> None:
    touched = tmp_path / "touched"
    folder = checkpoints.write_diffcse(tmp_path / "m")
    file = folder / "pytorch_model.bin"
    weights = torch.load(file, weights_only=True)
    save(weights | {"more": Run(f"touch '{touched}'")}, file)
    message = refusal(folder, pooler=pooler)
    assert not touched.exists()
    if save is not _as_bare_pickle:
        assert "pickled code" in message
        torch.load(file, weights_only=False)
        assert touched.exists()  # it would have worked


@pytest.mark.parametrize("shard", ["first", "last"])
def test_code_in_a_shard_is_never_run(tmp_path: Path, shard: str) -> None:
    touched = tmp_path / "touched"
    folder = checkpoints.write_sharded(tmp_path / "m", "bin")
    file = sorted(folder.glob("pytorch_model-*"))[0 if shard == "first" else -1]
    torch.save({"x": Run(f"touch '{touched}'")} | torch.load(file, weights_only=True), file)
    refusal(folder)
    assert not touched.exists()


def test_safetensors_are_read_instead_of_a_bad_pickle(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    folder = checkpoints.write_plain(tmp_path / "m")
    before = encoder_of(folder).encode(SENTENCES)
    torch.save({"x": Run(f"touch '{touched}'")}, folder / "pytorch_model.bin")
    assert np.array_equal(encoder_of(folder).encode(SENTENCES), before)
    assert not touched.exists()


MODULE = """
from pathlib import Path
from transformers import BertConfig, BertModel

Path({touched!r}).touch()

class OddConfig(BertConfig):
    model_type = "odd"

class OddModel(BertModel):
    config_class = OddConfig
"""


@pytest.fixture
def with_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint whose model is a class of its own, in a file beside the weights."""
    monkeypatch.setattr("transformers.utils.hub.HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setattr(
        "transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules")
    )
    monkeypatch.syspath_prepend(tmp_path / "modules")
    folder = checkpoints.write_plain(tmp_path / "m")
    settings = json.loads((folder / "config.json").read_text())
    own = {"AutoConfig": "odd.OddConfig", "AutoModel": "odd.OddModel"}
    write_json(folder / "config.json", settings | {"model_type": "odd", "auto_map": own})
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer"})
    (folder / "odd.py").write_text(MODULE.format(touched=str(tmp_path / "touched")))
    return folder


def test_code_beside_the_weights_needs_the_flag(with_code: Path, tmp_path: Path) -> None:
    message = refusal(with_code)
    assert "`trust_remote_code`" in message
    assert not (tmp_path / "touched").exists()


def test_code_beside_the_weights_is_run_when_trusted(with_code: Path, tmp_path: Path) -> None:
    vectors = encoder_of(with_code, trust_remote_code=True).encode(SENTENCES)
    assert (tmp_path / "touched").exists()
    plain = checkpoints.write_plain(tmp_path / "plain")
    assert np.array_equal(vectors, encoder_of(plain).encode(SENTENCES))


def test_trusted_code_is_part_of_the_identity(with_code: Path) -> None:
    before = encoder_of(with_code, trust_remote_code=True).card.settings_sha256
    assert before != Checkpoint(with_code, "m", "m").settings_sha256()
    with (with_code / "odd.py").open("a") as file:
        file.write("\n")
    assert before != encoder_of(with_code, trust_remote_code=True).card.settings_sha256


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("config.json", {"AutoModel": "odd.OddModel"}),
        ("config.json", {"AutoConfig": "odd.OddConfig", "AutoModelForMaskedLM": "odd.OddLM"}),
        ("config.json", {"AutoModel": "their/code--odd.OddModel"}),
        ("tokenizer_config.json", {"AutoTokenizer": ["odd.OddTokenizer", None]}),
        ("tokenizer_config.json", ["odd.OddTokenizer", None]),
    ],
)
def test_code_that_the_library_would_pass_over(tmp_path: Path, file: str, named: Any) -> None:
    """Its own class of that name may look at a sentence from one side only."""
    folder = checkpoints.write_plain(tmp_path / "m")
    path = folder / file
    content = json.loads(path.read_text()) if path.exists() else {}
    write_json(path, content | {"auto_map": named})
    message = refusal(folder)
    assert "pass `trust_remote_code`; or take auto_map out of a copy" in message
    assert file in message


@pytest.mark.parametrize("of_model", [True, False])
def test_own_code_under_a_known_name(tmp_path: Path, of_model: bool) -> None:
    """gte-Qwen2 looks both ways by code of its own; the library's class of that name does not."""
    from tests.encoders.transformer.published import write

    folder = tmp_path / "m"
    write(folder, "qwen2", "AutoModelForCausalLM")
    content = json.loads((folder / "config.json").read_text())
    own = {"AutoModel": "modeling_qwen.Qwen2Model", "AutoModelForCausalLM": "modeling_qwen.Own"}
    if of_model:
        write_json(folder / "config.json", content | {"auto_map": own})
        message = refusal(folder)
        assert "names 'modeling_qwen.Qwen2Model'" in message
        assert "or take auto_map out of a copy" in message
    else:
        del own["AutoModel"]
        write_json(folder / "config.json", content | {"auto_map": own})
        encoder_of(folder).load()


def test_code_for_other_tasks_is_nothing_to_us(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    content = json.loads((folder / "config.json").read_text())
    named = {"AutoModelForMaskedLM": "odd.OddLM"}
    write_json(folder / "config.json", content | {"auto_map": named})
    encoder_of(folder).load()


def test_trusted_code_of_another_repository_is_not_covered_by_a_hash(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    content = json.loads((folder / "config.json").read_text())
    named = {"AutoModel": "their/code--odd.OddModel"}
    write_json(folder / "config.json", content | {"auto_map": named})
    message = refusal(folder, trust_remote_code=True)
    assert "its code lies in another repository ('their/code--odd.OddModel'" in message


# --- what is no encoder of sentences --------------------------------------------------------------


@pytest.mark.parametrize("inside", ["", "0_Transformer"])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("adapter_config.json", "holds a whole model and adapter_config.json of an adapter"),
        ("adapter_model.safetensors", "holds a whole model and adapter_model.safetensors"),
    ],
)
def test_an_adapter_beside_a_model_is_neither_applied_nor_ignored(
    tmp_path: Path, name: str, why: str, inside: str
) -> None:
    folder = checkpoints.write_sentence_transformers(tmp_path / "m", inside=inside)
    write_json(folder / inside / name, {"peft_type": "LORA", "base_model_name_or_path": "a/b"})
    assert why in refusal(folder)


def as_cross_encoder(folder: Path, **more: Any) -> Path:
    checkpoints.write_plain(folder)
    content = json.loads((folder / "config.json").read_text())
    kind = {"architectures": ["BertForSequenceClassification"]}
    write_json(folder / "config.json", content | kind | more)
    return folder


ONE = {"id2label": {"0": "LABEL_0"}}
THREE = {"id2label": {"0": "contradiction", "1": "neutral", "2": "entailment"}}
LIBRARY = THREE | {"sentence_transformers": {"version": "4.1.0"}}


@pytest.mark.parametrize("more", [ONE, {"num_labels": 1}, LIBRARY])
def test_a_cross_encoder_has_no_vectors_of_its_own(
    tmp_path: Path, more: dict[str, Any], log: None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = as_cross_encoder(tmp_path / "m", **more)
    assert "to score its encoder all the same, name a `pooler`" in refusal(folder, pooler=None)
    assert encoder_of(folder, pooler="cls").encode(SENTENCES).shape == (len(SENTENCES), 32)
    assert "m: a cross-encoder: it was trained to score pairs" in caplog.text


@pytest.mark.parametrize("more", [THREE, {}])
def test_classes_of_sentences_are_nothing_to_us(
    tmp_path: Path, more: dict[str, Any], log: None, caplog: pytest.LogCaptureFixture
) -> None:
    encoder_of(as_cross_encoder(tmp_path / "m", **more), pooler=None)
    assert "cross-encoder" not in caplog.text


# --- which file, and its hash ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ((), []),
        (("tf_model.h5", "pytorch_model.bin.part"), []),
        (("pytorch_model.bin", "model.safetensors"), ["model.safetensors", "pytorch_model.bin"]),
        (
            ("pytorch_model.bin", "model.safetensors.index.json"),
            ["model.safetensors.index.json", "pytorch_model.bin"],
        ),
        (("onnx/model.safetensors",), []),
    ],
)
def test_order_of_preference(names: tuple[str, ...], chosen: list[str]) -> None:
    assert choose_weights(names) == chosen


@pytest.mark.parametrize("named", ["pytorch_model.bin", "model.safetensors", None])
def test_the_file_that_is_hashed_is_the_file_that_is_loaded(
    tmp_path: Path, named: str | None
) -> None:
    """Also where a folder holds both forms, and the one that is asked for is not the usual."""
    from benchmark.encoders.transformer.weights import load_model

    folder = checkpoints.write_plain(tmp_path / "m", seed=1)
    checkpoints.write_plain(folder, form="bin", seed=2)
    checkpoint = Checkpoint(folder, "m", "m", weights=named)
    model = load_model(checkpoint, needs_head=False, trust_remote_code=False)
    seed = 2 if named == "pytorch_model.bin" else 1
    wanted = checkpoints.write_plain(tmp_path / "wanted", seed=seed)
    loaded = model.state_dict()
    for name, weight in load_file(wanted / "model.safetensors").items():
        assert torch.equal(loaded[name], weight)
    assert checkpoint.weights_sha256() == checkpoint.sha256_of(named or "model.safetensors")


@pytest.mark.parametrize("sharded", [False, True])
def test_the_file_that_the_settings_name(tmp_path: Path, sharded: bool) -> None:
    """The loading library takes it, whatever else there is: it is what is hashed, too."""
    folder = checkpoints.write_plain(tmp_path / "m", seed=1)
    decoy = Checkpoint(folder, "m", "m").weights_sha256()
    wanted = checkpoints.write_plain(tmp_path / "wanted", seed=2)
    name = "best.safetensors.index.json" if sharded else "best.safetensors"
    weights = load_file(wanted / "model.safetensors")
    save_file(weights, folder / "best.safetensors", {"format": "pt"})
    if sharded:
        (folder / "best.safetensors").rename(folder / "best-00001-of-00001.safetensors")
        files = dict.fromkeys(weights, "best-00001-of-00001.safetensors")
        write_json(folder / name, {"metadata": {}, "weight_map": files})
    settings = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", settings | {"transformers_weights": name})
    encoder = encoder_of(folder)
    assert np.array_equal(encoder.encode(SENTENCES), encoder_of(wanted).encode(SENTENCES))
    assert encoder.card.weights_sha256 == encoder_of(wanted).card.weights_sha256 != decoy
    write_json(folder / name, {}) if sharded else (folder / name).unlink()
    assert "best" in refusal(folder)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("pytorch_model.bin", "which is no safetensors file beside it"),
        ("adapter_model.bin", "which is no safetensors file beside it"),
        ("more/model.safetensors", "which is no safetensors file beside it"),
        ("../model.safetensors", "which is no file of this folder"),
        ("/etc/model.safetensors", "which is no file of this folder"),
        (1, "names no file"),
        ("absent.safetensors", "absent.safetensors"),
    ],
)
def test_no_file_that_could_be_loaded(tmp_path: Path, named: Any, said: str) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    settings = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", settings | {"transformers_weights": named})
    assert said in refusal(folder)


def test_two_files_are_named(tmp_path: Path) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    settings = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", settings | {"transformers_weights": "a.safetensors"})
    with pytest.raises(ModelError, match=r"'a.safetensors' .* not model.safetensors"):
        Checkpoint(folder, "m", "m", weights="model.safetensors").weights_files()


def test_the_hash_of_shards_depends_on_each(tmp_path: Path) -> None:
    folder = checkpoints.write_sharded(tmp_path / "m")
    seen = {Checkpoint(folder, "m", "m").weights_sha256()}
    for shard in Checkpoint(folder, "m", "m").weights_files():
        shard.write_bytes(shard.read_bytes() + b"\0")
        seen.add(Checkpoint(folder, "m", "m").weights_sha256())
    assert len(seen) == 4


@pytest.mark.parametrize("name", ["config.json", "vocab.txt", "tokenizer_config.json"])
def test_settings_are_part_of_the_identity(tmp_path: Path, name: str) -> None:
    folder = checkpoints.write_plain(tmp_path / "m")
    before = Checkpoint(folder, "m", "m").settings_sha256()
    (folder / "README.md").write_text("nothing that matters")
    assert Checkpoint(folder, "m", "m").settings_sha256() == before
    with (folder / name).open("a") as file:
        file.write("\n")
    assert Checkpoint(folder, "m", "m").settings_sha256() != before
