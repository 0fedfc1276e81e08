from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.values import Role
from app.errors import ProblemCode
from app.lookup.decision import Permit, Standing, decide
from app.lookup.dossier import DossierCode, parse_dossier_code
from app.procedures.fields import DEFAULT_FIELDS, Field
from app.procedures.values import Procedure
from tests.lookup_fakes import DOSSIER, a_caller, a_procedure, a_unit

TODAY = date(2026, 11, 22)
OURS = parse_dossier_code(DOSSIER, TODAY)
OF_OTHERS = parse_dossier_code("H20.34.12-230301-0001", TODAY)
some_fields = st.frozensets(st.sampled_from(list(Field)))


def a_standing(*, procedure: Procedure | None = None, is_granted: bool = True, **officer: Any) -> Standing:
    return Standing(a_caller(**officer).officer, a_unit(), procedure or a_procedure(), is_granted, TODAY)


def judge(
    standing: Standing, dossier: DossierCode = OURS, asked: frozenset[Field] | None = None
) -> Permit | ProblemCode:
    return decide(standing, dossier, asked)


# Each row breaks its own rule and every later one: the answer is the first broken rule.
UNMAPPED = a_procedure(service_code=None)
ENDED_FOR_OTHERS = a_procedure(
    service_code=None, valid_to=date(2024, 1, 1), roles=frozenset({Role.PROCESSING})
)
ASKED_TOO_MUCH = frozenset({Field.RELIGION})


@pytest.mark.parametrize(
    ("standing", "dossier", "refusal"),
    [
        *(
            (
                Standing(
                    a_caller(role=role, upstream_officer_code=None).officer,
                    a_unit(),
                    None,
                    is_granted=False,
                    day=TODAY,
                ),
                OF_OTHERS,
                ProblemCode.ROLE_NOT_PERMITTED,
            )
            for role in (Role.AUDITOR, Role.UNIT_ADMINISTRATOR, Role.DEPARTMENT_ADMINISTRATOR)
        ),
        (
            Standing(
                a_caller(upstream_officer_code=None).officer, a_unit(), None, is_granted=False, day=TODAY
            ),
            OF_OTHERS,
            ProblemCode.PROCEDURE_UNKNOWN,
        ),
        (
            a_standing(procedure=ENDED_FOR_OTHERS, is_granted=False, upstream_officer_code=None),
            OF_OTHERS,
            ProblemCode.PROCEDURE_NOT_IN_FORCE,
        ),
        (
            a_standing(procedure=UNMAPPED, is_granted=False, upstream_officer_code=None),
            OF_OTHERS,
            ProblemCode.PROCEDURE_NOT_GRANTED,
        ),
        (
            a_standing(procedure=replace(UNMAPPED, roles=frozenset({Role.PROCESSING}))),
            OF_OTHERS,
            ProblemCode.PROCEDURE_NOT_GRANTED,
        ),
        (
            replace(a_standing(procedure=UNMAPPED, upstream_officer_code=None), is_client_permitted=False),
            OF_OTHERS,
            ProblemCode.CLIENT_PROCEDURE_NOT_PERMITTED,
        ),
        (
            a_standing(procedure=UNMAPPED, upstream_officer_code=None),
            OF_OTHERS,
            ProblemCode.PROCEDURE_NOT_MAPPED,
        ),
        (a_standing(upstream_officer_code=None), OF_OTHERS, ProblemCode.OFFICER_NOT_MAPPED),
        (a_standing(), OF_OTHERS, ProblemCode.DOSSIER_OF_ANOTHER_AGENCY),
        (a_standing(), OURS, ProblemCode.FIELD_NOT_PERMITTED),
    ],
)
def test_the_first_broken_rule_is_the_answer(
    standing: Standing, dossier: DossierCode, refusal: ProblemCode
) -> None:
    assert judge(standing, dossier, ASKED_TOO_MUCH) is refusal


@pytest.mark.parametrize(
    ("day", "is_in_force"),
    [
        (date(2022, 12, 31), False),
        (date(2023, 1, 1), True),
        (date(2026, 11, 21), True),
        (date(2026, 11, 22), False),
    ],
)
def test_a_procedure_is_in_force_from_its_first_day_until_before_its_end(
    day: date,
    is_in_force: bool,  # noqa: FBT001 - a column of the table
) -> None:
    standing = replace(a_standing(procedure=a_procedure(valid_to=date(2026, 11, 22))), day=day)
    assert isinstance(judge(standing), Permit) is is_in_force


def test_a_permit_names_in_whose_name_the_national_side_is_asked() -> None:
    assert judge(a_standing()) == Permit(DEFAULT_FIELDS, "1.004194.01", "cb-mau-01", "Điều 14")


def test_asking_for_nothing_in_particular_asks_for_all_that_is_permitted() -> None:
    permit = judge(a_standing(), asked=None)
    assert isinstance(permit, Permit)
    assert permit.fields == DEFAULT_FIELDS


@given(in_procedure=some_fields, asked=st.none() | some_fields)
def test_no_permit_goes_beyond_what_the_procedure_has_and_the_desk_asked(
    in_procedure: frozenset[Field], asked: frozenset[Field] | None
) -> None:
    standing = a_standing(procedure=a_procedure(fields=dict.fromkeys(in_procedure, "Điều 14")))
    decision = judge(standing, asked=asked)
    if isinstance(decision, Permit):
        assert decision.fields <= in_procedure
        assert asked is None or decision.fields == asked
    else:
        assert decision is ProblemCode.FIELD_NOT_PERMITTED
        assert asked is not None
        assert asked - in_procedure
