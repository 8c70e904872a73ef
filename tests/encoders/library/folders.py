"""Folders of sentence-transformers with random weights, as the library itself saves them.

`FOLDERS` has one for each module and layout that only the library computes; `write` makes one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Router, Transformer
from sentence_transformers.sentence_transformer.modules import (
    CNN,
    LSTM,
    BoW,
    Dropout,
    LayerNorm,
    Normalize,
    Pooling,
    StaticEmbedding,
    WeightedLayerPooling,
    WordEmbeddings,
    WordWeights,
)
from sentence_transformers.sentence_transformer.modules.tokenizer import (
    TransformersTokenizerWrapper,
    WhitespaceTokenizer,
)
from tokenizers import Tokenizer, models, pre_tokenizers

from tests import checkpoints
from tests.checkpoints import HIDDEN, MOST_TOKENS, SENTENCES, write_json

TEXTS = (*SENTENCES, "", " ", "guitar", "the guitar plays a man " * 40, "Ünïcode \N{GRINNING FACE}")
"""Ordinary sentences, and some that are empty, long or odd."""

WORDS = sorted({word.strip(".,!?") for text in SENTENCES for word in text.split()} - {""})
_KNOWN = ["PADDING_TOKEN", *WORDS]
_WIDTH = 16


def _words(**settings: Any) -> WordEmbeddings:
    weights = np.random.default_rng(0).normal(size=(len(_KNOWN), _WIDTH)).astype(np.float32)
    return WordEmbeddings(WhitespaceTokenizer(_KNOWN), weights, **settings)


def _pieces(folder: Path) -> WordEmbeddings:
    """Embeddings behind a tokenizer of transformers."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoints.write_plain(folder / "tok"))
    weights = np.random.default_rng(1).normal(size=(len(tokenizer), _WIDTH)).astype(np.float32)
    return WordEmbeddings(TransformersTokenizerWrapper(tokenizer), weights)


def _bert(folder: Path, seed: int = 0, **arguments: Any) -> Transformer:
    return Transformer(str(checkpoints.write_plain(folder / f"bert{seed}", seed=seed)), **arguments)


def _router(folder: Path) -> Router:
    return Router.for_query_document(
        [_bert(folder), Pooling(HIDDEN)], [_bert(folder, 4), Pooling(HIDDEN, "cls")]
    )


def _mapped(folder: Path) -> Router:
    routes = {"one": [_bert(folder), Pooling(HIDDEN)], "two": [_bert(folder, 4), Pooling(HIDDEN)]}
    return Router(routes, route_mappings={("query", None): "two", (None, "text"): "one"})


