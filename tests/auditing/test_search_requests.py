"""From what an auditor sends to what is searched: names, periods, and never oneself."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.accounts.store import Accounts
from app.accounts.values import Officer, Role
from app.auditing.criteria import Search
from app.auditing.requests import SearchGround, search_of
from app.auditing.schemas import AuditSearchRequest
from app.errors import GatewayError, ProblemCode
from app.lookup.dossier_shape import dossier_shapes
from app.units.history import History
from app.units.store import UnitRegister
from app.units.values import Succession, SuccessionKind, UnitDetails, UnitKind, UnitLevel, UnitVersion
from tests.accounts.people import an_account
from tests.lookup_fakes import StandingClock, StandingView, a_caller

TODAY = date(2026, 11, 22)
MERGED_ON, SPLIT_ON = date(2025, 7, 1), date(2026, 1, 1)
SHAPES = dossier_shapes("{agency}-{yymmdd}{number:6}")
COMMUNE, FIRST, SECOND, PART = (uuid4() for _ in range(4))
AUDITOR = an_account(Role.AUDITOR, "NV-1")
OTHER = an_account(Role.RECEPTION, "NV-2")
OWN_DESK = an_account(Role.RECEPTION, "NV-1")


def a_version(
    unit_id: UUID, code: str, since: date, until: date | None = None, old: str | None = None
) -> UnitVersion:
    details = UnitDetails("Xã Mẫu", code, UnitKind.COMMUNE, UnitLevel.COMMUNE, legacy_agency_code=old)
    return UnitVersion(unit_id, since, until, details)


HISTORY = History(
    {
        FIRST: (a_version(FIRST, "H19.1", date(2023, 1, 1), MERGED_ON, "000.00.01.H19"),),
        SECOND: (a_version(SECOND, "H19.2", date(2023, 1, 1), MERGED_ON),),
        COMMUNE: (a_version(COMMUNE, "H19.3", MERGED_ON, SPLIT_ON), a_version(COMMUNE, "H19.4", SPLIT_ON)),
        PART: (a_version(PART, "H19.2", SPLIT_ON),),
    },
    (
        Succession(FIRST, COMMUNE, MERGED_ON, SuccessionKind.MERGE, "1/NQ"),
        Succession(SECOND, COMMUNE, MERGED_ON, SuccessionKind.MERGE, "1/NQ"),
        Succession(COMMUNE, PART, SPLIT_ON, SuccessionKind.SPLIT, "2/NQ"),
        Succession(PART, COMMUNE, TODAY + timedelta(days=30), SuccessionKind.MERGE, "3/NQ"),
    ),
)


def a_search(**sent: Any) -> Search:
    known: dict[str, Officer] = {each.login_name: each for each in (AUDITOR, OTHER, OWN_DESK)}
    by_id = {each.officer_id: each for each in known.values()}
    ground = SearchGround(
        StandingView(Accounts(by_id, known, MappingProxyType({}))),
        StandingView(UnitRegister(HISTORY.units(TODAY), HISTORY.successions, HISTORY)),
        SHAPES,
        StandingClock(datetime(2026, 11, 22, 3, tzinfo=UTC)),
    )
    body = AuditSearchRequest.model_validate({"case_number": "TTr-1", **sent}, strict=False)
    return search_of(body, ground, replace(a_caller(), officer=AUDITOR))


def refusal(**sent: Any) -> tuple[ProblemCode, tuple[str, ...]]:
    with pytest.raises(GatewayError) as caught:
        a_search(**sent)
    return caught.value.code, caught.value.fields


@pytest.mark.parametrize(
    ("unit_code", "unit_ids"),
    [
        ("H19.4", {COMMUNE, FIRST, SECOND}),
        (" h19.4 ", {COMMUNE, FIRST, SECOND}),
        (str(COMMUNE), {COMMUNE, FIRST, SECOND}),
        ("H19.3", {COMMUNE, FIRST, SECOND}),  # its code of former days
        ("H19.1", {FIRST}),
        ("000.00.01.H19", {FIRST}),
        ("H19.2", {PART, COMMUNE, FIRST, SECOND}),  # who bears it today, not who did before the merger
    ],
    ids=["today", "typed", "id", "former code", "former unit", "old form", "split off"],
)
def test_a_unit_is_searched_with_all_whose_place_it_took(unit_code: str, unit_ids: set[UUID]) -> None:
    assert a_search(unit_code=unit_code, from_day="2026-11-01").unit_ids == unit_ids


@pytest.mark.parametrize("unit_code", ["H19.99", "", str(uuid4())], ids=["unknown", "empty", "unknown id"])
def test_a_unit_that_never_was_is_refused(unit_code: str) -> None:
    assert refusal(unit_code=unit_code, from_day="2026-11-01") == (ProblemCode.NAMED_UNKNOWN, ("/unit_code",))


PERIODS: dict[str, tuple[dict[str, Any], int | None]] = {
    "an officer, by default": ({"officer_login": OTHER.login_name}, 365),
    "an officer, six years": ({"officer_login": OTHER.login_name, "from_day": "2020-11-22"}, 2191),
    "everything of a week": ({"from_day": "2026-11-15"}, 7),
    "everything of 31 days": ({"from_day": "2026-10-22"}, 31),
    "refusals of a week": ({"outcome": "not_permitted", "from_day": "2026-11-15"}, 7),
    "a unit's year": ({"unit_code": "H19.4", "from_day": "2025-11-22"}, 365),
    "a procedure's year": ({"procedure_code": "1.004194", "from_day": "2025-11-22"}, 365),
    "everything of 32 days": ({"from_day": "2026-10-21"}, None),
    "a unit's two years": ({"unit_code": "H19.4", "from_day": "2024-11-20"}, None),
    "seven years": ({"officer_login": OTHER.login_name, "from_day": "2019-11-01"}, None),
    "everything, ever": ({}, None),
    "a unit, ever": ({"unit_code": "H19.4"}, None),
    "backwards": ({"from_day": "2026-11-15", "to_day": "2026-11-14"}, None),
}


@pytest.mark.parametrize(("sent", "days"), PERIODS.values(), ids=PERIODS)
def test_a_search_names_somebody_or_a_bounded_period(sent: dict[str, Any], days: int | None) -> None:
    if days is None:
        is_open = "from_day" not in sent
        code = ProblemCode.PERIOD_NEEDED if is_open else ProblemCode.PERIOD_TOO_LONG
        assert refusal(**sent)[0] is code
    else:
        search = a_search(**sent)
        assert (search.last_day, (search.last_day - search.first_day).days) == (TODAY, days)


@pytest.mark.parametrize(
    ("sent", "vietnamese", "english"),
    [
        ({"officer_login": "khong.co"}, "Không có cán bộ nào", "No officer"),
        ({"unit_code": "H19.99", "from_day": "2026-11-01"}, "Không có đơn vị nào", "No unit"),
        ({"client_id": "x", "from_day": "2026-11-01"}, "Không có phần mềm nào", "No client software"),
        ({"from_day": "2026-10-21"}, "cách ngày đầu quá 31 ngày.", "more than 31 days"),
        ({"unit_code": "H19.4", "from_day": "2024-11-20"}, "quá 366 ngày.", "more than 366 days"),
        ({"dossier_code": "hồ sơ"}, "ví dụ đúng dạng: 000.00.00.H19-230301000001", "000.00.00.H19-2303010"),
    ],
    ids=["officer", "unit", "client", "31 days", "a year", "dossier"],
)
def test_a_refused_search_says_what_is_wrong(sent: dict[str, Any], vietnamese: str, english: str) -> None:
    with pytest.raises(GatewayError) as caught:
        a_search(**sent)
    assert vietnamese in str(caught.value.members("vi")["detail"])
    assert english in str(caught.value.members("en")["detail"])


@pytest.mark.parametrize(
    "login_name", [AUDITOR.login_name, OWN_DESK.login_name.upper()], ids=["own", "other"]
)
def test_nobody_searches_their_own_accounts(login_name: str) -> None:
    assert refusal(officer_login=login_name) == (ProblemCode.OWN_RECORDS, ())


def test_every_account_of_the_auditor_is_hidden_and_no_other() -> None:
    search = a_search(from_day="2026-11-22")
    assert set(search.hidden_ids) == {AUDITOR.officer_id, OWN_DESK.officer_id}


@pytest.mark.parametrize("code", ["H19.4-260101123456", "H19.4-230301-0001", " cu/2021"])
def test_a_dossier_is_searched_as_it_was_written(code: str) -> None:
    assert a_search(dossier_code=code).dossier_code == code.strip()


@pytest.mark.parametrize("code", ["", "099190000017", "H19 099190000017", "hồ sơ của ông A"])
def test_what_could_be_a_number_is_no_dossier(code: str) -> None:
    assert refusal(dossier_code=code) == (ProblemCode.INVALID_DOSSIER_CODE, ("/dossier_code",))


def test_what_only_lookups_have_finds_no_other_records() -> None:
    sent = {"about": "audit_reads", "from_day": "2026-11-22", "paper_asked": False, "outcome": "found"}
    assert refusal(**sent) == (ProblemCode.INVALID_VALUE, ("/outcome", "/paper_asked"))


def test_a_record_of_a_search_names_its_criteria_in_one_order() -> None:
    search = a_search(
        outcome="running", from_day="2026-11-22", officer_login=OTHER.login_name, paper_asked=False
    )
    assert search.criteria == ["officer", "outcome", "paper_asked"]
