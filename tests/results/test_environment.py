"""What a record says about where it was made."""

from __future__ import annotations

import platform
from importlib import metadata

import pytest

import benchmark
from benchmark.results.making import environment


def test_names_versions_platform_and_device():
    found = environment("cpu")
    assert found["benchmark"] == benchmark.__version__
    assert found["python"] == platform.python_version()
    assert found["numpy"] == metadata.version("numpy")
    assert found["device"] == "cpu"
    assert int(found["cpus"]) >= 1


def test_a_package_that_is_not_there_is_said_to_be(monkeypatch: pytest.MonkeyPatch):
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    assert environment("cpu")["torch"] == "not installed"


def test_nobody_is_named():
    text = " ".join(environment("cpu").values())
    assert platform.node() not in text
