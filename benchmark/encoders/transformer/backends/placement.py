"""Where the weights of a model go in torch, and in which form: one device, all GPUs, fewer bits.

Both extra forms are those of transformers: ``device_map`` of accelerate, which puts layer after
layer on the next GPU, and ``quantization_config`` of bitsandbytes (NF4 of QLoRA, LLM.int8).
"""

from __future__ import annotations

from typing import Any

from benchmark.encoders.device import ALL_GPUS, QUANTIZED, choose_device
from benchmark.encoders.transformer.backends.backend import Computation
from benchmark.encoders.transformer.heads import add_transform
from benchmark.encoders.transformer.weights import load_model
from benchmark.errors import ModelError

_BESIDE = "bfloat16"
"""Type of what stays unquantized, and of activations: that in which models of today are trained."""


def placed_model(computation: Computation) -> Any:
    """Return a checkpoint's transformer on its device, in the precision of its card.

    Raises:
        ModelError: the weights cannot be loaded, lack what the pooler needs, or fit no GPU.
        UsageError: the device is not there.
    """
    device = choose_device(computation.device)
    precision = computation.card.precision
    told = _told(computation, device)
    model = load_model(
        computation.checkpoint,
        needs_head=computation.pooler.needs_head,
        trust_remote_code=computation.trust_remote_code,
        precision=precision,
        **told,
    )
    if computation.pooler.needs_transform:
        add_transform(model, computation.checkpoint)
    if not told:
        return model.to(device)
    require_on_gpus(computation.checkpoint.name, getattr(model, "hf_device_map", {}))
    return model


def _told(computation: Computation, device: Any) -> dict[str, Any]:
    """Return what the loading library is told; nothing for one device and all bits."""
    spread = computation.device == ALL_GPUS
    precision = computation.card.precision
    if precision not in QUANTIZED:
        return {"device_map": "auto"} if spread else {}
    told: dict[str, Any] = {"device_map": "auto" if spread else {"": device}, "dtype": _BESIDE}
    if not is_quantized(computation.checkpoint.config()):
        told["quantization_config"] = _quantization(precision)
    return told


def is_quantized(config: dict[str, Any]) -> bool:
    """Tell whether a checkpoint holds weights that bitsandbytes quantized."""
    return bool(config.get("quantization_config"))


def _quantization(precision: str) -> Any:
    import torch
    from transformers import BitsAndBytesConfig

    if precision == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=getattr(torch, _BESIDE),
    )


def require_on_gpus(name: str, places: dict[str, Any]) -> None:
    """Refuse a model that is not wholly on GPUs: the rest would be read again for every batch.

    Args:
        name: of the model.
        places: of its parts, as accelerate chose them.

    Raises:
        ModelError: a part is elsewhere.
    """
    away = [part for part, place in places.items() if str(place) in ("cpu", "disk")]
    if away:
        raise ModelError(
            f"{name}: {len(away)} of its {len(places)} parts do not fit the GPUs here ({away[0]} "
            "is the first); use `precision` bfloat16, 8bit or 4bit, or `device` cpu"
        )
