"""From what an auditor sends to what is searched: names become ids, and the period is bounded."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from app.accounts.authentication import Caller
from app.accounts.sign_in import login_name_of
from app.accounts.store import Accounts
from app.accounts.values import Officer
from app.auditing.criteria import LIKE_ID_NUMBER, About, Position, Search, parse_case_number
from app.auditing.schemas import AuditSearchRequest
from app.clock import Clock, local_day
from app.database.live import LiveView
from app.errors import InvalidRequestError, NotAllowedError, ProblemCode
from app.lookup.dossier import DossierCodeError
from app.lookup.dossier_shape import DossierShape
from app.lookup.parsing import parse_id_number, parse_procedure_code
from app.units.history import own_codes, predecessors
from app.units.store import UnitRegister
from app.web.refused_values import NamedUnknownError, PeriodTooLongError

_DEFAULT_PERIOD: Final = timedelta(days=365)
_LONGEST_PERIOD: Final = timedelta(days=366 * 6)
_LONGEST_OF_A_UNIT: Final = timedelta(days=366)
_LONGEST_OF_ALL: Final = timedelta(days=31)
_DOSSIER_CODE: Final = re.compile(r"[0-9A-Za-z./_-]{1,80}")
_NAMING: Final = ("/citizen_id_number", "/officer_login", "/dossier_code", "/from_day")
_OF_LOOKUPS: Final = (
    "citizen_id_number",
    "dossier_code",
    "procedure_code",
    "outcome",
    "paper_may_ask",
    "paper_asked",
)


@dataclass(frozen=True, slots=True)
class SearchGround:
    """What the names in a search are read by."""

    accounts: LiveView[Accounts]
    units: LiveView[UnitRegister]
    shapes: Sequence[DossierShape]
    clock: Clock

    @property
    def today(self) -> date:
        """The day in Vietnam."""
        return local_day(self.clock.now())


def search_of(body: AuditSearchRequest, ground: SearchGround, auditor: Caller) -> Search:
    """Return what is searched, the auditor's own accounts hidden.

    With a citizen, officer or dossier up to six years and one by default; else the first day is to be named:
    a year at most with a unit, client or procedure, 31 days of everything. Raises InvalidRequestError, and
    NotAllowedError(OWN_RECORDS) for a search of oneself.
    """
    _check_about(body)
    number, dossier_code, procedure_code = body.citizen_id_number, body.dossier_code, body.procedure_code
    officers = ground.accounts.current.officers
    own = [each.officer_id for each in officers.values() if auditor.officer.is_same_person(each)]
    first_day, last_day = _period(body, ground.today)
    return Search(
        case_number=parse_case_number(body.case_number),
        number=parse_id_number(number, "/citizen_id_number").digits if number is not None else None,
        officer_id=_officer_id(body, ground, auditor.officer),
        first_day=first_day,
        last_day=last_day,
        page_size=body.page_size,
        after=Position.from_text(body.cursor) if body.cursor is not None else None,
        unit_ids=_unit_ids(body.unit_code, ground) if body.unit_code is not None else frozenset(),
        client_id=_client_id(body.client_id, ground) if body.client_id is not None else None,
        dossier_code=_dossier_code(dossier_code, ground) if dossier_code is not None else None,
        procedure_code=parse_procedure_code(procedure_code) if procedure_code is not None else None,
        outcome=body.outcome,
        paper_asked=body.paper_asked,
        hidden_officer_id=auditor.officer.officer_id,
        paper_may_ask=body.paper_may_ask,
        about=body.about,
        further_hidden_ids=frozenset(own) - {auditor.officer.officer_id},
    )


def _check_about(body: AuditSearchRequest) -> None:
    """Raise where other records than lookups are asked for by what only lookups have."""
    given = tuple(f"/{name}" for name in _OF_LOOKUPS if getattr(body, name) is not None)
    if body.about is not About.LOOKUPS and given:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=given)


def _period(body: AuditSearchRequest, today: date) -> tuple[date, date]:
    is_selective = any(
        value is not None for value in (body.citizen_id_number, body.officer_login, body.dossier_code)
    )
    if body.from_day is None and not is_selective:
        raise InvalidRequestError(ProblemCode.PERIOD_NEEDED, fields=_NAMING)
    last_day = body.to_day or today
    first_day = body.from_day or last_day - _DEFAULT_PERIOD
    longest = _LONGEST_OF_ALL
    if is_selective:
        longest = _LONGEST_PERIOD
    elif any((body.unit_code, body.client_id, body.procedure_code)):
        longest = _LONGEST_OF_A_UNIT
    if not timedelta() <= last_day - first_day <= longest:
        raise PeriodTooLongError(longest)
    return first_day, last_day


def _officer_id(body: AuditSearchRequest, ground: SearchGround, auditor: Officer) -> UUID | None:
    if body.officer_login is None:
        return None
    by_login: Mapping[str, Officer] = ground.accounts.current.officers_by_login
    officer = by_login.get(login_name_of(body.officer_login))
    if officer is None:
        raise NamedUnknownError("/officer_login")
    if auditor.is_same_person(officer):
        raise NotAllowedError(ProblemCode.OWN_RECORDS)
    return officer.officer_id


def _unit_ids(text: str, ground: SearchGround) -> frozenset[UUID]:
    """Return the unit and all whose place it has taken by today; of a former code, who bore it last."""
    register, wanted = ground.units.current, text.strip()
    versions = register.history.versions
    taken = [one for one in register.successions if one.on_date <= ground.today]
    try:
        bearers = {UUID(wanted)} & versions.keys()
    except ValueError:
        bearers = _bearers(wanted.upper(), register, ground.today)
    if len(bearers) != 1:
        raise NamedUnknownError("/unit_code")
    return frozenset(bearers).union(*(predecessors(unit_id, taken) for unit_id in bearers))


def _bearers(code: str, register: UnitRegister, today: date) -> set[UUID]:
    begun = [
        version
        for dated in register.history.versions.values()
        for version in dated
        if version.valid_from <= today and code in own_codes(version)
    ]
    # Today's code before a former one, the new form before the old, and of former bearers the last.
    in_force = [version for version in begun if version.holds_on(today)]
    newest = max((version.valid_from for version in begun), default=today)
    bearers = in_force or [version for version in begun if version.valid_from == newest]
    by_new_code = [version for version in bearers if version.details.agency_code == code]
    return {version.unit_id for version in by_new_code or bearers}


def _client_id(text: str, ground: SearchGround) -> str:
    """Return a known client's id; what is none of ours stays out of the record."""
    if text not in ground.accounts.current.clients:
        raise NamedUnknownError("/client_id")
    return text


def _dossier_code(text: str, ground: SearchGround) -> str:
    """Return a code that the province's shapes know, or of an earlier shape without a citizen's number."""
    code = text.strip(" \t")
    is_known = any(shape.read(code) is not None for shape in ground.shapes)
    if not is_known and (not _DOSSIER_CODE.fullmatch(code) or LIKE_ID_NUMBER.search(code)):
        raise DossierCodeError("/dossier_code", ground.shapes)
    return code
