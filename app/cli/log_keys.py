"""`dancu keys …-log`: the key that signs the transparency log's checkpoints."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change
from app.audit.record import RecordKind
from app.audit.sealing import RootKey, SealBrokenError
from app.audit.tree.signer import FileSigner, SignerStateError, create_signer, discard_signer
from app.cli.console import done
from app.cli.keys import authority_of
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.errors import ConfigurationError
from app.serving_settings import root_key
from app.settings import Settings

WRONG_SIGNER_KEY: Final = "log.key does not open with DANCU_SIGNER_KEY; it is wrapped under another key"


def create_log(
    folder: Annotated[Path, typer.Argument(help="a folder of its own, where `dancu signer` will run")],
    key_file: Annotated[
        Path | None,
        typer.Option(help="the key that wraps the log key (DANCU_SIGNER_KEY_FILE); made where it is missing"),
    ] = None,
) -> None:
    """Make the key that signs checkpoints, once for an installation; never overwrites one."""
    settings, _ = read_settings()
    authority = authority_of(settings)
    place = folder.absolute()
    path = key_file or place.parent / f"{place.name}.key"
    made = list[FileSigner]()

    async def work(_: AsyncConnection) -> Change[FileSigner]:
        made.append(create_signer(folder, root, authority))
        return Change(made[0], RecordKind.KEYS_MADE, {"change": "log key", "after": made[0].verifier})

    root, is_new = wrapping_key(settings, path, is_named=key_file is not None)
    try:
        signer = asyncio.run(make_recorded(settings, work))
    except BaseException:
        if made:
            discard_signer(folder)  # what is not on record does not exist
        if is_new:
            path.unlink()
        raise
    if is_new:
        done(f"made {path}, which opens it (DANCU_SIGNER_KEY_FILE)")
    done(f"made the log key in {folder}")
    done(f"others check checkpoints by: {signer.verifier}")
    done("Back the folder and the key file up, apart. Never put an older copy of the folder in its place.")


def show_log() -> None:
    """Print the public key by which anybody checks this installation's checkpoints."""
    settings, _ = read_settings()
    done(open_signer(settings).verifier)


def signer_root(settings: Settings) -> RootKey:
    """Return the key that wraps the log key; ConfigurationError where it is missing."""
    if settings.signer_key is None:
        raise ConfigurationError("DANCU_SIGNER_KEY_FILE is not set: the key that wraps the log key")
    return _key(settings.signer_key.get_secret_value())


def open_signer(settings: Settings) -> FileSigner:
    """Return the signer of DANCU_LOG_SIGNER_FOLDER; ConfigurationError says what it lacks."""
    folder, authority = settings.log_signer_folder, authority_of(settings)
    if folder is None:
        raise ConfigurationError("DANCU_LOG_SIGNER_FOLDER is not set; dancu keys create-log makes one")
    root = signer_root(settings)
    try:
        return FileSigner(folder, root, authority)
    except SignerStateError as error:
        raise ConfigurationError(f"{folder}: {error}") from None
    except SealBrokenError:
        raise ConfigurationError(f"{folder}: {WRONG_SIGNER_KEY}") from None


def wrapping_key(settings: Settings, path: Path, *, is_named: bool) -> tuple[RootKey, bool]:
    """Return the key that is to wrap the log key, and whether it was made just now."""
    if settings.signer_key is not None and not is_named:
        return _key(settings.signer_key.get_secret_value()), False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _key(path.read_text(encoding="ascii", errors="replace").strip()), False
    text = RootKey.generate_text()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return _key(text), True


def _key(text: str) -> RootKey:
    return root_key(text, "DANCU_SIGNER_KEY")
