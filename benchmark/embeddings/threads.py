"""Threads that answer questions in the order in which they were asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Threads(Generic[Answer]):
    """Threads that answer questions, the first comer first.

    Unlike those of an executor they let a program end while they wait for a service.
    """

    def __init__(
        self,
        most: int,
        enter: Callable[[], None] | None = None,
        leave: Callable[[], None] | None = None,
    ) -> None:
        """Have so many at most; each enters before its first question, all leave together."""
        self.most = most
        self._enter = enter
        self._leave = leave
        self._crew: list[threading.Thread] = []
        self._waiting: SimpleQueue[tuple[Future[Answer], Callable[[], Answer]] | None] = (
            SimpleQueue()
        )

    def ask(self, question: Callable[[], Answer]) -> Future[Answer]:
        """Have a question answered when its turn has come."""
        answer: Future[Answer] = Future()
        self._waiting.put((answer, question))
        if len(self._crew) < self.most:
            self._crew.append(threading.Thread(target=self._work, daemon=True))
            self._crew[-1].start()
        return answer

    def end(self) -> None:
        """Let them go; what they changed for the process is put right when none computes."""
        for _ in self._crew:
            self._waiting.put(None)
        if self._leave is not None:
            for thread in self._crew:
                thread.join()
            self._leave()

    def _work(self) -> None:
        entered = self._enter is None
        while (given := self._waiting.get()) is not None:
            answer, question = given
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                if not entered and self._enter is not None:
                    self._enter()
                    entered = True
                answer.set_result(question())
            except BaseException as error:  # for whoever waits for it
                answer.set_exception(error)
