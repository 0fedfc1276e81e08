"""Carries lists of procedures out: each as a whole or not at all, by one rule for all ways in."""

import asyncio
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change, Event, Unchanged, Work
from app.audit.record import Value
from app.procedures.catalogue.form import Heading
from app.procedures.catalogue.planning import plan_catalogue
from app.procedures.catalogue.records import entry_event
from app.procedures.catalogue.store import load_versions, lock_catalogue, write_entries
from app.procedures.catalogue.values import EntryChange
from app.procedures.lists.reporting import ListReport
from app.procedures.lists.values import Terms, list_rows
from app.sheets.tables import Table


async def check_list(
    connection: AsyncConnection, table: Table[Heading], terms: Terms
) -> ListReport[EntryChange]:
    """Return what a list would do."""
    known = await load_versions(connection)
    plan = await asyncio.to_thread(plan_catalogue, list_rows(table), known, terms)
    return ListReport(plan, table)


def apply_list(
    table: Table[Heading], terms: Terms, facts: Mapping[str, Value]
) -> Work[ListReport[EntryChange]]:
    """Return the work that carries a list out in one transaction, a record per entry with *facts* in each."""

    async def work(
        connection: AsyncConnection,
    ) -> Change[ListReport[EntryChange]] | Unchanged[ListReport[EntryChange]]:
        await lock_catalogue(connection)
        report = await check_list(connection, table, terms)
        if not report.plan.may_be_applied:
            return Unchanged(report)
        await write_entries(connection, report.plan.works)
        events = map(entry_event, report.plan.works)
        return Change.of_events(report, [Event(each.kind, {**facts, **each.facts}) for each in events])

    return work
