"""What `dancu check` says of standbys: on how many machines a record is before a citizen is shown."""

from dataclasses import replace
from typing import Final

import asyncpg

from app.audit.durability import Standing, standing_of

_OWNER: Final = (
    "select pg_get_userbyid(proowner) from pg_proc where oid = 'audit_synchronous_standbys()'::regprocedure"
)


async def standby_finding(connection: asyncpg.Connection, wanted: int) -> tuple[bool | None, str]:
    """Return whether records reach the standbys wanted; None where none are, which one must know of."""
    # Whether commits wait is asked for by the writer's connection itself, and not by this one.
    standing = replace(await standing_of(connection), waits=True)
    if wanted == 0:
        return None, _without_guard(standing)
    trouble = standing.trouble(wanted)
    if trouble is None:
        return (
            True,
            f"evidence: records reach a standby before anything is shown; {standing.streaming} stream",
        )
    told = {
        "no_names": "synchronous_standby_names is empty, so that commits wait for no standby",
        "hidden": (
            "this database does not show who replicates; as superuser:"
            f" grant pg_read_all_stats to {await connection.fetchval(_OWNER)}"
        ),
        "too_few": f"of the {wanted} synchronous standbys wanted {standing.streaming} stream",
    }
    return False, f"evidence: {told[trouble]}; nothing is served (DANCU_AUDIT_STANDBYS={wanted})"


def _without_guard(standing: Standing) -> str:
    if standing.is_named and standing.streaming:
        return (
            f"evidence: {standing.streaming} synchronous standbys stream, but with DANCU_AUDIT_STANDBYS=0"
            " nothing stops where commits no longer wait for them"
        )
    return (
        "evidence: records are on one server (DANCU_AUDIT_STANDBYS=0): if its disk is lost, so are those"
        " that came after the last backup"
    )
