"""Records of earlier schema versions become those of this one, if they are what they say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark import evaluate
from benchmark.results import read_record
from tests.encoder_files import WordHash
from tests.results.edits import as_version_2, edit

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A record as it is written now."""
    evaluate(WordHash(), "DemoSTS", output_dir=tmp_path)
    [path] = tmp_path.rglob("*.json")
    return path


@pytest.fixture
def old(recorded: Path) -> Path:
    """The same as version 1 wrote it."""
    document = json.loads(recorded.read_bytes()) | {"schema_version": 1}
    del document["sha256"], document["asked"]
    recorded.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", "utf-8")
    return recorded


def convert(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, PROJECT / "scripts" / "convert_records.py", folder]
    environment = {"PYTHONPATH": str(PROJECT), "PATH": ""}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_what_is_sound_is_converted_and_the_rest_left(old: Path):
    before = json.loads(old.read_bytes())
    edited = old.with_name("edited.json")
    edited.write_text(json.dumps(before | {"main_score": 0.9}))
    lying = old.with_name("lying.json")  # its score agrees with itself, not with predictions
    lying.write_text(json.dumps(before | {"main_score": 0.9, "scores": {"all": {"spearman": 0.9}}}))
    lying.with_suffix(".npy").write_bytes(old.with_suffix(".npy").read_bytes())
    done = convert(old.parents[2])
    assert done.returncode == 3
    assert done.stdout == f"{old}: converted, its predictions give its score\n"
    told = done.stderr.splitlines()
    assert f"{edited}: left as it is (its score is 0.9, but scores.all.spearman is" in told[0]
    assert f"{lying}: left as it is" in told[1]
    assert "its predictions give" in told[1]
    after = json.loads(old.read_bytes())
    assert after.pop("sha256")
    assert after.pop("asked")["heading"] == "Demo"
    assert after == before | {"schema_version": 3}
    assert read_record(old).main_score == before["main_score"]
    assert json.loads(lying.read_bytes())["schema_version"] == 1
    edited.unlink()
    lying.unlink()
    assert convert(old.parents[2]).stdout == f"{old}: is sound\n"


def test_a_record_of_version_2_becomes_what_would_be_written_now(recorded: Path):
    now = recorded.read_bytes()
    as_version_2(recorded)
    assert recorded.read_bytes() != now
    assert (
        convert(recorded.parents[2]).stdout
        == f"{recorded}: converted, its predictions give its score\n"
    )
    assert recorded.read_bytes() == now


def test_a_changed_record_of_version_2_is_left(recorded: Path):
    as_version_2(recorded)
    edit(recorded, created="never")
    before = recorded.read_bytes()
    done = convert(recorded.parents[2])
    assert done.returncode == 3
    assert "changed after it was written" in done.stderr
    assert recorded.read_bytes() == before
