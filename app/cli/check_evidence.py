"""What `dancu check` says of checkpoints and their witnesses."""

from typing import Final

import asyncpg

from app.audit.tree.notes import NoteError
from app.audit.tree.policy import TrustPolicy
from app.audit.tree.reader import LATEST_CHECKPOINT, checkpoint_age_seconds
from app.settings import Settings

_MAX_CHECKPOINT_SECONDS: Final = 60.0
_ANCHOR_AGE: Final = "select extract(epoch from clock_timestamp() - anchored_at) from audit_sequencing"

Finding = tuple[bool | None, str]


async def evidence_findings(
    connection: asyncpg.Connection, settings: Settings, policy: TrustPolicy | None
) -> list[Finding]:
    """Return for how long records may stand under no checkpoint, and whether witnesses cosign them."""
    findings = [await _checkpoint(connection)]
    if policy is not None and policy.needs_witnesses:
        findings.append(await _witnesses(connection, policy))
    stop = settings.anchor_stop_minutes
    age = await connection.fetchval(_ANCHOR_AGE)
    if stop and age is not None and float(age) > stop * 60:
        findings.append(
            (False, f"evidence: not anchored for {float(age) / 60:.0f} min, so lookups are stopped")
        )
    return findings


async def _checkpoint(connection: asyncpg.Connection) -> Finding:
    age = await checkpoint_age_seconds(connection)
    if age is None:
        return None, "evidence: no checkpoint was ever made; dancu worker makes them"
    if age > _MAX_CHECKPOINT_SECONDS:
        return (
            None,
            f"evidence: no checkpoint covers the records of the last {age:.0f} s; does dancu worker run?",
        )
    return True, f"evidence: every record older than {age:.0f} s stands under a checkpoint"


async def _witnesses(connection: asyncpg.Connection, policy: TrustPolicy) -> Finding:
    row = await connection.fetchrow(LATEST_CHECKPOINT)
    try:
        cosigned = policy.cosigners(row["note"]) if row is not None else set[str]()
    except NoteError:
        return False, "witnesses: what stands in the database as the latest checkpoint is none"
    names = ", ".join(sorted(cosigned)) or "nobody"
    if policy.is_quorum(cosigned):
        return True, f"witnesses: the latest checkpoint is cosigned by {names}"
    return None, f"witnesses: the latest checkpoint is cosigned by {names}, which is no quorum"
