"""Which tasks are scored at the same time, and what becomes of those that fail."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from benchmark.datasets.files import LoadedData
from benchmark.tasks import task_by_id
from benchmark.tasks.loading import TaskData
from benchmark.tasks.side_by_side import side_by_side

TRAINED = task_by_id("STSBenchmark-finetune")


def entry(name: str, kind: str = "relatedness") -> TaskData:
    return TaskData(replace(TRAINED, id=name, kind=kind), LoadedData((), "", True, "memory"))


def test_several_that_need_one_core_are_in_work_at_the_same_time() -> None:
    both, here = threading.Barrier(2, timeout=20), threading.get_ident()
    threads = {}

    def score(entry: TaskData) -> str:
        threads[entry.task.id] = threading.get_ident()
        if entry.task.kind == "relatedness":
            both.wait()  # fails after its time where one waits for the other to end
        return entry.task.id

    entries = [entry("first"), entry("cosines", "similarity"), entry("second")]
    with side_by_side(entries, score) as scored:
        assert [scored(one) for one in entries] == ["first", "cosines", "second"]
    assert threads["cosines"] == here
    assert here not in {threads["first"], threads["second"]}


@pytest.mark.parametrize("kind", ["relatedness", "similarity", "of somebody else"])
def test_one_alone_and_others_are_scored_here(kind: str) -> None:
    with side_by_side([entry("only", kind)], lambda _: threading.get_ident()) as scored:
        assert scored(entry("only", kind)) == threading.get_ident()
        assert scored(entry("another")) == threading.get_ident()  # which was not announced


def test_an_error_is_raised_when_its_task_is_asked_for() -> None:
    def score(entry: TaskData) -> str:
        if entry.task.id == "bad":
            raise ValueError("bad")
        return entry.task.id

    with side_by_side([entry("bad"), entry("good")], score) as scored:
        assert scored(entry("good")) == "good"
        with pytest.raises(ValueError, match="bad"):
            scored(entry("bad"))


def test_whoever_leaves_early_waits_for_nothing_that_has_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    begun, go_on, worked = threading.Event(), threading.Event(), []

    def score(entry: TaskData) -> None:
        worked.append(entry.task.id)
        begun.set()
        go_on.wait(20)

    class Pool(ThreadPoolExecutor):
        """Lets the work end once it was told to shut down, and not before."""

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            go_on.set()
            super().shutdown(wait=wait)

    monkeypatch.setattr("benchmark.tasks.side_by_side.ThreadPoolExecutor", Pool)

    def leave() -> None:
        with side_by_side([entry("first"), entry("second")], score):
            begun.wait(20)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert worked == ["first"]
