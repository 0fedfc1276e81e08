"""`dancu keys backup-signer|restore-signer|rewrap-log`: the signer is kept, and cannot come back to fork."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change
from app.audit.record import RecordKind
from app.audit.sealing import SealBrokenError
from app.audit.tree.checkpoint import NoteKey, as_text
from app.audit.tree.merkle import TreeHead
from app.audit.tree.signer import (
    SignerStateError,
    copy_signer,
    discard_signer,
    open_log_key,
    put_signer,
    rewrap_signer,
    signed_head,
)
from app.audit.tree.signer_backup import (
    BackupBrokenError,
    NotACheckpointError,
    RestoreRefusedError,
    SignerBackup,
    prove_newest,
    signed_by,
)
from app.audit.tree.store import TreeBrokenError
from app.cli.console import done
from app.cli.keys import authority_of
from app.cli.log_keys import WRONG_SIGNER_KEY, signer_root, wrapping_key
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.errors import ConfigurationError
from app.settings import Settings

LATEST_CHECKPOINT: Final = "select note from audit_checkpoint order by tree_size desc limit 1"
_LONGEST_FILE: Final = 64 * 1024
_TROUBLES: Final = (
    SignerStateError,
    BackupBrokenError,
    NotACheckpointError,
    RestoreRefusedError,
    TreeBrokenError,
)

Checkpoints = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", help="the newest checkpoint somebody outside holds; may be given again"),
]


def backup_signer(
    file: Annotated[Path, typer.Argument(help="a new file; keep it apart from the root keys")],
) -> None:
    """Copy log key, still wrapped, and memory into one file, also while the worker runs."""
    settings, _ = read_settings()
    files = copy_signer(signer_folder(settings))
    with told():
        key = _opened(files, settings)
        head = signed_head(files)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as backup:
        backup.write(SignerBackup(files).text)
        backup.flush()
        os.fsync(backup.fileno())
    done(f"backed up {key.name}, which has signed {head.size} leaves")


def restore_signer(
    file: Annotated[Path, typer.Argument(help="what dancu keys backup-signer wrote")],
    folder: Annotated[Path, typer.Argument(help="a folder without a signer")],
    checkpoint: Checkpoints = None,
    *,
    none_held: Annotated[
        bool, typer.Option("--none-held", help="nobody outside ever received a checkpoint")
    ] = False,
) -> None:
    """Bring a signer back, to go on from the newest checkpoint that anybody holds.

    Refused where the database's tree does not continue all that is known to have been signed.
    """
    settings, _ = read_settings()
    if bool(checkpoint) is none_held:
        raise ConfigurationError(
            "a backup does not know what was signed after it: give the newest checkpoint that a witness or an"
            " auditor holds (--checkpoint FILE), or say --none-held"
        )
    with told():
        files = SignerBackup.from_text(text_of(file)).files
        key, remembered = (
            _opened(files, settings),
            signed_head(files),
        )
        shown = [signed_by(key, text_of(each)) for each in checkpoint or ()]
        known = [remembered, *shown, *_left_in(folder)]
        newest = asyncio.run(_restored(settings, folder, files, key, known))
    done(f"{key.name} goes on in {folder} from {newest.size} leaves; the backup knew of {remembered.size}")


def rewrap_log(
    new_file: Annotated[
        Path, typer.Argument(help="the new key (DANCU_SIGNER_KEY_FILE); made where it is missing")
    ],
) -> None:
    """Wrap the log key under another key; what runs goes on, and opens only that one at its next start."""
    settings, _ = read_settings()
    folder = signer_folder(settings)
    new, is_new = wrapping_key(settings, new_file, is_named=True)
    try:
        with told():
            _opened(copy_signer(folder), settings)
            rewrap_signer(folder, signer_root(settings), new, authority_of(settings))
    except BaseException:
        if is_new:
            new_file.unlink()
        raise
    if is_new:
        done(f"made {new_file}; from the signer's next start on it is DANCU_SIGNER_KEY_FILE")
    done(f"the log key in {folder} is wrapped under {new.fingerprint}; back it up anew")


def signer_folder(settings: Settings) -> Path:
    """Return DANCU_LOG_SIGNER_FOLDER; ConfigurationError where it is not set."""
    if settings.log_signer_folder is None:
        raise ConfigurationError("DANCU_LOG_SIGNER_FOLDER is not set: the signer's folder")
    return settings.log_signer_folder


def _opened(files: Mapping[str, str], settings: Settings) -> NoteKey:
    """Return the log key; ConfigurationError where DANCU_SIGNER_KEY does not open it."""
    try:
        return open_log_key(files, signer_root(settings), authority_of(settings))
    except SealBrokenError:
        raise ConfigurationError(WRONG_SIGNER_KEY) from None


@contextmanager
def told() -> Iterator[None]:
    """Tell the operator in one line why a signer is not brought back."""
    try:
        yield
    except _TROUBLES as error:
        raise ConfigurationError(f"signer: {error}") from None


def text_of(file: Path) -> str:
    """Return a small file's text; ConfigurationError for what is no text, or too long."""
    with file.open("rb") as opened:
        content = opened.read(_LONGEST_FILE + 1)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > _LONGEST_FILE:
        raise ConfigurationError(f"{file}: this is not a backup or a checkpoint")
    return text


def driver_of(connection: asyncpg.Connection | None) -> asyncpg.Connection:
    """Return the connection itself; ConfigurationError where the database closed it."""
    if connection is None:
        raise ConfigurationError("the database closed the connection")
    return connection


def said_of(origin: str, head: TreeHead) -> str:
    """Return a head as records quote it: origin, leaves, root."""
    return f"{origin} {head.size} {as_text(head.root)}"


def _left_in(folder: Path) -> list[TreeHead]:
    """Return the memory of a signer that lost its key only; SignerStateError where it is unreadable."""
    files = copy_signer(folder) if folder.is_dir() else {}
    return [signed_head(files)] if files else []


async def _restored(
    settings: Settings, folder: Path, files: Mapping[str, str], key: NoteKey, known: list[TreeHead]
) -> TreeHead:
    made = list[TreeHead]()

    async def work(connection: AsyncConnection) -> Change[TreeHead]:
        driver = driver_of((await connection.get_raw_connection()).driver_connection)
        published = await driver.fetchval(LATEST_CHECKPOINT)
        heads = [*known, *([signed_by(key, published)] if published is not None else [])]
        newest = await prove_newest(driver, heads)
        put_signer(folder, files, newest)
        made.append(newest)
        facts = {
            "change": "log key",
            "before": said_of(key.name, known[0]),
            "after": said_of(key.name, newest),
        }
        return Change(newest, RecordKind.KEYS_RESTORED, facts)

    try:
        return await make_recorded(settings, work)
    except BaseException:
        if made:
            discard_signer(folder)  # what is not on record does not exist
        raise
