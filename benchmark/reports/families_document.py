"""How much scores depend on a setting, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from typing import Any

from benchmark.comparisons.sensitivity import (
    RankStability,
    Sensitivity,
    TableSpread,
    TaskHeldOut,
    TaskSpread,
)
from benchmark.escaping import json_text
from benchmark.metrics.resampling import Estimate
from benchmark.metrics.resampling.settings import HALVINGS, Halves
from benchmark.reports.comparison.figures import VERSION, left_out_list, table_object


def families_document(found: Sensitivity) -> str:
    """Return the JSON of it; scores and differences are fractions of 1."""
    return json_text(
        {
            "schema_version": VERSION,
            "method": {**asdict(found.resampling), "halvings": 2 * HALVINGS},
            "families": [
                {
                    "name": family.name,
                    "varied": family.varied,
                    "settings": family.settings,
                    "tables": [_table(table) for table in family.tables],
                    "left_out": left_out_list(family.left_out),
                }
                for family in found.families
            ],
            "stability": [
                {
                    **table_object(table),
                    "models": table.models,
                    "varied": table.varied,
                    "settings": table.settings,
                    "of_models": [_ranks(row) for row in table.of_models],
                    "of_settings": [_ranks(row) for row in table.of_settings],
                }
                for table in found.stability
            ],
            "left_out": left_out_list(found.left_out),
        }
    )


def _table(table: TableSpread) -> dict[str, Any]:
    return {
        **table_object(table),
        "tasks": [_task(row) for row in table.tasks],
        "average": table.average and _task(table.average),
        "held_out": [_of_held_out(row) for row in table.held_out],
        "held_out_mean": table.held_out_mean and _of_held_out(table.held_out_mean),
        "halves": [_of_halves(row) for row in table.halves],
    }


def _task(row: TaskSpread) -> dict[str, Any]:
    names = ("mean", "deviation", "best", "worst", "range")
    return {
        "task": row.task and row.task.id,
        "scores": row.scores,
        **{name: _of_estimate(getattr(row, name)) for name in names},
    }


def _of_held_out(row: TaskHeldOut) -> dict[str, Any]:
    names = ("over_default", "over_mean", "over_median")
    return {
        "task": row.task and row.task.id,
        "chosen": row.chosen,
        "kept": row.kept,
        **{name: _of_estimate(getattr(row, name)) for name in names},
    }


def _of_halves(halves: Halves) -> dict[str, float | None]:
    return {name: value if isfinite(value) else None for name, value in asdict(halves).items()}


def _ranks(row: RankStability) -> Mapping[str, Any]:
    return {
        "task": row.task and row.task.id,
        "tau": row.tau and _of_estimate(row.tau),
        "lowest": row.lowest,
        "winners": row.winners,
        "changes": _of_estimate(row.changes),
    }


def _of_estimate(estimate: Estimate) -> dict[str, float]:
    return {
        "value": estimate.value,
        "low": estimate.interval.low,
        "high": estimate.interval.high,
        "standard_error": estimate.standard_error,
    }
