"""Encode some sentences once, and say what it took: one point of a curve.

    python -m performance.tools.encoding --model M --sentences 200 [--workers 2]

The road is that of every run (`benchmark.embeddings.embed`), without a store. Threads are those
of the environment.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from benchmark.embeddings import Local, embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.transformer.encoder import TransformerEncoder
from benchmark.options import EncoderOptions
from performance.tools.least_work import shape_of
from performance.tools.machine import measure
from performance.tools.sentences import sentences


def main() -> int:
    """Encode, and print one JSON line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--sentences", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    print(json.dumps(encode_once(given.model, given.sentences, given.workers)))
    return 0


def encode_once(model: str, count: int, workers: int) -> dict[str, Any]:
    """Return tokens, operations, seconds, and the machine's rate for this model's products."""
    options = EncoderOptions(pooler="avg", device="cpu")
    encoder = build_encoder(parse_reference(model), "sts", options)
    if not isinstance(encoder, TransformerEncoder):
        raise TypeError(f"{model} is no transformer")
    texts = sentences(count)
    report = embed(encoder, texts, engine=Local(workers)).report
    shape = shape_of(encoder.checkpoint.config())
    lengths = [len(row) for row in encoder.tokenize(texts).ids]
    return {
        "tokens": report.tokens,
        "operations": shape.operations(lengths),
        "load_seconds": report.load_seconds,
        "encode_seconds": report.encode_seconds,
        "rate": measure(shape, seconds=1.0)["rate"],
    }


if __name__ == "__main__":
    sys.exit(main())
