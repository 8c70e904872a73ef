"""SentEval's interface, with this project's evaluation behind it.

Put the folder of this package on the path in place of SentEval's and scripts written for that
run as they are: the same parameters, the same ``prepare`` and ``batcher``, the same results.

>>> import senteval
>>> se = senteval.engine.SE(params, batcher, prepare)  # doctest: +SKIP
>>> se.eval(["STS12", "MR"])["STS12"]["all"]["spearman"]["all"]  # doctest: +SKIP
"""

from senteval._project import make_importable

make_importable()

from senteval import engine, utils  # noqa: E402 - these import the project
from senteval.engine import SE  # noqa: E402

__all__ = ["SE", "engine", "utils"]
