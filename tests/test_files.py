"""Files and folders of others: read within bounds, none left out in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmark.files import json_files, read_file


def test_a_file_is_read_up_to_its_bound(tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    (tmp_path / "link").symlink_to(path)
    assert read_file(path, 5) == read_file(tmp_path / "link", 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_file(path, 4)


def test_a_file_without_a_size_of_its_own_is_bounded_too():
    endless = Path("/proc/self/maps")
    if not endless.is_file():
        pytest.skip("no such file system here")
    assert read_file(endless, 2**20)
    with pytest.raises(OSError, match="larger than 10 bytes"):
        read_file(endless, 10)


def test_a_folder_is_no_file(tmp_path: Path):
    with pytest.raises(IsADirectoryError):
        read_file(tmp_path, 5)


def test_records_are_found_at_any_depth_but_for_hidden_ones_and_links(tmp_path: Path):
    for name in ("a.json", "b/c/d.json", "b/.e.json", "f.txt", ".g/h.json"):
        path = tmp_path / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    (tmp_path / "results" / "link").symlink_to(tmp_path / "results" / "b")
    found = [path.relative_to(tmp_path / "results").as_posix() for path in json_files(tmp_path)]
    assert sorted(found) == [".g/h.json", "a.json", "b/c/d.json"]


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.json").write_text("{}")
    scan = os.scandir

    def refuse(path: str | Path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError, match="closed"):
        json_files(tmp_path)
