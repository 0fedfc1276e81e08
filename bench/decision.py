"""`python -m bench.decision`: what deciding costs a lookup, in a province of 2,000 procedures."""

import argparse
import asyncio
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.accounts.authentication import Caller
from app.accounts.clients import Client, ClientKind, GrantType
from app.accounts.request import Request
from app.accounts.values import Officer, Role
from app.clock import SystemClock, local_day
from app.database.live import LiveView
from app.lookup.command import LookupCommand, ReceptionChannel, VerificationMethod
from app.lookup.dossier import parse_dossier_code
from app.lookup.first_entries import FirstEntryStore
from app.lookup.notice import NoticeDesk
from app.lookup.pace import OfficerPace
from app.lookup.parsing import parse_question
from app.lookup.permits import Permits
from app.lookup.retrying import RetryCheck
from app.lookup.service import LookupPolicy, LookupService
from app.lookup.store import LookupStore
from app.procedures.fields import DEFAULT_FIELDS, Field
from app.procedures.store import Catalogue, GrantBook
from app.procedures.values import Grant, Procedure, QuestionType
from app.units.values import Unit, UnitKind, UnitLevel
from bench.machine import describe_machine

_BAR_US: Final = 50.0
_US: Final = 1_000_000
_FRESH_SECONDS: Final = 3_600.0
_PROCEDURES: Final = 2_000
_UNITS: Final = 500
_GRANTS: Final = 200
_SINCE: Final = date(2023, 1, 1)
_BASIS: Final = "Nghị định 104/2022/NĐ-CP, Điều 14"
_CLOCK: Final = SystemClock()
_FIELDS: Final = DEFAULT_FIELDS | {Field.HOUSEHOLD_HEAD, Field.RELATION_TO_HEAD, Field.MARITAL_STATUS}


@dataclass(frozen=True, slots=True)
class _Cost:
    """Microseconds per decision in one round: on the clock, and of the processor."""

    wall_us: float
    processor_us: float


class EverybodyAccepted(LookupStore):
    """Says once that the officer accepted today's notice; from then on it is known."""

    async def has_accepted_notice(self, officer_id: UUID, day: date) -> bool:  # noqa: ARG002
        """Return True."""
        return True


def main() -> int:
    """Do what the command line says; 1 where deciding costs more than the bar."""
    parser = argparse.ArgumentParser(prog="python -m bench.decision", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="how often it is measured (30)")
    parser.add_argument("--calls", type=int, default=5_000, help="decisions a round (5000)")
    options = parser.parse_args()
    machine = describe_machine(Path.cwd())
    rounds = asyncio.run(_measure(options.rounds, options.calls))
    costs = [cost.wall_us for cost in rounds]
    median, processor = statistics.median(costs), statistics.median(cost.processor_us for cost in rounds)
    print(
        f"{_PROCEDURES} procedures, {_UNITS} units with {_GRANTS} grants each;"
        f" {options.rounds} rounds of {options.calls} decisions, each for a permit of {len(_FIELDS)} fields"
    )
    print(
        f"LookupService._permit: {median:.1f} µs (median; rounds {min(costs):.1f}-{max(costs):.1f} µs),"
        f" of it {processor:.1f} µs on the processor"
    )
    print(f"the bar: {_BAR_US:.0f} µs, {'met' if median <= _BAR_US else 'MISSED'}")
    print(
        f"{machine.time}; {machine.processor}, {machine.cores} cores, load before {machine.load};"
        f" {machine.python}; commit {machine.commit}."
    )
    return 0 if median <= _BAR_US else 1


