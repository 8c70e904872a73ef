"""Tiny checkpoints with random weights, in every layout that people publish or train.

Each ``write_*`` fills a folder and returns it; the same arguments give the same weights.
`SENTENCES` are covered by the vocabularies; `as_files` reads a folder for a test hub.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save_file
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    AlbertConfig,
    AlbertModel,
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    GPT2Config,
    GPT2Model,
    MPNetConfig,
    MPNetModel,
    PretrainedConfig,
    RobertaConfig,
    RobertaModel,
)

Family = Literal["bert", "roberta"]
Format = Literal["safetensors", "bin"]
State = dict[str, torch.Tensor]

SENTENCES = (
    "A man is playing a guitar .",
    "Somebody plays the guitar",
    "the cat sat on the mat , and the dog looked at it",
    "A Cat sits .",
    "Yes",
    "two dogs run through deep snow in the early morning while children watch",
    "It is not snowing !",
    "Children are watching two running dogs ?",
    "the stock market fell by 3.5 percent on Monday , after the bank raised its rates",
    "no",
    "A woman slices an onion",
    "An onion is being sliced by a woman",
)

HIDDEN = 32
MOST_TOKENS = 64
"""What the models take at most, special tokens included."""

SIZES = {
    "hidden_size": HIDDEN,
    "intermediate_size": 2 * HIDDEN,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": MOST_TOKENS,
}
AFTER_PADDING = {"max_position_embeddings": MOST_TOKENS + 2, "pad_token_id": 1}
"""RoBERTa and MPNet number their positions from the padding id on."""


def as_files(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by its path inside, as a hub holds them."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2), "utf-8")


# --- vocabularies ---------------------------------------------------------------------------------


@cache
def word_pieces() -> tuple[str, ...]:
    """Special tokens, characters, and every other word: the rest falls into pieces."""
    words = sorted({word.lower() for text in SENTENCES for word in re.findall(r"\w\w+", text)})
    characters = sorted({c for text in SENTENCES for c in text.lower() if not c.isspace()})
    inner = (f"##{character}" for character in characters if character.isalnum())
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    return (*special, *characters, *inner, *words[::2])


@cache
def byte_pairs() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges of a byte-level tokenizer trained on the sentences."""
    tokenizer = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(SENTENCES, 330, 2, show_progress=False, special_tokens=special)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(pair) for pair in model["merges"]]


def _write_word_pieces(folder: Path, pieces: tuple[str, ...] | None = None) -> None:
    text = "".join(f"{piece}\n" for piece in pieces or word_pieces())
    (folder / "vocab.txt").write_text(text, "utf-8")


def _write_byte_pairs(folder: Path) -> None:
    vocabulary, merges = byte_pairs()
    write_json(folder / "vocab.json", vocabulary)
    lines = "".join(f"{left} {right}\n" for left, right in merges)
    (folder / "merges.txt").write_text(f"#version: 0.2\n{lines}", "utf-8")


# --- weights --------------------------------------------------------------------------------------


