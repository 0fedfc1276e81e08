"""Figures counted again from the log: compared with those that are kept, or put in their place.

Figures outlive their records, so days of months that ended are left as they are; so is the day after each,
whose first hours in Vietnam were still the month's.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_KEY: Final = "day, unit_id, unit_level, procedure_code, outcome, reception_channel, kind"
_THERE: Final = """
not exists (
    select from audit_dropped_month ended
    where day between (ended.month || '-01')::date and (ended.month || '-01')::date + interval '1 month'
)
"""
_HOLD: Final = text("select next_leaf from usage_cursor for update")
_SIZE: Final = text("select coalesce(max(leaf_index) + 1, 0) from audit_leaf")
_RECOUNT: Final = text(
    "create temporary table usage_recount on commit drop as"
    " select * from usage_between(0, cast(:end as bigint))"
)
# The texts below are put together from those above, which stand in this program.
_DIFFERENT: Final = text(
    # As text: nothing keeps a false day from being beyond the calendar.
    f"select day::text, {_KEY.removeprefix('day, ')}, coalesce(kept.lookups, 0), coalesce(counted.lookups, 0)"  # noqa: S608
    f" from usage_figure kept full join usage_recount counted using ({_KEY})"
    f" where kept.lookups is distinct from counted.lookups and {_THERE} order by {_KEY}"
)
_FORGET: Final = text(f"delete from usage_figure where {_THERE}")  # noqa: S608
_KEEP: Final = text(
    f"insert into usage_figure ({_KEY}, lookups) select {_KEY}, lookups from usage_recount where {_THERE}"  # noqa: S608
)
_MOVE: Final = text("update usage_cursor set next_leaf = :end, counted_at = clock_timestamp()")


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what the log says: as kept, and as counted again."""

    day: str
    unit_id: UUID
    unit_level: str
    procedure_code: str
    outcome: str
    reception_channel: str
    kind: str
    kept: int
    counted: int


@dataclass(frozen=True, slots=True)
class Recount:
    """What counting again found: up to which leaf, and the figures that differed."""

    leaves: int
    differences: list[Difference]


async def check_figures(connection: AsyncConnection) -> Recount:
    """Return where the figures differ from a full count of what was counted into them; as the owner."""
    end = int((await connection.execute(_HOLD)).scalar_one())
    return await _recount(connection, end)


async def rebuild_figures(connection: AsyncConnection) -> Recount:
    """Put a full count of the whole tree in the figures' place and return what they had said otherwise.

    As the owner, in a transaction that the caller commits; the worker waits for it.
    """
    await connection.execute(_HOLD)
    end = int((await connection.execute(_SIZE)).scalar_one())
    recount = await _recount(connection, end)
    await connection.execute(_FORGET)
    await connection.execute(_KEEP)
    await connection.execute(_MOVE, {"end": end})
    return recount


async def _recount(connection: AsyncConnection, end: int) -> Recount:
    await connection.execute(_RECOUNT, {"end": end})
    rows = await connection.execute(_DIFFERENT)
    return Recount(end, [Difference(*row) for row in rows])
