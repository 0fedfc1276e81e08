"""`dancu keys replace-months|recover-root`: what is left to do where a root key leaked or was lost."""

import asyncio
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change, Event, Unchanged
from app.audit.record import RecordKind, Value
from app.audit.writer_keys import WriterKeyMaker, writer_key_rows
from app.cli.console import done
from app.cli.keys import check_root_keys, check_serving_root, month_key_maker, owners_connection
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.clock import SystemClock
from app.errors import ConfigurationError
from app.settings import Settings


def replace_months(
    *,
    auditing_key_lost: Annotated[
        bool,
        typer.Option("--auditing-key-lost", help="the auditing root key is a new one: the former is gone"),
    ] = False,
) -> None:
    """Make the keys of coming months anew, for a root key that leaked or was lost; needs both root keys.

    The running month keeps its key, and past months theirs: what was sealed to them cannot be sealed again.
    """
    settings, _ = read_settings()
    maker = month_key_maker(settings)

    async def work(connection: AsyncConnection) -> Change[list[str]] | Unchanged[list[str]]:
        if auditing_key_lost:
            await check_serving_root(connection, maker.serving_root)
        else:
            await check_root_keys(connection, maker)
        months = await maker.replace(connection, SystemClock().now())
        if not months:
            return Unchanged(months)
        facts = {"change": "month keys", "months": " ".join(months)}
        return Change(months, RecordKind.KEYS_ROTATED, facts)

    months = asyncio.run(make_recorded(settings, work))
    done(f"made new keys for: {', '.join(months)}" if months else "no coming month has a key yet")


def recover_root() -> None:
    """Let a new root key serve where the former was lost; what writing needs is taken from auditing's half.

    Token keys, the key for receipts and second factors are lost with it, and are made anew after this.
    """
    settings, _ = read_settings()
    months = asyncio.run(_recovered(settings))
    done(f"the root key opens the months again: {', '.join(months)}")
    done("Now: dancu keys rotate-token --now, dancu keys rotate-signing, and reset every second factor.")


async def _recovered(settings: Settings) -> list[str]:
    maker = month_key_maker(settings)
    async with owners_connection(settings) as connection:
        months = await maker.rebuild(connection)
        keys = WriterKeyMaker(maker.authority_code, maker.serving_root)
        await keys.replace_lost(connection)
        *_, lost, key = [None, *await writer_key_rows(connection)]

    # Also where an earlier try replaced it and could not record that.
    further = [_lost_writer_key(lost.key_id, key.key_id)] if lost is not None and key is not None else []

    async def work(_: AsyncConnection) -> Change[None]:
        facts = {"change": "root key", "after": maker.serving_root.fingerprint, "reason": "lost"}
        return Change(None, RecordKind.KEYS_ROTATED, facts, further)

    try:
        await make_recorded(settings, work)  # not before: nothing can be recorded without the month's key
    except ConfigurationError:
        raise ConfigurationError(
            "the root key opens the months again, but that could not be recorded; run it again"
        ) from None
    return months


def _lost_writer_key(lost: str, key: str) -> Event:
    """Return the record of the key that signs from now on; the one before can no longer vouch for it."""
    facts: dict[str, Value] = {"change": "writer key", "before": lost, "after": key, "reason": "lost"}
    return Event(RecordKind.KEYS_ROTATED, facts)
