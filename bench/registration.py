"""`python -m bench.registration`: 20,000 officers with planted faults, from a file to the database."""

import argparse
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from app.accounts.registration.faults import FaultCode
from app.accounts.registration.form import TITLES, WANTED, Column
from app.accounts.registration.planning import plan_list
from app.accounts.registration.reporting import annotated_workbook
from app.accounts.registration.template import COLUMNS
from app.accounts.registration.unit_names import KnownUnit, UnitNames
from app.accounts.registration.values import Action, KnownOfficer, Plan, Terms, list_rows
from app.accounts.values import Role
from app.clock import SystemClock, local_day
from app.sheets.reading import DEFAULT_LIMITS, read_measured
from app.sheets.tables import Table, find_table
from app.sheets.writing import Heading, write_xlsx
from bench.failure import BenchError
from bench.registration_ground import Ground, open_ground

T = TypeVar("T")
Line = dict[Column, str]

_UNITS: Final = 5_000
_EVERY: Final = 100  # one row in a hundred is wrong
_TODAY: Final = local_day(SystemClock().now())
_BEGUN: Final = f"{_TODAY - timedelta(days=20):%d/%m/%Y}"
_SYLLABLES: Final = ("Tân", "Hà", "Bình", "Thạnh", "Phú", "Lộc", "Mỹ", "An", "Hòa", "Đông", "Khánh", "Lâm")
_PROVINCE: Final = KnownUnit(UUID(int=900_000), "Ủy ban nhân dân tỉnh Đo", frozenset({"H99"}))
_OUTSIDE: Final = KnownUnit(UUID(int=900_001), "Ủy ban nhân dân xã Ngoài", frozenset({"H98.1"}))
_CLOSED: Final = KnownUnit(
    UUID(int=900_002), "Ủy ban nhân dân xã Cũ", frozenset({"H99.C"}), _PROVINCE.unit_id, is_open=False
)
_TWINS: Final = tuple(
    KnownUnit(UUID(int=900_010 + n), "Phòng Tư pháp", frozenset({f"H99.T{n}"}), _PROVINCE.unit_id)
    for n in range(2)
)
_PLANTED: Final[tuple[tuple[FaultCode, Line], ...]] = (
    (FaultCode.LOGIN_MISSING, {Column.LOGIN_NAME: ""}),
    (FaultCode.LOGIN_MALFORMED, {Column.LOGIN_NAME: "Nguyễn Văn"}),
    (FaultCode.LOGIN_TWICE, {Column.LOGIN_NAME: "cb.0"}),
    (FaultCode.LOGIN_ELSEWHERE, {Column.LOGIN_NAME: "ngoai"}),
    (FaultCode.LOGIN_OF_FORMER_OFFICER, {Column.LOGIN_NAME: "da.nghi"}),
    (FaultCode.NAME_MISSING, {Column.FULL_NAME: ""}),
    (FaultCode.NAME_MALFORMED, {Column.FULL_NAME: "Trần Văn 2"}),
    (FaultCode.NAME_TOO_LONG, {Column.FULL_NAME: "Trần " * 30}),
    (FaultCode.UNIT_MISSING, {Column.UNIT: "", Column.AGENCY_CODE: ""}),
    (FaultCode.UNIT_UNKNOWN, {Column.UNIT: "xã Không Có Thật", Column.AGENCY_CODE: ""}),
    (FaultCode.UNIT_AMBIGUOUS, {Column.UNIT: "P. Tư pháp", Column.AGENCY_CODE: ""}),
    (FaultCode.UNIT_OUTSIDE, {Column.UNIT: "xã Ngoài", Column.AGENCY_CODE: ""}),
    (FaultCode.UNIT_CLOSED, {Column.UNIT: "xã Cũ", Column.AGENCY_CODE: ""}),
    (FaultCode.UNIT_CODE_UNKNOWN, {Column.AGENCY_CODE: "H1"}),
    (FaultCode.UNIT_CODE_CONTRADICTS, {Column.AGENCY_CODE: "H98.1"}),
    (FaultCode.ROLE_MISSING, {Column.POSITION: ""}),
    (FaultCode.ROLE_UNKNOWN, {Column.POSITION: "Chủ tịch"}),
    (FaultCode.ROLE_RAISED, {Column.POSITION: "Quản trị"}),
    (FaultCode.UPSTREAM_CODE_MALFORMED, {Column.UPSTREAM_OFFICER_CODE: "mã số"}),
    (FaultCode.UPSTREAM_CODE_TAKEN, {Column.UPSTREAM_OFFICER_CODE: "NGOAI"}),
    (FaultCode.PERSON_CODE_MALFORMED, {Column.PERSON_CODE: "số ?"}),
    (FaultCode.DATE_MALFORMED, {Column.EFFECTIVE_DATE: "31/02/2026"}),
    (FaultCode.DATE_IN_FUTURE, {Column.EFFECTIVE_DATE: f"{_TODAY + timedelta(days=40):%d/%m/%Y}"}),
    (FaultCode.DATE_TOO_OLD, {Column.EFFECTIVE_DATE: f"{_TODAY - timedelta(days=2000):%d/%m/%Y}"}),
)


