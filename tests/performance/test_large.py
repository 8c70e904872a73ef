"""Runs of many sentences: what is measured of each, one that is killed, one with a small store."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from performance import large
from performance.tools.child import ChildFailed, environment


@pytest.mark.slow
def test_all_runs_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    kept = tmp_path / "large.json"
    assert large.main(["--counts", "200,2000", "--json", str(kept)]) == 0
    rows = {(row["what"], row["sentences"]): row for row in json.loads(kept.read_text())}
    assert list(rows) == [
        ("whole", 200), ("whole", 2000), ("killed", 2000), ("resumed", 2000), ("limit", 2000),
    ]  # fmt: skip
    whole = rows["whole", 2000]
    assert whole["encoded"] == 2000
    assert whole["matrix_bytes"] == 2000 * 50 * 4
    assert whole["store_bytes"] > whole["matrix_bytes"]
    assert rows["resumed", 2000]["encoded"] <= 2000
    assert rows["limit", 2000]["store_bytes"] <= whole["store_bytes"] // 2
    assert "bytes a sentence, 200 of them the matrix" in capsys.readouterr().out


def test_pairs_are_of_different_sentences(tmp_path: Path):
    large.write_pairs(tmp_path / "p.tsv", 600)
    heading, *lines = (tmp_path / "p.tsv").read_text().splitlines()
    assert heading == "sentence1\tsentence2\tscore"
    texts = [text for line in lines for text in line.split("\t")[:2]]
    assert len(set(texts)) == len(texts) == 600
    assert all(0 <= float(line.split("\t")[2]) <= 5 for line in lines)


def test_progress_is_beside_the_time():
    assert large.progress_off([(10.0, 10), (50.0, 62)], 100.0) == 12
    assert large.progress_off([], 100.0) is None


def test_what_fails_says_why(tmp_path: Path):
    program = tmp_path / "fails.py"
    program.write_text("import sys; print('no such pairs', file=sys.stderr); sys.exit(3)")
    with pytest.raises(ChildFailed, match=r"no such pairs \(exit code 3\)"):
        large.watched([sys.executable, str(program)], environment(1), None)


def test_growth_is_of_whole_runs():
    row = {
        "what": "whole", "encoded": 1, "seconds": 2.0, "processor_seconds": 2.0,
        "load_seconds": 0.1, "progress_off": None, "store_bytes": 0,
    }  # fmt: skip
    rows = [
        {**row, "sentences": n, "encode_seconds": n / 1e4, "peak_bytes": 10**8 + 700 * n,
         "matrix_bytes": 200 * n}
        for n in (1000, 10000)
    ]  # fmt: skip
    text = large.table([*rows, {"sentences": 10000, "what": "killed", "store_bytes": 5}])
    assert "to the power 1.00" in text
    assert "memory by 700 bytes a sentence, 200 of them the matrix" in text
