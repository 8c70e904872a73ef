"""Single fits are as small here as there."""

from tests.metrics.logistic.conftest import _one_thread

__all__ = ["_one_thread"]
