"""Wanted files and nothing else, out of archives made by friends and by enemies."""

from __future__ import annotations

import errno
import io
import os
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmark.datasets.extract import extract
from benchmark.errors import DataError
from tests.datasets.synthetic import add_file, entry_of, files_below, tar_of

FILES = {
    "STS/a.txt": b"first\n" * 50,
    "STS/b.txt": b"second\n" * 400,
    "SICK/c.txt": b"third\r\n" * 9,
}
ENTRIES = [entry_of(path, content) for path, content in FILES.items()]
NAMED = {f"senteval/{path}": content for path, content in FILES.items()}
OLD = b"of an earlier run"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The destination, with one file in it that a failure must leave alone."""
    folder = tmp_path / "world" / "data"
    (folder / "STS").mkdir(parents=True)
    (folder / "STS" / "b.txt").write_bytes(OLD)
    return folder


@pytest.fixture
def unpack(tmp_path: Path, out: Path) -> Callable[..., dict[str, bytes]]:
    """Extract from an archive of these bytes; tell everything that lies around afterwards."""
    archive = tmp_path / "senteval.tar"

    def run(content: bytes, entries=ENTRIES) -> dict[str, bytes]:
        archive.write_bytes(content)
        extract(archive, entries, out)
        return files_below(out)

    return run


def refused(
    unpack: Callable, out: Path, content: bytes, message: str, entries=ENTRIES
) -> dict[str, bytes]:
    """Check that an archive is refused and has left nothing but whole wanted files."""
    with pytest.raises(DataError, match=message) as caught:
        unpack(content, entries)
    assert "senteval.tar" in str(caught.value)
    assert "\n" not in str(caught.value)
    left = files_below(out)
    assert len(files_below(out.parent)) == len(left)
    assert {path for path, found in left.items() if found != FILES.get(path)} <= {"STS/b.txt"}
    assert left["STS/b.txt"] in (OLD, FILES["STS/b.txt"])
    return left


def member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def tar_with(*members: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    """An archive of members in this order; files are given as name and content."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for each in members:
            if isinstance(each, tarfile.TarInfo):
                tar.addfile(each)
            else:
                add_file(tar, *each)
    return stream.getvalue()


# --- what is taken --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_wanted_files_are_written_as_they_are(unpack: Callable, mode: str) -> None:
    assert unpack(tar_of(NAMED, mode)) == FILES


@pytest.mark.parametrize("top", ["", "./", "senteval/", "data/downstream/", "./a/b/c/"])
def test_archives_differ_in_their_top_folders(unpack: Callable, top: str) -> None:
    assert unpack(tar_of({f"{top}{path}": content for path, content in FILES.items()})) == FILES


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_form_of_tar(unpack: Callable, form: int) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as tar:
        tar.addfile(member("x" * 60 + "/" + "y" * 80, tarfile.DIRTYPE))
        for name, content in NAMED.items():
            add_file(tar, "caf\u00e9/" + "z" * 60 + "/" + name, content)
    assert unpack(stream.getvalue()) == FILES


def test_what_is_not_wanted_stays_inside(unpack: Callable) -> None:
    others = {"senteval/CR/custrev.pos": b"other", "senteval/STS/aa.txt": b"near", "README": b"r"}
    assert unpack(tar_of(others | NAMED)) == FILES


def test_whole_components_must_match(unpack: Callable, out: Path) -> None:
    near = {"senteval/NOSTS/a.txt": FILES["STS/a.txt"], "senteval/STS/a.txt/x": b"", "a.txt": b""}
    refused(unpack, out, tar_of(near), r"does not hold STS/a\.txt$", ENTRIES[:1])


def test_links_and_devices_that_nobody_wants_do_no_harm(unpack: Callable, out: Path) -> None:
    odd = [
        member("senteval/STS", tarfile.SYMTYPE, "/etc"),
        member("senteval/passwd", tarfile.SYMTYPE, "../../../etc/passwd"),
        member("senteval/hard", tarfile.LNKTYPE, "senteval/STS/a.txt"),
        member("senteval/null", tarfile.CHRTYPE),
        member("senteval/pipe", tarfile.FIFOTYPE),
    ]
    assert unpack(tar_with(*odd, *NAMED.items())) == FILES
    assert not any(path.is_symlink() for path in out.parent.rglob("*"))


