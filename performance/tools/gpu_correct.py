"""Does a GPU give the CPU's vectors? Families, poolers, precisions, lengths, batches.

    python -m performance.tools.gpu_correct --json F --seconds 60 [--device cuda] [--model M]

Float32 is held to 1e-5 of the largest entry. In 16 bits each layer rounds some ten times, and
errors add up like a random walk: sqrt(10 layers) units of rounding for a vector. A single entry,
the largest of many, is held to eight times that; the cosine to what eight times that makes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.embeddings import embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.transformer.encoder import TransformerEncoder
from benchmark.encoders.transformer.poolers import POOLERS
from benchmark.options import EncoderOptions
from performance.tools.findings import Entry, Findings
from performance.tools.gpu_part import Asked, run_part
from performance.tools.random_encoders import write_families
from performance.tools.sentences import sentences

TOLERANCE = 1e-5
"""Of the largest entry, in float32."""

_TIMES = 8
_PRECISIONS = ("float32", "tf32", "bfloat16", "float16")
_ECHO = "Document:{/}{text}{/} Document again:{/}{text}{/}"
_MASKED = 'This sentence : "{text}" means {mask}.'


def measure(findings: Findings, asked: Asked) -> None:
    """Compare all families; those of random weights are written first."""
    folders = write_families(asked.folder, tiny=asked.tiny)
    if asked.model:
        folders["model"] = Path(asked.model)
    for precision in _PRECISIONS:  # all families in float32 first
        for name, folder in folders.items():
            for kind, options in _kinds(name).items():
                label = f"{name}, {kind}, {precision}"
                question = partial(_compared, asked, str(folder), options, precision)
                findings.measure(label, question, needs=2.0)
    for name, folder in folders.items():
        for precision in ("float32", "bfloat16"):
            question = partial(_batches, asked, str(folder), precision)
            findings.measure(f"{name}, batches, {precision}", question, needs=2.0)


def _kinds(family: str) -> dict[str, dict[str, Any]]:
    """Return the options of the encoders that together have every pooler."""
    kinds: dict[str, dict[str, Any]] = {"plain": {"pooler": "avg"}}
    if family == "Llama":
        return kinds | {"copies": {"pooler": "last_copy", "template": _ECHO}}
    kinds["mask"] = {"pooler": "mask", "template": _MASKED}
    if family != "model":
        kinds["less template, head"] = {"pooler": "mask-template:head", "template": _MASKED}
        kinds["layers, joined"] = {"pooler": "avg@-2+max"}
    if family == "BERT":
        kinds["transform"] = {"pooler": "mask:transform", "template": _MASKED}
    return kinds


def texts() -> list[str]:
    """Return sentences of many lengths: empty, of one token, and beyond the model's limit."""
    most = " ".join(["wooden boats and maps"] * 200)
    several = [*sentences(40), *(" ".join(sentences(n)) for n in (2, 3, 5, 9))]
    return ["", " ", "a", "boats", "Maps .", *several, most, f"clocks {most}", "ünïcode 🙂"]


def encoder_of(model: str, device: str, precision: str, **options: Any) -> TransformerEncoder:
    """Return the encoder of a folder.

    Raises:
        TypeError: it is no transformer.
    """
    asked = EncoderOptions(device=device, precision=precision, **options)  # type: ignore[arg-type]
    encoder = build_encoder(parse_reference(model), "sts", asked)
    if not isinstance(encoder, TransformerEncoder):
        raise TypeError(f"{model} is no transformer")
    return encoder


@contextmanager
def tf32(wanted: bool) -> Iterator[None]:
    """Let float32 products be computed in TF32, or not."""
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if wanted else "highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def _compared(asked: Asked, model: str, options: dict[str, Any], precision: str) -> Entry:
    """Return by pooler how far the device's vectors are from the CPU's in float32."""
    own = "float32" if precision == "tf32" else precision
    encoder = encoder_of(model, asked.device, own, **options)
    reference = _reference(model, tuple(options.items()))
    poolers = tuple(reference)
    layers = int(encoder.checkpoint.config()["num_hidden_layers"])
    with tf32(precision == "tf32"):
        found = _by_pooler(encoder, poolers)
        again = _by_pooler(encoder, poolers)
    compared = {name: difference(found[name], reference[name], texts()) for name in poolers}
    entry: Entry = {
        "poolers": compared,
        "largest": max(one["relative"] for one in compared.values()),
        "least_cosine": min(one["least_cosine"] for one in compared.values()),
        "same_bits_again": all(np.array_equal(found[name], again[name]) for name in poolers),
        "dtypes": sorted({str(matrix.dtype) for matrix in found.values()}),
    }
    if precision == "tf32":
        return entry
    bounds = _bounds(precision, layers)
    entry |= bounds
    wrong = [
        f"{name}: {one['relative']:.2g} of the largest entry, cosine {one['least_cosine']:.6f}, "
        f"{one['where']}"
        for name, one in compared.items()
        if not (one["relative"] <= bounds["bound"] and one["least_cosine"] >= bounds["cosine"])
    ]
    return entry | ({"wrong": "; ".join(wrong)} if wrong else {})


