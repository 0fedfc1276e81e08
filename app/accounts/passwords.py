"""Officers' passwords: argon2id, computed beside the event loop, few at a time."""

import asyncio
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final, Self, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import GatewayError, ProblemCode

# OWASP's first choice: 19 MiB, two passes, one lane; about 30 ms of one core.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
MAX_PASSWORD_LENGTH: Final = 1024
_NICENESS: Final = 19
# Elsewhere a thread has no priority of its own.
_HAS_THREAD_PRIORITIES: Final = sys.platform == "linux"

T = TypeVar("T")


class SignInBusyError(GatewayError):
    """More sign-ins wait than the gateway lets wait."""

    def __init__(self) -> None:
        super().__init__(ProblemCode.SIGN_IN_BUSY)


class PasswordVault:
    """Hashes and checks passwords in threads; checking nobody costs what checking somebody costs."""

    def __init__(self, *, workers: int, max_waiting: int) -> None:
        """Use at most *workers* cores; refuse beyond *max_waiting* checks in line."""
        self._threads = ThreadPoolExecutor(
            workers,
            thread_name_prefix="argon2",
            initializer=_stand_back if _HAS_THREAD_PRIORITIES else None,
        )
        self._max_waiting = max_waiting
        self._waiting = 0
        self._nobody = _nobody()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the running checks end."""
        self._threads.shutdown()

    def check_room(self) -> None:
        """Raise SignInBusyError where no more checks may wait: before anything is spent on one more."""
        if self._waiting >= self._max_waiting:
            raise SignInBusyError

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Return whether *password* is right; always False, in the same time, where there is no hash.

        Raises SignInBusyError.
        """
        is_right = await self._in_thread(_verify, password_hash or self._nobody, _composed(password))
        return is_right and password_hash is not None

    async def hash(self, password: str) -> str:
        """Return the argon2id hash of *password* under today's parameters. Raises SignInBusyError."""
        return await self._in_thread(_HASHER.hash, _composed(password))

    def needs_rehash(self, password_hash: str) -> bool:
        """Whether a hash that has just matched was made under other parameters than today's."""
        return _HASHER.check_needs_rehash(password_hash)

    async def _in_thread(self, work: Callable[..., T], *arguments: str) -> T:
        self.check_room()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1


@cache
def _nobody() -> str:
    """Return the hash that stands for those who have none; made once, for that takes a hash's time."""
    return _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Return the argon2id hash of *password*; blocks for about 30 ms, for commands only."""
    return _HASHER.hash(_composed(password))


def _composed(password: str) -> str:
    """Return the password in NFC: not all keyboards compose accents (RFC 8265 section 4.2.2)."""
    return unicodedata.normalize("NFC", password)


def _stand_back() -> None:
    """Let the event loop go first: a flood of sign-ins must not starve those who are signed in."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
