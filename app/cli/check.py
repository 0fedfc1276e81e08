"""`dancu check`: whether this gateway could serve, and what it does not promise."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

import asyncpg
import typer

from app.accounts.client_store import load_clients
from app.accounts.clients import endings
from app.audit.headroom import read_volumes
from app.audit.keyring import Keyring, months_from
from app.audit.partitions import months_ready
from app.audit.sealing import SealBrokenError
from app.audit.tree.policy import TrustPolicy
from app.cli.check_evidence import evidence_findings
from app.cli.client_texts import ending_text, old_ways_ending, open_text
from app.cli.console import out
from app.cli.headroom import volume_finding
from app.cli.national_side import Finding, national_side_findings
from app.cli.planned_stops import planned_stop_findings
from app.cli.root_keys import root_key_findings
from app.cli.settings import read_settings
from app.cli.signing_keys import signing_findings
from app.cli.standbys import standby_finding
from app.cli.token_keys import token_key_findings
from app.cli.told_addresses import told_address_findings
from app.cli.trouble import explain
from app.cli.writer_keys import writer_key_finding
from app.clock import SystemClock
from app.database import migrate
from app.database.address import sqlalchemy_address
from app.database.connect import connector, open_engine
from app.errors import ConfigurationError
from app.serving_settings import Secrets, read_dossier_shapes, read_secrets, read_witness_policy
from app.settings import Settings, UpstreamSettings
from app.subject_parts import working_calendar

_MAX_CLOCK_SECONDS: Final = 2.0
_MONTHS_AHEAD: Final = 2
_SAFE_LOG_SETTINGS: Final = {
    "log_statement": "none",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_min_duration_statement": "-1",
}
_UNREACHABLE: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


def check() -> None:
    """Say what works and what does not: settings, database, evidence, keys, national side, clock."""
    settings, upstream = read_settings()
    findings = asyncio.run(_collect(settings, upstream))
    for is_good, text in findings:
        mark = {True: "[green]ok  [/green]", False: "[red]FAIL[/red]", None: "[yellow]note[/yellow]"}[is_good]
        out.print(f"{mark} ", end="")
        out.print(text, markup=False)
    if any(is_good is False for is_good, _ in findings):
        raise typer.Exit(1)


async def _collect(settings: Settings, upstream: UpstreamSettings) -> list[Finding]:
    findings: list[Finding] = []
    try:
        secrets = read_secrets(settings)
        read_dossier_shapes(settings)
        policy = read_witness_policy(settings)
        working_calendar(settings)
        findings.append((True, "settings: complete"))
    except ConfigurationError as error:
        return [(False, f"settings: {error}")]
    findings += told_address_findings(settings)
    findings += [finding async for finding in _database(settings, secrets, policy)]
    findings += map(volume_finding, read_volumes(settings.headroom_paths))
    for road in settings.upstreams or (upstream,):
        findings += [finding async for finding in national_side_findings(road, SystemClock())]
    findings += planned_stop_findings(settings, SystemClock())
    if policy is None or not policy.needs_witnesses:
        findings.append(
            (None, ("evidence is local only: no independent witness is set up, so nothing yet binds the"
             " database's owner"))
        )  # fmt: skip
    if secrets.auditing_url is not None:
        findings.append(await _auditing(secrets.auditing_url))
        if findings[-1][0] and secrets.auditing_root is not None:
            found = root_key_findings(secrets.auditing_url, secrets.auditing_root, auditing=True)
            findings += [finding async for finding in found]
    if secrets.auditing_root is not None:
        findings.append((None, "keys: this process can read the audit; keep it apart from those that serve"))
    return findings


async def _database(
    settings: Settings, secrets: Secrets, policy: TrustPolicy | None
) -> AsyncIterator[Finding]:
    try:
        connection = await connector(secrets.database_url)()
    except _UNREACHABLE as error:
        yield False, f"database: {explain(error)}"
        return
    try:
        yield True, f"database: PostgreSQL {connection.get_server_version().major} answers"
        if await _is_pending(secrets.database_url):
            yield False, "database: migrations are pending, run: dancu migrate"
            return
        for ask in (_clock, _role, _server_log, _partitions):
            yield await ask(connection)
        for finding in await evidence_findings(connection, settings, policy):
            yield finding
        yield await standby_finding(connection, settings.audit_standbys)
        async for finding in _keys(connection, settings, secrets):
            yield finding
        for finding in await _clients(secrets.database_url):
            yield finding
    finally:
        await connection.close()


async def _clients(url: str) -> list[Finding]:
    now, engine = SystemClock().now(), open_engine(url, pool_size=1)
    try:
        async with engine.connect() as connection:
            clients = (await load_clients(connection)).values()
            ending = endings(clients, now)
            said = [
                *filter(None, map(open_text, clients)),
                *(ending_text(one, now) for one in ending),
                *await old_ways_ending(connection, now),
            ]
    finally:
        await engine.dispose()
    return [(None, f"client software: {one}") for one in said]


async def _auditing(url: str) -> Finding:
    try:
        connection = await connector(url)()
    except _UNREACHABLE as error:
        return False, f"auditing database: {explain(error)}"
    try:
        may_read = await connection.fetchval("select has_table_privilege('audit_search_tag', 'select')")
    except _UNREACHABLE as error:
        return False, f"auditing database: {explain(error)}"
    finally:
        await connection.close()
    return bool(may_read), f"auditing database: the role can{'' if may_read else 'not'} read the evidence"


async def _is_pending(url: str) -> bool:
    return await migrate.pending(sqlalchemy_address(url))


async def _clock(connection: asyncpg.Connection) -> Finding:
    theirs: datetime = await connection.fetchval("select clock_timestamp()")
    seconds = abs((SystemClock().now() - theirs.astimezone(UTC)).total_seconds())
    return seconds <= _MAX_CLOCK_SECONDS, f"clock: {seconds:.1f} s from the database's"


async def _role(connection: asyncpg.Connection) -> Finding:
    can_change = await connection.fetchval(
        "select bool_or(has_table_privilege(current_user, 'audit_record', right_name))"
        " from unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) as right_name"
    )
    if can_change:
        return False, "database: the gateway's role may change evidence; it must only be in dancu_serving"
    return True, "database: the gateway's role can add evidence and not change it"


async def _partitions(connection: asyncpg.Connection) -> Finding:
    ready = await months_ready(connection)
    if ready == 0:
        return False, "partitions: none for this month, nothing can be recorded; run: dancu keys months"
    if ready <= _MONTHS_AHEAD:
        return None, f"partitions: {ready} months only; run dancu worker, or once: dancu keys months"
    return True, f"partitions: this month and the {ready - 1} after it"


async def _server_log(connection: asyncpg.Connection) -> Finding:
    rows = await connection.fetch(
        "select name, setting from pg_settings where name = any ($1::text[])", list(_SAFE_LOG_SETTINGS)
    )
    unsafe = [
        f"{row['name']}={row['setting']}" for row in rows if row["setting"] != _SAFE_LOG_SETTINGS[row["name"]]
    ]
    if unsafe:
        return None, f"database log: could come to hold values of statements: {', '.join(sorted(unsafe))}"
    return True, "database log: statements and their values stay out of it"


async def _keys(
    connection: asyncpg.Connection, settings: Settings, secrets: Secrets
) -> AsyncIterator[Finding]:
    keyring = Keyring(secrets.root)
    months = months_from(SystemClock().now().date(), _MONTHS_AHEAD)
    try:
        present = [month for month in months if await keyring.load(connection, month) is not None]
    except SealBrokenError:
        yield False, "keys: DANCU_ROOT_KEY is not the key under which the month keys were made"
        return
    if months[0] not in present:
        yield False, f"keys: {settings.authority_code} has no key for {months[0]}, run: dancu keys months"
    elif len(present) < len(months):
        yield None, f"keys: no key for {months[1]} yet, run: dancu keys months"
    else:
        yield True, f"keys: this month and the next ({', '.join(months)})"
    yield await writer_key_finding(connection, keyring)
    async for finding in token_key_findings(secrets.database_url, secrets.root):
        yield finding
    async for finding in signing_findings(secrets.database_url, secrets.root):
        yield finding
    async for finding in root_key_findings(secrets.database_url, secrets.root):
        yield finding
