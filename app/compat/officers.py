"""Which officer a call in the old way is made by: one key each, and nothing wider than at a sign-in."""

from collections.abc import Container, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.access_rules import AccessRules
from app.accounts.active_days import note_active_officer
from app.accounts.authentication import Caller
from app.accounts.lookup_keys import ASSURANCE_LOOKUP_KEY, LookupKey, opening
from app.accounts.request import Request
from app.accounts.store import Accounts
from app.accounts.trouble import database_trouble
from app.accounts.values import Officer
from app.audit.record import Value
from app.clock import Clock, local_day
from app.compat.directory import FaceDirectory
from app.compat.guard import WrongProofs
from app.compat.indexes import OfficerCodes
from app.compat.proofs import Pair, basic_pair, plain_pair
from app.compat.software import Software
from app.database.live import LiveView
from app.errors import GatewayError, NotAllowedError, NotAuthenticatedError, ProblemCode
from app.units.store import UnitRegister


class ActiveOfficers:
    """Notes once a day that an officer worked: who looks up by key alone must not lapse for want of use."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Note through *engine*."""
        self._engine = engine
        self._day: date | None = None
        self._noted: set[UUID] = set()

    async def note(self, officer_id: UUID, day: date) -> None:
        """Note that the officer worked on *day*; AuditUnavailableError without database."""
        if day != self._day:
            self._day, self._noted = day, set()
        if officer_id in self._noted:
            return
        with database_trouble():
            async with self._engine.begin() as connection:
                await note_active_officer(connection, officer_id, day)
        self._noted.add(officer_id)


class OfficerDesk:
    """Turns a key into the officer it stands for, as they stand at this moment."""

    def __init__(
        self,
        accounts: LiveView[Accounts],
        units: LiveView[UnitRegister],
        face: LiveView[FaceDirectory],
        rules: AccessRules,
        wrong: WrongProofs,
        active: ActiveOfficers,
        clock: Clock,
    ) -> None:
        """Judge by the directory, and by the *rules* of passwords and second factors."""
        self._accounts = accounts
        self._units = units
        self._face = face
        self._rules = rules
        self._wrong = wrong
        self._active = active
        self._clock = clock
        self._codes = OfficerCodes()

    async def known(
        self, software: Software, headers: Mapping[str, str], officer_code: str, request: Request
    ) -> Caller:
        """Return the officer; *officer_code* is what the call says as MaCanBo.

        Raises NotAuthenticatedError (LOOKUP_KEY_NEEDED, _REFUSED, _EXPIRED), NotAllowedError (account, unit,
        password, second factor), TooManyError and AuditUnavailableError; what names an officer is on record.
        """
        client_id = software.client.client_id
        pair = presented_key(headers, officer_code)
        if pair is None:
            needed = NotAuthenticatedError(ProblemCode.LOOKUP_KEY_NEEDED)
            await self._wrong.record(needed, _client_facts(client_id, request))
            raise needed
        key = opening(self._face.current.keys, pair.name, pair.secret)
        if key is None:
            refused = NotAuthenticatedError(ProblemCode.LOOKUP_KEY_REFUSED)
            owner = self._face.current.keys.get(pair.name)
            facts = _key_facts(owner, client_id, request) if owner else _client_facts(client_id, request)
            await self._wrong.record(refused, facts)
            await self._wrong.note(pair.name, client_id, request)
            raise refused
        try:
            caller = self._caller(key, software, officer_code, request)
        except GatewayError as error:
            await self._wrong.record(error, _key_facts(key, client_id, request))
            raise
        await self._active.note(key.officer_id, local_day(self._clock.now()))
        return caller

    def _caller(self, key: LookupKey, software: Software, officer_code: str, request: Request) -> Caller:
        now, accounts, units = self._clock.now(), self._accounts.current, self._units.current
        officer = accounts.officers.get(key.officer_id)
        if officer is None or key.client_id != software.client.client_id:
            raise NotAuthenticatedError(ProblemCode.LOOKUP_KEY_REFUSED)
        if not officer.is_active:
            raise NotAllowedError(ProblemCode.OFFICER_SUSPENDED)
        restriction = self._rules.restriction(officer, now, ASSURANCE_LOOKUP_KEY)
        if restriction is not None:
            raise NotAllowedError(restriction)
        if key.expires_at <= now or not key.goes_with(officer):
            raise NotAuthenticatedError(ProblemCode.LOOKUP_KEY_EXPIRED)
        unit = units.find(officer.unit_id)
        if unit is None:
            raise NotAllowedError(ProblemCode.UNIT_INACTIVE)
        if not software.client.serves(officer.unit_id, units):
            raise NotAllowedError(ProblemCode.CLIENT_UNIT_NOT_SERVED)
        if names_another(officer_code, officer, accounts, self._codes.of(accounts)):
            raise NotAuthenticatedError(ProblemCode.LOOKUP_KEY_REFUSED)
        return Caller(officer, unit, software.client, key.key_id, request, ASSURANCE_LOOKUP_KEY)


def presented_key(headers: Mapping[str, str], officer_code: str) -> Pair | None:
    """Return the officer's key: out of `AuthHash`, else out of MaCanBo written as `name:secret`."""
    given = headers.get("authhash")
    pair = basic_pair(given) if given is not None else None
    return pair or plain_pair(officer_code)


def names_another(
    officer_code: str, officer: Officer, accounts: Accounts, codes: Container[str | None]
) -> bool:
    """Whether MaCanBo is another officer's login name or one of their *codes*: then who asks is in doubt."""
    code = officer_code.strip()
    if not code or code.lower() == officer.login_name or code == officer.upstream_officer_code:
        return False
    return code.lower() in accounts.officers_by_login or code in codes


def _client_facts(client_id: str, request: Request) -> dict[str, Value]:
    return {"client_id": client_id, "address": request.address, "request_id": request.request_id}


def _key_facts(key: LookupKey, client_id: str, request: Request) -> dict[str, Value]:
    return _client_facts(client_id, request) | {
        "officer_id": str(key.officer_id),
        "unit_id": str(key.unit_id),
        "session_id": str(key.key_id),
        "assurance": ASSURANCE_LOOKUP_KEY,
    }