def test_names_owners_and_modes_of_the_archive_are_not_taken_over(
    unpack: Callable, out: Path
) -> None:
    info = member("senteval/STS/a.txt", tarfile.REGTYPE)
    info.mode, info.uid, info.mtime = 0o6777, 12345, 0
    info.size = len(FILES["STS/a.txt"])
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        tar.addfile(info, io.BytesIO(FILES["STS/a.txt"]))
    unpack(stream.getvalue(), ENTRIES[:1])
    status = (out / "STS" / "a.txt").stat()
    assert status.st_mode & 0o7777 == 0o644
    assert status.st_uid == os.getuid()


def test_the_first_of_several_copies_is_taken(unpack: Callable) -> None:
    later = {f"backup/{path}": b"x" * 2**16 for path in FILES}
    assert unpack(tar_of(NAMED | later)) == FILES


def test_line_ends_may_differ_from_the_catalogue(unpack: Callable) -> None:
    other_ends = {name: content.replace(b"\r\n", b"\n") for name, content in NAMED.items()}
    assert unpack(tar_of(other_ends))["SICK/c.txt"] == b"third\n" * 9


def test_nothing_wanted_is_nothing_written(unpack: Callable) -> None:
    assert unpack(tar_of(NAMED), []) == {"STS/b.txt": OLD}


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../STS/a.txt",
        "senteval/../../STS/a.txt",
        "senteval/STS/../STS/a.txt",
        "../../world/evil.txt",
        "/STS/a.txt",
        "/tmp/evil.txt",
        "//evil.txt",
        "..",
        "senteval/..",
    ],
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_member_that_points_outside_spoils_the_archive(
    unpack: Callable, out: Path, name: str, place: str
) -> None:
    evil = (name, FILES["STS/a.txt"])
    members = [evil, *NAMED.items()] if place == "before" else [*NAMED.items(), evil]
    left = refused(unpack, out, tar_with(*members), "points outside the archive")
    assert left == {"STS/b.txt": OLD}  # refused altogether, wherever it stands


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.SYMTYPE, "../../../../secret"),
        (tarfile.SYMTYPE, "STS/b.txt"),
        (tarfile.LNKTYPE, "senteval/STS/b.txt"),
        (tarfile.LNKTYPE, "../secret"),
        (tarfile.CHRTYPE, ""),
        (tarfile.BLKTYPE, ""),
        (tarfile.FIFOTYPE, ""),
        (tarfile.DIRTYPE, ""),
        (tarfile.CONTTYPE, ""),
    ],
)
def test_a_wanted_file_must_be_a_plain_file(
    unpack: Callable, out: Path, kind: bytes, target: str
) -> None:
    content = tar_with(
        ("senteval/STS/b.txt", FILES["STS/b.txt"]), member("senteval/STS/a.txt", kind, target)
    )
    # An unusual kind of plain file (CONTTYPE) is read as one, and is not the original.
    message = "no plain file of a sensible size|is not the original: the file is empty"
    assert refused(unpack, out, content, message, ENTRIES[:1]) == {"STS/b.txt": OLD}


def test_an_oversized_member_is_refused(
    unpack: Callable, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmark.datasets.extract.MAX_FILE_BYTES", len(FILES["STS/b.txt"]) - 1)
    left = refused(unpack, out, tar_of(NAMED), r"'senteval/STS/b.txt' is no plain file of a sens")
    assert left["STS/b.txt"] == OLD
    monkeypatch.setattr("benchmark.datasets.extract.MAX_FILE_BYTES", len(FILES["STS/b.txt"]))
    assert unpack(tar_of(NAMED)) == FILES


def test_a_file_of_holes_is_refused_by_the_size_it_claims(unpack: Callable, out: Path) -> None:
    info = member("senteval/STS/a.txt", tarfile.REGTYPE)
    info.pax_headers = {
        "GNU.sparse.map": f"0,1,{2**40},1",
        "GNU.sparse.size": str(2**40),
        "GNU.sparse.name": "senteval/STS/a.txt",
    }
    info.size = 2
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(b"ab"))
    refused(unpack, out, stream.getvalue(), "no plain file of a sensible size")


