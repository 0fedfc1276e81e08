"""Explained decisions: how every rule stood, who can change it, whose officers are explained, the record."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.clients import Client, ClientKind, GrantType
from app.accounts.refusals import Refusals
from app.accounts.store import Accounts
from app.accounts.values import Officer, Role
from app.audit.coalescing import Coalescer
from app.audit.record import RecordKind
from app.errors import AuditUnavailableError, NotAllowedError, NotFoundError, ProblemCode
from app.lookup.decision import Mender, Rule
from app.lookup.explaining import FieldClass, Lack, RuleState, class_of, explain
from app.lookup.explaining_days import OtherDays
from app.lookup.explaining_desk import Explained, ExplainingDesk, WhatIf, obstacles
from app.lookup.explaining_routes import answer_of
from app.lookup.explaining_texts import CLASSES, LACKS, MENDERS, RULES
from app.procedures.fields import DEFAULT_FIELDS, Field
from app.procedures.values import QuestionType
from app.units.store import UnitRegister
from tests.lookup.deciding import (
    FIELD_BASES,
    OF_OTHERS,
    OTHER_PROCEDURE,
    OTHER_UNIT_ID,
    OURS,
    PROCEDURE,
    TODAY,
    TOMORROW,
    UNIT_ID,
    YESTERDAY,
    a_catalogue,
    a_client,
    a_grant,
    a_procedure,
    a_standing,
    a_unit,
    an_officer,
    bases_of,
)
from tests.lookup_fakes import JournalLog, StandingClock, StandingView, a_caller

LOOKUP = QuestionType.LOOKUP
UNIT_ADMINISTRATOR = an_officer(
    officer_id=UUID(int=10), login_name="quantri.xa", role=Role.UNIT_ADMINISTRATOR
)
DEPARTMENT_ADMINISTRATOR = an_officer(
    officer_id=UUID(int=11), login_name="quantri.so", role=Role.DEPARTMENT_ADMINISTRATOR, unit_id=None
)
OUTSIDER = an_officer(officer_id=UUID(int=12), login_name="ngoai", unit_id=OTHER_UNIT_ID)


def states(explanation_states: Mapping[Rule, RuleState]) -> list[str]:
    return [state.value for state in explanation_states.values()]


def test_a_permit_is_every_rule_passed_and_each_field_with_its_own_basis() -> None:
    said = explain(a_standing(), OURS, None, LOOKUP)
    assert said.broken is None
    assert list(said.states) == list(Rule)
    assert set(states(said.states)) == {"passed"}
    assert said.fields == {field: FIELD_BASES[field] for field in DEFAULT_FIELDS}
    assert list(said.fields) == [field for field in Field if field in DEFAULT_FIELDS]
    assert not said.lacking


def test_a_permit_that_the_desk_narrows_names_the_bases_of_what_is_left() -> None:
    said = explain(a_standing(), OURS, frozenset({Field.FULL_NAME}), LOOKUP)
    assert said.fields == {Field.FULL_NAME: FIELD_BASES[Field.FULL_NAME]}


@pytest.mark.parametrize("dossier", [OURS, None])
def test_rules_before_the_broken_one_passed_and_none_after_it_was_reached(dossier: Any) -> None:
    said = explain(a_standing(is_granted=False), dossier, None, LOOKUP)
    assert said.broken is Rule.UNIT_GRANTED
    assert states(said.states) == ["passed"] * 5 + ["failed"] + ["not_reached"] * 6
    assert not said.fields
    assert not said.lacking


def test_without_a_dossier_yet_its_rule_has_nothing_to_look_at() -> None:
    said = explain(a_standing(), None, None, LOOKUP)
    assert said.states[Rule.DOSSIER_OF_UNIT] is RuleState.NOT_APPLICABLE
    assert states(said.states).count("passed") == len(Rule) - 1


def test_an_unknown_procedure_is_explained_without_one() -> None:
    said = explain(a_standing()._replace(procedure=None), OURS, frozenset({Field.RELIGION}), LOOKUP)
    assert said.broken is Rule.PROCEDURE_KNOWN
    assert not said.lacking


def test_each_field_that_is_refused_says_what_it_lacks() -> None:
    procedure = a_procedure(fields=bases_of(DEFAULT_FIELDS) | {Field.ETHNICITY: " "})
    asked = frozenset({Field.FULL_NAME, Field.ETHNICITY, Field.RELIGION})
    said = explain(a_standing(procedure=procedure), OURS, asked, LOOKUP)
    assert said.broken is Rule.FIELDS_PERMITTED
    assert said.lacking == {Field.ETHNICITY: Lack.NO_LEGAL_BASIS, Field.RELIGION: Lack.NOT_LISTED}


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (Field.FULL_NAME, FieldClass.USUAL),
        (Field.NATIONALITY, FieldClass.LISTED),
        (Field.RELATION_TO_HEAD, FieldClass.HOUSEHOLD),
        (Field.MOTHER, FieldClass.SENSITIVE),
    ],
)
def test_a_field_is_given_as_freely_as_its_class(field: Field, kind: FieldClass) -> None:
    assert class_of(field) is kind


def test_all_that_can_be_said_is_said_in_vietnamese_and_in_english() -> None:
    tables: list[tuple[Mapping[Any, Mapping[Any, str]], Iterable[object]]] = [
        (RULES, Rule),
        (MENDERS, Mender),
        (LACKS, Lack),
        (CLASSES, FieldClass),
    ]
    for table, known in tables:
        assert set(table) == set(known)
        for words in table.values():
            assert words["en"].isascii()
            assert unicodedata.is_normalized("NFC", words["vi"])
            assert not words["vi"].isascii()


class Office:
    """A desk over a directory in memory, and what it has recorded."""

    def __init__(self, *officers: Officer, **client: Any) -> None:
        people = (an_officer(), UNIT_ADMINISTRATOR, DEPARTMENT_ADMINISTRATOR, OUTSIDER, *officers)
        clients = {"mot-cua": a_client(), "khac": a_client(client_id="khac", **client)}
        other = replace(a_unit(), unit_id=OTHER_UNIT_ID)
        self.units = UnitRegister({UNIT_ID: a_unit(), OTHER_UNIT_ID: other})
        accounts = Accounts(
            {one.officer_id: one for one in people}, {one.login_name: one for one in people}, clients
        )
        directory = Directory(StandingView(accounts), StandingView(self.units))
        self.log, clock = JournalLog(), StandingClock()
        self.desk = ExplainingDesk(
            directory,
            StandingView(a_catalogue(a_procedure(), a_grant())),
            OtherDays(create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:9/none")),
            self.log,
            Refusals(Coalescer(self.log), clock),
            clock,
        )

    async def explain(self, by: Officer = DEPARTMENT_ADMINISTRATOR, **asked: Any) -> Explained:
        return await self.desk.explain(_as(by), _what_if(**asked))


def _as(officer: Officer) -> Caller:
    return replace(a_caller(), officer=officer)


def _what_if(**changes: Any) -> WhatIf:
    values: dict[str, Any] = {"officer": "tiepnhan.mau", "procedure_code": PROCEDURE, "dossier": OURS}
    return WhatIf(**(values | {"day": TODAY} | changes))


async def test_an_officer_is_named_by_login_or_by_id_and_both_say_the_same() -> None:
    office = Office()
    by_login, by_id = await office.explain(), await office.explain(officer=an_officer().officer_id)
    assert by_login == by_id
    assert by_login.explanation.broken is None
    assert by_login.unit == a_unit()
    assert by_login.client.client_id == "mot-cua"
    assert by_login.obstacles == ()


async def test_what_was_asked_and_what_came_of_it_is_on_record_once_for_each_asking() -> None:
    office = Office()
    await office.explain(fields=frozenset({Field.RELIGION, Field.FULL_NAME}), client_id="khac")
    await office.explain()
    first, second = office.log.of(RecordKind.DECISION_EXPLAINED)
    who = {"officer_id": str(DEPARTMENT_ADMINISTRATOR.officer_id)}
    asked = {
        "searched_officer_id": str(an_officer().officer_id),
        "procedure_code": PROCEDURE,
        "effective_on": "2026-11-22",
    }
    refused = {"searched_client_id": "khac", "fields_asked": "full_name religion", "search_results": 0}
    assert first.facts.items() >= (who | asked | refused | {"problem_code": "field_not_permitted"}).items()
    assert (
        second.facts.items() >= (who | asked | {"searched_client_id": "mot-cua", "search_results": 5}).items()
    )
    assert not {"problem_code", "fields_asked", "dossier_code"} & second.facts.keys()
    assert first.subject is second.subject is None


async def test_nothing_is_answered_that_is_not_on_record() -> None:
    office = Office()
    office.log.fail = True
    with pytest.raises(AuditUnavailableError):
        await office.explain()


async def test_a_unit_administrator_asks_about_officers_of_their_own_units_only() -> None:
    office = Office()
    assert (await office.explain(UNIT_ADMINISTRATOR)).explanation.broken is None
    with pytest.raises(NotAllowedError) as refused:
        await office.explain(UNIT_ADMINISTRATOR, officer="ngoai")
    assert refused.value.code is ProblemCode.OUTSIDE_OWN_UNITS
    (record,) = office.log.of(RecordKind.REQUEST_REJECTED)
    assert record.facts["changed_officer_id"] == str(OUTSIDER.officer_id)
    assert len(office.log.of(RecordKind.DECISION_EXPLAINED)) == 1


async def test_the_department_asks_about_everybody() -> None:
    assert (await Office().explain(officer="ngoai")).explanation.broken is Rule.UNIT_GRANTED


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"officer": "nguoi.la"}, ProblemCode.OFFICER_UNKNOWN),
        ({"officer": uuid4()}, ProblemCode.OFFICER_UNKNOWN),
        ({"client_id": "phan-mem-la"}, ProblemCode.CLIENT_UNKNOWN),
    ],
)
async def test_whom_nobody_knows_is_not_explained(asked: dict[str, Any], code: ProblemCode) -> None:
    office = Office()
    with pytest.raises(NotFoundError) as unknown:
        await office.explain(**asked)
    assert unknown.value.code is code
    assert not office.log.drafts


async def test_software_that_is_named_is_judged_in_place_of_the_administrators_own() -> None:
    office = Office(procedures=frozenset({OTHER_PROCEDURE}))
    assert (await office.explain(client_id="khac")).explanation.broken is Rule.CLIENT_PERMITTED


async def test_an_officer_posted_nowhere_today_breaks_the_first_rule() -> None:
    left = an_officer(officer_id=UUID(int=13), login_name="da.nghi", unit_id=None)
    explained = await Office(left).explain(officer="da.nghi")
    assert explained.unit is None
    assert explained.explanation.broken is Rule.POSTED


async def test_another_day_that_nobody_can_read_of_is_no_answer() -> None:
    office = Office()
    with pytest.raises(AuditUnavailableError):
        await office.explain(day=TOMORROW)
    assert not office.log.drafts


NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("officer", "client", "code"),
    [
        ({"is_active": False}, {}, ProblemCode.OFFICER_SUSPENDED),
        ({}, {"is_active": False}, ProblemCode.CLIENT_SUSPENDED),
        ({}, {"expires_at": NOW}, ProblemCode.CLIENT_EXPIRED),
        ({}, {"unit_id": OTHER_UNIT_ID}, ProblemCode.CLIENT_UNIT_NOT_SERVED),
        ({}, {"grants": frozenset()}, ProblemCode.OFFICER_NEEDED),
        (
            {},
            {"kind": ClientKind.TECHNICAL, "grants": frozenset({GrantType.CLIENT_CREDENTIALS})},
            ProblemCode.OFFICER_NEEDED,
        ),
    ],
)
def test_what_turns_the_officer_away_before_any_rule_is_said_beside(
    officer: dict[str, Any], client: dict[str, Any], code: ProblemCode
) -> None:
    found = obstacles(an_officer(**officer), a_client(**client), Office().units, NOW)
    assert [one.code for one in found] == [code]
    assert Mender.DEPARTMENT_ADMINISTRATOR in found[0].menders


def test_software_that_serves_the_officers_unit_is_no_obstacle_until_it_ends() -> None:
    client: Client = a_client(unit_id=UNIT_ID, expires_at=NOW + timedelta(seconds=1))
    assert obstacles(an_officer(), client, Office().units, NOW) == ()


async def test_the_answer_says_everything_in_both_languages() -> None:
    office = Office()
    asked = _what_if(dossier=OF_OTHERS)
    answer = answer_of(asked, await office.desk.explain(_as(DEPARTMENT_ADMINISTRATOR), asked))
    assert not answer.is_permitted
    assert answer.refusal is not None
    assert (answer.refusal.code, answer.refusal.rule) == ("dossier_of_another_agency", "dossier_of_unit")
    assert [mender.who for mender in answer.refusal.who_can_change] == ["officer", "department_administrator"]
    assert answer.refusal.detail.vi.startswith("Mã hồ sơ")
    assert answer.refusal.detail.en.startswith("The dossier code")
    assert answer.refusal.fields == []
    assert [rule.state for rule in answer.rules] == ["passed"] * 10 + ["failed", "not_reached"]
    assert all(rule.who_can_change and rule.text.vi and rule.text.en for rule in answer.rules)


async def test_the_answer_about_a_permit_or_about_nobodys_unit_leaves_out_what_there_is_not() -> None:
    office = Office(an_officer(officer_id=UUID(int=13), login_name="da.nghi", unit_id=None, is_active=False))
    permitted = answer_of(_what_if(), await office.explain())
    assert permitted.refusal is None
    assert permitted.unit is not None
    assert {(field.field, field.legal_basis) for field in permitted.fields} == set(
        bases_of(DEFAULT_FIELDS).items()
    )
    nowhere = answer_of(_what_if(), await office.explain(officer="da.nghi"))
    assert nowhere.unit is None
    assert nowhere.fields == []
    assert [one.code for one in nowhere.obstacles_today] == ["officer_suspended"]


async def test_the_answer_says_of_each_refused_field_why() -> None:
    office = Office()
    asked = _what_if(fields=frozenset({Field.RELIGION}))
    answer = answer_of(asked, await office.desk.explain(_as(DEPARTMENT_ADMINISTRATOR), asked))
    assert answer.refusal is not None
    (field,) = answer.refusal.fields
    assert (field.field, field.field_class, field.because) == ("religion", "sensitive", "not_listed")


def test_days_of_the_desk_are_those_of_vietnam() -> None:
    desk = Office().desk
    assert desk.today == TODAY == date(2026, 11, 22) == YESTERDAY + timedelta(days=1)