async def _measure(rounds: int, calls: int) -> list[_Cost]:
    """Return what a permit took in each round, everything before its record included."""
    service, caller = await _service(), asking_caller()
    asked = [lookup_command(f"1.{number:06d}") for number in range(0, _PROCEDURES, _PROCEDURES // _GRANTS)]
    commands = [asked[number % len(asked)] for number in range(calls)]
    permit = service._permit  # noqa: SLF001 - the part of a lookup that decides
    service._permits = Permits(most=1)  # noqa: SLF001 - each of them is decided, none is remembered
    costs = []
    for _ in range(rounds + 1):
        begun, worked = time.perf_counter(), time.process_time()
        for command in commands:
            await permit(caller, command, _CLOCK.now())
        wall, work = time.perf_counter() - begun, time.process_time() - worked
        costs.append(_Cost(wall * _US / calls, work * _US / calls))
    return costs[1:]  # the first one warms up


async def _service() -> LookupService:
    engine = create_async_engine("postgresql+asyncpg://")
    view, begun = LiveView(load_catalogue), _CLOCK.monotonic()
    view.attach(lambda: _CLOCK.monotonic() - begun <= _FRESH_SECONDS)
    await view.refresh(AsyncConnection(engine))
    nobody: Any = None  # a permit asks nobody and writes nothing
    store = EverybodyAccepted(engine)
    return LookupService(
        view,
        nobody,
        nobody,
        _CLOCK,
        LookupPolicy(5.0, paper_needs_second_entry=True),
        pace=OfficerPace(_CLOCK, per_minute=1),
        admission=nobody,
        notices=NoticeDesk(store, nobody, _CLOCK),
        retries=RetryCheck(store, FirstEntryStore(engine), bytes(32), _CLOCK),
    )


async def load_catalogue(_: AsyncConnection) -> Catalogue:
    """Return a province's catalogue and grants, made up."""
    codes = [f"1.{number:06d}" for number in range(_PROCEDURES)]
    grants = (
        Grant(UUID(int=unit), code, _SINCE, None)
        for unit in range(_UNITS)
        for code in codes[unit % (_PROCEDURES // _GRANTS) :: _PROCEDURES // _GRANTS]
    )
    return Catalogue({code: _procedure(code) for code in codes}, GrantBook.of(grants))


def _procedure(code: str) -> Procedure:
    return Procedure(
        procedure_code=code,
        name=f"Thủ tục {code}",
        legal_basis=_BASIS,
        service_code=f"{code}.01",
        is_decree_104=True,
        roles=frozenset({Role.RECEPTION, Role.PROCESSING}),
        fields=dict.fromkeys(sorted(_FIELDS), _BASIS),
        valid_from=_SINCE,
        valid_to=None,
        question_types=frozenset(QuestionType),
    )


def asking_caller() -> Caller:
    """Return an officer of a unit that three communes were merged into, behind software with a list."""
    codes = frozenset(code for n in range(10, 14) for code in (f"H19.34.{n}", f"000.{n}.34.H19"))
    unit = Unit(UUID(int=0), "Xã Đo", "H19.34.13", UnitLevel.COMMUNE, UnitKind.COMMUNE, codes)
    officer = Officer(UUID(int=1), "cb.do", "Trần Đo", Role.RECEPTION, unit.unit_id, "C1", is_active=True)
    client = Client(
        client_id="mot-cua",
        name="Một cửa",
        is_active=True,
        kind=ClientKind.SERVICE,
        grants=frozenset({GrantType.PASSWORD}),
        networks=(ip_network("127.0.0.0/8"),),
        procedures=frozenset(f"1.{number:06d}" for number in range(_PROCEDURES)),
    )
    return Caller(officer, unit, client, UUID(int=2), Request("127.0.0.1", "bench"))


def lookup_command(procedure_code: str) -> LookupCommand:
    """Return a lookup of one person for one procedure."""
    today = local_day(_CLOCK.now())
    return LookupCommand(
        question=parse_question("099190000017", "Trần Văn Thử", "1990-05-09", today),
        procedure_code=procedure_code,
        dossier=parse_dossier_code("000.13.34.H19-230301-0001", today),
        verification_method=VerificationMethod.ONLINE_LOOKUP,
        reception_channel=ReceptionChannel.COUNTER,
    )


if __name__ == "__main__":
    sys.exit(main())
