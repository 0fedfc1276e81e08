"""`dancu keys …-log`: the key that signs the transparency log's checkpoints."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change
from app.audit.record import RecordKind
from app.audit.sealing import RootKey
from app.audit.tree.signer import FileSigner, SignerStateError, create_signer, discard_signer
from app.cli.console import done
from app.cli.keys import authority_of, check_serving_root, serving_root
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.errors import ConfigurationError
from app.settings import Settings


def create_log(
    folder: Annotated[Path, typer.Argument(help="a folder of its own, where `dancu worker` will run")],
) -> None:
    """Make the key that signs checkpoints, once for an installation; never overwrites one."""
    settings, _ = read_settings()
    root, authority = serving_root(settings), authority_of(settings)
    made = list[FileSigner]()

    async def work(connection: AsyncConnection) -> Change[FileSigner]:
        await check_serving_root(connection, root)
        made.append(create_signer(folder, root, authority))
        return Change(made[0], RecordKind.KEYS_MADE, {"change": "log key", "after": made[0].verifier})

    try:
        signer = asyncio.run(make_recorded(settings, work))
    except BaseException:
        if made:
            discard_signer(folder)  # what is not on record does not exist
        raise
    done(f"made the log key in {folder}")
    done(f"others check checkpoints by: {signer.verifier}")
    done("Back the folder up whole, and never put an older copy of it beside a newer database.")


def show_log() -> None:
    """Print the public key by which anybody checks this installation's checkpoints."""
    settings, _ = read_settings()
    done(open_signer(settings).verifier)


def signer_root(settings: Settings) -> RootKey:
    """Return the key that wraps the log key; ConfigurationError where it is missing."""
    return serving_root(settings)


def open_signer(settings: Settings) -> FileSigner:
    """Return the signer of DANCU_LOG_SIGNER_FOLDER; ConfigurationError says what it lacks."""
    folder = settings.log_signer_folder
    if folder is None:
        raise ConfigurationError("DANCU_LOG_SIGNER_FOLDER is not set; dancu keys create-log makes one")
    try:
        return FileSigner(folder, signer_root(settings), authority_of(settings))
    except SignerStateError as error:
        raise ConfigurationError(f"{folder}: {error}") from None
