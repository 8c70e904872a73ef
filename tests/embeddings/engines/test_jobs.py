"""How work is cut into jobs: every place once, in batches as they are for one process."""

from __future__ import annotations

from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmark.embeddings.engines.replica import items_of, jobs
from benchmark.embeddings.work import Work
from benchmark.encoders import CallLimits

LENGTHS = st.lists(st.integers(1, 600), max_size=200)
JOB_TOKENS = 4096
CHUNK = CallLimits().sentences


def work_of(lengths: list[int], budget: int) -> Work:
    """Return work of rows of these lengths, each of which tells its place."""
    rows = [[place] * length for place, length in enumerate(lengths)]
    signs = np.array([-1 if place % 5 == 0 else 1 for place in range(len(rows))], np.int32)
    return Work(rows, np.array(lengths, np.int32) * signs, budget)


@given(lengths=LENGTHS, budget=st.integers(1, 5000))
def test_jobs_are_the_batches_of_one_process_in_pieces(lengths: list[int], budget: int) -> None:
    work = work_of(lengths, budget)
    cut = list(jobs(work))
    assert list(chain.from_iterable(cut)) == list(work.batches())
    assert all(cut)
    places = [place for job in cut for batch in job for place in batch]
    assert sorted(places) == list(range(len(lengths)))


@given(lengths=LENGTHS, budget=st.integers(1, 5000))
def test_jobs_are_worth_sending_and_no_longer(lengths: list[int], budget: int) -> None:
    cut = list(jobs(work_of(lengths, budget)))
    sizes = [sum(lengths[place] for batch in job for place in batch) for job in cut]
    last_batch = [sum(lengths[place] for place in job[-1]) for job in cut]
    assert all(size >= JOB_TOKENS for size in sizes[:-1])
    assert all(size - last < JOB_TOKENS for size, last in zip(sizes, last_batch, strict=True))


@given(lengths=LENGTHS, budget=st.integers(1, 5000))
def test_items_go_with_their_places(lengths: list[int], budget: int) -> None:
    work = work_of(lengths, budget)
    for job in jobs(work):
        for batch, items in zip(job, items_of(work, job), strict=True):
            assert [row[0] for row in items] == batch
            assert len({len(row) for row in items}) == 1


def test_chunks_of_sentences_go_one_by_one() -> None:
    """Nobody knows how long an encoder of one's own takes for a thousand."""
    sentences = [f"{place}" for place in range(3 * CHUNK + 1)]
    work = Work(sentences, np.zeros(len(sentences), np.int32), None)
    sizes = [[len(batch) for batch in job] for job in jobs(work)]
    assert sizes == [[CHUNK], [CHUNK], [CHUNK], [1]]


def test_no_work_no_jobs() -> None:
    assert list(jobs(Work([], np.zeros(0, np.int32), None))) == []
    assert list(jobs(Work([], np.zeros(0, np.int32), 100))) == []