def random_state(model: torch.nn.Module, seed: int) -> State:
    """Return random weights for a model, none of them zero or one, buffers left out."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(weight.shape, generator=generator) * 0.2
        + name.lower().endswith("norm.weight")
        for name, weight in model.named_parameters()
    }


_DRAWN: dict[tuple[type, str, int], State] = {}


def _drawn(kind: type, config: PretrainedConfig, seed: int) -> State:
    """Return `random_state` of a model; making one takes as long as to write it three times."""
    key = kind, config.to_json_string(use_diff=False), seed
    if key not in _DRAWN:
        _DRAWN[key] = random_state(kind(config), seed)
    return dict(_DRAWN[key])


def _write_weights(folder: Path, state: State, form: Format) -> None:
    if form == "bin":
        torch.save(state, folder / "pytorch_model.bin")
    else:
        save_file(state, folder / "model.safetensors", {"format": "pt"})


def _write_checkpoint(
    folder: Path, config: PretrainedConfig, architecture: str, state: State, form: Format
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    config.architectures = [architecture]
    config.save_pretrained(folder)
    _write_weights(folder, state, form)
    return folder


def _prefixed(state: State, prefix: str) -> State:
    return {f"{prefix}{name}": weight for name, weight in state.items()}


def _body(state: State) -> State:
    return {name: weight for name, weight in state.items() if not name.startswith("pooler.")}


# --- plain checkpoints ----------------------------------------------------------------------------


def _bert(seed: int = 0, **changes: Any) -> tuple[PretrainedConfig, State]:
    config = BertConfig(**SIZES | {"vocab_size": len(word_pieces())} | changes)
    return config, _drawn(BertModel, config, seed)


def _roberta(seed: int = 0, **changes: Any) -> tuple[PretrainedConfig, State]:
    special = {"bos_token_id": 0, "eos_token_id": 2, "type_vocab_size": 1}
    sizes = SIZES | AFTER_PADDING | special | {"vocab_size": len(byte_pairs()[0])}
    config = RobertaConfig(**sizes | changes)
    return config, _drawn(RobertaModel, config, seed)


_MAKE: dict[str, Callable[..., tuple[PretrainedConfig, State]]] = {
    "bert": _bert,
    "roberta": _roberta,
}
_CLASS = {"bert": "BertModel", "roberta": "RobertaModel"}


def _write_vocabulary(folder: Path, family: Family) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if family == "bert":
        _write_word_pieces(folder)
    else:
        _write_byte_pairs(folder)


def write_plain(
    folder: Path,
    family: Family = "bert",
    form: Format = "safetensors",
    *,
    seed: int = 0,
    head: bool = True,
    **changes: Any,
) -> Path:
    """Write a BERT or RoBERTa; ``head`` tells whether the pooling head is in the file."""
    _write_vocabulary(folder, family)
    config, state = _MAKE[family](seed, **changes)
    return _write_checkpoint(folder, config, _CLASS[family], state if head else _body(state), form)


def write_distilbert(folder: Path) -> Path:
    """Write a DistilBERT: no pooling head, no token types, other names in its configuration."""
    _write_vocabulary(folder, "bert")
    config = DistilBertConfig(
        vocab_size=len(word_pieces()),
        dim=HIDDEN,
        hidden_dim=2 * HIDDEN,
        n_layers=3,
        n_heads=4,
        max_position_embeddings=MOST_TOKENS,
    )
    state = _drawn(DistilBertModel, config, 0)
    return _write_checkpoint(folder, config, "DistilBertModel", state, "safetensors")


def write_mpnet(folder: Path) -> Path:
    """Write an MPNet: relative positions beside absolute ones after the padding id."""
    special = ("<s>", "<pad>", "</s>", "[UNK]", "<mask>")
    pieces = (*special, *word_pieces()[5:])
    folder.mkdir(parents=True, exist_ok=True)
    _write_word_pieces(folder, pieces)
    config = MPNetConfig(
        **SIZES | AFTER_PADDING, vocab_size=len(pieces), bos_token_id=0, eos_token_id=2
    )
    state = _drawn(MPNetModel, config, 0)
    return _write_checkpoint(folder, config, "MPNetModel", state, "safetensors")


def write_albert(folder: Path) -> Path:
    """Write an ALBERT, one block used three times; with BERT's tokenizer, for simplicity."""
    _write_vocabulary(folder, "bert")
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer"})
    config = AlbertConfig(**SIZES, vocab_size=len(word_pieces()), embedding_size=16)
    state = _drawn(AlbertModel, config, 0)
    return _write_checkpoint(folder, config, "AlbertModel", state, "safetensors")


