"""What is remembered of decisions changes none of them."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.accounts.authentication import Caller
from app.accounts.request import Request
from app.accounts.values import Role
from app.lookup.command import LookupCommand, ReceptionChannel, VerificationMethod
from app.lookup.decision import Permit, decide
from app.lookup.dossier import DossierCode
from app.lookup.permits import Permits
from app.lookup.standings import standing_of
from app.lookup.values import BirthDate, CitizenId, FullName, Question
from app.procedures.fields import Field
from tests.lookup.deciding import (
    OF_OTHERS,
    OTHER_PROCEDURE,
    OURS,
    PROCEDURE,
    TODAY,
    TOMORROW,
    a_catalogue,
    a_client,
    a_grant,
    a_procedure,
    a_unit,
    an_officer,
)

ASKED = (None, frozenset({Field.FULL_NAME}), frozenset({Field.BLOOD_GROUP}))
WHO = Question(CitizenId("099190000017"), FullName("Trần Văn Thử"), BirthDate(1990, 5, 9))
GRANTED = a_catalogue(a_procedure(), a_grant())


def a_caller(**officer: object) -> Caller:
    """Return an officer as the directory has them."""
    request = Request("127.0.0.1", "request-1")
    return Caller(an_officer(**officer), a_unit(), a_client(), UUID(int=9), request)


def a_command(
    dossier: DossierCode | None = OURS,
    fields: frozenset[Field] | None = None,
    code: str = PROCEDURE,
    *,
    asks_yes_no: bool = False,
) -> LookupCommand:
    """Return a question of that kind."""
    how = VerificationMethod.ONLINE_LOOKUP, ReceptionChannel.COUNTER
    return LookupCommand(WHO, code, dossier, *how, fields=fields, asks_yes_no=asks_yes_no)


@pytest.mark.parametrize("most", [40, 20_000])
def test_whatever_was_permitted_before_the_decision_is_the_one_that_decide_makes(most: int) -> None:
    catalogues = (GRANTED, a_catalogue(a_procedure()), a_catalogue(a_procedure(valid_to=TOMORROW), a_grant()))
    callers = [a_caller(), a_caller(), a_caller(role=Role.AUDITOR), a_caller(upstream_officer_code=None)]
    callers.append(replace(callers[0], client=a_client(procedures=frozenset({OTHER_PROCEDURE}))))
    callers.append(replace(callers[0], unit=replace(a_unit(), agency_codes=frozenset({"H20.34.12"}))))
    commands = [
        a_command(dossier, asked, code, asks_yes_no=asks)
        for dossier, asked, code, asks in itertools.product(
            (OURS, OF_OTHERS, None), ASKED, (PROCEDURE, OTHER_PROCEDURE), (True, False)
        )
    ]
    every = list(itertools.product(callers, commands))
    permits, permitted = Permits(most=most), 0
    for catalogue, day in itertools.product(catalogues * 2, (TODAY, TOMORROW)):
        for caller, command in every + every[::-1]:
            who = caller.officer, caller.unit, caller.client
            standing = standing_of(catalogue, *who, command.procedure_code, day)
            known = decide(standing, command.dossier, command.fields, command.question_type)
            assert permits.decide(catalogue, caller, command, day) == known
            permitted += isinstance(known, Permit)
    assert permitted > len(every)


def test_a_permit_is_made_once_while_catalogue_and_day_are_the_same() -> None:
    permits, caller = Permits(), a_caller()
    permit = permits.decide(GRANTED, caller, a_command(), TODAY)
    assert isinstance(permit, Permit)
    assert permits.decide(GRANTED, caller, a_command(None), TODAY) is permit
    assert permits.decide(GRANTED, caller, a_command(), TOMORROW) is not permit


@pytest.mark.parametrize(
    ("part", "permitted", "another"),
    [
        ("officer", an_officer, lambda: an_officer(role=Role.AUDITOR)),
        ("unit", a_unit, lambda: replace(a_unit(), unit_id=UUID(int=7))),
        ("client", a_client, lambda: a_client(procedures=frozenset({OTHER_PROCEDURE}))),
    ],
    ids=["officer", "unit", "client"],
)
def test_nobody_has_the_permit_of_those_whose_place_in_memory_they_took(
    part: str, permitted: Callable[[], Any], another: Callable[[], Any]
) -> None:
    """As when the directory reads somebody anew who was changed, and those before are thrown away."""
    permits, caller = Permits(), a_caller()
    for make in (permitted, another) * 50:
        decision = permits.decide(GRANTED, replace(caller, **{part: make()}), a_command(), TODAY)
        assert isinstance(decision, Permit) is (make is permitted)


def test_no_more_permits_are_remembered_than_allowed() -> None:
    permits = Permits(most=2)
    for _ in range(5):
        permits.decide(GRANTED, a_caller(), a_command(), TODAY)
        assert 1 <= len(permits._given) <= 2
