"""Tiny decoders and pairs of encoder and decoder, as transformers saves them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from tokenizers import ByteLevelBPETokenizer, processors

from tests import checkpoints
from tests.checkpoints import HIDDEN, MOST_TOKENS, SENTENCES, write_json

TEXTS = (*SENTENCES, " ", "a", "the guitar plays a man " * 40, "Ünïcode \u2028 \N{GRINNING FACE}")
"""Ordinary sentences, and some that are empty, long or odd."""

_LAYERS = 3
_DECODER = {
    "hidden_size": HIDDEN,
    "intermediate_size": 48,
    "num_hidden_layers": _LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": MOST_TOKENS,
}
_T5 = {"d_model": HIDDEN, "d_kv": 8, "d_ff": 48, "num_layers": _LAYERS, "num_heads": 4}
_BART = {
    "d_model": HIDDEN,
    **dict.fromkeys(("encoder_layers", "decoder_layers"), _LAYERS),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 48),
    "max_position_embeddings": MOST_TOKENS,
    "pad_token_id": 1,
}
_PROPHET = {
    "hidden_size": HIDDEN,
    **dict.fromkeys(("num_encoder_layers", "num_decoder_layers"), _LAYERS),
    **dict.fromkeys(("num_encoder_attention_heads", "num_decoder_attention_heads"), 4),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 48),
    "max_position_embeddings": MOST_TOKENS,
    "pad_token_id": 1,
}
SIZES: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        (
            *("gemma", "gemma2", "gemma3_text", "gpt_neox", "gpt_oss", "llama", "mistral", "phi"),
            *("qwen2", "qwen3"),
        ),
        _DECODER,
    ),
    "gpt2": {"n_embd": HIDDEN, "n_layer": _LAYERS, "n_head": 4, "n_positions": MOST_TOKENS},
    "opt": _DECODER | {"ffn_dim": 48, "word_embed_proj_dim": HIDDEN},
    **dict.fromkeys(("longt5", "mt5", "switch_transformers", "t5", "umt5"), _T5),
    **dict.fromkeys(("bart", "blenderbot", "m2m_100", "marian", "mbart", "pegasus"), _BART),
    "prophetnet": _PROPHET,
}


def write(folder: Path, kind: str, head: str, *, ends: bool = True, **changes: Any) -> Any:
    """Write a checkpoint with random weights and return its model.

    Args:
        folder: of the checkpoint.
        kind: ``model_type``.
        head: class of transformers.
        ends: whether the tokenizer puts tokens around each text.
        changes: of the configuration.
    """
    write_tokenizer(folder, ["<s>", "$A", "</s>"] if ends else ["$A"])
    model = random_model(kind, head, **changes)
    model.save_pretrained(folder)
    return model


def write_tokenizer(folder: Path, template: Sequence[str], **settings: Any) -> None:
    """Write a byte-level tokenizer with a template of special tokens, and its configuration."""
    vocabulary, merges = checkpoints.byte_pairs()
    tokenizer = ByteLevelBPETokenizer(vocabulary, merges)._tokenizer
    special = [(token, vocabulary[token]) for token in template if token != "$A"]
    steps = [processors.ByteLevel(trim_offsets=False)]
    if special:
        single = " ".join(template)
        steps.append(processors.TemplateProcessing(single=single, special_tokens=special))
    tokenizer.post_processor = processors.Sequence(steps)
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
    )
    made.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    write_json(path, json.loads(path.read_text("utf-8")) | settings)


def random_model(kind: str, head: str, **changes: Any) -> Any:
    """Return a model with random weights, in evaluation mode; the same each time."""
    config = _config(kind, changes)
    torch.manual_seed(0)
    made = getattr(transformers, head)
    model = made.from_config(config) if head.startswith("Auto") else made(config)
    state = checkpoints.random_state(model, 0)
    for name, weight in model.named_parameters():
        weight.data = state[name]
    return model.eval()


def _config(kind: str, changes: Mapping[str, Any]) -> Any:
    words = {"vocab_size": len(checkpoints.byte_pairs()[0])}
    if kind == "t5gemma":
        half = transformers.T5GemmaModuleConfig(**words | _DECODER)
        return transformers.T5GemmaConfig(encoder=half, decoder=half, **words | changes)
    special = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
    if kind == "marian":
        special |= {"decoder_start_token_id": 1, "decoder_vocab_size": words["vocab_size"]}
    return transformers.AutoConfig.for_model(kind, **words | special | SIZES[kind] | changes)


def library_vectors(folder: Path, texts: Sequence[str] = TEXTS) -> NDArray[np.float32]:
    """Return the vectors that sentence-transformers makes with a folder, one text at a time."""
    from sentence_transformers import SentenceTransformer

    library = SentenceTransformer(str(folder), device="cpu")
    return np.stack([library.encode(text) for text in texts])
