"""Graphs that a folder brings in the place of weights: ``onnx/model.onnx``, ``openvino_model.xml``.

They are computed as they were published, in whatever precision they are. Pooling and all that comes
behind it is done here, as for weights.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.device import as_memory_error
from benchmark.encoders.transformer.backends.backend import Computation, Compute
from benchmark.encoders.transformer.hidden import Hidden
from benchmark.encoders.transformer.weights import quiet
from benchmark.errors import ModelError

Ids = NDArray[np.integer[Any]]

_TOKENS = ("last_hidden_state", "token_embeddings")
"""What exporters call the token vectors, the usual one first."""

_RANGES_OF_A_BATCH = b"DynamicQuantizeLinear"
"""An operation whose ranges are those of what is computed together."""


class Graph(Protocol):
    """A graph that is ready to compute.

    Attributes:
        inputs: type of each input, by name.
        outputs: names of what comes out.
    """

    inputs: Mapping[str, np.dtype[Any]]
    outputs: Sequence[str]

    def run(self, feeds: Mapping[str, Ids], output: str) -> NDArray[np.floating[Any]]:
        """Return one output for arrays of (n, length)."""
        ...


class PublishedCompute(Compute):
    """A published graph and a pooler."""

    def __init__(self, computation: Computation, graph: Graph, path: Path) -> None:
        """Look at what a graph takes and gives.

        Raises:
            ModelError: it takes what is not known here, gives no token vectors, or the pooler takes
                what is not in it.
        """
        from transformers import AutoConfig

        checkpoint = computation.checkpoint
        with quiet():
            config = AutoConfig.from_pretrained(
                checkpoint.folder,
                local_files_only=True,
                trust_remote_code=computation.trust_remote_code,
            )
        self._graph, self._pooler, self._marks = graph, computation.pooler, computation.marks
        self._model = SimpleNamespace(config=config, name_or_path=checkpoint.name, published=True)
        self._alone = _holds(path, _RANGES_OF_A_BATCH)
        found = [name for name in _TOKENS if name in graph.outputs]
        if not found:
            raise ModelError(
                f"{path}: gives {', '.join(graph.outputs)[:200]}, none of which is "
                f"{' or '.join(_TOKENS)}: there is nothing to pool"
            )
        if computation.pooler.needs_transform or computation.pooler.needs_bare:
            raise ModelError(
                f"{path}: pooler {computation.pooler.name} takes more than its token vectors"
            )
        self._output = found[0]
        if other := [name for name in graph.inputs if name not in _FEEDS]:
            raise ModelError(
                f"{path}: takes {other[0]}, which is not given here; there are {', '.join(_FEEDS)}"
            )

    def __call__(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the (n, d) vectors of n token id lists of one length.

        Raises:
            MemoryError: too much for the device.
            ModelError: the pooler takes what the graph does not give.
        """
        with as_memory_error():
            if self._alone:  # else a vector would depend on its neighbours
                return np.concatenate([self._pooled(np.array([row])) for row in rows])
            return self._pooled(np.array(rows))

    def _pooled(self, ids: Ids) -> NDArray[np.float32]:
        import torch

        feeds = {name: _FEEDS[name](ids).astype(kind) for name, kind in self._graph.inputs.items()}
        tokens = torch.from_numpy(np.array(self._graph.run(feeds, self._output)))
        output = {"last_hidden_state": tokens}
        there = torch.from_numpy(ids.astype(np.int64))
        hidden = Hidden(self._pooler, self._model, there, output, self._marks)
        return self._pooler.reduce(hidden).float().numpy()


_FEEDS: Mapping[str, Callable[[Ids], Ids]] = {
    "input_ids": lambda ids: ids,
    "attention_mask": np.ones_like,
    "token_type_ids": np.zeros_like,
    "position_ids": lambda ids: np.broadcast_to(np.arange(ids.shape[1]), ids.shape),
}
"""What a graph may take beside the ids, of a batch without padding."""


def _holds(path: Path, word: bytes) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(word) >= 0