def _bounds(precision: str, layers: int) -> dict[str, float]:
    import torch

    if precision == "float32":
        return {"bound": TOLERANCE, "cosine": 1 - 1e-6}
    unit = float(torch.finfo(getattr(torch, precision)).eps) / 2
    walk = _TIMES * unit * (10 * layers) ** 0.5
    return {"bound": walk, "cosine": 1 - walk**2 / 2}


@cache
def _reference(model: str, options: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """Return the CPU's vectors by pooler."""
    encoder = encoder_of(model, "cpu", "float32", **dict(options))
    own = encoder.pooler
    plain = own.name in POOLERS
    has_head = encoder.checkpoint.config()["model_type"] != "llama"
    poolers = (
        [name for name in encoder.poolers if has_head or not POOLERS[name].needs_head]
        if plain
        else []
    )
    return _by_pooler(encoder, tuple(poolers) if plain else (own.name,))


def _by_pooler(encoder: TransformerEncoder, poolers: tuple[str, ...]) -> dict[str, Any]:
    """Return the (n, d) pooled vectors by pooler, all of one pass over the layers."""
    asked = encoder if poolers == (encoder.pooler.name,) else encoder.pooled(*poolers)
    if len(poolers) == 1:
        return {poolers[0]: embed(asked, texts())[texts()]}
    whole = embed(asked, texts())[texts()]
    parts = np.split(whole, len(poolers), axis=1)
    return dict(zip(poolers, parts, strict=True))


def difference(found: Any, expected: Any, sentences: list[str]) -> Entry:
    """Return how far vectors are from others: relative to the largest entry, cosine, and where."""
    if found.shape != expected.shape:
        return {"relative": float("inf"), "least_cosine": -1.0, "where": f"shape {found.shape}"}
    apart = np.abs(found.astype(np.float64) - expected).max(axis=1)
    worst = int(np.argmax(np.where(np.isfinite(apart), apart, np.inf)))
    norms = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    products = (found.astype(np.float64) * expected).sum(axis=1)
    cosines = np.divide(products, norms, out=np.ones(len(norms)), where=norms > 0)
    return {
        "relative": float(apart[worst] / np.abs(expected).max()),
        "largest_difference": float(apart[worst]),
        "largest_entry": float(np.abs(expected).max()),
        "least_cosine": float(cosines.min()),
        "where": f"sentence {worst} of {len(sentences[worst].split())} words",
        "finite": bool(np.isfinite(found).all()),
    }


def _batches(asked: Asked, model: str, precision: str) -> Entry:
    """Do vectors depend on the others of a batch, or on the road that they are asked on?"""
    encoder = encoder_of(model, asked.device, precision, pooler="avg")
    many = [*texts(), *sentences(400)[40:]]
    whole = embed(encoder, many)[many]
    roads = {
        "small batches": embed(encoder, many, batch_tokens=256)[many],
        "one at a time": embed(encoder, many, batch_tokens=1)[many],
        "encode": np.asarray(encoder.encode(many)),
        "backwards": embed(encoder, many[::-1])[many],
    }
    # What comes after pooling is no part of what `embed` gives.
    roads = {name: found for name, found in roads.items() if name != "encode" or not encoder.steps}
    entry: Entry = {}
    for name, found in roads.items():
        entry[name] = difference(found, whole, many) | {"same_bits": np.array_equal(found, whole)}
    bound = _bounds(precision, int(encoder.checkpoint.config()["num_hidden_layers"]))["bound"]
    wrong = [name for name, one in entry.items() if not one["relative"] <= bound]
    return entry | ({"wrong": f"depends on the batch: {', '.join(wrong)}"} if wrong else {})


if __name__ == "__main__":
    sys.exit(run_part(measure))
