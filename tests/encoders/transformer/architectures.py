"""Tiny models with random weights, of every architecture for text that the library maps."""

from __future__ import annotations

from typing import Any

import torch
from transformers import AutoModel
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

LAYERS = 3
WORDS = 128

_TEXT = ("MASKED_LM", "CAUSAL_LM", "SEQUENCE_CLASSIFICATION", "TEXT_ENCODING")
MODEL_TYPES = sorted(
    set(modeling_auto.MODEL_MAPPING_NAMES).intersection(
        *[
            {
                kind
                for task in _TEXT
                for kind in getattr(modeling_auto, f"MODEL_FOR_{task}_MAPPING_NAMES")
            }
        ]
    )
)
"""What ``AutoModel`` loads, and a task of text is mapped for too."""

_WIDE = ("hidden_size", "d_model", "n_embd", "dim", "embedding_size", "emb_dim")
_INNER = ("intermediate_size", "hidden_dim", "ffn_dim", "d_ff", "d_inner")
_INNER_HALVES = ("encoder_ffn_dim", "decoder_ffn_dim")
_DEEP = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_DEEP_HALVES = ("encoder_layers", "decoder_layers")
_HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads")
_HEADS_HALVES = ("encoder_attention_heads", "decoder_attention_heads")
_LONG = ("max_position_embeddings", "n_positions", "max_position")
_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")

_SMALL: dict[str, Any] = {
    "vocab_size": WORDS,
    "pad_token_id": 0,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "moe_intermediate_size": 16,
    "num_experts_per_tok": 2,
    **dict.fromkeys(_WIDE, 32),
    **dict.fromkeys((*_INNER, *_INNER_HALVES), 64),
    **dict.fromkeys((*_DEEP, *_DEEP_HALVES), LAYERS),
    **dict.fromkeys((*_HEADS, *_HEADS_HALVES), 4),
    **dict.fromkeys(_LONG, 64),
    **dict.fromkeys(_EXPERTS, 4),
}

_LATENT = {
    "num_key_value_heads": 4,
    "q_lora_rank": 16,
    "kv_lora_rank": 16,
    "qk_rope_head_dim": 8,
    "qk_nope_head_dim": 8,
    "v_head_dim": 8,
    "head_dim": 8,
    "n_group": 1,
    "topk_group": 1,
    "first_k_dense_replace": 1,
}
_MIXED = {"layer_types": ["linear_attention", "full_attention", "linear_attention"]}
_OWN: dict[str, dict[str, Any]] = {
    "codegen": {"rotary_dim": 4},
    "cpmant": {"prompt_types": 2, "prompt_length": 4, "segment_types": 2, "dim_head": 8},
    "deepseek_v2": _LATENT,
    "deepseek_v3": _LATENT,
    "esmc": {"num_key_value_heads": 4},
    "falcon": {"head_dim": None},
    "funnel": {
        "num_hidden_layers": None,
        "block_sizes": [1, 1, 1],
        "block_repeats": [1, 1, 1],
        "num_decoder_layers": 1,
        "d_head": 8,
    },
    "glm4_moe_lite": _LATENT,
    "gpt_neo": {"attention_types": [[["global", "local", "global"], 1]]},
    "gptj": {"rotary_dim": 4},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "mamba_d_state": 4},
    "lilt": {"channel_shrink_ratio": 2, "hidden_size": 48},
    "longcat_flash": _LATENT,
    "longformer": {"attention_window": 8},
    "luke": {"entity_vocab_size": 10, "entity_emb_size": 16},
    "mamba2": {"num_heads": 8, "head_dim": 8, "state_size": 8, "n_groups": 2},
    "minicpm3": _LATENT,
    "mistral4": _LATENT,
    "qwen3_5_moe_text": _MIXED,
    "qwen3_5_text": _MIXED,
    "qwen3_next": _MIXED,
    "reformer": {
        "attn_layers": ["local", "lsh", "local"],
        "num_hidden_layers": None,
        "axial_pos_embds_dim": [16, 16],
        "axial_pos_shape": [8, 8],
        "attention_head_size": 8,
        "num_buckets": 2,
        "hash_seed": 0,
        "feed_forward_size": 64,
    },
    "roc_bert": {
        "pronunciation_vocab_size": 10,
        "shape_vocab_size": 10,
        "pronunciation_embed_dim": 8,
        "shape_embed_dim": 8,
    },
    "xlnet": {"max_position_embeddings": None},
    "xmod": {"languages": ["en_XX"], "default_language": "en_XX"},
    "youtu": _LATENT,
    "zaya": {"num_experts_per_tok": 1},
}

_REASONS = {
    "has a part for images or sound, with sizes of its own": (
        "blt dots3_note emu3 fuyu gemma3 gemma3n gemma4 gemma4_unified git got_ocr2 layoutlmv2 "
        "layoutlmv3 llama4 mllama modernvbert moss_transcribe_diarize musicgen musicgen_melody "
        "neomme perceiver phi4_multimodal qwen3_5 qwen3_5_moe qwen4_exp ultravbert whisper"
    ),
    "asks for the ids of its decoder: refused by the library, whatever the pooler": (
        "blenderbot blenderbot-small marian mt5 pegasus prophetnet t5 t5gemma t5gemma2 umt5"
    ),
    "has sizes that depend on each other in ways of its own; its like are here": (
        "axk1 axk2 bailing_hybrid bamba cohere_compass_text cpmant dbrx deepseek_v32 dots1 "
        "dots3_note_text gemma3n_text gemma4_text gemma4_unified_text glm_moe_dsa "
        "granitemoehybrid hy_v4 kimi_linear lfm2_moe mistral4 qwen4_exp_text xlstm zamba zamba2"
    ),
    "takes minutes where the kernels for its state space are not there": "falcon_h1 nemotron_h",
}
NOT_MADE = {kind: reason for reason, kinds in _REASONS.items() for kind in kinds.split()}
"""Architectures that are not tried, and why."""


def tiny_model(model_type: str) -> Any:
    """Return a model of a few thousand weights, in evaluation mode, the same each time."""
    kind = CONFIG_MAPPING[model_type]
    usual = kind()
    asked = _SMALL | _OWN.get(model_type, {})
    sizes = {
        name: value
        for name, value in asked.items()
        if value is not None and (hasattr(usual, name) or name in kind.attribute_map)
    }
    config = kind(**sizes)
    if model_type == "funnel":  # of its two classes, the one that gives a state for each token
        config.architectures = ["FunnelModel"]
    torch.manual_seed(0)
    return AutoModel.from_config(config).eval()
