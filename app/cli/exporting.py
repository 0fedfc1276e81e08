"""Lists written to files by commands: each on record, with the operator's name, before the file is there."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.exports import Conditions, Export, ExportedTable, FileFormat, ListName
from app.audit.changes import Change
from app.audit.record import RecordKind
from app.cli.recording import run_recorded
from app.errors import ConfigurationError

NewFile = Annotated[Path, typer.Argument(help="a file that is not there yet, .xlsx or .csv")]
Read = Callable[[AsyncConnection], Awaitable[tuple[ExportedTable, Conditions]]]


def export_to(file: Path, list_name: ListName, read: Read) -> int:
    """Write what *read* finds to a new file and return how many rows; what cannot be recorded is not written.

    Raises ConfigurationError for a name that ends otherwise, OSError where the file exists already.
    """
    file_format = format_of(file)
    if file.exists():
        raise ConfigurationError(f"{file} exists already")

    async def work(connection: AsyncConnection) -> Change[ExportedTable]:
        table, conditions = await read(connection)
        export = Export(list_name, file_format.value, len(table.rows), conditions)
        return Change(table, RecordKind.LIST_EXPORTED, export.leaf())

    table = run_recorded(work)
    with file.open("xb") as new:
        new.write(table.content(file_format))
    return len(table.rows)


def format_of(file: Path) -> FileFormat:
    """Return what a file's name says it is; ConfigurationError for anything but .xlsx and .csv."""
    try:
        return FileFormat(file.suffix.lower().removeprefix("."))
    except ValueError:
        raise ConfigurationError(f"{file}: the name must end in .xlsx or .csv") from None
