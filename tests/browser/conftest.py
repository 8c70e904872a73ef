"""Chromium without a screen and without a network, and pages that it opens from disk.

Every page that a test opens is watched: an error on its console, a dialog, or a request for
anything but the file itself fails the test.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from benchmark.leaderboard import Leaderboard
from benchmark.reports.page import PageOptions, render_page
from benchmark.reports.page.assets import plot_library
from benchmark.results import published_rows

FLAGS = [
    "--no-sandbox",  # a container's root user has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]

Write = Callable[..., Path]
Open = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium of the system; tests are skipped where it or its driver is not installed."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    pytest.importorskip("vl_convert", reason="needs the extra page")
    names = (os.environ.get("BENCHMARK_TEST_CHROMIUM", ""), "chromium", "google-chrome")
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no chromium (apt-get install chromium, or set BENCHMARK_TEST_CHROMIUM)")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def write_page(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Write]:
    """A function that writes a page of some boards; the library that draws is bundled once."""
    bundle = plot_library()
    folder = tmp_path_factory.mktemp("pages")

    def write(*boards: Leaderboard, **options: bool) -> Path:
        path = folder / f"page-{len(list(folder.iterdir()))}.html"
        made = render_page(boards, published_rows("geometry"), PageOptions(**options))
        path.write_bytes(made)
        return path

    with mock.patch("benchmark.reports.page.page.plot_library", return_value=bundle):
        yield write


@pytest.fixture(scope="session")
def full_page(write_page: Write) -> Path:
    """Both leaderboards with all that can be drawn."""
    from tests.reports.page.samples import full_boards

    return write_page(*full_boards())


@pytest.fixture(scope="session")
def short_page(write_page: Write) -> Path:
    """The same with few quoted rows."""
    from tests.reports.page.samples import short_boards

    return write_page(*short_boards())


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """A function that opens a file; it waits until plots are drawn, unless they do not matter."""
    complaints: list[str] = []
    asked_for: set[str] = set()
    contexts = []

    def opened(path: Path, *, anchor: str = "", plots: bool = True, **settings: Any) -> Any:
        context = browser.new_context(offline=True, **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(300_000)
        url = path.as_uri() + anchor
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda request: complaints.append(request.url))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        asked_for.update((url, path.as_uri()))
        page.goto(url)
        if plots:
            page.wait_for_function(
                "() => [...document.querySelectorAll('figure')].every(f => f.dataset.drawn)"
            )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [text for text in complaints if text not in asked_for] == []
