"""Wherever a database hangs, nobody waits longer than was promised, and the process is not ready."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.audit.sealing import MonthKey
from app.audit.writer import AuditWriter
from app.audit.writer_keys import WriterKey
from app.clock import SystemClock
from app.errors import AuditUnavailableError
from tests.audit.workbench import a_draft, until

WAIT_SECONDS = 0.15
MONTH_KEY = X25519PrivateKey.generate().public_key()
WRITER_KEY = WriterKey.of("H19", Ed25519PrivateKey.generate())


class Hanging:
    """A database that hangs at one place once told to; keyring and connection in one."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.is_told = False
        self.statements = 0

    async def at(self, place: str) -> None:
        if self.is_told and place == self._place:
            await asyncio.Event().wait()

    async def connect(self) -> Any:
        await self.at("connecting")
        return self

    async def load(self, _: Any, month: str) -> MonthKey:
        await self.at("month key")
        return MonthKey(f"H19/{month}", month, MONTH_KEY, bytes(32))

    async def load_writer_key(self, _: Any, known: WriterKey | None) -> WriterKey:
        await self.at("writer key")
        return known or WRITER_KEY

    async def fetchval(self, _: str) -> bool:
        await self.at("looking")
        return True

    async def execute(self, *_: object) -> None:
        self.statements += 1
        await self.at("committing")
        if self.is_told and self._place == "sorting conflicts out":
            raise asyncpg.UniqueViolationError

    async def fetch(self, *_: object) -> list[Any]:
        await self.at("sorting conflicts out")
        return []

    def is_closed(self) -> bool:
        return self.is_told and self._place in {"connecting", "writer key", "month key"}

    def add_log_listener(self, _: object) -> None:
        """Nobody warns here."""

    def terminate(self) -> None:
        """Nothing is open."""


class MonthTurning(SystemClock):
    """Turns the month once told, so that its key is sought."""

    def __init__(self, database: Hanging) -> None:
        self._database = database

    def now(self) -> Any:
        now = super().now()
        return now.replace(year=now.year + 1) if self._database.is_told else now


PLACES = ["connecting", "month key", "writer key", "looking", "committing", "sorting conflicts out"]


def seconds_since() -> Iterator[float]:
    begun = time.monotonic()
    while True:
        yield time.monotonic() - begun


@pytest.mark.parametrize("place", PLACES)
async def test_wait_is_bounded_wherever_the_database_hangs(place: str) -> None:
    database = Hanging(place)
    clock = MonthTurning(database) if place == "month key" else SystemClock()
    writer = AuditWriter(
        database.connect,
        database,  # type: ignore[arg-type]
        clock,
        authority_code="H19",
        wait_seconds=WAIT_SECONDS,
    )
    async with writer:
        await writer.append(a_draft())
        assert writer.is_ready
        database.is_told = True
        if place != "looking":
            passed = seconds_since()
            next(passed)
            with pytest.raises(AuditUnavailableError):
                await writer.append(a_draft())
            assert next(passed) < WAIT_SECONDS + 1
        await until(lambda: not writer.is_ready, seconds=5)
        closing = seconds_since()
        next(closing)
    assert next(closing) < 2 * WAIT_SECONDS + 1
    with pytest.raises(AuditUnavailableError):
        await writer.append(a_draft())


async def test_who_gave_up_while_the_database_hung_is_not_written_afterwards() -> None:
    database = Hanging("connecting")
    async with AuditWriter(
        database.connect,
        database,  # type: ignore[arg-type]
        SystemClock(),
        authority_code="H19",
        wait_seconds=WAIT_SECONDS,
    ) as writer:
        await writer.append(a_draft())
        database.is_told = True
        answers = await asyncio.gather(*(writer.append(a_draft()) for _ in range(20)), return_exceptions=True)
        written = database.statements
        database.is_told = False
        await until(lambda: writer.is_ready)

    assert all(isinstance(answer, AuditUnavailableError) for answer in answers)
    closing = 1
    assert database.statements == written + closing
