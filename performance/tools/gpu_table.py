"""What was found on a GPU, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tabulate import tabulate

from benchmark.one_line import one_line
from performance.tools.findings import Entry, verdict

_SPEEDS = ("encoder", "precision", "what", "s", "first s", "sentences/s", "tokens/s", "TFLOP/s",
           "of the limit", "GPU busy")  # fmt: skip
_CHECKS = ("vectors beside the CPU's", "encoders", "poolers", "largest difference", "held to",
           "least cosine", "same bits again")  # fmt: skip
_STEPS = ("objective", "precision", "steps/s", "sentences/s", "TFLOP/s", "peak MiB")


def merged(contents: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return several runs as one: of each question the last answer, if any had one."""
    whole: dict[str, Any] = {"on": {}, "parts": {}, "ended": {}}
    for content in contents:
        whole["on"] |= content["on"]
        for part, entries in content["parts"].items():
            kept = whole["parts"].setdefault(part, {})
            for name, entry in entries.items():
                if name not in kept or not entry.get("left_out"):
                    kept[name] = entry
        whole["ended"] |= content["ended"]
    return whole


def render(content: dict[str, Any], style: str = "simple") -> str:
    """Return the machine, a line on each check, the speeds, and what failed.

    Args:
        content: of the JSON.
        style: of tables, as tabulate calls it; ``github`` is Markdown.
    """
    parts: dict[str, dict[str, Entry]] = content["parts"]
    about = [f"{name}: {one_line(str(value))}" for name, value in content["on"].items()]
    correct, speed, training = (parts.get(name, {}) for name in ("correct", "speed", "training"))
    said = [
        f"{part}: {name}: {_found(entry)}"
        for part, entries in parts.items()
        for name, entry in entries.items()
        if _is_said(entry, part)
    ]
    blocks = [
        "\n".join(about),
        _drawn(_CHECKS, check_rows(correct), 1, style),
        _drawn(_SPEEDS, speed_rows(speed), 3, style),
        _drawn(_STEPS, step_rows(training), 2, style),
        "\n".join([*said, *(f"{part}: {one_line(why)}" for part, why in content["ended"].items())]),
    ]
    return "\n\n".join(block for block in blocks if block)


def _drawn(headings: tuple[str, ...], rows: list[list[str]], words: int, style: str) -> str:
    if not rows:
        return ""
    align = ["left"] * words + ["right"] * (len(headings) - words)
    return tabulate(rows, headings, tablefmt=style, disable_numparse=True, colalign=align)


def _is_said(entry: Entry, part: str) -> bool:
    """Tell whether an entry gets a line: what is in a table does not, unless it is not well."""
    if not verdict(entry).startswith("done"):
        return True
    rows = {"correct": "largest", "training": "steps_a_second"}
    return rows[part] not in entry if part in rows else part != "speed" or _is_plain(entry)


def _is_plain(entry: Entry) -> bool:
    return not any(word in entry for word in ("float32", "cold", "batches of 32", "folder"))


def _found(entry: Entry) -> str:
    return "; ".join([verdict(entry), *_figures(entry)])


def _figures(entry: Entry, under: str = "") -> Iterator[str]:
    """Yield what an entry says, in words; long lists stay in the JSON."""
    for name, value in entry.items():
        label = f"{under}{name}".replace("_", " ")
        if name in ("took", "error", "wrong", "left_out", "traceback"):
            continue
        if isinstance(value, dict):
            yield from _figures(value, f"{under}{name}, ")
        elif isinstance(value, bool | int | float | str):
            yield f"{label} {_number(value)}"
        elif isinstance(value, list) and value and len(value) <= 12:
            yield f"{label} {one_line(str(value))}"


def _number(value: float | str) -> str:
    if not isinstance(value, float):
        return one_line(str(value))
    return f"{value / 1e9:.1f}e9" if abs(value) > 1e6 else f"{value:.4g}"


