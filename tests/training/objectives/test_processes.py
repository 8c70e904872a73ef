"""Several processes: negatives of all, and gradients that add up to those of one with the batch."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, distributed
from torch.nn.parallel import DistributedDataParallel

from benchmark.training import DenseHead, gathered
from tests.training.objectives.networks import WIDTH, batch, diffcse, simcse

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not distributed.is_gloo_available(), reason="torch has no gloo here"),
]
SENTENCES = {2: (4, 2), 3: (2, 3, 2)}
"""Of each process: not all have as many, as of a last batch."""
CASES: list[tuple[str, int]] = [("simcse", 2), ("simcse", 3), ("diffcse", 2)]


def built(kind: str, *, whole: bool) -> Any:
    """Return an objective whose norms are over a sentence, not over what a process has.

    One of both computes a sentence at a time.
    """
    chunk = 1 if whole else None
    if kind == "simcse":
        return simcse("bert", hard_weight=0.7, whole=whole, chunk=chunk)
    torch.manual_seed(0)
    module = diffcse("bert", head=DenseHead(WIDTH, 0.3), weight=0.3)
    module.contrast.whole, module.contrast.chunk = whole, chunk
    return module


def given(kind: str, views: int, processes: int) -> dict[str, Tensor]:
    """Return a batch of one length, with what the generator reads: nothing is drawn."""
    found = batch("bert", 3, sum(SENTENCES[processes]))
    found = {name: value[:, :views] for name, value in found.items()}
    if kind == "diffcse":
        found["masked_ids"] = torch.where(found["input_ids"] % 3 == 0, 4, found["input_ids"])
    return found


def rows_of(rank: int, batch_of_all: dict[str, Tensor], processes: int) -> dict[str, Tensor]:
    start = sum(SENTENCES[processes][:rank])
    stop = start + SENTENCES[processes][rank]
    return {name: value[start:stop] for name, value in batch_of_all.items()}


def undropped(module: torch.nn.Module) -> Any:
    for part in module.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    return module.train()


def gradients(module: torch.nn.Module) -> dict[str, Tensor]:
    return {n: p.grad for n, p in module.named_parameters() if p.grad is not None}


def one_of_several(rank: int, processes: int, folder: str) -> None:
    """Write what one process finds: losses, gradients, what it gathers."""
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=processes
    )
    found: dict[str, Any] = {}
    for kind, views in CASES:
        rows = rows_of(rank, given(kind, views, processes), processes)
        for whole in (False, True):
            module = undropped(built(kind, whole=whole))
            losses = module(**rows)
            losses.total.backward()
            found[f"{kind} {views} {whole}"] = (
                losses.contrastive.detach(),
                None if losses.replaced is None else losses.replaced.detach(),
                gradients(module),
            )  # fmt: skip
            wrapped = DistributedDataParallel(undropped(built(kind, whole=whole)))
            wrapped(**rows).total.backward()
            found[f"{kind} {views} {whole} mean"] = gradients(wrapped.module)
    # Evaluation is of one process: nobody answers.
    if rank == 0:
        rows = rows_of(0, given("simcse", 2, processes), processes)
        found["alone"] = built("simcse", whole=False).eval()(**rows).total.detach()
    found["gathered"] = gathered(torch.full((rank + 1, 2, 3), float(rank)))
    torch.save(found, f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


@pytest.fixture(scope="module", params=list(SENTENCES))
def several(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what each of two, and of three processes found."""
    folder: Path = tmp_path_factory.mktemp("processes")
    context = multiprocessing.get_context("spawn")
    started = [
        context.Process(target=one_of_several, args=(rank, request.param, str(folder)))
        for rank in range(request.param)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join(300)
        if process.exitcode != 0:
            for other in started:
                other.kill()
        assert process.exitcode == 0
    return [torch.load(folder / f"{rank}.pt") for rank in range(request.param)]


def by_name(loss: Tensor, module: torch.nn.Module) -> dict[str, Tensor]:
    """Return the gradient of each weight that is trained; zeros where the loss is not of it."""
    module.zero_grad()
    loss.backward()
    return {
        name: torch.zeros_like(p) if p.grad is None else p.grad
        for name, p in module.named_parameters()
        if p.requires_grad
    }


def close(found: Tensor, expected: Tensor, name: str = "") -> None:
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9, msg=name or None)


@pytest.mark.parametrize(("kind", "views"), CASES)
def test_the_loss_is_of_the_whole_batch(kind: str, views: int, several: Any):
    alone = undropped(built(kind, whole=False))(**given(kind, views, len(several)))
    for of_process in several:
        for whole in (False, True):
            close(of_process[f"{kind} {views} {whole}"][0], alone.contrastive.detach())


@pytest.mark.parametrize("views", [2, 3])
def test_gradients_of_processes_add_up_to_those_of_one(views: int, several: Any):
    """And their mean, which data parallel training takes, is that divided by their number."""
    module = undropped(built("simcse", whole=False))
    module(**given("simcse", views, len(several))).total.backward()
    for name, gradient in gradients(module).items():
        parts = [of_process[f"simcse {views} False"][2][name] for of_process in several]
        close(sum(parts), gradient, name)
        for of_process in several:
            close(of_process[f"simcse {views} False mean"][name], gradient / len(several), name)
            close(of_process[f"simcse {views} True mean"][name], gradient, name)


def test_the_replaced_loss_is_each_processs_own_mean(several: Any):
    """So that without `whole` lambda weighs more, by the number of processes."""
    processes = len(several)
    module = undropped(built("diffcse", whole=False))
    batch_of_all = given("diffcse", 2, processes)
    contrastive = by_name(module(**batch_of_all).contrastive, module)
    replaced = []
    for rank, of_process in enumerate(several):
        loss = module(**rows_of(rank, batch_of_all, processes)).replaced
        close(of_process["diffcse 2 False"][1], loss.detach())
        replaced.append(by_name(loss, module))
    for whole in (False, True):
        share = 1.0 if whole else 1 / processes
        for name in contrastive:
            mean = sum(of[name] for of in replaced) / processes
            for of_process in several:
                close(
                    of_process[f"diffcse 2 {whole} mean"][name],
                    share * contrastive[name] + 0.3 * mean,
                    name,
                )


def test_evaluation_asks_no_other_process(several: Any):
    processes = len(several)
    rows = rows_of(0, given("simcse", 2, processes), processes)
    expected = built("simcse", whole=False).eval()(**rows).total
    close(several[0]["alone"], expected.detach())


def test_unequal_numbers_are_gathered_in_order(several: Any):
    rows = torch.cat([torch.full((rank + 1, 2, 3), float(rank)) for rank in range(len(several))])
    for of_process in several:
        assert torch.equal(of_process["gathered"], rows)
