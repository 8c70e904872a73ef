"""A batch in chunks is the batch at once: its losses, its gradients, and less memory for it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from benchmark.errors import UsageError
from benchmark.training import masked
from benchmark.training.objectives.simcse import SimCSE
from tests.training.objectives.networks import Make, batch, diffcse, pairs, simcse

CLOSE = 1e-10
CASES: list[tuple[str, Make, int]] = [
    ("simcse", "bert", 2), ("simcse", "roberta", 3), ("diffcse", "bert", 2),
    ("diffcse", "roberta", 2),
]  # fmt: skip


def built(kind: str, make: Make) -> Any:
    return simcse(make, hard_weight=0.7) if kind == "simcse" else diffcse(make, weight=0.3)


def given(kind: str, make: Make, views: int) -> dict[str, Tensor]:
    found = batch(make, 3) if views == 3 else pairs(make)
    if kind == "diffcse":
        random = torch.Generator().manual_seed(3)
        vocabulary = built(kind, make).vocabulary
        found["masked_ids"] = masked(found["input_ids"], vocabulary, 0.4, random)
    return found


def chunked(module: nn.Module, chunk: int) -> Any:
    """Return a copy of an objective that computes so many sentences at a time."""
    found = copy.deepcopy(module)
    contrast = found if isinstance(found, SimCSE) else found.contrast
    contrast.chunk = chunk
    return found


def assert_same(found: Any, whole: Any, of_chunks: nn.Module, at_once: nn.Module) -> None:
    for name in ("total", "contrastive", "replaced"):
        mine, theirs = getattr(found, name), getattr(whole, name)
        assert (mine is None) is (theirs is None)
        if mine is not None:
            torch.testing.assert_close(mine, theirs, rtol=CLOSE, atol=CLOSE)
    found.total.backward()
    whole.total.backward()
    expected = {name: parameter.grad for name, parameter in at_once.named_parameters()}
    for name, parameter in of_chunks.named_parameters():
        if expected[name] is None:
            assert parameter.grad is None
        else:
            torch.testing.assert_close(parameter.grad, expected[name], rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize("chunk", [1, 2, 5])
@pytest.mark.parametrize(("kind", "make", "views"), CASES)
def test_chunks_are_the_whole_batch(kind: str, make: Make, views: int, chunk: int):
    module = built(kind, make).eval()
    of_chunks, rows = chunked(module, chunk), given(kind, make, views)
    assert_same(of_chunks(**rows), module(**rows), of_chunks, module)


@contextmanager
def dropping(monkeypatch: pytest.MonkeyPatch, kept: list[Tensor] | None) -> Iterator[list[Tensor]]:
    """Within, dropout multiplies by what it draws, or by what is given, in order."""
    drawn: list[Tensor] = []
    given = None if kept is None else iter(kept)

    def dropout(rows: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False):
        if not training or p == 0:
            return rows
        mask = (
            torch.bernoulli(torch.full_like(rows, 1 - p, requires_grad=False)) / (1 - p)
            if given is None
            else next(given)
        )
        drawn.append(mask)
        return rows * mask

    with monkeypatch.context() as patched:
        patched.setattr(nn.functional, "dropout", dropout)
        yield drawn


@pytest.mark.parametrize(("kind", "make", "views"), CASES)
def test_what_was_dropped_is_dropped_again(
    kind: str, make: Make, views: int, monkeypatch: pytest.MonkeyPatch
):
    """In the second pass of a chunk; the whole batch, with the same dropped, is the same."""
    module = built(kind, make).train()
    of_chunks, rows = chunked(module, 2), given(kind, make, views)
    torch.manual_seed(0)
    with dropping(monkeypatch, None) as drawn:
        found = of_chunks(**rows)
        # Five sentences are three chunks; each network asks for its own number of masks in each.
        masks, joined, at = list(drawn), [], 0
        sizes = [2 * views, 2 * views, views]
        while at < len(masks):
            width = next(
                n for n in range(1, len(masks))
                if at + 3 * n <= len(masks)
                and [len(masks[at + n * part]) for part in range(3)] == sizes
            )  # fmt: skip
            joined += [torch.cat(masks[at + n : at + 3 * width : width]) for n in range(width)]
            at += 3 * width
        with dropping(monkeypatch, joined):
            whole = module(**rows)
        assert_same(found, whole, of_chunks, module)
    # Each chunk of a trained network was drawn for twice, the generator's once.
    assert len(drawn) > len(masks)


@pytest.mark.parametrize("kind", ["simcse", "diffcse"])
def test_no_network_sees_more_than_a_chunk_and_nothing_of_it_is_kept(kind: str):
    module, seen = built(kind, "bert").train(), []
    of_chunks = chunked(module, 1)
    networks = [of_chunks.encoder] if kind == "simcse" else [
        of_chunks.contrast.encoder, of_chunks.generator, of_chunks.discriminator
    ]  # fmt: skip
    for network in networks:
        network.register_forward_pre_hook(
            lambda _, __, read: seen.append(len(read["input_ids"])), with_kwargs=True
        )
    rows, kept = given(kind, "bert", 2), []
    for objective in (module, of_chunks):
        sizes: list[int] = []

        def keep(values: Tensor, sizes: list[int] = sizes) -> Tensor:
            sizes.append(values.numel())
            return values

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda values: values):
            losses = objective(**rows)
        kept.append(sum(sizes))
        losses.total.backward()
    assert set(seen) == {2}
    # Five forward and five once more, but for the generator.
    assert len(seen) == (10 if kind == "simcse" else 25)
    assert kept[1] < kept[0] / 10


def test_without_gradients_nothing_is_computed_twice():
    module = chunked(simcse("bert").eval(), 2)
    seen: list[int] = []
    module.encoder.register_forward_pre_hook(
        lambda _, __, read: seen.append(len(read["input_ids"])), with_kwargs=True
    )
    with torch.no_grad():
        module(**pairs("bert"))
    assert seen == [4, 4, 2]


def test_mixed_precision_is_that_of_the_first_pass():
    module = simcse("bert").float().eval()
    of_chunks, rows = chunked(module, 2), pairs("bert")
    gradients = []
    for objective in (module, of_chunks):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = objective(**rows).total
        loss.backward()
        gradients.append(torch.cat([p.grad.flatten() for p in objective.encoder.parameters()]))
    # A product's gradient is rounded for each chunk.
    largest = gradients[0].abs().max()
    assert (gradients[0] - gradients[1]).abs().max() < 4 * torch.finfo(torch.bfloat16).eps * largest


def test_a_chunk_of_nothing_is_refused():
    with pytest.raises(UsageError, match="`chunk` 0"):
        simcse("bert", chunk=0)
