"""Changes of registers and accounts: none becomes durable before its record is."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, Self, TypeVar
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.errors import AuditUnavailableError

T = TypeVar("T")
_AT_ONCE: Final = 100  # records of one change that wait for their commit together


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a change did, as its record says it."""

    kind: RecordKind
    facts: Mapping[str, Value] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What a transaction did, as its records say it, and what comes of it for the caller.

    Where it did many things, the records of the *further* ones say which record they are part of.
    """

    result: T
    kind: RecordKind
    facts: Mapping[str, Value] = field(repr=False)
    further: Sequence[Event] = ()
    subject: bytes | None = field(default=None, repr=False)
    """What only auditing may read of it; sealed in the first record."""
    record_id: UUID = field(default_factory=uuid7)
    """The id of the first record, for who must know it before."""

    @classmethod
    def of_events(cls, result: T, events: Sequence[Event]) -> "Self | Unchanged[T]":
        """Return the change that these make up; Unchanged where there are none."""
        if not events:
            return Unchanged(result)
        return cls(result, events[0].kind, events[0].facts, events[1:])


@dataclass(frozen=True, slots=True)
class Unchanged(Generic[T]):
    """A transaction that changed nothing, and has nothing to record."""

    result: T


Work = Callable[[AsyncConnection], Awaitable[Change[T] | Unchanged[T]]]


class ChangeLog:
    """Makes changes and records them; whoever changes something goes through here."""

    def __init__(self, engine: AsyncEngine, log: AuditLog, clock: Clock) -> None:
        """Change through *engine*, record in *log*."""
        self._engine = engine
        self._log = log
        self._clock = clock

    async def make(self, work: Work[T]) -> T:
        """Do *work* in one transaction, which is committed once its records are durable; return its result.

        Where that then fails a record `change.failed` follows: it names the first one, and what that and
        those that are part of it said may not have happened. Raises what *work* raises and
        AuditUnavailableError; nothing has changed then.
        """
        recorded: Draft | None = None
        try:
            async with self._engine.begin() as connection:
                change = await work(connection)
                if isinstance(change, Change):
                    draft = Draft(
                        change.kind,
                        self._clock.now(),
                        change.facts,
                        subject=change.subject,
                        record_id=change.record_id,
                    )
                    await self._log.append(draft)
                    recorded = draft
                    await self._record_further(change.further, recorded)
        except (OSError, SQLAlchemyError, AuditUnavailableError):
            if recorded is not None:
                await self._say_it_failed(recorded)
            raise
        return change.result

    async def _record_further(self, events: Sequence[Event], first: Draft) -> None:
        part_of = str(first.record_id)
        for start in range(0, len(events), _AT_ONCE):
            drafts = (
                Draft(event.kind, self._clock.now(), {**event.facts, "part_of": part_of})
                for event in events[start : start + _AT_ONCE]
            )
            await asyncio.gather(*map(self._log.append, drafts))

    async def _say_it_failed(self, recorded: Draft) -> None:
        facts: dict[str, Value] = {"failed_record_id": str(recorded.record_id), "reason": "commit_failed"}
        who = ("officer_id", "unit_id", "client_id", "operator", "request_id", "changed_officer_id")
        facts |= {name: recorded.facts[name] for name in who if name in recorded.facts}
        with contextlib.suppress(AuditUnavailableError):  # the commit's error is what the caller must hear
            await self._log.append(Draft(RecordKind.CHANGE_FAILED, self._clock.now(), facts))
