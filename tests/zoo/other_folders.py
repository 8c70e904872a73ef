"""Static models, adapters; and folders that nobody should score, each refused in one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from tests.zoo.animals import Animal
from tests.zoo.architectures import write_architecture, write_causal
from tests.zoo.owners import of_model2vec, of_peft, of_sentence_transformers
from tests.zoo.vocabularies import Kind, size_of, write_tokenizer

MODEL2VEC = "model2vec"


def write_model2vec(folder: Path, *, kind: Kind = "wordpiece", form: str = "plain") -> None:
    """Save a `StaticModel`: rows of a vocabulary, perhaps with weights and a mapping."""
    from model2vec import StaticModel
    from tokenizers import Tokenizer

    write_tokenizer(folder.parent / "words", kind)
    tokenizer = Tokenizer.from_file(str(folder.parent / "words" / "tokenizer.json"))
    draw = np.random.default_rng(4)
    rows = draw.normal(size=(size_of(kind), 24)).astype(np.float32)
    more: dict[str, Any] = {}
    if form in ("weights", "mapping"):
        more["weights"] = draw.uniform(0.2, 2, size_of(kind)).astype(np.float32)
    if form == "mapping":
        more["token_mapping"] = draw.integers(0, 60, size_of(kind))
        rows = rows[:60]
    if form == "half":
        rows = rows.astype(np.float16)
    config = {"normalize": form != "plain"}
    StaticModel(vectors=rows, tokenizer=tokenizer, config=config, **more).save_pretrained(folder)


def _model2vec(said: str, **form: Any) -> Animal:
    write = partial(write_model2vec, **form)
    return Animal(said, MODEL2VEC, write, of_model2vec, by="model2vec")


def write_adapter(
    folder: Path, *, model_type: str, kind: Kind, causal: bool = False, upon: Any = "all-linear"
) -> None:
    """Save a LoRA of a base that lies beside it."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModel, AutoModelForCausalLM

    base = folder.parent / "base"
    (write_causal if causal else write_architecture)(base, model_type, kind)
    model = (AutoModelForCausalLM if causal else AutoModel).from_pretrained(base)
    adapted = get_peft_model(model, LoraConfig(r=4, target_modules=upon))
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name:
                weight.copy_(torch.randn(weight.shape, generator=draw) * 0.2)
    adapted.save_pretrained(folder)
    write_tokenizer(folder, kind)


def write_pooled_adapter(folder: Path) -> None:
    """Save a folder of sentence-transformers whose transformer is an adapter upon a base."""
    from peft import LoraConfig
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    base = folder.parent / "base"
    write_causal(base, "qwen3", "qwen2")
    transformer = Transformer(str(base))
    pooling = Pooling(transformer.get_embedding_dimension(), "lasttoken")
    whole = SentenceTransformer(
        modules=[transformer, pooling, Normalize()],
        device="cpu",
        prompts={"query": "Query:"},
        default_prompt_name="query",
        truncate_dim=9,
    )
    whole.add_adapter(LoraConfig(r=4, target_modules="all-linear"))
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, weight in whole.named_parameters():
            if "lora_" in name:
                weight.copy_(torch.randn(weight.shape, generator=draw) * 0.2)
    whole.save(str(folder))


def _changed(folder: Path, change: Callable[[Path], object], **asked: Any) -> None:
    write_architecture(folder, **({"model_type": "bert", "kind": "wordpiece"} | asked))
    change(folder)


def _settings(folder: Path, file: str = "config.json", /, **changes: Any) -> None:
    path = folder / file
    content = json.loads(path.read_text("utf-8")) if path.exists() else {}
    content |= changes
    kept = {key: value for key, value in content.items() if value is not None}
    path.write_text(json.dumps(kept), "utf-8")


def _weights(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    file = folder / "model.safetensors"
    save_file(change(load_file(file)), file, {"format": "pt"})


def _prefixed(prefix: str) -> Callable[[Path], None]:
    return lambda folder: _weights(
        folder, lambda state: {f"{prefix}{name}": value for name, value in state.items()}
    )


def _refused(name: str, change: Callable[[Path], object], refused: str, **asked: Any) -> Animal:
    write = partial(_changed, change=change, **asked)
    return Animal(name, "transformers", write, by="", refused=refused)


def _kept(name: str, change: Callable[[Path], object], vectors: Any, **asked: Any) -> Animal:
    return Animal(name, "transformers", partial(_changed, change=change, **asked), vectors)


def _without(folder: Path, name: str) -> None:
    _weights(folder, lambda state: {key: value for key, value in state.items() if name not in key})


def _pickled(folder: Path) -> None:
    (folder / "model.safetensors").unlink()

    class Reader:
        def __reduce__(self) -> Any:
            return (print, ("code of the checkpoint ran",))

    torch.save({"weight": Reader()}, folder / "pytorch_model.bin")


def _pointer(folder: Path) -> None:
    lines = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    (folder / "model.safetensors").write_text(lines, "utf-8")


def _sparse(folder: Path) -> None:
    _settings(folder, "config_sentence_transformers.json", model_type="SparseEncoder")
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}
    ]
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")


