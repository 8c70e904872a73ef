"""How each contender is run: one fresh process a run, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from performance.tools import answer, ours
from performance.tools.child import ChildFailed, Outcome, environment, run_child
from performance.tools.contender import AUTO, COLD, CONTENDERS, WARM, Contender
from performance.tools.files import WARM_UP, WORKLOAD

_WARM_UP_TASK = "DemoSTS"


@dataclass(frozen=True, slots=True)
class Question:
    """What all contenders are asked, and with how many threads."""

    model: str
    tasks: str
    threads: int
    device: str = "cpu"
    data_dir: str | None = None
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Runs:
    """Starts programs and reads what they leave behind.

    Attributes:
        question: what is asked.
        folder: for everything that is written on the way; empty at first.
        pythons: interpreters, by contender, that are not this one.
        limit: seconds that one run may take; None for any.
    """

    question: Question
    folder: Path
    pythons: dict[str, str]
    limit: float | None = None

    # --- beside the clock -----------------------------------------------------------------------

    def prepare(self) -> dict[str, Any]:
        """Write the workload; return what is known of it, `prepare.write_workload`.

        Raises:
            ChildFailed: model, tasks or data cannot be had; the last words say why.
        """
        asked = self.question
        command = [
            sys.executable, "-m", "performance.tools.prepare", "--output", str(self.folder),
            *self._asked(asked.tasks),
        ]  # fmt: skip
        network = {name: os.environ.get(name, "0") for name in ("HF_HUB_OFFLINE",)}
        outcome = self._run(command, **network, TRANSFORMERS_OFFLINE="0")
        return _last_line(outcome)

    def machine(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Measure the machine's products, `machine.measure`.

        Raises:
            ChildFailed: it cannot be done.
        """
        command = [
            sys.executable, "-m", "performance.tools.machine", "--device", self.question.device,
            "--hidden", str(facts["hidden"]), "--intermediate", str(facts["intermediate"]),
        ]  # fmt: skip
        return _last_line(self._run(command))

    def warm_up(self, name: str) -> None:
        """Run a contender on a few pairs, so that files and byte code are in memory.

        Raises:
            ChildFailed: it cannot do it.
            ValueError: its library is not installed.
        """
        contender = CONTENDERS[name]
        if name in (COLD, AUTO):
            asked = self._asked(_WARM_UP_TASK, name)
            self._ours(self.folder / "warm-up", self.folder / "warm-up-records", asked)
        elif contender.module is not None:
            self._require(contender)
            self._other(contender, WARM_UP)

    def warm_imports(self, tasks: list[str]) -> list[str]:
        """Run warm once more, and return which of torch and transformers were imported.

        Raises:
            ChildFailed: it cannot be done.
        """
        records = self.folder / "listed-records"
        asked = self._asked(",".join(tasks))
        outcome = self._ours(self._cache(COLD), records, asked, list_imports=True)
        return ours.heavy_imports(outcome.messages)

    # --- on the clock ---------------------------------------------------------------------------

    def figures(self, name: str, facts: dict[str, Any]) -> dict[str, Any]:
        """Run a contender; return its costs and scores.

        Raises:
            ChildFailed: it failed.
            ValueError: what it left behind is no answer.
        """
        if name in (COLD, AUTO):
            shutil.rmtree(self._cache(name), ignore_errors=True)
            return self._our_figures(facts["tasks"], name) | {"sent_tokens": facts["sent_tokens"]}
        if name == WARM:
            if not self._cache(COLD).is_dir():
                self._our_figures(facts["tasks"], COLD)
            return self._our_figures(facts["tasks"], COLD) | {"sent_tokens": 0}
        outcome = self._other(CONTENDERS[name], WORKLOAD)
        said = answer.read_answer(outcome.output)
        return _costs(outcome) | {
            "scores": said.scores,
            "sent_tokens": said.padded_tokens,
            "versions": said.versions,
        }

    def _cache(self, name: str) -> Path:
        return self.folder / f"{name}-cache"

    def _our_figures(self, tasks: list[str], name: str) -> dict[str, Any]:
        records = self.folder / "records"
        shutil.rmtree(records, ignore_errors=True)
        outcome = self._ours(self._cache(name), records, self._asked(",".join(tasks), name))
        said = ours.read_answer(records, outcome.output, tasks)
        return _costs(outcome) | {
            "scores": said.scores,
            "table": said.table,
            "encoded": said.encoded,
            "encode_seconds": said.encode_seconds,
            "versions": said.versions,
            "precision": said.precision,
        }

    # --- processes ------------------------------------------------------------------------------

    def _asked(self, tasks: str, name: str = COLD) -> list[str]:
        """Return the options that our programs share, and those of a contender of ours."""
        asked = self.question
        where = ["--data-dir", asked.data_dir] if asked.data_dir else []
        marked = ["--unverified-data"] if asked.unverified else []
        chosen = ["--model", asked.model, "--tasks", tasks, "--device", asked.device]
        own = ["--precision", "auto"] if name == AUTO else []
        return [*chosen, *where, *marked, *own]

    def _ours(
        self, cache: Path, records: Path, asked: list[str], *, list_imports: bool = False
    ) -> Outcome:
        command = ours.command(records, asked, list_imports=list_imports)
        return self._run(command, BENCHMARK_CACHE_DIR=str(cache))

    def _other(self, contender: Contender, workload: str) -> Outcome:
        scratch = self.folder / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        program = ["-m", str(contender.module), str(self.folder / workload)]
        return self._run(
            [self._python(contender), *program],
            MTEB_CACHE=str(scratch / "mteb"),
            HF_DATASETS_CACHE=str(scratch / "datasets"),
        )

    def _require(self, contender: Contender) -> None:
        python = self._python(contender)
        check = f"from importlib import metadata; metadata.version({contender.package!r})"
        try:
            self._run([python, "-c", check])
        except ChildFailed:
            raise ValueError(
                f"{contender.package} is not installed for {python}; "
                "pip install -r performance/requirements.txt"
            ) from None

    def _python(self, contender: Contender) -> str:
        return self.pythons.get(contender.name, sys.executable)

    def _run(self, command: list[str], **variables: str) -> Outcome:
        return run_child(command, environment(self.question.threads, **variables), self.limit)


def _last_line(outcome: Outcome) -> dict[str, Any]:
    return json.loads(outcome.output.strip().splitlines()[-1])  # type: ignore[no-any-return]


def _costs(outcome: Outcome) -> dict[str, Any]:
    return {
        "seconds": outcome.seconds,
        "processor_seconds": outcome.processor_seconds,
        "peak_bytes": outcome.peak_bytes,
    }
