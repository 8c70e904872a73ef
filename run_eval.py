"""Evaluate sentence encoders: ``python run_eval.py --model diffcse-bert-base --tasks sts``."""

import sys

from benchmark.cli import run_eval

if __name__ == "__main__":
    sys.exit(run_eval())