def _without_prefix(prefix: str) -> Any:
    """The library scores random weights there; what is right is the folder without the prefix."""

    def vectors(folder: Path, sentences: Any) -> Any:
        plain = folder.parent / "plain"
        shutil.copytree(folder, plain)
        _weights(plain, lambda state: {k.removeprefix(prefix): v for k, v in state.items()})
        return of_sentence_transformers(plain, sentences)

    return vectors


OTHERS: list[Animal] = [
    _model2vec("model2vec"),
    _model2vec("model2vec, normalized", form="normalized"),
    _model2vec("model2vec, weights", form="weights"),
    _model2vec("model2vec, weights and mapping", form="mapping"),
    _model2vec("model2vec, float16", form="half"),
    _model2vec("model2vec, pieces of words", kind="unigram", form="normalized"),
    Animal(
        "LoRA on BERT",
        "peft",
        partial(write_adapter, model_type="bert", kind="wordpiece"),
        of_peft,
    ),
    Animal(
        "LoRA on the words of BERT",
        "peft",
        partial(
            write_adapter, model_type="bert", kind="wordpiece", upon=["query", "word_embeddings"]
        ),
        of_peft,
    ),
    Animal(
        "LoRA behind pooling, a prompt and truncate_dim",
        "sentence-transformers",
        write_pooled_adapter,
        of_sentence_transformers,
    ),
    Animal(
        "LoRA on Llama",
        "peft",
        partial(write_adapter, model_type="llama", kind="spm-bos", causal=True),
        partial(of_peft, pooling="last"),
    ),
    *(
        _kept(f"names that begin with {prefix}", _prefixed(prefix), _without_prefix(prefix))
        for prefix in ("module.", "model.", "0.auto_model.")
    ),
    _refused("fewer layers than weights", partial(_settings, num_hidden_layers=2), "leaves out"),
    _refused("more layers than weights", partial(_settings, num_hidden_layers=5), "missing"),
    _refused(
        "a weight is missing", partial(_without, name="layer.1.output.dense.weight"), "missing"
    ),
    _refused("another width", partial(_settings, intermediate_size=80), "wrong shape"),
    _refused(
        "code of its own",
        partial(_settings, auto_map={"AutoModel": "modeling_own.OwnModel"}),
        "trust_remote_code",
    ),
    _refused(
        "code of its own under a known name",
        partial(_settings, auto_map={"AutoModel": "modeling_own.OwnModel"}),
        "trust_remote_code",
        model_type="llama",
        kind="spm-bos",
    ),
    _refused(
        "a tokenizer with code of its own",
        lambda folder: _settings(
            folder, "tokenizer_config.json", auto_map={"AutoTokenizer": ["own.Own", None]}
        ),
        "trust_remote_code",
    ),
    _refused("pickled code", _pickled, "pickled code"),
    _refused("a pointer of git-lfs", _pointer, "git lfs pull"),
    _refused(
        "quantized weights",
        partial(_settings, quantization_config={"quant_method": "gptq"}),
        "quantized",
    ),
    _refused(
        "a cross-encoder",
        partial(
            _settings,
            architectures=["BertForSequenceClassification"],
            num_labels=1,
            id2label={"0": "LABEL_0"},
        ),
        "cross-encoder",
    ),
    _refused("a sparse encoder", _sparse, "SparseEncoder"),
    _refused(
        "no tokenizer",
        lambda folder: [
            (folder / name).unlink() for name in ("tokenizer.json", "tokenizer_config.json")
        ],
        "tokenizer",
    ),
    _refused("no weights", lambda folder: (folder / "model.safetensors").unlink(), "weights"),
    _refused(
        "a cut weights file",
        lambda folder: (folder / "model.safetensors").write_bytes(
            (folder / "model.safetensors").read_bytes()[:-99]
        ),
        ".",
    ),
]
