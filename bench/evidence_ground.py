"""A database with fsync, the lookup's own service over it, and pgbench beside it."""

import asyncio
import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.audit.keyring import Keyring
from app.audit.log import AuditLog
from app.audit.record import Draft, Outcome, RecordKind
from app.audit.sealing import RootKey
from app.audit.writer import AuditWriter
from app.cli.demo_setup import DATABASE, prepare
from app.cli.invented import AUTHORITY
from app.cli.keys import ROOT_KEY_FILE
from app.clock import SystemClock
from app.database.connect import connector
from app.database.embedded import EmbeddedServer
from app.database.embedded_binaries import find_binaries
from app.database.live import LiveView
from app.lookup.admission import Admission
from app.lookup.decision import Permit
from app.lookup.evidence import intent_draft
from app.lookup.fair_sharing import FairShares
from app.lookup.first_entries import FirstEntryStore
from app.lookup.limit_rules import LimitRules
from app.lookup.limits import LimitBook
from app.lookup.notice import NoticeDesk
from app.lookup.pace import OfficerPace
from app.lookup.retrying import RetryCheck
from app.lookup.service import LookupPolicy, LookupService
from app.lookup.source import SourceRequest
from app.lookup.values import BirthDate, Citizen
from app.procedures.fields import DEFAULT_FIELDS
from bench.decision import EverybodyAccepted, asking_caller, load_catalogue, lookup_command
from bench.failure import BenchError, MissingProgramError
from bench.meter import Meter, Speed, children_seconds

_CLOCK: Final = SystemClock()
_MANY: Final = 10**9
_PROCEDURE: Final = "1.000000"
_PAIRS_A_SECOND: Final = 3_000
_FRESH_SECONDS: Final = 36_000.0
_ROWS: Final = re.compile(r"^number of transactions actually processed: ([0-9]+)", re.MULTILINE)
_EQUAL_TABLE: Final = """
create table bench_record (like audit_record including all);
create sequence bench_sequence cache 1000
"""
# As long as the leaf of an intent, and as many of its columns.
_ONE_ROW: Final = """
insert into bench_record (record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at,
 officer_id, unit_id, client_id, procedure_code, dossier_code)
values (gen_random_uuid(), 'lookup.intent', '{id}', nextval('bench_sequence'), decode('{leaf}', 'hex'),
 decode('{leaf_hash}', 'hex'), clock_timestamp(), '{id}', '{id}', 'mot-cua', '1.000000',
 '000.13.34.H19-230301-0001');
"""
_LEAF_BYTES: Final = 1_100


class Switch:
    """A log that is the writer or nothing at all."""

    def __init__(self, writer: AuditLog) -> None:
        """Begin with *writer*."""
        self._writer = writer
        self.is_on = True

    @property
    def is_ready(self) -> bool:
        """Always."""
        return True

    async def append(self, draft: Draft) -> None:
        """Record *draft*, or accept it at once and do nothing."""
        if self.is_on:
            await self._writer.append(draft)


class _InstantSource:
    """The national side, answering before it is asked."""

    road = "bench"

    def __init__(self) -> None:
        self._citizen = Citizen("099190000017", "TRẦN VĂN THỬ", BirthDate(1990, 5, 9))

    async def find(self, _: SourceRequest) -> Citizen:
        """Return the person of the question."""
        return self._citizen

    async def confirm(self, _: SourceRequest) -> bool:
        """Return True."""
        return True


