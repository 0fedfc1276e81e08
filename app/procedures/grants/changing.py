"""Carries decisions about grants out, one or a whole list, by one rule for all ways in."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change, Event, Unchanged, Work
from app.audit.record import Value
from app.procedures.codes import PROCEDURE_CODE
from app.procedures.grants.form import Column
from app.procedures.grants.periods import Asked
from app.procedures.grants.planning import GrantChange, GrantPlanner, Pair, plan_grants
from app.procedures.grants.records import grant_events
from app.procedures.grants.store import load_ground, lock_grants, write_grants
from app.procedures.lists.reporting import ListReport
from app.procedures.lists.values import ListPlan, Terms, list_rows
from app.sheets.tables import Table

_MOST_NAMED: Final = 1_000  # of more procedures than this all are loaded: a query takes only so many values


async def check_list(
    connection: AsyncConnection, table: Table[Column], terms: Terms
) -> ListReport[GrantChange]:
    """Return what a list would do."""
    rows = list_rows(table)
    codes = {code for row in rows if PROCEDURE_CODE.fullmatch(code := row.text(Column.PROCEDURE_CODE))}
    ground = await load_ground(connection, codes=codes if len(codes) < _MOST_NAMED else None)
    return ListReport(await asyncio.to_thread(plan_grants, rows, ground, terms), table)


def apply_list(
    table: Table[Column], terms: Terms, facts: Mapping[str, Value]
) -> Work[ListReport[GrantChange]]:
    """Return the work that carries a list out in one transaction, with *facts* in each record."""

    async def work(
        connection: AsyncConnection,
    ) -> Change[ListReport[GrantChange]] | Unchanged[ListReport[GrantChange]]:
        await lock_grants(connection)
        report = await check_list(connection, table, terms)
        if not report.plan.may_be_applied:
            return Unchanged(report)
        return Change.of_events(report, await carry_out(connection, report.plan, facts))

    return work


async def plan_pairs(
    connection: AsyncConnection, pairs: Collection[Pair], asked: Asked, terms: Terms
) -> ListPlan[GrantChange]:
    """Return what one decision about several pairs would do; rows count from 1."""
    units, codes = {unit_id for unit_id, _ in pairs}, {code for _, code in pairs}
    planner = GrantPlanner(await load_ground(connection, units, codes), terms)
    rows = [planner.plan(pair, asked, number, pair[1]) for number, pair in enumerate(pairs, start=1)]
    return ListPlan(tuple(rows))


async def carry_out(
    connection: AsyncConnection, plan: ListPlan[GrantChange], facts: Mapping[str, Value]
) -> list[Event]:
    """Write what a plan without refused rows does and return its records; the caller holds the lock."""
    await write_grants(connection, plan.works)
    return [Event(each.kind, {**facts, **each.facts}) for each in grant_events(plan.works)]
