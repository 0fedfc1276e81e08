"""What goes on in a log while its months are looked after: searches, and locks that could hold up others."""

import asyncio
import contextlib
import itertools
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from app.auditing.reader import AuditReader
from app.database.connect import open_searching_engine
from app.errors import AuditUnavailableError
from bench.volume_ground import Ground
from bench.volume_searches import questions

_LOOK_SECONDS: Final = 0.02
_PAUSE_SECONDS: Final = 0.1
_SUBJECTS: Final = 20
_MONTH: Final = re.compile(r"_[0-9]{4}_[0-9]{2}$")
_STRONG: Final = """
select distinct c.relname, l.mode
from pg_locks l join pg_class c on c.oid = l.relation
join pg_stat_activity a on a.pid = l.pid and a.backend_type = 'client backend'
where l.database = (select oid from pg_database where datname = current_database())
    and l.locktype = 'relation' and l.granted and c.relkind in ('r', 'p') and c.relname like 'audit\\_%'
    and l.mode in ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
        'AccessExclusiveLock')
"""


@dataclass(frozen=True, slots=True)
class Searched:
    """A search: when it began (monotonic seconds), how long it took, whether it was answered."""

    at: float
    seconds: float
    is_answered: bool


@dataclass(slots=True)
class Watch:
    """What was seen so far."""

    searches: list[Searched] = field(default_factory=list)
    locks: list[tuple[float, str]] = field(default_factory=list)

    def searches_between(self, begin: float, end: float) -> list[Searched]:
        """Return those that were under way at some time from *begin* to *end*."""
        return [one for one in self.searches if one.at <= end and one.at + one.seconds >= begin]

    def locks_between(self, begin: float, end: float) -> list[str]:
        """Return the locks stronger than writers' that were seen then, each once."""
        return sorted({lock for at, lock in self.locks if begin <= at <= end})


@asynccontextmanager
async def watched(ground: Ground) -> AsyncIterator[Watch]:
    """Search all the time, and look at locks every 20 ms, until the block ends.

    What failed there is raised then.
    """
    watch = Watch()
    dossiers = await ground.dossiers(_SUBJECTS)
    asked = [one for one in questions(ground.world, dossiers) if one.is_judged]
    searches = itertools.cycle([one.searches[at] for at in range(_SUBJECTS) for one in asked])
    engine = open_searching_engine(ground.auditing_url, pool_size=1)
    owner = await asyncpg.connect(ground.owner_url)
    stopping = asyncio.Event()

    async def search_on() -> None:
        reader = AuditReader(engine, ground.audit_root)
        while not stopping.is_set():
            at, is_answered = time.monotonic(), True
            try:
                await reader.find(next(searches))
            except AuditUnavailableError:
                is_answered = False
            watch.searches.append(Searched(at, time.monotonic() - at, is_answered))
            await _pause(stopping, _PAUSE_SECONDS)

    async def look_on() -> None:
        while not stopping.is_set():
            for row in await owner.fetch(_STRONG):
                watch.locks.append((time.monotonic(), lock_name(row["relname"], row["mode"])))
            await _pause(stopping, _LOOK_SECONDS)

    both = asyncio.gather(search_on(), look_on())
    try:
        yield watch
        stopping.set()
        await both
    finally:
        both.cancel()
        await owner.close()
        await engine.dispose()


def lock_name(table: str, mode: str) -> str:
    """Return which lock it is on what: months of a table are one another's like."""
    name, is_month = _MONTH.subn("", table)
    return f"{mode.removesuffix('Lock')} on {'a month of ' if is_month else ''}{name}"


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


def longest_of(searches: Sequence[Searched]) -> float:
    """Return the seconds of the slowest, 0 where there are none."""
    return max((one.seconds for one in searches), default=0.0)
