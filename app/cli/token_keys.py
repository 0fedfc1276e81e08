"""`dancu keys rotate-token|list-token`: the keys that sign access tokens; what `dancu check` says of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.token_key_store import load_token_keys, replace_token_keys, rotate_token_keys
from app.accounts.token_keys import Rotation, TokenKey, TokenKeys
from app.audit.changes import Change
from app.audit.record import RecordKind
from app.audit.sealing import RootKey
from app.cli.console import done
from app.cli.keys import check_serving_root, owners_connection, serving_root
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.clock import VIETNAM, SystemClock
from app.database.connect import open_engine
from app.settings import Settings

_USUAL_HOURS: Final = 24
_MOST_HOURS: Final = 30 * 24


def rotate_token(
    hours: Annotated[
        int | None,
        typer.Option(
            "--in",
            min=1,
            max=_MOST_HOURS,
            metavar="HOURS",
            help=f"when it signs; else {_USUAL_HOURS}",
        ),
    ] = None,
    at_once: Annotated[
        bool, typer.Option("--now", help="for a key that leaked: every other key stops counting at once")
    ] = False,
) -> None:
    """Make the next key that signs access tokens; nobody has to sign in again."""
    if at_once and hours is not None:
        raise typer.BadParameter("--now and --in contradict each other")
    settings, _ = read_settings()
    ahead = None if at_once else timedelta(hours=hours or _USUAL_HOURS)
    rotation = asyncio.run(rotate(settings, ahead))
    for line in _told(rotation, is_coming=rotation.former_kid is not None):
        done(line)


def list_token() -> None:
    """List the token keys: what each is good for, and when, in Vietnam's time."""
    settings, _ = read_settings()
    keys = asyncio.run(_load(settings))
    now = SystemClock().now()
    for key in keys.keys:
        done(f"{key.kid}  {keys.state_of(key, now):<7}  {_times(key)}")
    for kid in keys.unusable:
        done(f"{kid!a}  unusable: does not open with DANCU_ROOT_KEY")
    if keys.signing(now) is None:
        done("no token key signs; run: dancu check")


async def rotate(settings: Settings, ahead: timedelta | None) -> Rotation:
    """Rotate with the operator's settings: a key that signs after *ahead*, or now in the place of all others.

    Returns what changed. Raises TokenKeyComingError, and OtherRootKeyError where no gateway could open the
    new key.
    """
    root, now = serving_root(settings), SystemClock().now()
    async with owners_connection(settings) as connection:
        await check_serving_root(connection, root)

    async def work(connection: AsyncConnection) -> Change[Rotation]:
        if ahead is None:
            rotation = await replace_token_keys(connection, root, now)
        else:
            rotation = await rotate_token_keys(connection, root, now, ahead)
        return Change(rotation, RecordKind.KEYS_ROTATED, rotation.facts)

    return await make_recorded(settings, work)


async def token_key_findings(url: str, root: RootKey) -> AsyncIterator[tuple[bool | None, str]]:
    """Yield what `dancu check` says of the token keys, read as the serving role at *url*."""
    engine = open_engine(url, pool_size=1)
    try:
        async with engine.connect() as connection:
            keys = await load_token_keys(connection, root)
    finally:
        await engine.dispose()
    for finding in judge(keys, SystemClock().now()):
        yield finding


def judge(keys: TokenKeys, now: datetime) -> Iterator[tuple[bool | None, str]]:
    """Yield one line on the key that signs, and one where there are keys that nobody here made."""
    key = keys.signing(now)
    if key is None:
        advice = "rotate-token --now" if keys.keys or keys.unusable else "months"
        yield False, f"keys: no token key can sign, so nobody can sign in; run: dancu keys {advice}"
    elif keys.needs_successor(now):
        days = (now - key.signs_from).days
        yield None, f"keys: token key {key.kid} has signed for {days} days, run: dancu keys rotate-token"
    else:
        yield True, f"keys: token key {key.kid} signs access tokens"
    if keys.unusable:
        count = len(keys.unusable)
        yield (
            None,
            (
                f"keys: token keys that do not open with DANCU_ROOT_KEY, and are not used: {count};"
                " nobody with this key made them"
            ),
        )


async def _load(settings: Settings) -> TokenKeys:
    async with owners_connection(settings) as connection:
        return await load_token_keys(connection, serving_root(settings))


def _told(rotation: Rotation, *, is_coming: bool) -> Iterator[str]:
    if not is_coming:
        yield f"token key {rotation.kid} signs at once"
    else:
        yield f"token key {rotation.kid} signs from {_shown(rotation.signs_from)}"
        yield f"token key {rotation.former_kid} verifies until {_shown(rotation.former_verifies_until)}"
    if rotation.revoked_kids:
        yield f"no longer accepted: {', '.join(ascii(kid)[1:-1] for kid in rotation.revoked_kids)}"


def _times(key: TokenKey) -> str:
    ends = f", verifies until {_shown(key.verifies_until)}" if key.verifies_until is not None else ""
    return f"signs from {_shown(key.signs_from)}{ends}"


def _shown(instant: datetime | None) -> str:
    return f"{instant.astimezone(VIETNAM):%Y-%m-%d %H:%M:%S} (Vietnam)" if instant is not None else "-"
