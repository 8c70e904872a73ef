"""What was found on a GPU, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tabulate import tabulate

from benchmark.one_line import one_line
from performance.tools.findings import Entry, verdict

_HEADINGS = ("encoder", "precision", "what", "s", "sentences/s", "tokens/s", "TFLOP/s",
             "of the limit", "GPU busy")  # fmt: skip


def render(content: dict[str, Any]) -> str:
    """Return the machine, a line on each check, the speeds, and what failed."""
    parts: dict[str, dict[str, Entry]] = content["parts"]
    about = "\n".join(f"{name}: {one_line(str(value))}" for name, value in content["on"].items())
    checks = [
        f"{part}: {name}: {_found(entry)}"
        for part, entries in parts.items() if part != "speed"
        for name, entry in entries.items()
    ]  # fmt: skip
    speed = parts.get("speed", {})
    drawn = tabulate(
        speed_rows(speed), _HEADINGS, disable_numparse=True,
        colalign=["left"] * 3 + ["right"] * 6,
    )  # fmt: skip
    others = [
        f"speed: {name}: {_found(entry)}"
        for name, entry in speed.items() if "took" not in entry or verdict(entry)[:4] != "done"
    ]  # fmt: skip
    machine = [f"{name}: {_figures(speed[name])}" for name in ("bandwidth", "imports")
               if name in speed]  # fmt: skip
    ended = [f"{part}: {one_line(why)}" for part, why in content["ended"].items()]
    blocks = [about, "\n".join(checks), drawn, "\n".join([*machine, *others, *ended])]
    return "\n\n".join(block for block in blocks if block)


def _found(entry: Entry) -> str:
    if "largest" not in entry:
        more = f", {entry['relative']:.2g} apart" if "relative" in entry else ""
        halved = f", {len(entry['halved'])} times in parts" if "halved" in entry else ""
        return f"{verdict(entry)}{more}{halved}"
    bits = "" if entry["same_bits_again"] else ", other bits in a second run"
    far = f"largest difference {entry['largest']:.2g}, least cosine {entry['least_cosine']:.7f}"
    return f"{verdict(entry)}; {far}{bits}"


def _figures(entry: Entry) -> str:
    said = [
        f"{name} {value / 1e9:.1f} GB/s" if value > 1e6 else f"{name} {value:.2f} s"
        for name, value in entry.items()
        if name != "took" and isinstance(value, float)
    ]
    return "; ".join(said) or verdict(entry)


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
            limit = rates.get(precision)
            row = _row(name, precision, "encoding alone", one["encode_seconds"], one, limit)
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
        name, precision, what, f"{seconds:.2f}",
        f"{work['sentences'] / seconds:,.0f}", f"{work['tokens'] / seconds:,.0f}",
        f"{rate / 1e12:.2f}", f"{100 * rate / limit:.0f} %" if limit else "",
    ]  # fmt: skip
