"""`dancu officers handovers`: which slips were handed over, to whom, and how many are used."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.exports import Conditions, ExportedTable, ListName
from app.accounts.handover_list import handover_table
from app.accounts.handover_papers import number_of
from app.accounts.handover_store import HandoverFilter, ListedHandover, list_handovers
from app.accounts.store import load_accounts
from app.cli.console import done
from app.cli.exporting import export_to
from app.cli.inputs import today
from app.cli.work import run
from app.clock import local_day
from app.units.store import UnitRegister, load_units


def officers_handovers(
    export: Annotated[
        Path | None, typer.Option(help="write them to this new file (.xlsx or .csv) instead")
    ] = None,
) -> None:
    """List handovers of activation codes, newest first."""
    if export is not None:
        done(f"{export_to(export, ListName.HANDOVERS, _read)} handovers written to {export}")
        return
    found, units = run(_found)
    for one in found:
        unit = units.find(one.unit_id)
        taken = "received" if one.received_at is not None else "not received yet"
        done(
            f"{number_of(one.batch_id)}  {unit.agency_code if unit else one.unit_id}"
            f"  {local_day(one.issued_at)}: {one.slips} slips, {one.used} used, {taken}"
        )
    if not found:
        done("no handovers")


async def _found(connection: AsyncConnection) -> tuple[list[ListedHandover], UnitRegister]:
    return await list_handovers(connection, HandoverFilter()), await load_units(connection, today())


async def _read(connection: AsyncConnection) -> tuple[ExportedTable, Conditions]:
    found, units = await _found(connection)
    officers = (await load_accounts(connection, today())).officers
    return handover_table(found, units, officers), {}