# --- tables ---------------------------------------------------------------------------------------


def check_rows(correct: dict[str, Entry]) -> list[list[str]]:
    """Return a row a precision: how far vectors are from the CPU's in float32."""
    by_precision: dict[str, list[Entry]] = {}
    for name, entry in correct.items():
        if "largest" in entry:
            by_precision.setdefault(name.rpartition(", ")[2], []).append(entry)
    return [
        [
            precision, str(len(found)), str(sum(len(one["poolers"]) for one in found)),
            f"{max(one['largest'] for one in found):.2g}",
            f"{max(one['bound'] for one in found):.2g}" if "bound" in found[0] else "",
            f"{min(one['least_cosine'] for one in found):.7f}",
            "yes" if all(one["same_bits_again"] for one in found) else "no",
        ]
        for precision, found in by_precision.items()
    ]  # fmt: skip


def step_rows(training: dict[str, Entry]) -> list[list[str]]:
    """Return a row for each objective and precision that was stepped."""
    rows = []
    for name, entry in training.items():
        if "steps_a_second" not in entry:
            continue
        objective, _, rest = name.partition(", ")
        rate, peak = entry["steps_a_second"], entry.get("peak_bytes")
        operations = entry.get("operations_a_second")
        rows.append([
            objective, rest, f"{rate:.1f}", f"{rate * entry['batch']:,.0f}",
            f"{operations / 1e12:.1f}" if operations else "",
            f"{peak / 2**20:,.0f}" if peak else "",
        ])  # fmt: skip
    return rows


def speed_rows(speed: dict[str, Entry]) -> list[list[str]]:
    """Return the rows of the table: encoding alone, whole runs, the library, by encoder."""
    rows: list[list[str]] = []
    for name in [name.removesuffix(", encoding") for name in speed if name.endswith(", encoding")]:
        encoding = {
            precision: one
            for precision, one in speed[f"{name}, encoding"].items()
            if isinstance(one, dict)
        }
        products = speed.get(f"{name}, bare products", {})
        rates = {
            precision: one["rate"] for precision, one in products.items() if isinstance(one, dict)
        }
        for precision, one in encoding.items():
            own, _, more = precision.partition(", ")
            what = f"encoding alone{', ' if more else ''}{more}"
            row = _row(name, own, what, one["encode_seconds"], one, rates.get(own))
            row[4] = f"{one['first_seconds']:.2f}" if "first_seconds" in one else ""
            busy = one.get("busy_share")
            rows.append([*row, f"{100 * busy:.0f} %" if busy else ""])
        for work in list(encoding.values())[:1]:
            for precision, what, seconds in _whole(name, speed):
                limit = None if what == "warm run" else rates.get(precision)
                rows.append([*_row(name, precision, what, seconds, work, limit), ""])
    return rows


def _whole(name: str, speed: dict[str, Entry]) -> Iterator[tuple[str, str, float]]:
    """Yield precision, what ran, and its seconds."""
    for precision in ("float32", "bfloat16", "float16"):
        run = speed.get(f"{name}, whole run, {precision}", {})
        for kind in ("cold", "warm"):
            if kind in run:
                yield precision, f"{kind} run", run[kind]["seconds"]
        library = speed.get(f"{name}, sentence-transformers, {precision}", {})
        for what, seconds in library.items():
            if what.startswith("batches of") and seconds:
                yield precision, f"sentence-transformers' encode, {what}", seconds


def _row(
    name: str, precision: str, what: str, seconds: float, work: Entry, limit: float | None
) -> list[str]:
    rate = work["operations"] / seconds
    return [
        name, precision, what, f"{seconds:.2f}", "",
        f"{work['sentences'] / seconds:,.0f}", f"{work['tokens'] / seconds:,.0f}",
        f"{rate / 1e12:.2f}", f"{100 * rate / limit:.0f} %" if limit else "",
    ]  # fmt: skip
