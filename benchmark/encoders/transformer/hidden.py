"""What a model gives for a batch of tokens, and what a pooler may take of that.

H0 is the output of the embedding layer (after its layer norm), Hk that of transformer layer
k, HL that of the last one (the library's ``last_hidden_state``: where the model ends with a
norm, after it).
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmark.errors import ModelError

if TYPE_CHECKING:
    import torch

    from benchmark.encoders.transformer.poolers import Pooler


@dataclass(frozen=True, slots=True)
class Copies:
    """Where copies of the sentence lie in a template of pieces; all have one length.

    Attributes:
        count: how many there are.
        others: how many tokens are of none of them.
        behind: how many of these come after the last copy.
    """

    count: int
    others: int
    behind: int


@dataclass(frozen=True, slots=True)
class Bare:
    """A template without a sentence.

    Attributes:
        ids: of its tokens.
        before: how many of them come before the place of the sentence.
    """

    ids: tuple[int, ...]
    before: int


@dataclass(frozen=True, slots=True)
class Marks:
    """What a pooler must know of the way sentences become tokens: alike for all of them.

    Attributes:
        mask: id of the tokenizer's mask token, None if it has none.
        skipped: how many tokens at the beginning are left out of every pooler but the head: a
            prompt that a folder does not want in its vectors, and the special token before it.
            Where that leaves none, means and the last token are zero, the first token is that of
            the text, and the maximum is infinite, which no task takes: as in sentence-transformers.
        copies: of the sentence, in a template that has them as pieces.
        bare: the template alone.
    """

    mask: int | None = None
    skipped: int = 0
    copies: Copies | None = None
    bare: Bare | None = None


PLAIN = Marks()
"""Nothing to know: every token counts."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What a model gives for one batch without padding: what a pooler reduces.

    Attributes:
        pooler: that asks.
        model: a transformers encoder.
        ids: (n, length) token ids.
        output: of the model.
        marks: how the sentences became tokens.
    """

    pooler: Pooler
    model: Any
    ids: torch.Tensor
    output: Any
    marks: Marks = PLAIN

    @property
    def tokens(self) -> torch.Tensor:
        """The (n, length, d) token vectors, averaged over the pooler's layers, in float32.

        Those that `Marks` leaves out are not among them.

        Raises:
            ModelError: the architecture does not give these layers.
        """
        return self.whole[:, self.marks.skipped :]

    @property
    def whole(self) -> torch.Tensor:
        """The (n, length, d) vectors as in `tokens`, with those of tokens that are left out.

        Raises:
            ModelError: the architecture does not give these layers.
        """
        states = [self._state(layer) for layer in self.pooler.layers]
        return states[0] if len(states) == 1 else sum(states[1:], start=states[0]) / len(states)

    @property
    def places(self) -> torch.Tensor:
        """The (1, length, 1) place of each token in the whole text, from 1 on.

        Summed up as whole numbers: a graph may do otherwise with truth values.
        """
        return (self.ids[:1] * 0 + 1).cumsum(dim=1)[..., None]

    @property
    def kept(self) -> torch.Tensor:
        """Which tokens are not left out, (1, length, 1): a graph has no branch for none."""
        return self.places > self.marks.skipped

    @property
    def mask(self) -> torch.Tensor:
        """The (n,) place of each text's last mask token, from 0 on.

        Raises:
            ValueError: the pooler does not say that it needs one; there may be none.
        """
        if not self.pooler.needs_mask:
            raise ValueError(f"pooler {self.pooler.name} takes a mask, and does not need it")
        is_mask: Any = (self.ids == self.marks.mask) & self.kept[..., 0]
        # The greatest place, and not where a count of masks ends: graphs count truth otherwise.
        last = (self.places[..., 0] * is_mask).amax(dim=1) - 1
        return last.clamp(min=0)  # type: ignore[no-any-return]

    @property
    def head(self) -> torch.Tensor:
        """The (n, d) output of the pooling head.

        Raises:
            ModelError: the architecture has none.
            ValueError: the pooler does not say that it needs it; what is there may be random.
        """
        if not self.pooler.needs_head:
            raise ValueError(f"pooler {self.pooler.name} takes the head, and does not need it")
        pooled = self.output.get("pooler_output")
        if pooled is None:
            raise self._refusal("the output of a pooling head", "; use `pooler` avg")
        return pooled  # type: ignore[no-any-return]

    def last_copy(self, *, to_the_end: bool = False) -> torch.Tensor:
        """Return the (1, length, 1) weights 1 of `tokens` that are of the last copy, 0 of others.

        Args:
            to_the_end: whether what comes after the copy counts, too.

        Raises:
            ValueError: nobody said where copies are.
        """
        copies = self.marks.copies
        if copies is None:
            raise ValueError(f"pooler {self.pooler.name} takes a copy, and does not need one")
        places = self.places[..., 0]
        last = places[:, -1:] - copies.behind
        length = (places[:, -1:] - copies.others) // copies.count
        chosen = places > last - length
        if not to_the_end:
            chosen = chosen & (places <= last)
        return chosen[:, self.marks.skipped :, None].float()

    @property
    def bare(self) -> Hidden:
        """What the model gives for the template alone, its end where that of these texts is.

        Positions are counted from 0, whatever the model counts from: see docs/protocol.md.

        Raises:
            ModelError: the architecture takes no positions.
            ValueError: nobody said what the template is.
        """
        import torch

        bare = self.marks.bare
        if bare is None:
            raise ValueError(f"pooler {self.pooler.name} takes the template, and there is none")
        if "position_ids" not in inspect.signature(self.model.forward).parameters:
            raise self._refusal("positions of its own", "; leave out -template")
        ids = torch.tensor([bare.ids], device=self.ids.device)
        places = torch.arange(len(bare.ids), device=self.ids.device)
        longer = (self.places[0, -1, 0] - len(bare.ids)).clamp(min=0)
        positions = places + (places >= bare.before) * longer
        output = _forward(self.model, ids, self.pooler, position_ids=positions[None])
        return replace(self, ids=ids, output=output)

    def through_head(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return what the pooling head's dense layer and activation make of (n, d) vectors.

        Raises:
            ModelError: the architecture has no head of this kind.
            ValueError: the pooler does not say that it needs it; what is there may be random.
        """
        if not self.pooler.needs_head:
            raise ValueError(f"pooler {self.pooler.name} takes the head, and does not need it")
        head = getattr(self.model, "pooler", None)
        dense, activation = getattr(head, "dense", None), getattr(head, "activation", None)
        if dense is None or activation is None:
            raise self._refusal("a pooling head of a dense layer and an activation", "")
        return activation(dense(vectors.to(dense.weight.dtype))).float()  # type: ignore[no-any-return]

    def through_transform(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return what the transform of the prediction head makes of (n, d) vectors.

        Raises:
            ValueError: the pooler does not say that it needs it, so that it was not loaded.
        """
        if not self.pooler.needs_transform:
            raise ValueError(f"pooler {self.pooler.name} takes the transform without needing it")
        transform = self.model.prediction_transform
        return transform(vectors.to(transform[0].weight.dtype)).float()  # type: ignore[no-any-return]

    def _state(self, layer: int) -> torch.Tensor:
        """Return the (n, length, d) state of a layer, in float32: sums are never taken in less.

        The last layer never stands in for another one: that would be the score of another pooler.
        """
        last = self.output.get("last_hidden_state")
        if last is None or last.shape[:2] != self.ids.shape:
            raise self._refusal("a last hidden state for each token", "; it cannot be scored")
        if layer == -1:
            return last.float()  # type: ignore[no-any-return]
        states = self.output.get("hidden_states") or ()
        depth = getattr(self.model.config.get_text_config(), "num_hidden_layers", None)
        # Else there is no telling which layer a number means.
        if depth is None or len(states) != depth + 1:
            raise self._refusal("one hidden state for each layer", "; use `pooler` avg")
        if not -depth - 1 <= layer <= depth:
            raise self._refusal(f"layer {layer}", f"; it has {depth}")
        if states[layer] is None:
            raise self._refusal("one hidden state for each layer", "; use `pooler` avg")
        if states[layer].shape != last.shape:
            raise self._refusal("hidden states of one shape", "; use `pooler` avg")
        return states[layer].float()  # type: ignore[no-any-return]

    def _refusal(self, what: str, way_out: str) -> ModelError:
        published = getattr(self.model, "published", False)
        kind = "published graph" if published else "architecture"
        return ModelError(
            f"{self.model.name_or_path}: pooler {self.pooler.name} takes {what}, and this "
            f"{kind} ({self.model.config.model_type}) does not give that{way_out}"
        )


def forward_and_pool(
    model: Any, ids: torch.Tensor, pooler: Pooler, marks: Marks = PLAIN
) -> torch.Tensor:
    """Run a model over a batch and pool it.

    Inner layers are what the library calls ``hidden_states``; which of them to keep is told to
    it by number. (Versions and architectures that do not know numbers keep all. Some versions
    number them otherwise, from the first layer on and never from the end: they are asked for all.)

    Args:
        model: a transformers encoder in evaluation mode.
        ids: (n, length) token ids, no padding among them.
        pooler: how to pool.
        marks: how the sentences became tokens.

    Returns:
        (n, d) tensor on the model's device.

    Raises:
        ModelError: the architecture does not give what the pooler takes.
    """
    return pooler.reduce(Hidden(pooler, model, ids, _forward(model, ids, pooler), marks))


def _forward(model: Any, ids: torch.Tensor, pooler: Pooler, **more: Any) -> Any:
    if pooler.inner:
        more["output_hidden_states"] = list(pooler.layers) if _takes_numbers() else True
    return model(input_ids=ids, attention_mask=ids.new_ones(ids.shape), **more)


def _takes_numbers() -> bool:
    """Tell whether the library numbers layers from H0 on, and from the end: not in 5.17.

    A module of its own does so, which is loaded with the model; nothing is imported amid an export.
    """
    capturing = sys.modules.get("transformers.utils.output_capturing")
    return hasattr(capturing, "resolve_hidden_states_indices")


def pooled_places(pooler: Pooler, ids: Sequence[int], marks: Marks = PLAIN) -> frozenset[int]:
    """Return which places of a text a pooler takes: those whose states its vector depends on.

    Each token is given a dimension of its own, and the pooler asked.
    """
    import torch

    if pooler.parts:
        return frozenset().union(*(pooled_places(part, ids, marks) for part in pooler.parts))
    if pooler.needs_head:
        return frozenset({0})
    states = {"last_hidden_state": torch.eye(len(ids))[None]}
    any_layer = replace(pooler, layers=(-1,))
    hidden = Hidden(any_layer, None, torch.tensor([list(ids)]), states, marks)
    [vector] = pooler.reduce(hidden)
    taken = vector.isfinite() & (vector != 0)
    return frozenset(taken.nonzero()[:, 0].tolist())
