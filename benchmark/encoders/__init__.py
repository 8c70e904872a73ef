"""Who answers: the encoder protocol, its adapters and the model catalogue."""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.encoders.asked.options import EncoderOptions
    from benchmark.encoders.asked.reference import ModelReference, parse_reference
    from benchmark.encoders.build import build_encoder
    from benchmark.encoders.card import EncoderCard
    from benchmark.encoders.identity import vector_identity
    from benchmark.encoders.protocol import Encoder, TokenEncoder, TokenizedSentences
    from benchmark.encoders.python_object import as_encoder
else:
    __getattr__ = deferred(
        __name__,
        build="build_encoder",
        card="EncoderCard",
        identity="vector_identity",
        protocol="Encoder TokenEncoder TokenizedSentences",
        python_object="as_encoder",
        **{
            "asked.options": "EncoderOptions",
            "asked.reference": "ModelReference parse_reference",
        },
    )

__all__ = [
    "Encoder",
    "EncoderCard",
    "EncoderOptions",
    "ModelReference",
    "TokenEncoder",
    "TokenizedSentences",
    "as_encoder",
    "build_encoder",
    "parse_reference",
    "vector_identity",
]
