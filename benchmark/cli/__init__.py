"""The command line: the only place that reads flags and prints."""

from benchmark.cli.app import main, run_eval

__all__ = ["main", "run_eval"]
