"""A directory of a whole province and more, invented by the database itself, and its processes looked at."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

_BYTES_OF_KIB: Final = 1024
_BYTES_OF_MB: Final = 1_000_000
_PROC: Final = Path("/proc")
_ESTABLISHED: Final = "01"
# As long as a real one, which is argon2id's.
_PASSWORD_HASH: Final = "$argon2id$v=19$m=19456,t=2,p=1$" + "c2FsdHNhbHRzYWx0c2E" + "$" + "a" * 43
_UNITS: Final = """
with made as (
    insert into unit (unit_id) select gen_random_uuid() from generate_series(1, $1) returning unit_id
), numbered as (select unit_id, row_number() over () as n from made)
insert into unit_version (unit_id, valid_from, name, agency_code, legacy_agency_code, kind, level, serves)
select unit_id, '2023-01-01', 'Ủy ban nhân dân xã Hư Cấu ' || n,
    'H99.' || (n / 100) || '.' || (n % 100) || 'X',
    'LC-' || n, 'commune', 'commune', '{}' from numbered
"""
_OFFICERS: Final = """
with unit_of as (
    select unit_id, row_number() over (order by unit_id) as n from unit_version where agency_code like 'H99.%'
), made as (
    insert into officer (officer_id, login_name, full_name, role, status, password_hash, password_changed_at,
        upstream_officer_code, person_code)
    select gen_random_uuid(), 'tinh.' || n, 'Nguyễn Thị Hư Cấu Số ' || n, 'reception', 'active', $2,
        clock_timestamp(), 'UC' || n, 'NV' || n from generate_series(1, $1) n
    returning officer_id, login_name
)
insert into officer_posting (officer_id, valid_from, unit_id)
select officer_id, '2023-01-01', unit_id from made
join unit_of on n = 1 + substr(login_name, 6)::int % (select count(*) from unit_of)
"""
_PROCEDURES: Final = """
with made as (
    insert into procedure (procedure_code) select '9.' || lpad(n::text, 6, '0') from generate_series(1, $1) n
    returning procedure_code
)
insert into procedure_version (procedure_code, holds_from, name, legal_basis, service_code, roles,
    question_types, fields, valid_from)
select procedure_code, '2023-01-01', 'Thủ tục hư cấu ' || procedure_code, 'Nghị định 104/2022/NĐ-CP',
    procedure_code, '{reception,processing}', '{lookup}', (select fields from procedure_version limit 1),
    '2023-01-01' from made
"""
_GRANTS: Final = """
with unit_of as (
    select unit_id, row_number() over (order by unit_id) as n from unit_version where agency_code like 'H99.%'
), procedure_of as (
    select procedure_code, row_number() over (order by procedure_code) as n from procedure
    where procedure_code like '9.%'
), counted as (select (select count(*) from unit_of) as units, (select count(*) from procedure_of) as codes
), pairs as (
    select 1 + g % units as unit, 1 + (g / units + 7 * (g % units)) % codes as code
    from counted, generate_series(0, $1 - 1) g
)
insert into permission_grant (unit_id, procedure_code, valid_from)
select unit_id, procedure_code, '2023-01-01' from pairs
join unit_of on unit_of.n = unit join procedure_of on procedure_of.n = code
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the directory is."""

    officers: int
    units: int
    procedures: int
    grants: int


def fill(database_url: str, size: Size) -> None:
    """Invent so much of everything, as the database's owner."""
    asyncio.run(_fill(database_url, size))


async def _fill(database_url: str, size: Size) -> None:
    connection = await asyncpg.connect(database_url, timeout=30)
    try:
        await connection.execute(_UNITS.replace("$1", str(size.units)))
        await connection.execute(_OFFICERS, size.officers, _PASSWORD_HASH)
        await connection.execute(_PROCEDURES, size.procedures)
        await connection.execute(_GRANTS, size.grants)
        await connection.execute("analyze")
    finally:
        await connection.close()


def resident_mb(pid: int) -> float:
    """Return how many millions of bytes a process holds in memory, what it shares with others included."""
    for line in (_PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * _BYTES_OF_KIB / _BYTES_OF_MB
    return 0.0


def own_mb(pid: int) -> float:
    """Return how many of these are the process's own, not pages of programs and libraries all share."""
    for line in (_PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * _BYTES_OF_KIB / _BYTES_OF_MB
    return 0.0


def serving_pid(family: frozenset[int], server_port: int, client_port: int) -> int | None:
    """Return which process of *family* holds the server's end of a connection on loopback."""
    wanted = (f"0100007F:{server_port:04X}", f"0100007F:{client_port:04X}", _ESTABLISHED)
    for line in (_PROC / "net" / "tcp").read_text(encoding="ascii").splitlines()[1:]:
        parts = line.split()
        if (parts[1], parts[2], parts[3]) == wanted:
            return next((pid for pid in family if f"socket:[{parts[9]}]" in _open_files(pid)), None)
    return None


def descendants(root: int) -> frozenset[int]:
    """Return the ids of all processes below *root*."""
    children: dict[int, set[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:  # it ended while we looked
                continue
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), set()).add(int(folder.name))
    found, waiting = set[int](), [root]
    while waiting:
        below = children.get(waiting.pop(), set())
        found |= below
        waiting.extend(below)
    return frozenset(found)


def _open_files(pid: int) -> set[str]:
    found = set[str]()
    try:
        for entry in (_PROC / str(pid) / "fd").iterdir():
            found.add(str(entry.readlink()))
    except OSError:  # one closed while we looked
        pass
    return found