def test_missing_members_are_all_named(unpack: Callable, out: Path) -> None:
    content = tar_of({"senteval/STS/a.txt": FILES["STS/a.txt"]})
    left = refused(unpack, out, content, r"does not hold SICK/c\.txt, STS/b\.txt$")
    assert left == {"STS/a.txt": FILES["STS/a.txt"], "STS/b.txt": OLD}


@pytest.mark.parametrize(
    ("content", "differs"),
    [
        (b"", "the file is empty"),
        (b"second\n" * 20, "20 lines where 400 are expected: the file is cut short"),
        (b"changed\n" * 400, "other text"),
        (b"<html>\n" * 400, "web page"),
    ],
)
def test_a_damaged_member_is_left_out_and_told(
    unpack: Callable, out: Path, content: bytes, differs: str
) -> None:
    damaged = tar_of(NAMED | {"senteval/STS/b.txt": content})
    left = refused(unpack, out, damaged, f"its STS/b.txt is not the original: .*{differs}")
    assert left == FILES | {"STS/b.txt": OLD}  # the others are as good as ever


def test_of_many_damaged_members_the_first_is_told(unpack: Callable, out: Path) -> None:
    damaged = tar_of({name: content.upper() for name, content in NAMED.items()})
    message = r"its STS/a\.txt is not the original: .* \(and 2 more\)$"
    assert refused(unpack, out, damaged, message) == {"STS/b.txt": OLD}


# --- what is no archive ---------------------------------------------------------------------------

UNREADABLE = "not a readable tar archive"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"x" * 10_000,
        b"<html><body>Please sign in</body></html>" * 100,
        b"PK\x03\x04" * 500,
    ],
    ids=lambda content: f"{content[:6]!r} {len(content)}",
)
def test_something_else_is_refused(unpack: Callable, out: Path, content: bytes) -> None:
    refused(unpack, out, content, UNREADABLE)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
def test_a_cut_archive_is_refused(unpack: Callable, out: Path, mode: str, share: float) -> None:
    whole = tar_of(NAMED, mode)
    # Cut between two members a plain archive looks whole, but something wanted is missing.
    refused(unpack, out, whole[: int(len(whole.rstrip(b"\0")) * share)], f"{UNREADABLE}|not hold")


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_damaged_compression_is_refused_wherever_it_is(
    unpack: Callable, out: Path, mode: str
) -> None:
    whole = tar_of(NAMED, mode)
    refusals = 0
    for place in range(0, len(whole), 4):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        (out / "STS" / "b.txt").write_bytes(OLD)
        try:
            found = unpack(bytes(damaged))
        except DataError:
            refusals += 1
        else:
            assert found == FILES  # a time stamp in the header, say
    assert refusals > len(whole) / 8


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_damage_far_into_a_large_file_is_refused(unpack: Callable, out: Path, mode: str) -> None:
    content = random.Random(0).randbytes(200_000).hex().encode()
    damaged = bytearray(tar_of({"senteval/STS/large.txt": content}, mode))
    # Each decompressor stumbles over a stretch of nonsense in an exception of its own.
    middle = len(damaged) // 2
    damaged[middle : middle + 2000] = b"\xff" * 2000
    entries = [entry_of("STS/large.txt", content)]
    assert refused(unpack, out, bytes(damaged), UNREADABLE, entries) == {"STS/b.txt": OLD}


def test_an_empty_archive_holds_nothing(unpack: Callable, out: Path) -> None:
    refused(unpack, out, tar_of({}), "does not hold SICK/c.txt, STS/a.txt, STS/b.txt")


def test_an_archive_that_is_not_there(tmp_path: Path, out: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.tar: not a readable tar archive .*No such file"):
        extract(tmp_path / "absent.tar", ENTRIES, out)


# --- where it cannot be written -------------------------------------------------------------------


def test_a_full_disk_is_not_blamed_on_the_archive(
    unpack: Callable, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("benchmark.atomic.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        unpack(tar_of(NAMED))
    assert files_below(out.parent) == {"data/STS/b.txt": OLD}


def test_a_file_in_the_place_of_a_folder(unpack: Callable, out: Path) -> None:
    (out / "SICK").write_bytes(b"a file")
    with pytest.raises(OSError):
        unpack(tar_of(NAMED), ENTRIES[2:])
    assert (out / "SICK").read_bytes() == b"a file"
