"""`dancu keys new-log`: a new log under a new name, where the old one cannot honestly go on."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change
from app.audit.record import RecordKind
from app.audit.tree.checkpoint import log_epoch
from app.audit.tree.signer import (
    SIGNER_FILES,
    FileSigner,
    SignerStateError,
    copy_signer,
    create_signer,
    origin_of,
    signed_head,
)
from app.audit.tree.signer_backup import StatedHead, stated_head
from app.audit.tree.store import tree_size
from app.cli.console import done
from app.cli.inputs import worded
from app.cli.keys import authority_of
from app.cli.log_backups import LATEST_CHECKPOINT, Checkpoints, driver_of, said_of, text_of, told
from app.cli.log_keys import signer_root
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.errors import ConfigurationError
from app.settings import Settings


def new_log(
    folder: Annotated[Path, typer.Argument(help="a new folder of its own, where `dancu signer` will run")],
    reason: Annotated[str, typer.Option(help="what happened, and the number of the report on it")],
    checkpoint: Checkpoints = None,
) -> None:
    """Begin a new log over the records that are there; the record of it quotes the old log's last head.

    For a database that lost rows for good, and for a log key that leaked. Whoever holds a checkpoint of the
    old log can be shown by that record what became of it.
    """
    settings, _ = read_settings()
    with told():
        known = [stated_head(text_of(each)) for each in checkpoint or ()]
        signer = asyncio.run(_made(settings, folder, worded(reason), known))
    done(f"made the key of a new log in {folder}")
    done(f"others check its checkpoints by: {signer.verifier}")
    done(
        "Now: end the signer, set its DANCU_LOG_SIGNER_FOLDER to this folder, start it and the worker again."
    )
    done("Witnesses enter the new name and key before they cosign; auditors get both keys. Tell them why.")


async def _made(settings: Settings, folder: Path, reason: str, known: Sequence[StatedHead]) -> FileSigner:
    root, authority = signer_root(settings), authority_of(settings)
    made = list[FileSigner]()

    async def work(connection: AsyncConnection) -> Change[FileSigner]:
        driver = driver_of((await connection.get_raw_connection()).driver_connection)
        heads = [*known, *_remembered(settings, authority), *await _published(driver)]
        epoch, last = _last(heads, authority)
        made.append(create_signer(_fresh(folder), root, authority, epoch=epoch + 1))
        facts = {
            "change": "log origin",
            "before": said_of(last.origin, last.head),
            "after": made[0].verifier,
            "reason": reason,
        }
        return Change(made[0], RecordKind.KEYS_ROTATED, facts)

    try:
        return await make_recorded(settings, work)
    except BaseException:
        if made:
            _discard(folder)  # what is not on record does not exist
        raise


def _fresh(folder: Path) -> Path:
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"{folder} is not empty: a new log has a folder of its own")
    return folder


def _remembered(settings: Settings, authority: str) -> list[StatedHead]:
    """Return what the present signer signed last, where its folder is there; its key need not open."""
    folder = settings.log_signer_folder
    if folder is None or not folder.is_dir():
        return []
    files = copy_signer(folder)
    try:
        return [StatedHead(origin_of(files, authority), signed_head(files))]
    except SignerStateError:
        return []


async def _published(connection: asyncpg.Connection) -> list[StatedHead]:
    note = await connection.fetchval(LATEST_CHECKPOINT)
    if note is None:
        return []
    stated, size = stated_head(note), await tree_size(connection)
    if stated.head.size > size:
        raise ConfigurationError(
            f"the database has a checkpoint of {stated.head.size} leaves and only {size} leaves: no copy of a"
            " database is like that, somebody took them away; bring them back (docs/evidence.md)"
        )
    return [stated]


def _last(heads: Sequence[StatedHead], authority: str) -> tuple[int, StatedHead]:
    """Return the newest of *heads* and the number of its log."""
    numbered = list[tuple[int, StatedHead]]()
    for each in heads:
        epoch = log_epoch(each.origin, authority)
        if epoch is None:
            raise ConfigurationError(f"{each.origin!a} is the log of another installation")
        numbered.append((epoch, each))
    if not numbered:
        raise ConfigurationError("there was no log before this one; run: dancu keys create-log")
    return max(numbered, key=lambda one: (one[0], one[1].head.size))


def _discard(folder: Path) -> None:
    for name in SIGNER_FILES:
        (folder / name).unlink(missing_ok=True)
