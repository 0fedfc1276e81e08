"""Where administrators ask why an officer may or may not ask for a procedure; on record before it is told."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.accounts.administration import Action
from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.clients import KIND_GRANTS, Client, ClientKind
from app.accounts.refusals import Refusals
from app.accounts.values import Officer
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock, local_day
from app.database.live import LiveView
from app.errors import NotFoundError, ProblemCode
from app.lookup.decision import CONSEQUENCES, Consequence, Mender
from app.lookup.dossier import DossierCode
from app.lookup.explaining import Explanation, explain
from app.lookup.explaining_days import OtherDays
from app.lookup.standings import standing_of
from app.procedures.fields import Field
from app.procedures.store import Catalogue
from app.procedures.values import QuestionType
from app.units.store import UnitRegister
from app.units.values import Unit

_SPEAKS_FOR_OFFICERS: Final = KIND_GRANTS[ClientKind.SERVICE]
_BY_DEPARTMENT: Final = (Mender.DEPARTMENT_ADMINISTRATOR,)
_BY_EITHER: Final = (Mender.UNIT_ADMINISTRATOR, Mender.DEPARTMENT_ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A question that nobody asks of the national side, and of no citizen; `fields` None are all.

    `officer` is an id or a login name, `client_id` None the software the administrator uses.
    """

    officer: UUID | str
    procedure_code: str
    dossier: DossierCode | None
    day: date
    question_type: QuestionType = QuestionType.LOOKUP
    fields: frozenset[Field] | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """The decision taken apart, and what else stands in the officer's way today."""

    officer: Officer
    unit: Unit | None
    client: Client
    explanation: Explanation
    obstacles: tuple[Consequence, ...]


class ExplainingDesk:
    """Decides for the asking as a lookup is decided, for officers whom the administrator may see."""

    def __init__(
        self,
        directory: Directory,
        catalogue: LiveView[Catalogue],
        other_days: OtherDays,
        log: AuditLog,
        refusals: Refusals,
        clock: Clock,
    ) -> None:
        """Judge today by *directory* and *catalogue*, as every lookup is; what else by *other_days*."""
        self._directory = directory
        self._catalogue = catalogue
        self._other_days = other_days
        self._log = log
        self._refusals = refusals
        self._clock = clock

    @property
    def today(self) -> date:
        """The day it is in Vietnam."""
        return local_day(self._clock.now())

    async def explain(self, caller: Caller, asked: WhatIf) -> Explained:
        """Return what would be decided on the day, once it is on record that it was asked.

        Posting, unit, grants and catalogue are those of the day; role, officer code and client software
        have no history and are today's. Raises NotFoundError (OFFICER_UNKNOWN, CLIENT_UNKNOWN),
        NotAllowedError (on record) and AuditUnavailableError.
        """
        officer = self._officer(asked.officer)
        async with self._refusals(caller, changed_officer_id=officer.officer_id):
            self._directory.check(caller, officer, Action.VIEW)
        client = self._client(caller.client.client_id if asked.client_id is None else asked.client_id)
        unit, catalogue = await self._on(asked.day, officer)
        standing = standing_of(catalogue, officer, unit, client, asked.procedure_code, asked.day)
        explanation = explain(standing, asked.dossier, asked.fields, asked.question_type)
        now = self._clock.now()
        await self._log.append(_draft(caller, officer, client, asked, explanation, now))
        found = obstacles(officer, client, self._directory.units.current, now)
        return Explained(officer, unit, client, explanation, found)

    def _officer(self, named: UUID | str) -> Officer:
        accounts = self._directory.accounts.current
        known = (
            accounts.officers.get(named) if isinstance(named, UUID) else accounts.officers_by_login.get(named)
        )
        if known is None:
            raise NotFoundError(ProblemCode.OFFICER_UNKNOWN)
        return known

    def _client(self, client_id: str) -> Client:
        client = self._directory.accounts.current.clients.get(client_id)
        if client is None:
            raise NotFoundError(ProblemCode.CLIENT_UNKNOWN)
        return client

    async def _on(self, day: date, officer: Officer) -> tuple[Unit | None, Catalogue]:
        register = self._directory.units.current
        if day == self.today:
            return register.find(officer.unit_id), self._catalogue.current
        return await self._other_days.on(day, officer, register.history)


def obstacles(
    officer: Officer, client: Client, units: UnitRegister, now: datetime
) -> tuple[Consequence, ...]:
    """Return what turns the officer away today before any rule is asked, and who can change it."""
    found = [] if officer.is_active else [Consequence(ProblemCode.OFFICER_SUSPENDED, _BY_EITHER)]
    if not client.grants & _SPEAKS_FOR_OFFICERS:
        found.append(Consequence(ProblemCode.OFFICER_NEEDED, _BY_DEPARTMENT))
    if (refusal := client.refusal(now)) is not None:
        found.append(Consequence(refusal, _BY_DEPARTMENT))
    if not client.serves(officer.unit_id, units):
        found.append(Consequence(ProblemCode.CLIENT_UNIT_NOT_SERVED, _BY_DEPARTMENT))
    return tuple(found)


def _draft(
    caller: Caller, officer: Officer, client: Client, asked: WhatIf, said: Explanation, now: datetime
) -> Draft:
    facts: dict[str, Value] = caller.facts() | {
        "searched_officer_id": str(officer.officer_id),
        "searched_client_id": client.client_id,
        "procedure_code": asked.procedure_code,
        "effective_on": asked.day.isoformat(),
        "search_results": len(said.fields),
    }
    if asked.fields is not None:
        facts["fields_asked"] = " ".join(sorted(asked.fields))
    if said.broken is not None:
        facts["problem_code"] = CONSEQUENCES[said.broken].code.value
    return Draft(RecordKind.DECISION_EXPLAINED, now, facts)
