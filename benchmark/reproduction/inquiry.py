"""What came out for a published row, and for all that were asked about."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmark.errors import BenchmarkError
from benchmark.printable import Printable
from benchmark.reproduction.quotations import Quotation
from benchmark.reproduction.trials import Setting, Trial, fitting

Outcome = Literal["reproduced", "explained", "unexplained", "not compared"]
"""By the documented setting, by another one, or by none; or there was nothing to compare."""


@dataclass(frozen=True)
class Inquiry:
    """A published row, and the scores of a model in every setting that was tried.

    Attributes:
        model: the name it was asked for by.
        quotation: the row.
        documented: the setting that is documented for it.
        trials: by every setting.
        failures: what could not be scored, by column.
    """

    model: str
    quotation: Quotation
    documented: Setting
    trials: tuple[Trial, ...]
    failures: Mapping[str, BenchmarkError]

    @functools.cached_property
    def measured(self) -> Trial | None:
        """The trial of the documented setting; None where nothing can be compared."""
        return next((one for one in self.trials if one.setting == self.documented), None)

    @property
    def searched(self) -> bool:
        """Whether other poolers than the documented one were tried."""
        return any(trial.setting.pooler != self.documented.pooler for trial in self.trials)

    @functools.cached_property
    def fits(self) -> list[Trial]:
        """The trials that give every figure that could be compared."""
        return fitting(self.trials)

    @functools.cached_property
    def closest(self) -> Trial | None:
        """The trial that comes closest; None where nothing can be compared."""
        return min(self.trials, key=lambda trial: trial.distance, default=None)

    @property
    def outcome(self) -> Outcome:
        """What is to be said, in a word."""
        if self.measured is None:
            return "not compared"
        if self.measured.fits:
            return "reproduced"
        return "explained" if self.fits else "unexplained"


@dataclass(frozen=True)
class ReproductionReport(Printable):
    """What was asked about: rows of models, and models that could not be asked.

    Attributes:
        inquiries: row by row.
        skipped: models whose files are not at hand, and why.
        failures: models that could not be run.
    """

    inquiries: Sequence[Inquiry]
    skipped: Mapping[str, str]
    failures: Mapping[str, BenchmarkError]

    @property
    def reproduced(self) -> bool:
        """Whether all that could be compared was given by the documented settings."""
        compared = [one for one in self.inquiries if one.outcome != "not compared"]
        return bool(compared) and all(one.outcome == "reproduced" for one in compared)

    @property
    def errors(self) -> list[BenchmarkError]:
        """What went wrong, each error once."""
        found = [*self.failures.values()]
        found += [error for one in self.inquiries for error in one.failures.values()]
        return list({id(error): error for error in found}.values())
