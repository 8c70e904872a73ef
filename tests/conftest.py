"""What all tests share: no network, no surprises from the environment, the real data if here."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).resolve().parent
PROJECT = TESTS.parent
BESIDE = PROJECT.parent / "shared" / "data" / "senteval"
MORE = "more"
"""Beside the folder of SentEval's data: the sets that its archive does not hold."""

# The tests run beside each other and tiny models gain nothing from threads. Who names another
# number (scripts/simulate_processors.py does) gets it, here and in every process that is started.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes says how busy the machine is. The examples are the same each time: a
# fault that is found by chance would stop somebody else's work. HYPOTHESIS_PROFILE=seeking takes
# others.
settings.register_profile(
    "any-machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
)
settings.register_profile("seeking", settings.get_profile("any-machine"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "any-machine"))

LONG = (
    "end_to_end/test_published_figures.py",
    "embeddings/engines/test_ray.py",
    "metrics/logistic/test_real_embeddings.py",
    "metrics/relatedness/test_real_embeddings.py",
    "campaign/test_campaign.py",
    "test_every_reader.py",
    "encoders/transformer/backends/test_minilm.py",
    "cli/test_compute_options.py",
    "zoo/test_zoo.py",
)
"""Of all tests, those that take a minute of one process, or would come last; the longest first."""

# A shell's background jobs ignore Ctrl-C, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What is imported and collected lives to the end: no collection of garbage looks at it."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long files, so that no process is alone with one at the end."""
    place = {TESTS / name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path, len(LONG)))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the user's folders, tokens or caches."""
    for name in ("BENCHMARK_DATA_DIR", "HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BENCHMARK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("CI", "true")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """A command that is run in the process of the tests has its log on our streams."""
    logger = logging.getLogger("benchmark")
    before = logger.level, logger.handlers, logger.propagate
    yield
    logger.level, logger.handlers, logger.propagate = before


_KEPT_MODULES: set[str] = set()


@pytest.fixture(autouse=True)
def _no_modules_of_made_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a test's file imported from its folder is not there for the next one to import."""
    yield
    made = f"{tmp_path_factory.getbasetemp()}{os.sep}"
    for name in sys.modules.keys() - _KEPT_MODULES:
        file = getattr(sys.modules[name], "__file__", None)
        if isinstance(file, str) and file.startswith(made) and not name.startswith("_encoder_file"):
            del sys.modules[name]
        else:
            _KEPT_MODULES.add(name)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real evaluation data; the test is skipped where there is none."""
    folder = Path(os.environ.get("BENCHMARK_TEST_DATA", BESIDE))
    if not (folder / "STS").is_dir():
        pytest.skip(f"no real evaluation data at {folder} (set BENCHMARK_TEST_DATA)")
    return folder


@pytest.fixture(scope="session")
def more_data() -> Path:
    """The folder of the real sets beside SentEval's; the test is skipped where there is none."""
    folder = Path(os.environ.get("BENCHMARK_TEST_DATA", BESIDE)).parent / MORE
    if not (folder / "sts17").is_dir():
        pytest.skip(f"no sets beside SentEval's at {folder} (they lie beside BENCHMARK_TEST_DATA)")
    return folder
