"""Memory that is free goes back to the system; measured in processes of their own."""

import ctypes
import subprocess
import sys

import pytest

_HAS_GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt")
_WEIGH = """
import resource
from pathlib import Path

def weigh():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 2**20
"""
_HASH = """
from app.accounts.passwords import hash_password
from app.memory import settle_memory

settle_memory()
before = weigh()
for _ in range(3):
    hash_password("Mật khẩu 2026")
print(weigh() - before)
"""
_TRIM = """
from app.memory import return_free_memory

blocks = [bytearray(b"x" * 100_000) for _ in range(400)]
pinned = blocks.pop()  # the last one, which keeps those before it from going back by themselves
blocks.clear()
before = weigh()
return_free_memory()
print(before - weigh())
"""

pytestmark = pytest.mark.skipif(not _HAS_GLIBC, reason="this C library gives memory back by itself, or never")


def _megabytes(script: str) -> int:
    command = [sys.executable, "-c", _WEIGH + script]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603 - our own


def test_what_a_password_took_is_given_back() -> None:
    assert _megabytes(_HASH) < 10


def test_what_is_free_is_given_back() -> None:
    assert _megabytes(_TRIM) > 20
