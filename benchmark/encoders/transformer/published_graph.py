"""Graphs that are published in the place of weights: which is taken, and what computes it."""

from __future__ import annotations

import logging
from dataclasses import replace

from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.files.weights_files import choose_graph, choose_weights
from benchmark.encoders.transformer.backends.backend import choose_precision
from benchmark.errors import ModelError, UsageError
from benchmark.options import Backend, EncoderOptions

logger = logging.getLogger(__name__)


def with_graph(
    checkpoint: Checkpoint, options: EncoderOptions
) -> tuple[Checkpoint, EncoderOptions]:
    """Return a graph where there are no weights, and options with the backend that it is for.

    Raises:
        ModelError: there are several.
        UsageError: it is of another backend than the one that was asked for.
    """
    if checkpoint.base is None and checkpoint.weights is None:
        names = checkpoint.names()
        if choose_weights(names):
            return checkpoint, options
        found = [path for pattern in ("*", "*/*") for path in checkpoint.folder.glob(pattern)]
        paths = [path.relative_to(checkpoint.folder).as_posix() for path in found]
        try:
            chosen = choose_graph(paths, options.backend)
        except ModelError as error:
            raise ModelError(f"{checkpoint.name}: {error}") from error
        checkpoint = replace(checkpoint, weights=chosen)
    if not checkpoint.graph:
        return checkpoint, options
    xml = str(checkpoint.weights).endswith(".xml")
    if xml and options.backend == "onnx":
        raise UsageError(f"`backend` onnx: {checkpoint.name} is published for openvino")
    backend: Backend = "openvino" if xml or options.backend == "openvino" else "onnx"
    logger.info("%s: computing its %s by %s", checkpoint.name, checkpoint.weights, backend)
    return checkpoint, replace(options, backend=backend)


def precision_of(checkpoint: Checkpoint, options: EncoderOptions) -> str:
    """Return the precision to compute in; of a graph it is in the file.

    Raises:
        UsageError: another one was asked of a graph, or it is not offered here.
    """
    if not checkpoint.graph:
        return choose_precision(options.precision, options.backend, options.device)
    if options.precision != "float32":
        raise UsageError(
            f"`precision` {options.precision}: {checkpoint.name} is a published graph, which is "
            "computed as it is"
        )
    choose_precision("float32", options.backend, options.device)
    return "published"
