"""`dancu audit`: exports of the evidence, their check, proofs of records, and the verifier as a file."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.progress import Progress, TaskID
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change
from app.audit.record import RecordKind
from app.audit.tree.notes import NoteError, VerifierKey
from app.audit.tree.proof_file import ProofFile
from app.audit.tree.store import TreeBrokenError
from app.audit.verifying.command import verify
from app.auditing.bundling import bundle
from app.auditing.export import Exported, Wanted, write_export
from app.auditing.export_folder import ExportWriter, remove_export
from app.auditing.proofs import proof_of
from app.cli.auditing import auditing_connection
from app.cli.console import done, err, fail
from app.cli.inputs import case_number_of
from app.cli.keys import authority_of
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.errors import ConfigurationError
from app.settings import Settings

commands = typer.Typer(
    help="The evidence: export it, check an export, prove one record.", no_args_is_help=True
)
_EVERYTHING = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": list[str]()}


@commands.command("export")
def export(
    folder: Annotated[Path, typer.Argument(help="a folder that is not there yet")],
    from_index: Annotated[int, typer.Option(min=0, help="first leaf; the whole log by default")] = 0,
    to_index: Annotated[int | None, typer.Option(min=1, help="the leaf after the last one")] = None,
    with_keys: Annotated[bool, typer.Option("--with-keys", help="also the wrapped month keys")] = False,
    case_number: Annotated[str | None, typer.Option(help="stands in the record")] = None,
) -> None:
    """Write the evidence to a new folder, for `dancu audit verify` or the single-file verifier; recorded."""
    settings, _ = read_settings()
    case = case_number_of(case_number) if case_number is not None else None
    wanted = Wanted(from_index, to_index, with_keys)
    try:
        exported = asyncio.run(_export(settings, folder, wanted, case))
    except TreeBrokenError as error:
        raise ConfigurationError(f"the tree is broken: {error}") from None
    done(f"exported leaves {exported.first} to {exported.end - 1} into {folder}")
    done(f"SHA-256 of the manifest, as on record: {exported.manifest_digest}")


async def _export(settings: Settings, folder: Path, wanted: Wanted, case: str | None) -> Exported:
    connection = await auditing_connection(settings)
    try:
        with (
            Progress(console=err, disable=not err.is_terminal) as bar,
            ExportWriter(folder, _telling(bar, "remove what was written")) as writer,
        ):
            tell = _telling(bar, "export")
            exported = await write_export(connection, writer, authority_of(settings), wanted, tell)

            async def work(_: AsyncConnection) -> Change[Exported]:
                facts = exported.facts | ({"case_number": case} if case is not None else {})
                return Change(exported, RecordKind.AUDIT_EXPORTED, facts)

            await make_recorded(settings, work)
            writer.publish()
    finally:
        connection.terminate()
    return exported


def _telling(bar: Progress, description: str) -> Callable[[int, int], None]:
    """Return what shows how much is done, once there is something to show."""
    tasks = list[TaskID]()

    def tell(done_so_far: int, total: int) -> None:
        if not tasks:
            tasks.append(bar.add_task(description))
        bar.update(tasks[0], completed=done_so_far, total=total)

    return tell


@commands.command("remove-export")
def remove(folder: Annotated[Path, typer.Argument(help="a folder that audit export wrote")]) -> None:
    """Remove an export little by little: removed at once, gigabytes hold up lookups on the same disk."""
    with Progress(console=err, disable=not err.is_terminal) as bar:
        remove_export(folder, _telling(bar, "remove"))
    done(f"removed {folder}")


@commands.command("verify", context_settings=_EVERYTHING, add_help_option=False)
def verify_export(context: typer.Context) -> None:
    """Check an export offline (--help says how); exit code 0 intact, 1 broken, 2 could not check."""
    raise typer.Exit(verify(context.args, program="dancu audit verify"))


@commands.command("verifier")
def write_verifier(
    file: Annotated[Path, typer.Argument(help="a file that is not there yet, such as dancu_verify.py")],
) -> None:
    """Write the verifier as one Python file that needs nothing but `cryptography`."""
    with file.open("x", encoding="utf-8") as new:
        new.write(bundle())
    done(f"wrote {file}; to use it: python3 {file} --dir EXPORT --log-key VKEY")


@commands.command("proof")
def proof(
    record_id: Annotated[UUID | None, typer.Argument(help="the record, such as a lookup's id")] = None,
    out: Annotated[Path | None, typer.Option(help="write the proof to this new file")] = None,
    check: Annotated[Path | None, typer.Option(help="check this proof instead, offline")] = None,
    log_key: Annotated[str | None, typer.Option(help="for --check: the log's public key")] = None,
    leaf: Annotated[Path | None, typer.Option(help="for --check: the record's exact bytes")] = None,
) -> None:
    """Prove that a record is in the log (C2SP tlog-proof), or check such a proof."""
    if check is not None:
        return _check_proof(check, log_key, leaf)
    if record_id is None:
        raise ConfigurationError("name a record, or --check a proof")
    text = asyncio.run(_proof(record_id)).text()
    if out is None:
        done(text.rstrip("\n"))
    else:
        with out.open("x", encoding="utf-8") as new:
            new.write(text)
    return None


async def _proof(record_id: UUID) -> ProofFile:
    settings, _ = read_settings()
    connection = await auditing_connection(settings)
    try:
        found = await proof_of(connection, record_id)
    except TreeBrokenError as error:
        raise ConfigurationError(f"the tree is broken: {error}") from None
    finally:
        connection.terminate()
    if found is None:
        raise ConfigurationError("no checkpoint covers such a record (yet)")
    return found


def _check_proof(file: Path, log_key: str | None, leaf_file: Path | None) -> None:
    """Say whether the proof holds; exit code 1 where it does not, ConfigurationError where it is none."""
    if log_key is None:
        raise ConfigurationError("--log-key is needed: the log's public key, given to you by another road")
    try:
        key = VerifierKey.from_text(log_key.strip())
        proven = ProofFile.from_text(file.read_bytes().decode())
    except (NoteError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{error}") from None
    leaf = leaf_file.read_bytes() if leaf_file is not None else None
    trouble = proven.trouble(key, leaf)
    if trouble is not None:
        fail(f"không đúng | does not hold: {trouble}")
        raise typer.Exit(1)
    done(f"Đúng: bản ghi ở vị trí {proven.index} của nhật ký {key.name}.")
    done(f"Holds: the record is leaf {proven.index} of the log {key.name}.")
    if leaf is None:
        done(f"Leaf hash, to be compared with the record: {proven.leaf_hash.hex()}")
