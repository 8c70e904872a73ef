"""Rows to try steps on."""

from __future__ import annotations

from typing import Any

import numpy as np


def rows(count: int, width: int, seed: int = 0) -> Any:
    """Rows whose dimensions are of different size and correlated."""
    generator = np.random.default_rng(seed)
    mixing = generator.standard_normal((width, width)) * np.geomspace(3, 0.2, width)
    return (generator.standard_normal((count, width)) @ mixing + 1).astype(np.float32)
