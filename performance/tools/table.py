"""A comparison as text."""

from __future__ import annotations

from typing import Any

from tabulate import tabulate

from benchmark.one_line import one_line
from performance.tools.agreement import TOLERANCE, Agreement, agreement
from performance.tools.contender import COLD, WARM
from performance.tools.summary import (
    Row,
    failures,
    precision_of,
    rate,
    ratios_to_ours,
    rows,
    share_in_encoder,
)

_NOTHING = "-"
_HEADINGS = (
    "tool", "wall s", "range s", "x our cold", "cpu s", "peak MB", "tokens sent",
    "useful GFLOP/s", "of the limit",
)  # fmt: skip


def render(content: dict[str, Any]) -> str:
    """Return what stands on standard output: the work, the limit, the table, the checks."""
    agreed = agreement(content)
    table = [_cells(row, comparable=not agreed.problems) for row in rows(content)]
    drawn = tabulate(table, _HEADINGS, disable_numparse=True, colalign=["left"] + ["right"] * 8)
    parts = ["\n".join(_work(content)), drawn, "\n".join(_checks(content, agreed))]
    return "\n\n".join(part for part in parts if part)


def _work(content: dict[str, Any]) -> list[str]:
    facts, question = content["facts"], content["question"]
    least, machine = facts["least_operations"], rate(content)
    asked = (
        f"{one_line(question['model'])} on {', '.join(facts['tasks'])}: {facts['pairs']:,} pairs, "
        f"{facts['distinct_sentences']:,} distinct sentences"
    )
    threads = f"{question['threads']} thread{'s' if question['threads'] > 1 else ''}"
    where = f"{_processor(content)}, {threads}; {_versions(content)}"
    work = (
        f"least work  {least:.3e} FLOP: {facts['distinct_tokens']:,} tokens x 2 x "
        f"{facts['weights'] / 1e6:.1f} M weights, and attention"
    )
    if not machine:
        return [asked, where, "", work]
    limit = (
        f"limit       {machine / 1e9:.1f} GFLOP/s in float32 matrix products of the shapes that "
        f"occur: {least / machine:.1f} s"
    )
    return [asked, where, "", work, limit]


def _processor(content: dict[str, Any]) -> str:
    names = {one_line(entry["processor"]) for entry in content["rates"].values()}
    return ", ".join(sorted(names)) or content["question"]["device"]


def _versions(content: dict[str, Any]) -> str:
    """Name each library's version; several, where the contenders' interpreters differ."""
    found: dict[str, set[str]] = {}
    for run in content["runs"]:
        for package, version in run.get("versions", {}).items():
            found.setdefault(package, set()).add(version)
    return ", ".join(f"{name} {' and '.join(sorted(found[name]))}" for name in sorted(found))


def _cells(row: Row, *, comparable: bool) -> list[str]:
    return [
        row.title,
        f"{row.seconds:.1f}",
        f"{row.least:.1f} - {row.most:.1f}" if row.rounds > 1 else _NOTHING,
        f"{row.ratio:.2f}" if comparable and row.ratio is not None else _NOTHING,
        f"{row.processor_seconds:.1f}",
        f"{row.peak_bytes / 1e6:,.0f}",
        f"{row.sent_tokens:,}",
        f"{row.useful / 1e9:.1f}" if row.useful else _NOTHING,
        f"{100 * row.share:.0f} %" if row.share else _NOTHING,
    ]


def _checks(content: dict[str, Any], agreed: Agreement) -> list[str]:
    names = {run["contender"] for run in content["runs"] if "failure" not in run}
    lines = [f"problem: {one_line(problem)}" for problem in agreed.problems]
    if not agreed.problems and len(names) > 1:
        lines.append(
            f"scores agree: largest difference {agreed.largest:.1e} of 1 (tolerance {TOLERANCE:g})"
        )
    if agreed.approximate is not None:
        lines.append(
            f"--precision auto took {one_line(precision_of(content))}: largest change of a score "
            f"{agreed.approximate:.1e} of 1"
        )
    if agreed.problems:
        lines.append("no ratios: the times are not of the same computation")
    else:
        lines += ratios_to_ours(content)
    share = share_in_encoder(content)
    if share is not None:
        lines.append(f"our cold run spends {100 * share:.0f} % of its wall time encoding")
    lines += _warm_checks(content, agreed, names)
    return [*lines, *(one_line(failure) for failure in failures(content))]


def _warm_checks(content: dict[str, Any], agreed: Agreement, names: set[str]) -> list[str]:
    if WARM not in names:
        return []
    lines = []
    if COLD in names and not agreed.problems:
        lines.append(
            "our warm run prints the cold run's table; its scores are the same to the last bit"
        )
    imports = content["warm_imports"]
    if imports is not None:
        what = f"problem: our warm run imports {' and '.join(imports)}"
        lines.append(what if imports else "our warm run imports neither torch nor transformers")
    return lines


def is_sound(content: dict[str, Any]) -> bool:
    """Tell whether nothing failed and nothing disagrees."""
    return not (agreement(content).problems or content["warm_imports"] or failures(content))
