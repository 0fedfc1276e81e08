"""A month archived and ended as an operator and a second person do it, by the gateway's own commands."""

import asyncio
import contextlib
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.approvals import ApprovalState, close_approval, held_approval
from app.audit.retention import LEAST_MONTHS
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from bench.failure import BenchError
from bench.volume_ground import Ground
from bench.volume_old_month import OldMonth, month_before

_READS_SECONDS: Final = 3.0
_LOOK_SECONDS: Final = 0.02
_APPROVED: Final = re.compile(r"--approved ([0-9a-f-]{36})")
_DROP_WAITS: Final = (
    "select exists (select from pg_stat_activity where datname = current_database()"
    " and query like '%audit_drop_month%' and wait_event in ('PgSleep', 'relation'))"
)


@dataclass(frozen=True, slots=True)
class Ending:
    """Ends one month of a log."""

    ground: Ground
    old: OldMonth

    async def archive(self) -> None:
        """Export the month's leaves with their keys, as is done before a month goes."""
        leaves = ("--from-index", str(self.old.first_leaf), "--to-index", str(self.old.end_leaf))
        await self._dancu("audit", "export", str(self._archive), *leaves, "--with-keys")

    async def take_archive_away(self) -> None:
        """Remove the archive, as is done once it was copied elsewhere."""
        await self._dancu("audit", "remove-export", str(self._archive))

    def forget_archive(self) -> None:
        """Remove what an earlier run that was interrupted left of it."""
        shutil.rmtree(self._archive, ignore_errors=True)

    @property
    def _archive(self) -> Path:
        return self.ground.folder / "archive"

    async def approved(self) -> UUID:
        """Ask for the month's end as the operator, approve it as somebody else; return the request's id.

        What an earlier run that was interrupted left before the log goes along.
        """
        through = ("--through", month_before([self.ground.world.months[0]]))
        said = await self._dancu("retention", "drop", *through, "--reason", "hết thời hạn lưu trữ")
        found = _APPROVED.search(said)
        if found is None:
            raise BenchError("the month's end was not asked for")
        engine = create_async_engine(sqlalchemy_address(self.ground.owner_url), hide_parameters=True)
        officer_id = self.ground.world.desks[0].officer_id
        try:
            async with engine.begin() as connection:
                approval = await held_approval(connection, UUID(found.group(1)))
                if approval is None or self.old.month not in str(approval.months).split():
                    raise BenchError("the request does not name the month")
                await close_approval(
                    connection, approval.approval_id, ApprovalState.APPROVED, officer_id, SystemClock().now()
                )
        finally:
            await engine.dispose()
        return approval.approval_id

    async def carry_out(self, approval_id: UUID) -> None:
        """Drop the month, while somebody reads the evidence for some seconds who stands in the way."""
        reader = await asyncpg.connect(self.ground.auditing_url)
        try:
            await reader.execute(
                "begin isolation level repeatable read; select record_id from audit_record limit 1"
            )
            reading = asyncio.create_task(self._read_on(reader))
            try:
                await self._dancu("retention", "drop", "--approved", str(approval_id))
                await reading
            finally:
                reading.cancel()
        finally:
            await reader.close()

    async def _read_on(self, reader: asyncpg.Connection) -> None:
        """End the reader's transaction some seconds after the drop first had to wait for it."""
        owner = await asyncpg.connect(self.ground.owner_url)
        try:
            while not await owner.fetchval(_DROP_WAITS):  # noqa: ASYNC110 - nothing to await
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            await owner.close()
        await asyncio.sleep(_READS_SECONDS)
        await reader.execute("rollback")

    async def _dancu(self, *words: str) -> str:
        """Run a command and return what it prints; BenchError where it fails."""
        # Nothing of this machine's own settings: what is ended here is ours alone.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DANCU_")}
        environment |= self.ground.database.environment
        environment |= {
            "DANCU_MIGRATION_DATABASE_URL": self.ground.owner_url,
            "DANCU_RETENTION_MONTHS": str(LEAST_MONTHS),
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", *words),
            env=environment,
            cwd=self.ground.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await process.communicate()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        if process.returncode != 0:
            raise BenchError(f"dancu {' '.join(words[:2])} failed: {err.decode().strip()[-500:]}")
        return " ".join(out.decode().split())
