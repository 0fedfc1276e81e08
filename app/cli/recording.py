"""Changes made by commands: each one transaction, committed once its record is durable.

    async def work(connection: AsyncConnection) -> Change[UUID]: …
    unit_id = run_recorded(work)

`work` does the change on the connection it is given and returns `Change(result, RecordKind.…, facts)`: what
the caller wants back, and what the record says. *facts* are names of `app.audit.record_fields.LEAF_FIELDS`,
never a secret; `operator`, who runs the command, is added here. What was changed goes into
`changed_officer_id`, `changed_unit_id`, `changed_client_id` or `procedure_code`, how into `change`, `before`
and `after`.

Where the evidence cannot be written, nothing changes, and the operator is told what is missing. Where the
commit fails after that, a record `change.failed` names the one that says too much (app.audit.changes).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.audit.changes import Change, ChangeLog, Unchanged, Work
from app.audit.keyring import Keyring, month_of
from app.audit.sealing import RootKey
from app.audit.writer import AuditWriter
from app.cli.operator import operator_name
from app.cli.settings import administration_url, read_settings
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from app.database.connect import connector
from app.errors import AuditUnavailableError, ConfigurationError
from app.serving_settings import serving_root_of
from app.settings import Settings

T = TypeVar("T")
_NOT_RECORDED = "nothing was changed, because it could not be recorded"


def run_recorded(work: Work[T]) -> T:
    """Make one change and its record and return the result.

    Raises ConfigurationError where the record cannot be written, and what *work* raises; nothing has
    changed then.
    """
    settings, _ = read_settings()
    return asyncio.run(make_recorded(settings, work))


async def make_recorded(settings: Settings, work: Work[T]) -> T:
    """Do the same where an event loop is already running."""

    async def named(connection: AsyncConnection) -> Change[T] | Unchanged[T]:
        await _check_keys(connection, keyring)
        change = await work(connection)
        return _signed(change) if isinstance(change, Change) else change

    keyring = Keyring(_root(settings))
    async with _change_log(settings, keyring) as changes:
        try:
            return await changes.make(named)
        except AuditUnavailableError:
            raise ConfigurationError(f"{_NOT_RECORDED}: the database took no record") from None


def _signed(change: Change[T]) -> Change[T]:
    operator = operator_name()
    further = [replace(event, facts={**event.facts, "operator": operator}) for event in change.further]
    return replace(change, facts={**change.facts, "operator": operator}, further=further)


@asynccontextmanager
async def _change_log(settings: Settings, keyring: Keyring) -> AsyncIterator[ChangeLog]:
    url, clock = administration_url(settings), SystemClock()
    engine = create_async_engine(sqlalchemy_address(url), hide_parameters=True)
    writer = AuditWriter(
        connector(url, synchronous_commit="on"),
        keyring,
        clock,
        authority_code=_authority(settings),
        wait_seconds=settings.audit_wait_seconds,
        standbys=settings.audit_standbys,
    )
    try:
        async with writer:
            yield ChangeLog(engine, writer, clock)
    finally:
        await engine.dispose()


async def _check_keys(connection: AsyncConnection, keyring: Keyring) -> None:
    """Say which key is missing; SealBrokenError where the root key is another one than made it."""
    month = month_of(SystemClock().now())
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is None or await keyring.load(raw, month) is None:
        raise ConfigurationError(f"{_NOT_RECORDED}: there is no key for {month}, run: dancu keys months")
    if await keyring.load_writer_key(raw) is None:
        raise ConfigurationError(f"{_NOT_RECORDED}: there is no writer key, run: dancu keys months")


def _root(settings: Settings) -> RootKey:
    root = serving_root_of(settings)
    if root is None:
        raise ConfigurationError(f"{_NOT_RECORDED}: DANCU_ROOT_KEY (or DANCU_ROOT_KEY_FILE) is not set")
    return root


def _authority(settings: Settings) -> str:
    if not settings.authority_code:
        raise ConfigurationError("DANCU_AUTHORITY_CODE is not set: the province's code, such as H19")
    return settings.authority_code
