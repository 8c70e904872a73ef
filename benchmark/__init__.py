"""Sentence-embedding evaluation: the numbers of the papers, exact, explained, signed.

>>> import benchmark
>>> run = benchmark.evaluate("all-minilm-l6-v2", tasks="demo")
>>> print(benchmark.render([run], "markdown"))  # doctest: +SKIP
"""

# Not that of typing: nothing at all is imported before it is asked for, and what the command line
# does about Ctrl-C is the first of it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from benchmark.encoders import Encoder, EncoderCard
    from benchmark.errors import BenchmarkError, DataError, ModelError, TaskError, UsageError
    from benchmark.evaluation import evaluate
    from benchmark.reports import render
    from benchmark.results import Run, TaskResult
else:

    def __getattr__(name: str) -> object:
        from benchmark.deferred import deferred

        load = deferred(
            __name__,
            encoders="Encoder EncoderCard",
            errors="BenchmarkError DataError ModelError TaskError UsageError",
            evaluation="evaluate",
            reports="render",
            results="Run TaskResult",
        )
        return load(name)


__version__ = "0.1.0"

__all__ = [
    "BenchmarkError",
    "DataError",
    "Encoder",
    "EncoderCard",
    "ModelError",
    "Run",
    "TaskError",
    "TaskResult",
    "UsageError",
    "__version__",
    "evaluate",
    "render",
]