def _static() -> StaticEmbedding:
    vocabulary = {word: place for place, word in enumerate(_KNOWN)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=_KNOWN[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    torch.manual_seed(0)
    return StaticEmbedding(tokenizer, embedding_dim=_WIDTH)


def t5(folder: Path, head: str = "T5EncoderModel") -> Path:
    """Write a T5, as an encoder or whole."""
    words = {"vocab_size": len(checkpoints.byte_pairs()[0]), "pad_token_id": 1, "eos_token_id": 2}
    config = transformers.T5Config(
        d_model=HIDDEN,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        decoder_start_token_id=1,
        **words,
    )
    model = getattr(transformers, head)(config)
    state = checkpoints.random_state(model, 0)
    for name, weight in model.named_parameters():
        weight.data = state[name]
    model.save_pretrained(folder)
    _byte_tokenizer().save_pretrained(folder)
    return folder


def clip(folder: Path) -> Path:
    """Write a CLIP: towers for text and images, a tokenizer, and what makes images smaller."""
    sizes = {"hidden_size": HIDDEN, "intermediate_size": 48, "num_attention_heads": 4}
    words = {"vocab_size": len(checkpoints.byte_pairs()[0]), "eos_token_id": 2, "bos_token_id": 0}
    config = transformers.CLIPConfig(
        text_config=sizes
        | words
        | {"num_hidden_layers": 2, "max_position_embeddings": MOST_TOKENS},
        vision_config=sizes | {"num_hidden_layers": 1, "image_size": 8, "patch_size": 4},
        projection_dim=12,
    )
    model = transformers.CLIPModel(config)
    state = checkpoints.random_state(model, 0)
    for name, weight in model.named_parameters():
        weight.data = state[name]
    model.save_pretrained(folder)
    images = transformers.CLIPImageProcessor(size={"shortest_edge": 8}, crop_size=8)
    transformers.CLIPProcessor(images, _byte_tokenizer()).save_pretrained(folder)
    return folder


def _byte_tokenizer() -> Any:
    vocabulary, merges = checkpoints.byte_pairs()
    tokenizer = checkpoints.ByteLevelBPETokenizer(vocabulary, merges)._tokenizer
    special = [("<s>", 0), ("</s>", 2)]
    tokenizer.post_processor = transformers.tokenization_utils_tokenizers.processors.Sequence(
        [
            transformers.tokenization_utils_tokenizers.processors.TemplateProcessing(
                single="<s> $A </s>", special_tokens=special
            )
        ]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        model_max_length=MOST_TOKENS,
    )


FOLDERS: dict[str, Callable[[Path], list[Any]]] = {
    "words": lambda _: [_words(), Pooling(_WIDTH)],
    "words, cut": lambda _: [_words(max_seq_length=4), Pooling(_WIDTH)],
    "words, weighted": lambda _: [
        _words(),
        WordWeights(_KNOWN, dict.fromkeys(WORDS[::3], 0.3), 0.7),
        Pooling(_WIDTH),
    ],
    "words, cnn": lambda _: [_words(), CNN(_WIDTH, 8, [1, 3, 5]), Pooling(24)],
    "words, lstm": lambda _: [_words(), LSTM(_WIDTH, 8), Pooling(_WIDTH)],
    "words, dense": lambda _: [_words(), Pooling(_WIDTH), Dense(_WIDTH, 5)],
    "pieces": lambda folder: [_pieces(folder), Pooling(_WIDTH)],
    "bag": lambda _: [BoW(WORDS, dict.fromkeys(WORDS[::2], 0.5))],
    "bag, once, dense": lambda _: [
        BoW(WORDS, cumulative_term_frequency=False),
        Dense(len(WORDS), 8),
    ],
    "static": lambda _: [_static(), Normalize()],
    "layers": lambda folder: [
        _bert(folder, config_kwargs={"output_hidden_states": True}),
        WeightedLayerPooling(HIDDEN, num_hidden_layers=3, layer_start=1),
        Pooling(HIDDEN),
    ],
    "dense on tokens": lambda folder: [
        _bert(folder),
        Dense(HIDDEN, 8, module_input_name="token_embeddings"),
        Pooling(8),
    ],
    "layer norm": lambda folder: [
        _bert(folder),
        Dense(HIDDEN, HIDDEN, module_input_name="token_embeddings"),
        Pooling(HIDDEN),
        LayerNorm(HIDDEN),
        Dropout(0.1),
        Normalize(),
    ],
    "router": lambda folder: [_router(folder), Normalize()],
    "router, mapped": lambda folder: [_mapped(folder)],
    "t5": lambda folder: [Transformer(str(t5(folder / "t5"))), Pooling(HIDDEN)],
    "clip": lambda folder: [Transformer(str(clip(folder / "clip")))],
}
"""The modules of each."""

ONLY_BY_LIBRARY = tuple(name for name in FOLDERS if name not in ("static", "t5"))
"""Those that nobody here computes."""


def write(folder: Path, name: str, *, whole: Mapping[str, Any] | None = None) -> Path:
    """Write one of `FOLDERS`, with random weights wherever the library starts from others.

    Args:
        folder: of the model; what it is made of lies beside it.
        name: of the entry.
        whole: goes into ``config_sentence_transformers.json``.
    """
    torch.manual_seed(0)
    modules = FOLDERS[name](folder.with_name(f"{folder.name}-parts"))
    for module in modules:
        if isinstance(module, (LayerNorm, WeightedLayerPooling)):
            for place, weight in enumerate(module.parameters()):
                torch.nn.init.normal_(weight, mean=1.0 + place, std=0.3)
    save(folder, modules)
    if whole:
        amend(folder / "config_sentence_transformers.json", **whole)
    return folder


def save(folder: Path, modules: list[Any]) -> None:
    """Have the library save modules."""
    model = SentenceTransformer(modules=modules, device="cpu")
    model.save_pretrained(str(folder), create_model_card=False)


def asym(folder: Path) -> Path:
    """Write an Asym as versions before 5 did: in a folder, under another name, ways of its own."""
    made = Router(
        {"query": [_bert(folder), Pooling(HIDDEN)], "doc": [_bert(folder, 4), Pooling(HIDDEN)]}
    )
    inside = folder / "model" / "0_Asym"
    inside.mkdir(parents=True)
    made.save(str(inside))
    settings = json.loads((inside / "router_config.json").read_text())
    (inside / "router_config.json").unlink()
    settings["parameters"] = {"allow_empty_key": True}
    settings["types"] = {
        name: f"sentence_transformers.models.{kind.rpartition('.')[2]}.{kind.rpartition('.')[2]}"
        for name, kind in settings["types"].items()
    }
    write_json(inside / "config.json", settings)
    kind = "sentence_transformers.models.Asym"
    write_json(inside.parent / "modules.json", [_module("0_Asym", kind)])
    return inside.parent


def old_clip(folder: Path) -> Path:
    """Write a CLIP as versions before 5.4 did: a module of its own, in a folder."""
    clip(folder / "0_CLIPModel")
    kind = "sentence_transformers.models.CLIPModel"
    write_json(folder / "modules.json", [_module("0_CLIPModel", kind)])
    return folder


def _module(path: str, kind: str) -> dict[str, Any]:
    return {"idx": 0, "name": "0", "path": path, "type": kind}


def amend(path: Path, **changes: Any) -> None:
    """Change what a file of settings says."""
    content = json.loads(path.read_text("utf-8")) if path.exists() else {}
    write_json(path, content | changes)
