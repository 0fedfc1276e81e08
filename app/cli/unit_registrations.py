"""`dancu units declare | progress`: what units asked for, and who is late."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.exports import Conditions, ExportedTable, ListName
from app.accounts.posting_plan import Document
from app.accounts.registration_progress import note_request, registration_progress
from app.accounts.registration_report import ProgressView, progress_table, ranked
from app.audit.changes import Change
from app.cli.console import done
from app.cli.exporting import export_to
from app.cli.inputs import today, unit_id_of
from app.cli.life_words import Letter, document_number
from app.cli.recording import run_recorded
from app.cli.work import run
from app.clock import VIETNAM, SystemClock
from app.units.store import load_units


def declare(
    unit: Annotated[str, typer.Argument(help="the unit's agency code")],
    officers: Annotated[int, typer.Argument(help="how many officers it needs accounts for", min=0)],
    document: Letter,
    requested: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="when it asked, Vietnam time; else now"),
    ] = None,
) -> None:
    """Note that a unit asked for accounts."""
    number = document_number(document)
    requested_at = requested.replace(tzinfo=VIETNAM) if requested else SystemClock().now()

    async def work(connection: AsyncConnection) -> Change[None]:
        unit_id = await unit_id_of(connection, unit)
        facts = await note_request(connection, unit_id, officers, requested_at, Document(number))
        return Change(None, facts.kind, facts.leaf())

    run_recorded(work)
    done(f"{unit} asked for {officers} accounts")


def progress(
    export: Annotated[
        Path | None, typer.Option(help="write it to this new file (.xlsx or .csv) instead")
    ] = None,
) -> None:
    """List units that asked or have officers, those that wait first, the longest waiting on top."""
    if export is not None:

        async def read(connection: AsyncConnection) -> tuple[ExportedTable, Conditions]:
            return progress_table(await _views(connection)), {}

        done(f"{export_to(export, ListName.REGISTRATIONS, read)} units written to {export}")
        return
    for view in run(_views):
        one = view.progress
        declared = "-" if one.declared_officers is None else one.declared_officers
        waiting = f", waits for {view.waited_days} days" if view.is_waiting else ""
        done(
            f"{view.unit.agency_code if view.unit else one.unit_id}: {declared} declared,"
            f" {one.registered_officers} registered, {one.activated_officers} activated{waiting}"
        )


async def _views(connection: AsyncConnection) -> list[ProgressView]:
    now = SystemClock().now()
    units = await load_units(connection, today())
    found = await registration_progress(connection, today())
    waits = [one.waited(now) for one in found]
    return ranked(
        [
            ProgressView(one, units.find(one.unit_id), waited.days if waited is not None else None)
            for one, waited in zip(found, waits, strict=True)
        ]
    )