def main() -> int:
    """Do what the command line says and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.registration", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="officers in the list (20000)")
    rows = parser.parse_args().rows
    try:
        _measure(rows)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _measure(rows: int) -> None:
    units = [_unit(number) for number in range(_UNITS)]
    terms = Terms(frozenset(unit.unit_id for unit in [*units, _CLOSED, *_TWINS]), _TODAY)
    known = _strangers()
    print(f"{rows} rows, {_UNITS} units; peak memory of the reading process apart, of this one so far")
    names = _timed("index of unit names", lambda: UnitNames([*units, _OUTSIDE, _CLOSED, *_TWINS]))
    wrong = _timed("write the list with faults", lambda: _workbook(rows, units, with_faults=True))
    table = _read(wrong)
    plan = _timed("plan (dry run)", lambda: plan_list(list_rows(table), known, names, terms))
    _check_faults(plan, rows)
    annotated = _timed("annotated workbook", lambda: annotated_workbook(plan, table))
    print(f"  {len(annotated) // 1024} KiB")
    right = _read(_workbook(rows, units, with_faults=False))
    plan = _timed("plan of the corrected list", lambda: plan_list(list_rows(right), known, names, terms))
    if not plan.may_be_applied:
        raise BenchError("the corrected list is refused")
    after = [*known, *_officers(plan)]
    again = _timed("plan of the same list again", lambda: plan_list(list_rows(right), after, names, terms))
    if not again.changes_nothing:
        raise BenchError("the same list changes something the second time")
    print(f"second import: 0 changes in {len(again.rows)} rows")
    with tempfile.TemporaryDirectory(prefix="dancu-bench-") as folder:
        Path(folder).chmod(0o711)  # the account that runs PostgreSQL passes through
        present = [_PROVINCE, *units, _OUTSIDE, _CLOSED, *_TWINS]
        with open_ground(Path(folder), present, known, _PROVINCE) as ground:
            _measure_database(ground, table, right, rows)


def _measure_database(ground: Ground, wrong: Table[Column], right: Table[Column], rows: int) -> None:
    print("on PostgreSQL with fsync, as the serving role, every change on record")
    _check_faults(_timed("dry run with faults", lambda: ground.check(wrong)).plan, rows)
    if _timed("apply with faults", lambda: ground.apply(wrong)).plan.may_be_applied:
        raise BenchError("the list with faults is not refused")
    first = _timed("apply the corrected list", lambda: ground.apply(right)).plan
    print(f"  {first.counts[Action.ADD]} officers added")
    if first.counts[Action.ADD] != rows:
        raise BenchError("the corrected list did not land")
    again = _timed("apply the same list again", lambda: ground.apply(right)).plan
    if not again.changes_nothing:
        raise BenchError("the same list changes something the second time")
    print(f"  0 changes in {len(again.rows)} rows")


def _read(content: bytes) -> Table[Column]:
    reading = _timed(
        f"read {len(content) // 1024} KiB", lambda: read_measured(content, "list.xlsx", DEFAULT_LIMITS)
    )
    print(f"  reading process: {reading.peak_kib / 1024:.0f} MiB")
    return find_table(reading.sheets, WANTED)


def _check_faults(plan: Plan, rows: int) -> None:
    found = {row.number: {fault.code for fault in row.faults} for row in plan.rows}
    planted = dict(_planted_rows(rows))
    missed = [code for number, code in planted.items() if code not in found[number + 2]]
    # The row whose login name was planted a second time is wrong too.
    others = [
        n for n, codes in found.items() if codes and n - 2 not in planted and codes != {FaultCode.LOGIN_TWICE}
    ]
    if missed or others:
        raise BenchError(
            f"planted and not named: {Counter(missed)}; named and not planted: rows {others[:5]}"
        )
    print(f"  {len(planted)} planted faults of {len(set(planted.values()))} kinds, each named")


def _planted_rows(rows: int) -> Iterator[tuple[int, FaultCode]]:
    for index, number in enumerate(range(_EVERY // 2, rows, _EVERY)):
        yield number, _PLANTED[index % len(_PLANTED)][0]


def _workbook(rows: int, units: list[KnownUnit], *, with_faults: bool) -> bytes:
    headings = [Heading(TITLES[column]) for column in COLUMNS]
    lines = (_line(number, units, with_faults=with_faults) for number in range(rows))
    return write_xlsx(headings, ([line[column] for column in COLUMNS] for line in lines))


def _line(number: int, units: list[KnownUnit], *, with_faults: bool) -> Line:
    unit = units[number * 7 % len(units)]
    short = unit.name.replace("Ủy ban nhân dân xã", "UBND X.")
    line: Line = {
        Column.NUMBER: str(number + 1),
        Column.LOGIN_NAME: f"cb.{number}",
        Column.FULL_NAME: f"Trần {_SYLLABLES[number % 12]} {_SYLLABLES[number // 12 % 12]}",
        Column.UNIT: short,
        Column.POSITION: "công chức TN-TKQ" if number % 2 else "công chức xử lý hồ sơ",
        Column.AGENCY_CODE: min(unit.codes),
        Column.UPSTREAM_OFFICER_CODE: f"C{number:06}",
        Column.PERSON_CODE: f"P{number:06}",
        Column.DOCUMENT_NUMBER: "12/UBND-VP",
        Column.EFFECTIVE_DATE: _BEGUN,
        Column.NOTE: "",
    }
    if with_faults and number % _EVERY == _EVERY // 2:
        line |= _PLANTED[number // _EVERY % len(_PLANTED)][1]
    return line


def _unit(number: int) -> KnownUnit:
    a, b = _SYLLABLES[number % 12], _SYLLABLES[number // 12 % 12]
    name = f"Ủy ban nhân dân xã {a} {b} {number // 144}"
    return KnownUnit(UUID(int=number + 1), name, frozenset({f"H99.{number}"}), _PROVINCE.unit_id)


def _strangers() -> list[KnownOfficer]:
    outside = KnownOfficer(UUID(int=1), "ngoai", "Lê Ngoài", Role.RECEPTION, _OUTSIDE.unit_id, "NGOAI")
    return [
        outside,
        replace(
            outside, officer_id=UUID(int=2), login_name="da.nghi", unit_id=None, upstream_officer_code=None
        ),
    ]


def _officers(plan: Plan) -> Iterator[KnownOfficer]:
    for row in plan.rows:
        wish = row.wish
        if wish is not None:
            yield KnownOfficer(
                UUID(int=row.number),
                wish.login_name,
                wish.full_name,
                wish.role,
                wish.unit_id,
                wish.upstream_officer_code,
                wish.person_code,
            )


def _timed(what: str, work: Callable[[], T]) -> T:
    begun = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:32} {seconds:6.2f} s   {peak:5.0f} MiB", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
