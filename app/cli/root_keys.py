"""`dancu keys create-root|rotate-root`: another root key under everything; what `dancu check` says of it."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change, Unchanged
from app.audit.record import RecordKind
from app.audit.sealing import RootKey
from app.cli.console import done
from app.cli.keys import owners_connection, serving_root
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.cli.wrapped_keys import (
    UNDER_AUDITING_ROOT,
    UNDER_SERVING_ROOT,
    Plan,
    WrappedColumn,
    hold,
    plan_rewrapping,
    rewrap,
)
from app.database.connect import open_engine
from app.errors import ConfigurationError
from app.serving_settings import auditing_root_of, root_key
from app.settings import Settings

_REMEDY: Final = (
    "find out who put them there, or pass --leave-unopened; nothing will ever open them (docs/evidence.md)"
)


@dataclass(frozen=True, slots=True)
class Rotation:
    """Which root key takes the place of which, and under it what."""

    what: str
    present: RootKey
    new: RootKey
    columns: Sequence[WrappedColumn]
    leave_unopened: bool

    @property
    def former(self) -> str:
        """The fingerprints of the keys that open at present, less the new one's."""
        secrets = (self.present.secret, *self.present.others)
        return " ".join(RootKey(each).fingerprint for each in secrets if each != self.new.secret)


def create_root(
    new_file: Annotated[Path, typer.Argument(help="where to put it; never overwritten")],
    *,
    auditing: Annotated[bool, typer.Option("--auditing", help="an auditing root key instead")] = False,
) -> None:
    """Make the root key that is to follow the present one; it changes nothing yet.

    It derives what the present one derives, so that recovery codes, limits and Idempotency-Keys stay good.
    """
    settings, _ = read_settings()
    text = RootKey.generate_text() if auditing else serving_root(settings).successor_text()
    descriptor = os.open(new_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    done(f"made {new_file}: {RootKey.from_text(text).fingerprint}; back it up before it is used")


def rotate_root(
    new_file: Annotated[Path, typer.Argument(help="the new root key, as dancu keys create-root makes one")],
    *,
    auditing: Annotated[bool, typer.Option("--auditing", help="the auditing root key instead")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="count and open everything, and stop")] = False,
    leave_unopened: Annotated[
        bool, typer.Option("--leave-unopened", help="go on although some open with no key")
    ] = False,
    forget_digests: Annotated[
        bool, typer.Option("--forget-digests", help="a key that derives others: recovery codes end")
    ] = False,
) -> None:
    """Wrap everything in the database under a new root key, all of it or nothing.

    Processes open it only where they were given the new key before, as DANCU_OTHER_ROOT_KEY_FILE.
    """
    settings, _ = read_settings()
    rotation = rotation_of(settings, new_file, auditing=auditing, leave_unopened=leave_unopened)
    if not auditing and not forget_digests and rotation.new.derivation != rotation.present.derivation:
        raise ConfigurationError(
            f"{new_file} does not follow the present root key: make it with dancu keys create-root, or pass"
            " --forget-digests, and officers need new recovery codes"
        )
    plans = asyncio.run(_planned(settings, rotation) if dry_run else carry_out(settings, rotation))
    for plan in plans:
        done(_told(plan, is_done=not dry_run))
    if dry_run:
        done("nothing was changed")
    else:
        done(f"the {rotation.what} is {rotation.new.fingerprint}; keep the former one for older backups")


def key_in(file: Path) -> RootKey:
    """Return the root key that *file* holds; ConfigurationError where it holds none."""
    return root_key(file.read_text(encoding="ascii", errors="replace").strip(), str(file))


async def root_key_findings(
    url: str, root: RootKey, *, auditing: bool = False
) -> AsyncIterator[tuple[bool | None, str]]:
    """Yield what `dancu check` says of what does not stand under *root*, read as the role at *url*."""
    columns = UNDER_AUDITING_ROOT if auditing else UNDER_SERVING_ROOT
    engine = open_engine(url, pool_size=1)
    try:
        async with engine.connect() as connection:
            plans = await plan_rewrapping(connection, columns, root, root.alone)
    finally:
        await engine.dispose()
    under_other = sum(len(plan.changes) for plan in plans)
    variable = "DANCU_OTHER_AUDIT_ROOT_KEY" if auditing else "DANCU_OTHER_ROOT_KEY"
    if under_other:
        yield None, f"keys: still under {variable}: {under_other}; to go on: dancu keys rotate-root"
    elif root.others:
        yield None, f"keys: nothing stands under {variable}; once all processes say so it can go"
    for plan in plans:
        if plan.unopened:
            yield None, f"keys: under a root key not given here: {plan.wrapped.label}: {plan.unopened}"


def rotation_of(
    settings: Settings, new_file: Path, *, auditing: bool = False, leave_unopened: bool = False
) -> Rotation:
    """Return what is to be done to put the key of *new_file* in the place of one; ConfigurationError."""
    new = key_in(new_file)
    serving, auditor = serving_root(settings), auditing_root_of(settings)
    apart = serving if auditing else auditor
    if apart is not None and new.secret in (apart.secret, *apart.others):
        raise ConfigurationError("the root key and the auditing root key must be two keys")
    if not auditing:
        return Rotation("root key", serving, new, UNDER_SERVING_ROOT, leave_unopened)
    if auditor is None:
        raise ConfigurationError("DANCU_AUDIT_ROOT_KEY (or DANCU_AUDIT_ROOT_KEY_FILE) is not set")
    return Rotation("auditing root key", auditor, new, UNDER_AUDITING_ROOT, leave_unopened)


async def _planned(settings: Settings, rotation: Rotation) -> list[Plan]:
    async with owners_connection(settings) as connection:
        return await plan_rewrapping(connection, rotation.columns, rotation.present, rotation.new)


async def carry_out(settings: Settings, rotation: Rotation) -> list[Plan]:
    """Wrap everything anew and record it, in one transaction; return what was done.

    Raises ConfigurationError where something opens with neither key, or cannot be recorded.
    """

    async def work(connection: AsyncConnection) -> Change[list[Plan]] | Unchanged[list[Plan]]:
        await hold(connection, rotation.columns)
        plans = await plan_rewrapping(connection, rotation.columns, rotation.present, rotation.new)
        _refuse_unopened(plans, rotation)
        await rewrap(connection, plans)
        if not any(plan.changes for plan in plans):
            return Unchanged(plans)
        facts = {"change": rotation.what, "before": rotation.former, "after": rotation.new.fingerprint}
        return Change(plans, RecordKind.KEYS_ROTATED, facts)

    return await make_recorded(settings, work)


def _refuse_unopened(plans: Sequence[Plan], rotation: Rotation) -> None:
    unopened = [f"{plan.wrapped.label}: {plan.unopened}" for plan in plans if plan.unopened]
    if unopened and not rotation.leave_unopened:
        raise ConfigurationError(f"neither root key opens {', '.join(unopened)}; {_REMEDY}")


def _told(plan: Plan, *, is_done: bool) -> str:
    counted = f"{len(plan.changes)} {'wrapped anew' if is_done else 'to wrap anew'}"
    left = f", {plan.unopened} that no key opens" if plan.unopened else ""
    return f"{plan.wrapped.label}: {counted}, {plan.already} under the new key already{left}"
