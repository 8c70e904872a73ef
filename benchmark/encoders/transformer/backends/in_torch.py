"""Transformers in torch, on whatever device it drives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.device import (
    ALL_GPUS,
    as_memory_error,
    choose_device,
    compute_threads,
)
from benchmark.encoders.raising import fails_in_one_line
from benchmark.encoders.transformer.backends.backend import MOST_STREAMS, Computation, Compute
from benchmark.encoders.transformer.backends.placement import placed_model
from benchmark.encoders.transformer.hidden import forward_and_pool

_PROBED = 8
"""Tokens that a model is tried with."""


class TorchCompute(Compute):
    """A transformer on a device.

    Attributes:
        model: in evaluation mode.
        streams: how many threads should compute batches at once: on a CPU whole batches beside
            each other are faster than single operations shared out, which wait for each other.
    """

    def __init__(self, computation: Computation) -> None:
        """Load a checkpoint.

        Raises:
            ModelError: the weights cannot be loaded, or lack what the pooler needs.
            UsageError: the device is not there.
        """
        import torch

        self._device = choose_device(computation.device)
        self._name = computation.card.name
        self._pooler, self._marks = computation.pooler, computation.marks
        self.model = placed_model(computation)
        if not computation.trust_remote_code:
            self._pack(computation)
        self._alone = computation.card.precision == "8bit"
        self._spread = computation.device == ALL_GPUS
        if self._device.type == "cpu":
            _limit_threads()
        # Code that a checkpoint brings may not bear it, nor may the way in which older versions of
        # the library keep inner layers.
        trusted = computation.trust_remote_code
        alone = trusted or self._pooler.inner or self._device.type != "cpu"
        threads = torch.get_num_threads()
        self.streams = 1 if alone else min(threads, MOST_STREAMS)
        self._stream_threads = max(1, threads // self.streams)

    def _pack(self, computation: Computation) -> None:
        """Have dense layers computed faster, unless the model then gives something else."""
        from benchmark.encoders.transformer.backends.packed import (
            can_pack,
            is_same,
            pack,
            packed_layers,
        )

        if not can_pack(self._device.type, computation.card.precision):
            return
        before = self._probed()
        if before is None:
            return
        pack(self.model)
        layers = packed_layers(self.model)
        if computation.fixed:
            for layer in layers:
                layer.release()
        if not is_same(before, self._probed(), len(layers)):
            self.model = placed_model(computation)

    def _probed(self) -> Any:
        """Return the last hidden state of a few tokens; None where the model does not take them."""
        import torch

        try:
            known = self.model.get_input_embeddings().num_embeddings
            ids = torch.arange(_PROBED)[None] % known
            with torch.inference_mode():
                output = self.model(input_ids=ids, attention_mask=ids.new_ones(ids.shape))
            return output.get("last_hidden_state")
        except Exception:  # the first batch will tell what it does not take
            return None

    def enter_stream(self) -> None:
        """Give the calling thread its share of the CPU."""
        import torch

        torch.set_num_threads(self._stream_threads)

    def leave_streams(self) -> None:
        """Give threads to come the whole CPU again.

        What a thread asks of torch holds for itself, and for every thread that is new: without
        this, those of the caller (who goes on training, say) would have a stream's share.
        """
        import torch

        torch.set_num_threads(torch.get_num_threads())

    def __call__(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the (n, d) vectors of n token id lists of one length.

        Raises:
            MemoryError: too much for the device.
        """
        import torch

        with as_memory_error(), torch.inference_mode():
            ids = torch.tensor(rows, dtype=torch.long, device=self._device)
            return self._vectors(ids).cpu().numpy()  # type: ignore[no-any-return]

    def start(self, rows: Sequence[Sequence[int]]) -> Callable[[], NDArray[np.float32]]:
        """Start on a batch and return what waits for its vectors; CUDA works alone meanwhile.

        Ids go there, and vectors come back, through pinned memory, while the next batch is
        made ready.

        Raises:
            MemoryError: too much for the device; waiting may raise it too.
        """
        if self._device.type != "cuda" or self._spread:
            return super().start(rows)
        import torch

        with as_memory_error(), torch.inference_mode():
            ids = torch.tensor(rows, dtype=torch.long).pin_memory()
            ids = ids.to(self._device, non_blocking=True)
            vectors = self._vectors(ids)
            there = torch.empty(vectors.shape, dtype=vectors.dtype, pin_memory=True)
            there.copy_(vectors, non_blocking=True)
            done: Any = torch.cuda.Event()  # type: ignore[no-untyped-call]
            # Unasked it is of the stream of the current device, which need not be this one: then
            # nobody would wait for the vectors.
            done.record(torch.cuda.current_stream(self._device))

        def wait() -> NDArray[np.float32]:
            with as_memory_error():
                done.synchronize()
            return there.numpy()

        return wait

    def _vectors(self, ids: Any) -> Any:
        """Return the (n, d) float32 vectors of (n, length) ids.

        In 8 bits one by one: LLM.int8 looks for outliers in all that is computed at once, so that
        a vector would depend on the others of its batch.
        """
        import torch

        parts = ids.split(1) if self._alone else (ids,)
        length = ids.shape[1]
        tokens = "one token" if length == 1 else f"{length:,} tokens"
        who = f"{self._name}: on a text of {tokens} its model"  # some take none that is as short
        with fails_in_one_line(who), as_memory_error(), _attention_of_torch(self._device.type):
            found = [
                forward_and_pool(self.model, part, self._pooler, self._marks) for part in parts
            ]
        return torch.cat(found).float()


load = TorchCompute


@contextmanager
def _attention_of_torch(kind: str) -> Iterator[None]:
    """On CUDA, have attention computed by torch's own kernels.

    cuDNN's, which torch prefers on some cards in 16 bits, are made ready for each new shape, in
    about 70 ms, and nearly every batch has one.
    """
    import torch

    if kind != "cuda" or not torch.backends.cuda.cudnn_sdp_enabled():  # type: ignore[no-untyped-call]
        yield
        return
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(True)


def _limit_threads() -> None:
    """Not more threads than this process may use: in a container torch counts the machine's."""
    import torch

    if torch.get_num_threads() > compute_threads():
        torch.set_num_threads(compute_threads())