def write_decoder(folder: Path) -> Path:
    """Write a GPT-2: its tokenizer adds no special tokens, a blank sentence has none at all."""
    _write_vocabulary(folder, "roberta")
    special = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "</s>")
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer"} | special)
    config = GPT2Config(
        vocab_size=len(byte_pairs()[0]), n_embd=HIDDEN, n_layer=3, n_head=4, n_positions=MOST_TOKENS
    )
    state = _drawn(GPT2Model, config, 0)
    return _write_checkpoint(folder, config, "GPT2Model", state, "safetensors")


def write_old_names(folder: Path) -> Path:
    """Write a BERT with the names of 2019: ``bert.`` in front, LayerNorm.gamma and .beta."""
    _write_vocabulary(folder, "bert")
    config, state = _bert()
    for new, old in (("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")):
        state = {name.replace(new, old): weight for name, weight in state.items()}
    return _write_checkpoint(folder, config, "BertModel", _prefixed(state, "bert."), "bin")


def write_half(folder: Path) -> Path:
    """Write a BERT in half precision, as its configuration says."""
    write_plain(folder)
    state = {name: weight.half() for name, weight in _bert()[1].items()}
    _write_weights(folder, state, "safetensors")
    settings = json.loads((folder / "config.json").read_text("utf-8"))
    write_json(folder / "config.json", settings | {"dtype": "float16", "torch_dtype": "float16"})
    return folder


def write_sharded(folder: Path, form: Format = "safetensors", shards: int = 3) -> Path:
    """Write a BERT whose weights lie in several files, with an index."""
    stem, suffix = {"safetensors": ("model", "safetensors"), "bin": ("pytorch_model", "bin")}[form]
    write_plain(folder, form=form)
    (folder / f"{stem}.{suffix}").unlink()
    state = _bert()[1]
    places = {name: place % shards + 1 for place, name in enumerate(sorted(state))}
    files = {name: f"{stem}-{place:05}-of-{shards:05}.{suffix}" for name, place in places.items()}
    for file in sorted(set(files.values())):
        part = {name: state[name] for name, home in files.items() if home == file}
        if form == "bin":
            torch.save(part, folder / file)
        else:
            save_file(part, folder / file, {"format": "pt"})
    size = sum(weight.nbytes for weight in state.values())
    index = {"metadata": {"total_size": size}, "weight_map": files}
    write_json(folder / f"{stem}.{suffix}.index.json", index)
    return folder


# --- SimCSE and DiffCSE ---------------------------------------------------------------------------


def write_simcse(folder: Path, family: Family = "bert") -> Path:
    """Write SimCSE's hub layout: no prefix, the trained projection stored as pooling head."""
    return write_plain(folder, family, "bin")


def write_simcse_training(
    folder: Path, family: Family = "bert", form: Format = "bin", **changes: torch.Tensor
) -> Path:
    """Write what SimCSE's training leaves: prefixed names, the projection as ``mlp.dense``."""
    _write_vocabulary(folder, family)
    config, state = _MAKE[family]()
    head = {name.replace("pooler.", "mlp."): state[name] for name in state.keys() - _body(state)}
    whole = _prefixed(_body(state), f"{family}.") | head | changes
    architecture = _CLASS[family].replace("Model", "ForCL")
    return _write_checkpoint(folder, config, architecture, whole, form)


def write_diffcse(folder: Path, family: Family = "bert", *, seed: int = 0) -> Path:
    """Write DiffCSE's published layout: all that was trained in one pickled file.

    The encoder has a prefix and no pooling head; beside it are the discriminator, the
    generator (a distilled language model), heads and the projector. The configuration calls
    it a plain encoder, and there is no tokenizer configuration.
    """
    _write_vocabulary(folder, family)
    config, state = _MAKE[family](seed)
    whole = {
        **_prefixed(_with_positions(_body(state), config), f"{family}."),
        **_prefixed(_with_positions(_body(_MAKE[family](seed + 1)[1]), config), "discriminator."),
        **_generator(family, seed + 2),
        **_heads(config.vocab_size, seed + 3),
    }
    return _write_checkpoint(folder, config, _CLASS[family], whole, "bin")