@dataclass(frozen=True, slots=True)
class Ground:
    """A running database and what it takes to write to it."""

    gateway_url: str = field(repr=False)
    owner_url: str = field(repr=False)
    root: RootKey
    postgres_pid: int
    pgbench: Path
    script: Path

    def writer(self) -> AuditWriter:
        """Return a gateway's writer."""
        return AuditWriter(
            connector(self.gateway_url, synchronous_commit="on"),
            Keyring(self.root),
            _CLOCK,
            authority_code=AUTHORITY,
            wait_seconds=30,
        )

    async def look_up(self, service: LookupService, *, callers: int, seconds: float) -> Speed:
        """Return how fast *callers* are answered that ask again at once, and what a lookup costs."""
        caller, command = asking_caller(), lookup_command(_PROCEDURE)
        until = time.perf_counter() + seconds

        async def ask() -> int:
            done = 0
            while time.perf_counter() < until:
                await service.look_up(caller, command)
                await asyncio.sleep(0)
                done += 1
            return done

        meter = Meter(self.postgres_pid, time.process_time)
        return meter.speed(sum(await asyncio.gather(*(ask() for _ in range(callers)))))

    async def write(self, writer: AuditWriter, *, callers: int, seconds: int) -> Speed:
        """Return how fast records become durable, intents and outcomes by turns, some *seconds* of them.

        They are drafted before the clock runs: what is measured is the writer.
        """
        drafts = [_drafts(_PAIRS_A_SECOND * seconds // callers) for _ in range(callers)]

        async def record(own: Sequence[Draft]) -> int:
            for draft in own:
                await writer.append(draft)
            return len(own)

        meter = Meter(self.postgres_pid, time.process_time)
        return meter.speed(sum(await asyncio.gather(*map(record, drafts))))

    def insert_rows(self, *, clients: int, seconds: int) -> Speed:
        """Return how fast pgbench commits single rows into a table equal to the records'."""
        address = urlsplit(self.owner_url)
        place = parse_qs(address.query)
        environment = {
            "PGHOST": place["host"][0],
            "PGPORT": place["port"][0],
            "PGUSER": unquote(address.username or ""),
            "PGPASSWORD": unquote(address.password or ""),
            "PGDATABASE": address.path.lstrip("/"),
        }
        command = [str(self.pgbench), "-n", "-c", str(clients), "-j", "2", "-T", str(seconds)]
        meter = Meter(self.postgres_pid, children_seconds)
        done = subprocess.run(
            [*command, "-f", str(self.script)],
            env=os.environ | environment,
            capture_output=True,
            check=False,
            text=True,
        )
        rows = _ROWS.search(done.stdout)
        if done.returncode != 0 or rows is None:
            raise BenchError(f"pgbench failed: {done.stderr.strip().splitlines()[-1:]}")
        return meter.speed(int(rows.group(1)))


def _drafts(pairs: int) -> list[Draft]:
    caller, command = asking_caller(), lookup_command(_PROCEDURE)
    permit = Permit(frozenset(DEFAULT_FIELDS), f"{_PROCEDURE}.01", "C1", "Nghị định 104/2022/NĐ-CP, Điều 14")
    drafts = list[Draft]()
    for _ in range(pairs):
        intent = intent_draft(caller, command, permit, "bench", _CLOCK.now())
        facts = {"lookup_id": str(intent.record_id), "outcome": Outcome.FOUND.value}
        drafts += [intent, Draft(RecordKind.LOOKUP_OUTCOME, _CLOCK.now(), facts)]
    return drafts


async def lookup_service(log: AuditLog) -> LookupService:
    """Return the service that lookups run through, over a source that answers at once, recording in *log*."""
    engine = create_async_engine("postgresql+asyncpg://")
    view, begun = LiveView(load_catalogue), _CLOCK.monotonic()
    view.attach(lambda: _CLOCK.monotonic() - begun <= _FRESH_SECONDS)
    await view.refresh(AsyncConnection(engine))
    store = EverybodyAccepted(engine)
    rules = LimitRules(*([0] * 7))
    nobody: Any = None  # a notice that was accepted is not recorded
    return LookupService(
        view,
        _InstantSource(),
        log,
        _CLOCK,
        LookupPolicy(30.0, paper_needs_second_entry=True),
        pace=OfficerPace(_CLOCK, per_minute=_MANY),
        admission=Admission(
            LimitBook(rules, bytes(32), _CLOCK), FairShares(_CLOCK, at_once=0, wait_seconds=3.0)
        ),
        notices=NoticeDesk(store, nobody, _CLOCK),
        retries=RetryCheck(store, FirstEntryStore(engine), bytes(32), _CLOCK),
    )


@contextmanager
def open_ground(folder: Path) -> Iterator[Ground]:
    """Run a server with the demo's roles and keys, and a table for pgbench."""
    pgbench = find_binaries().directory / "pgbench"
    if not pgbench.exists():
        raise MissingProgramError(f"pgbench is not in {pgbench.parent}: apt-get install postgresql-contrib")
    with EmbeddedServer(folder / "postgres", durable=True) as server:
        database = prepare(server, folder)
        owner_url = server.url(database=DATABASE)
        asyncio.run(_make_table(owner_url))
        script = folder / "one-row.sql"
        leaf = os.urandom(_LEAF_BYTES).hex()
        text = _ONE_ROW.format(id=uuid4(), leaf=leaf, leaf_hash=os.urandom(32).hex())
        script.write_text(text, encoding="utf-8")
        pid_file = folder / "postgres" / "data" / "postmaster.pid"
        yield Ground(
            database.environment["DANCU_DATABASE_URL"],
            owner_url,
            RootKey.from_text((folder / "keys" / ROOT_KEY_FILE).read_text(encoding="utf-8")),
            int(pid_file.read_text(encoding="ascii").splitlines()[0]),
            pgbench,
            script,
        )


async def _make_table(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(_EQUAL_TABLE)
    finally:
        await connection.close()
