"""How long a large directory takes to load and to change, and how long the event loop is held meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import asyncpg

from app.accounts.store import Accounts, amend_accounts, load_accounts
from app.clock import SystemClock, local_day
from app.database.connect import connector, open_engine
from app.database.live import DirectoryKeeper, LiveView
from app.procedures.store import Catalogue, amend_catalogue, load_catalogue
from app.units.store import UnitRegister, amend_units, load_units
from bench.directory_ground import Size

_PATIENCE_SECONDS: Final = 60
_SUSPEND: Final = "update officer set status = 'suspended' where login_name = $1"
_END_GRANT: Final = (
    "update permission_grant set valid_to = current_date + 1 where unit_id = $1 and procedure_code = $2"
)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step took on the clock, and the longest the event loop's thread computed without a pause."""

    name: str
    seconds: float
    held_ms: float


class _Held:
    """The longest time the event loop was held, as processor time of its thread: neighbours do not count."""

    def __init__(self) -> None:
        self.longest_ms = 0.0

    async def watch(self) -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            self.longest_ms = max(self.longest_ms, (now - last) * 1000)
            last = now


class _Directory:
    """The views of a gateway and what keeps them."""

    def __init__(self, url: str) -> None:
        self.today: date = local_day(SystemClock().now())
        self.accounts: LiveView[Accounts] = LiveView(
            lambda c: load_accounts(c, self.today, self.accounts.last),
            lambda c, known, changes: amend_accounts(c, known, changes, self.today),
        )
        self.units: LiveView[UnitRegister] = LiveView(
            lambda c: load_units(c, self.today),
            lambda c, known, changes: amend_units(c, known, changes, self.today),
        )
        self.catalogue: LiveView[Catalogue] = LiveView(
            lambda c: load_catalogue(c, self.today),
            lambda c, known, changes: amend_catalogue(c, known, changes, self.today),
        )
        self.engine = open_engine(url)
        self.keeper = DirectoryKeeper(
            self.engine,
            connector(url),
            SystemClock(),
            (self.accounts, self.units, self.catalogue),
            day=lambda: self.today,
            max_age_seconds=60,
        )

    def is_active(self, login_name: str) -> bool:
        return self.accounts.current.officers_by_login[login_name].is_active

    def size(self) -> Size:
        known, catalogue = self.accounts.current, self.catalogue.current
        units = self.units.current.units
        return Size(len(known.officers), len(units), len(catalogue.procedures), len(catalogue.grants))


def measure_loading(serving_url: str, owner_url: str) -> tuple[Size, list[Step]]:
    """Load the directory as a gateway does, change it and load it anew; return its size and the steps."""
    return asyncio.run(_measure(serving_url, owner_url))


async def _measure(serving_url: str, owner_url: str) -> tuple[Size, list[Step]]:
    steps = list[Step]()
    owner = await asyncpg.connect(owner_url)
    directory = _Directory(serving_url)
    try:
        async with _timed("load everything", steps):
            await directory.keeper.__aenter__()
        size = directory.size()
        async with _timed("one officer suspended", steps):
            await owner.execute(_SUSPEND, "tinh.1")
            await _until(lambda: not directory.is_active("tinh.1"))
        (unit_id, code), *_ = directory.catalogue.current.grants
        grants = directory.catalogue.current.grants
        async with _timed("one grant ended", steps):
            await owner.execute(_END_GRANT, unit_id, code)
            await _until(lambda: directory.catalogue.current.grants is not grants)
        async with _timed("one unit renamed", steps):
            register = directory.units.current
            await owner.execute("update unit_version set name = name || ' (mới)' where unit_id = $1", unit_id)
            await _until(lambda: directory.units.current is not register)
        async with _timed("a new day: load everything anew", steps):
            directory.today += timedelta(days=1)
            catalogue = directory.catalogue.current  # the last that is loaded
            await _until(lambda: directory.catalogue.current is not catalogue)
    finally:
        await directory.keeper.__aexit__()
        await directory.engine.dispose()
        await owner.close()
    return size, steps


@asynccontextmanager
async def _timed(name: str, steps: list[Step]) -> AsyncIterator[None]:
    held = _Held()
    watch = asyncio.create_task(held.watch())
    await asyncio.sleep(0)
    began = time.perf_counter()
    try:
        yield
        steps.append(Step(name, time.perf_counter() - began, held.longest_ms))
    finally:
        watch.cancel()


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - nothing to await
            await asyncio.sleep(0.001)
