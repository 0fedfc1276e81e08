"""Changes of registers and accounts: none becomes durable before its record is."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.errors import AuditUnavailableError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What a transaction did, as its record says it, and what comes of it for the caller."""

    result: T
    kind: RecordKind
    facts: Mapping[str, Value] = field(repr=False)


Work = Callable[[AsyncConnection], Awaitable[Change[T]]]


class ChangeLog:
    """Makes changes and records them; whoever changes something goes through here."""

    def __init__(self, engine: AsyncEngine, log: AuditLog, clock: Clock) -> None:
        """Change through *engine*, record in *log*."""
        self._engine = engine
        self._log = log
        self._clock = clock

    async def make(self, work: Work[T]) -> T:
        """Do *work* in one transaction, which is committed once its record is durable; return its result.

        Where the commit then fails a record `change.failed` follows: it names the first one, and what that
        said may not have happened. Raises what *work* raises and AuditUnavailableError; nothing has
        changed then.
        """
        recorded: Draft | None = None
        try:
            async with self._engine.begin() as connection:
                change = await work(connection)
                draft = Draft(change.kind, self._clock.now(), change.facts)
                await self._log.append(draft)
                recorded = draft
        except (OSError, SQLAlchemyError):
            if recorded is not None:
                await self._say_it_failed(recorded)
            raise
        return change.result

    async def _say_it_failed(self, recorded: Draft) -> None:
        facts: dict[str, Value] = {"failed_record_id": str(recorded.record_id), "reason": "commit_failed"}
        who = ("officer_id", "unit_id", "client_id", "operator", "request_id", "changed_officer_id")
        facts |= {name: recorded.facts[name] for name in who if name in recorded.facts}
        with contextlib.suppress(AuditUnavailableError):  # the commit's error is what the caller must hear
            await self._log.append(Draft(RecordKind.CHANGE_FAILED, self._clock.now(), facts))
