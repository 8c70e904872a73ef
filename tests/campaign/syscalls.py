"""Kill a process at its n-th system call that changes a file (Linux, by ptrace).

SQLite and Python both end there, so no write, rename or flush is left out, and nothing of the
program under siege is patched for it. The process is killed before the call has any effect.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass

_NUMBERS: dict[str, dict[int, str]] = {
    "x86_64": {
        1: "write", 18: "pwrite64", 20: "writev", 2: "open", 257: "openat", 74: "fsync",
        75: "fdatasync", 76: "truncate", 77: "ftruncate", 82: "rename", 264: "renameat",
        316: "renameat2", 83: "mkdir", 258: "mkdirat", 84: "rmdir", 87: "unlink",
        263: "unlinkat", 90: "chmod", 91: "fchmod", 268: "fchmodat",
    },
    "aarch64": {
        64: "write", 68: "pwrite64", 66: "writev", 56: "openat", 82: "fsync", 83: "fdatasync",
        45: "truncate", 46: "ftruncate", 38: "renameat", 276: "renameat2", 34: "mkdirat",
        35: "unlinkat", 52: "fchmod", 53: "fchmodat",
    },
}  # fmt: skip
"""Of the kernel's table for each kind of machine: the calls that change what is on the disk."""

_TRACE_ME, _SYSCALL, _SET_OPTIONS, _GET_SYSCALL_INFO = 0, 24, 0x4200, 0x420E
_GOOD_STOPS_AND_NO_ORPHANS = 0x1 | 0x100000
_ENTRY = 1
_FLAGS_OF = {"open": 1, "openat": 2}


@dataclass(frozen=True, slots=True)
class Traced:
    """How a process ended.

    Attributes:
        code: exit code; negative the signal that killed it.
        calls: names of those it made that change files, the one it was killed at included.
    """

    code: int
    calls: tuple[str, ...] = ()


def unavailable() -> str:
    """Say why processes cannot be traced here; empty if they can be."""
    if sys.platform != "linux" or platform.machine() not in _NUMBERS:
        return f"kills at system calls need Linux on {' or '.join(_NUMBERS)}"
    try:
        traced(lambda: 0, 1)
    except OSError as error:
        return f"kills at system calls need ptrace, which is not allowed here ({error.strerror})"
    return ""


def forked(work: Callable[[], int]) -> Traced:
    """Do some work in a forked process, and leave it alone."""
    _, status = os.waitpid(_fork(work), 0)
    return Traced(os.waitstatus_to_exitcode(status))


def traced(work: Callable[[], int], kill_at: int) -> Traced:
    """Do some work in a forked process, which is killed at a call if it makes so many.

    Raises:
        OSError: tracing is not allowed here.
    """

    def stopped_first() -> int:
        _ptrace(_TRACE_ME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        return work()

    pid = _fork(stopped_first)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status):
        raise OSError(1, "Operation not permitted")
    _ptrace(_SET_OPTIONS, pid, 0, _GOOD_STOPS_AND_NO_ORPHANS)
    calls: list[str] = []
    delivered = 0
    while True:
        _ptrace(_SYSCALL, pid, 0, delivered)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            return Traced(os.waitstatus_to_exitcode(status), tuple(calls))
        stopped_by, delivered = os.WSTOPSIG(status), 0
        if stopped_by != signal.SIGTRAP | 0x80:
            delivered = stopped_by
        elif name := _changing_call(pid):
            calls.append(name)
            if len(calls) == kill_at:
                os.kill(pid, signal.SIGKILL)
                _, status = os.waitpid(pid, 0)
                return Traced(os.waitstatus_to_exitcode(status), tuple(calls))


def _fork(work: Callable[[], int]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def _changing_call(pid: int) -> str:
    """Return the name of the call that a process is about to make, if it changes a file."""
    buffer = ctypes.create_string_buffer(128)
    _ptrace(_GET_SYSCALL_INFO, pid, len(buffer), ctypes.addressof(buffer))
    number, *arguments = struct.unpack_from("=7Q", buffer, 24)
    name = _NUMBERS[platform.machine()].get(number, "") if buffer.raw[0] == _ENTRY else ""
    if name in _FLAGS_OF and not arguments[_FLAGS_OF[name]] & os.O_CREAT:
        return ""
    to_a_stream = name in ("write", "writev") and arguments[0] in (1, 2)
    return "" if to_a_stream else name


def _ptrace(request: int, pid: int, address: int = 0, data: int = 0) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, pid, address, data) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