def _with_positions(state: State, config: PretrainedConfig) -> State:
    """Add the buffer that libraries of that time saved with the weights."""
    positions = torch.arange(config.max_position_embeddings).unsqueeze(0)
    return {"embeddings.position_ids": positions} | state


def _generator(family: Family, seed: int) -> State:
    """Return a distilled language model: half the layers, with an output layer."""
    if family == "bert":
        config = DistilBertConfig(
            vocab_size=len(word_pieces()), dim=HIDDEN, hidden_dim=HIDDEN, n_layers=1, n_heads=4
        )
        body = _drawn(DistilBertModel, config, seed)
        return _prefixed(body, "generator.distilbert.") | _prefixed(
            {"vocab_transform.weight": torch.ones(HIDDEN, HIDDEN)}, "generator."
        )
    config, body = _roberta(seed, num_hidden_layers=1)
    return _prefixed(_body(body), "generator.roberta.") | _prefixed(
        {"lm_head.dense.weight": torch.ones(HIDDEN, HIDDEN)}, "generator."
    )


def _heads(vocabulary: int, seed: int) -> State:
    shapes = {
        "lm_head.bias": (vocabulary,),
        "lm_head.decoder.weight": (vocabulary, HIDDEN),
        "mlp.net.0.weight": (2 * HIDDEN, HIDDEN),
        "mlp.net.1.weight": (2 * HIDDEN,),
        "mlp.net.1.bias": (2 * HIDDEN,),
        "mlp.net.1.running_mean": (2 * HIDDEN,),
        "mlp.net.1.running_var": (2 * HIDDEN,),
        "mlp.net.3.weight": (HIDDEN, 2 * HIDDEN),
        "mlp.net.4.running_mean": (HIDDEN,),
        "mlp.net.4.running_var": (HIDDEN,),
        "electra_head.weight": (2, HIDDEN),
        "electra_head.bias": (2,),
    }
    generator = torch.Generator().manual_seed(seed)
    counters = {f"mlp.net.{place}.num_batches_tracked": torch.tensor(9) for place in (1, 4)}
    drawn = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    return drawn | counters


# --- sentence-transformers ------------------------------------------------------------------------

_MODULE = "sentence_transformers.models"


def write_sentence_transformers(
    folder: Path,
    *,
    pooling: Mapping[str, Any] | None = None,
    after: tuple[str, ...] = ("Normalize",),
    settings: Mapping[str, Any] | None = None,
    prompts: Mapping[str, Any] | None = None,
    inside: str = "",
    **changes: Any,
) -> Path:
    """Write a sentence-transformers folder around a BERT.

    Args:
        folder: the folder.
        pooling: content of ``1_Pooling/config.json``; the mean if not given.
        after: kinds of the modules after the pooling.
        settings: content of ``sentence_bert_config.json``.
        prompts: content of ``config_sentence_transformers.json``, if any.
        inside: folder of the transformer, such as ``0_Transformer``; none in newer ones.
        changes: to the configuration of the BERT.
    """
    write_plain(folder / inside, **changes)
    kinds = ["Transformer", "Pooling", *after]
    paths = [inside, *(f"{place}_{kind}" for place, kind in enumerate(kinds) if place)]
    modules = [
        {"idx": place, "name": str(place), "path": path, "type": f"{_MODULE}.{kind}"}
        for place, (kind, path) in enumerate(zip(kinds, paths, strict=True))
    ]
    write_json(folder / "modules.json", modules)
    mean = {"word_embedding_dimension": HIDDEN, "pooling_mode_mean_tokens": True}
    write_json(folder / "1_Pooling" / "config.json", pooling or mean)
    for path in paths[2:]:
        (folder / path).mkdir()
    length = {"max_seq_length": 48, "do_lower_case": False}
    write_json(folder / inside / "sentence_bert_config.json", settings or length)
    if prompts is not None:
        write_json(folder / "config_sentence_transformers.json", prompts)
    return folder
