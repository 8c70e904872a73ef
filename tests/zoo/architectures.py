"""Architectures as ``save_pretrained`` writes them, which sentence-transformers reads as well."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from tests.encoders.transformer.architectures import tiny_model
from tests.zoo.animals import Animal
from tests.zoo.owners import of_sentence_transformers, of_the_encoder
from tests.zoo.vocabularies import Kind, size_of, write_tokenizer

_ENCODERS: dict[str, Kind] = {
    "albert": "unigram",
    "bert": "wordpiece",
    "big_bird": "unigram",
    "camembert": "unigram",
    "convbert": "wordpiece",
    "data2vec-text": "bytes",
    "deberta": "bytes",
    "deberta-v2": "unigram",
    "distilbert": "wordpiece",
    "electra": "wordpiece",
    "ernie": "wordpiece",
    "esm": "wordpiece",
    "flaubert": "unigram",
    "fnet": "unigram",
    "ibert": "bytes",
    "layoutlm": "wordpiece",
    "longformer": "bytes",
    "megatron-bert": "wordpiece",
    "mobilebert": "wordpiece",
    "modernbert": "bytes",
    "mpnet": "wordpiece",
    "nystromformer": "unigram",
    "rembert": "unigram",
    "roberta": "bytes",
    "roberta-prelayernorm": "bytes",
    "roformer": "wordpiece",
    "squeezebert": "wordpiece",
    "xlm": "unigram",
    "xlm-roberta": "unigram",
    "xlm-roberta-xl": "unigram",
    "xlnet": "unigram",
    "yoso": "unigram",
}
_DECODERS: dict[str, Kind] = {
    "cohere": "bytes",
    "falcon": "bytes",
    "gemma": "spm-bos",
    "gemma2": "spm-bos",
    "gemma3_text": "spm-bos",
    "gpt2": "bytes",
    "gpt_neo": "bytes",
    "gpt_neox": "bytes",
    "granite": "bytes",
    "llama": "spm-bos",
    "mistral": "spm-bos",
    "mixtral": "spm-bos",
    "olmo2": "bytes",
    "opt": "bytes",
    "phi": "bytes",
    "phi3": "spm-bos",
    "qwen2": "qwen2",
    "qwen3": "qwen2",
    "rwkv": "bytes",
    "smollm3": "bytes",
    "stablelm": "bytes",
    "starcoder2": "bytes",
}
_BOTH: dict[str, Kind] = {
    "bart": "bytes",
    "mbart": "spm-eos",
    "mvp": "bytes",
    "plbart": "spm-eos",
}
_HALVES: dict[str, Kind] = {"m2m_100": "spm-eos", "pegasus": "spm-eos"}
_T5: dict[str, dict[str, Any]] = {
    "t5": {},
    "mt5": {},
    "umt5": {},
}


def _saved(folder: Path, model: Any, kind: Kind) -> None:
    """Save a model whose weights say something: those that libraries draw are nearly zero."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            bump = float("norm" in name.lower() and name.endswith("weight"))
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.1 + bump)
    model.save_pretrained(folder)
    write_tokenizer(folder, kind)


def _lengthened(config: Any) -> None:
    for key in ("max_position_embeddings", "n_positions"):
        if isinstance(getattr(config, key, None), int) and getattr(config, key) > 0:
            setattr(config, key, 512)


def write_architecture(folder: Path, model_type: str, kind: Kind, **changes: Any) -> None:
    """Save a tiny model of an architecture, with a vocabulary for its tokenizer."""
    config = tiny_model(model_type).config
    config.update(
        {"vocab_size": size_of(kind), "pad_token_id": 0, "bos_token_id": 5, "eos_token_id": 6}
    )
    config.update(changes)
    _lengthened(config)
    _saved(folder, AutoModel.from_config(config), kind)


def write_t5(folder: Path, model_type: str, part: str, **changes: Any) -> None:
    """Save the whole model, as most are published, or its encoder alone."""
    import transformers

    sizes = {"vocab_size": size_of("spm-eos"), "d_model": 32, "d_kv": 8, "d_ff": 64, "num_heads": 4}
    layers = {"num_layers": 3, "num_decoder_layers": 2, "pad_token_id": 0}
    special = {"decoder_start_token_id": 0, "eos_token_id": 6}
    config = CONFIG_MAPPING[model_type](**sizes | layers | special | changes)
    stem = {"t5": "T5", "mt5": "MT5", "umt5": "UMT5"}[model_type]
    model = getattr(transformers, f"{stem}{part}")(config)
    _saved(folder, model, "spm-eos")


def write_causal(folder: Path, model_type: str, kind: Kind, **changes: Any) -> None:
    """Save a decoder with its language model's head, as it is published."""
    from transformers import AutoModelForCausalLM

    config = tiny_model(model_type).config
    config.update({"vocab_size": size_of(kind), "pad_token_id": 0, "bos_token_id": 5})
    config.update({"eos_token_id": 6, **changes})
    _lengthened(config)
    _saved(folder, AutoModelForCausalLM.from_config(config), kind)


def _plain(model_type: str, kind: Kind, said: str) -> Animal:
    return Animal(
        model_type,
        "transformers",
        partial(write_architecture, model_type=model_type, kind=kind),
        of_sentence_transformers,
        said=said,
    )


def _all() -> list[Animal]:
    found = [_plain(name, kind, "mean") for name, kind in _ENCODERS.items()]
    found += [
        _plain(name, kind, "decoder without its head: mean") for name, kind in _DECODERS.items()
    ]
    found += [_plain(name, kind, "the decoder's mean") for name, kind in _BOTH.items()]
    found += [
        replace(_plain(name, kind, "the encoder's mean"), vectors=of_the_encoder)
        for name, kind in _HALVES.items()
    ]
    for name, kind in _DECODERS.items():
        write = partial(write_causal, model_type=name, kind=kind)
        found.append(
            Animal(
                f"{name} ForCausalLM",
                "transformers",
                write,
                of_sentence_transformers,
                said="decoder with its head: the last token",
            )
        )
    for name in _T5:
        for part, what in (
            ("ForConditionalGeneration", "the whole model"),
            ("EncoderModel", "the encoder alone"),
        ):
            write = partial(write_t5, model_type=name, part=part)
            said = f"{what}: the encoder's mean"
            found.append(
                Animal(f"{name} {part}", "transformers", write, of_sentence_transformers, said=said)
            )
    return found


ARCHITECTURES: list[Animal] = _all()
