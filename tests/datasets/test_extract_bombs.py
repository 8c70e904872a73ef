"""Archives that inflate, loop or lie: refused while they are read, and nothing is written."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmark.datasets import extract as extracting
from benchmark.datasets.extract import MAX_ARCHIVE_BYTES, extract
from benchmark.errors import DataError
from tests.datasets.synthetic import entry_of, files_below, tar_of

CONTENT = b"first\n" * 50
ENTRIES = [entry_of("STS/a.txt", CONTENT)]
NAMED = {"senteval/STS/a.txt": CONTENT}
COMPRESS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


@pytest.fixture
def refusal(tmp_path: Path) -> Callable[[bytes], str]:
    """Tell in one line why an archive of these bytes is refused."""

    def run(content: bytes) -> str:
        archive = tmp_path / "senteval.tar"
        archive.write_bytes(content)
        with pytest.raises(DataError) as caught:
            extract(archive, ENTRIES, tmp_path / "out")
        assert files_below(tmp_path / "out") == {}
        said = str(caught.value)
        assert said.startswith(f"{archive}: ")
        assert "\n" not in said
        return said

    return run


def header(name: str, kind: bytes, size: int) -> bytes:
    """The block in front of a member."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


@pytest.mark.parametrize("compression", COMPRESS)
def test_what_inflates_beyond_the_published_archive(
    refusal: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch, compression: str
) -> None:
    monkeypatch.setattr(extracting, "MAX_ARCHIVE_BYTES", 2**20)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        info = tarfile.TarInfo("ballast")
        info.size = 2**24
        tar.addfile(info, io.BytesIO(bytes(info.size)))
    content = COMPRESS[compression](stream.getvalue() + tar_of(NAMED))
    assert len(content) < 2**15
    assert "refused, it inflates to more than 1,048,576 bytes" in refusal(content)


def test_a_size_that_is_a_lie_costs_nothing(refusal: Callable[[bytes], str]) -> None:
    lie = header("ballast", tarfile.REGTYPE, 2**40) + tar_of(NAMED)
    assert f"inflates to more than {MAX_ARCHIVE_BYTES:,} bytes" in refusal(lie)


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
def test_a_name_of_gigabytes_is_not_read(refusal: Callable[[bytes], str], kind: bytes) -> None:
    assert "it asks for 4,294,967,296 bytes at once" in refusal(header("x", kind, 2**32))


def test_headers_of_headers_without_end(refusal: Callable[[bytes], str]) -> None:
    chain = header("x", tarfile.GNUTYPE_LONGNAME, 2) + padded(b"x\0")
    assert "not a readable tar archive" in refusal(chain * 3000)


def test_more_members_than_any_data_set_has(
    refusal: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extracting, "MAX_MEMBERS", 5)
    members = {f"{place}": b"" for place in range(6)}
    assert "refused, it has more than 5 members" in refusal(tar_of(members | NAMED))


def test_a_wanted_file_with_holes(refusal: Callable[[bytes], str]) -> None:
    info = tarfile.TarInfo("senteval/STS/a.txt")
    info.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.name": info.name,
        "GNU.sparse.size": str(len(CONTENT)),
        "GNU.sparse.map": f"0,{len(CONTENT)}",
    }
    info.size = len(CONTENT)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(CONTENT))
    assert "no plain file of a sensible size" in refusal(stream.getvalue())


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_kind_of_archive(refusal: Callable[[bytes], str], method: int) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("senteval/STS/a.txt", CONTENT)
    assert "not a readable tar archive" in refusal(stream.getvalue())


@pytest.mark.parametrize("compression", COMPRESS)
def test_compressed_twice(refusal: Callable[[bytes], str], compression: str) -> None:
    twice = COMPRESS[compression](gzip.compress(tar_of(NAMED)))
    assert "not a readable tar archive" in refusal(twice)


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tar")
    (tmp_path / "zero.tar").symlink_to("/dev/zero")
    for name in ("pipe.tar", "zero.tar"):
        with pytest.raises(DataError, match="no plain file"):
            extract(tmp_path / name, ENTRIES, tmp_path / "out")
