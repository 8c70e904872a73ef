"""Who answers: the encoder protocol, its adapters and the model catalogue."""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.encoders.asked.reference import ModelReference, parse_reference
    from benchmark.encoders.build import build_encoder
    from benchmark.encoders.card import EncoderCard
    from benchmark.encoders.identity import vector_identity
    from benchmark.encoders.protocol import (
        CallLimits,
        Encoder,
        PooledEncoder,
        TemporaryFailure,
        TokenEncoder,
        TokenizedSentences,
        TooLarge,
    )
    from benchmark.encoders.python_object import as_encoder
else:
    __getattr__ = deferred(
        __name__,
        build="build_encoder",
        card="EncoderCard",
        identity="vector_identity",
        protocol=(
            "CallLimits Encoder PooledEncoder TemporaryFailure TokenEncoder TokenizedSentences "
            "TooLarge"
        ),
        python_object="as_encoder",
        **{"asked.reference": "ModelReference parse_reference"},
    )

__all__ = [
    "CallLimits",
    "Encoder",
    "EncoderCard",
    "ModelReference",
    "PooledEncoder",
    "TemporaryFailure",
    "TokenEncoder",
    "TokenizedSentences",
    "TooLarge",
    "as_encoder",
    "build_encoder",
    "parse_reference",
    "vector_identity",
]
