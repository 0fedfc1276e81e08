"""Officers' passwords: argon2id, computed beside the event loop, few at a time."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import GatewayError, ProblemCode

# OWASP's first choice: 19 MiB, two passes, one lane; about 30 ms of one core.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
MAX_PASSWORD_LENGTH: Final = 1024

T = TypeVar("T")


class SignInBusyError(GatewayError):
    """More sign-ins wait than the gateway lets wait."""

    def __init__(self) -> None:
        super().__init__(ProblemCode.SIGN_IN_BUSY)


class PasswordVault:
    """Hashes and checks passwords in threads; checking nobody costs what checking somebody costs."""

    def __init__(self, *, workers: int, max_waiting: int) -> None:
        """Use at most *workers* cores; refuse beyond *max_waiting* checks in line."""
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._max_waiting = max_waiting
        self._waiting = 0
        self._nobody = _HASHER.hash("nobody has this password")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the running checks end."""
        self._threads.shutdown()

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Return whether *password* is right; always False, in the same time, where there is no hash.

        Raises SignInBusyError.
        """
        is_right = await self._in_thread(_verify, password_hash or self._nobody, _composed(password))
        return is_right and password_hash is not None

    async def hash(self, password: str) -> str:
        """Return the argon2id hash of *password* under today's parameters. Raises SignInBusyError."""
        return await self._in_thread(_HASHER.hash, _composed(password))

    async def _in_thread(self, work: Callable[..., T], *arguments: str) -> T:
        if self._waiting >= self._max_waiting:
            raise SignInBusyError
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1


def hash_password(password: str) -> str:
    """Return the argon2id hash of *password*; blocks for about 30 ms, for commands only."""
    return _HASHER.hash(_composed(password))


def _composed(password: str) -> str:
    """Return the password in NFC: not all keyboards compose accents (RFC 8265 section 4.2.2)."""
    return unicodedata.normalize("NFC", password)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
