"""Who may administer whom: the rules as tables, and that no chain of changes leads beyond them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.administration import (
    GRANTABLE_ROLES,
    PERMISSION_FOR,
    TWO_PERSON_ACTIONS,
    TWO_PERSON_ROLES,
    Action,
    drop_refusal,
    needs_two_persons,
    refusal,
    second_refusal,
)
from app.accounts.values import Officer, Role
from app.errors import ProblemCode
from tests.accounts.people import an_account

RECEPTION, PROCESSING, AUDITOR = Role.RECEPTION, Role.PROCESSING, Role.AUDITOR
UNIT, DEPARTMENT = Role.UNIT_ADMINISTRATOR, Role.DEPARTMENT_ADMINISTRATOR
GRANTABLE = {
    RECEPTION: set(),
    PROCESSING: set(),
    AUDITOR: set(),
    UNIT: {RECEPTION, PROCESSING},
    DEPARTMENT: {RECEPTION, PROCESSING, UNIT, DEPARTMENT, AUDITOR},
}
PERMISSIONS = {
    "view": "view_officers",
    "suspend": "suspend_officers",
    "resume": "suspend_officers",
    "change_role": "change_roles",
    "end_sessions": "end_sessions",
    "cancel_reset": "approve",
    "unlock": "approve",
    "reset_second_factor": "approve",
    "appoint": "approve",
    "post": "post_officers",
    "issue_code": "issue_codes",
    "answer_review": "answer_reviews",
    "drop_months": "approve",
}
CHANGING = [action for action in Action if action is not Action.VIEW]
NOT_ADMINISTERING = [RECEPTION, PROCESSING, AUDITOR]


def _refused(
    actor: Role, subject: Role, action: Action, role: Role | None = None, *, is_in_reach: bool = True
) -> ProblemCode | None:
    return refusal(an_account(actor), an_account(subject), action, is_in_reach=is_in_reach, role=role)


def _two(subject: Role, action: Action) -> ProblemCode | None:
    """Return the refusal of codes for accounts that nobody gives, or takes, alone."""
    is_code = action is Action.ISSUE_CODE
    return ProblemCode.SECOND_PERSON_NEEDED if is_code and subject in {DEPARTMENT, AUDITOR} else None


@pytest.mark.parametrize("role", Role)
def test_department_administrators_alone_decide_that_evidence_is_dropped(role: Role) -> None:
    refused = None if role is DEPARTMENT else ProblemCode.ROLE_NOT_PERMITTED
    assert drop_refusal(an_account(role)) is refused


def test_roles_can_be_given_as_the_table_says() -> None:
    assert {role: set(given) for role, given in GRANTABLE_ROLES.items()} == GRANTABLE
    assert {DEPARTMENT, AUDITOR} == TWO_PERSON_ROLES


def test_each_action_needs_the_permission_the_table_says() -> None:
    assert {action.value: permission.value for action, permission in PERMISSION_FOR.items()} == PERMISSIONS
    assert {action.value for action in TWO_PERSON_ACTIONS} == {"unlock", "reset_second_factor", "appoint"}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("subject", Role)
@pytest.mark.parametrize("actor", NOT_ADMINISTERING)
def test_who_is_no_administrator_administers_nobody(actor: Role, subject: Role, action: Action) -> None:
    assert _refused(actor, subject, action) is ProblemCode.ROLE_NOT_PERMITTED


@pytest.mark.parametrize("action", CHANGING)
@pytest.mark.parametrize("subject", Role)
@pytest.mark.parametrize("actor", [UNIT, DEPARTMENT])
def test_an_administrator_acts_on_accounts_whose_role_they_could_give(
    actor: Role, subject: Role, action: Action
) -> None:
    expected = _two(subject, action) if subject in GRANTABLE[actor] else ProblemCode.ROLE_OUT_OF_REACH
    assert _refused(actor, subject, action) is expected


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("subject", Role)
def test_a_unit_administrator_reaches_nobody_outside_their_units(subject: Role, action: Action) -> None:
    assert _refused(UNIT, subject, action, is_in_reach=False) is ProblemCode.OUTSIDE_OWN_UNITS


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("subject", Role)
def test_a_department_administrator_reaches_every_unit(subject: Role, action: Action) -> None:
    assert _refused(DEPARTMENT, subject, action, is_in_reach=False) is _two(subject, action)


@pytest.mark.parametrize("subject", Role)
@pytest.mark.parametrize("actor", [UNIT, DEPARTMENT])
def test_whoever_may_see_accounts_sees_all_within_reach(actor: Role, subject: Role) -> None:
    assert _refused(actor, subject, Action.VIEW) is None


@pytest.mark.parametrize("action", CHANGING)
@pytest.mark.parametrize("role", [UNIT, DEPARTMENT])
def test_nobody_administers_their_own_account(role: Role, action: Action) -> None:
    own = an_account(role)
    assert refusal(own, own, action, is_in_reach=True) is ProblemCode.OWN_ACCOUNT
    assert refusal(own, own, Action.VIEW, is_in_reach=True) is None


@pytest.mark.parametrize("action", CHANGING)
def test_nobody_administers_another_account_of_their_own(action: Action) -> None:
    actor, other = an_account(UNIT, "NV-1"), an_account(RECEPTION, "NV-1")
    assert refusal(actor, other, action, is_in_reach=True) is ProblemCode.OWN_ACCOUNT
    assert refusal(actor, replace(other, person_code="NV-2"), action, is_in_reach=True) is None


@pytest.mark.parametrize("action", [Action.CHANGE_ROLE, Action.APPOINT])
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("actor", [UNIT, DEPARTMENT])
def test_nobody_gives_a_role_beyond_the_table(actor: Role, role: Role, action: Action) -> None:
    refused = _refused(actor, RECEPTION, action, role)
    assert (refused is ProblemCode.ROLE_OUT_OF_REACH) is (role not in GRANTABLE[actor])


@pytest.mark.parametrize("wanted", Role)
@pytest.mark.parametrize("present", Role)
def test_roles_of_the_department_and_of_auditors_are_given_and_taken_by_two(
    present: Role, wanted: Role
) -> None:
    takes_two = present in {DEPARTMENT, AUDITOR} or wanted in {DEPARTMENT, AUDITOR}
    alone = _refused(DEPARTMENT, present, Action.CHANGE_ROLE, wanted)
    assert needs_two_persons(present, wanted) is takes_two
    assert alone is (ProblemCode.SECOND_PERSON_NEEDED if takes_two else None)
    assert _refused(DEPARTMENT, present, Action.APPOINT, wanted) is None


@pytest.mark.parametrize("action", TWO_PERSON_ACTIONS)
def test_the_second_of_two_is_another_person_with_the_same_rights(action: Action) -> None:
    requester, subject = an_account(DEPARTMENT, "NV-1"), an_account(RECEPTION, "NV-9")

    def decided(decider: Officer, *, is_in_reach: bool = True) -> ProblemCode | None:
        return second_refusal(decider, requester, subject, action, is_in_reach=is_in_reach)

    assert decided(an_account(DEPARTMENT, "NV-2")) is None
    assert decided(an_account(UNIT, "NV-2")) is None
    assert decided(requester) is ProblemCode.SECOND_PERSON_NEEDED
    assert decided(an_account(UNIT, "NV-1")) is ProblemCode.SECOND_PERSON_NEEDED
    assert decided(an_account(UNIT, "NV-9")) is ProblemCode.OWN_ACCOUNT
    assert decided(an_account(UNIT, "NV-2"), is_in_reach=False) is ProblemCode.OUTSIDE_OWN_UNITS
    assert decided(an_account(AUDITOR, "NV-2")) is ProblemCode.ROLE_NOT_PERMITTED


@pytest.mark.parametrize("subject", [UNIT, DEPARTMENT, AUDITOR])
def test_privileged_accounts_are_for_two_department_administrators(subject: Role) -> None:
    requester, account = an_account(DEPARTMENT), an_account(subject)
    for decider, expected in ((UNIT, ProblemCode.ROLE_OUT_OF_REACH), (DEPARTMENT, None)):
        refused = second_refusal(
            an_account(decider), requester, account, Action.RESET_SECOND_FACTOR, is_in_reach=True
        )
        assert refused is expected


@pytest.mark.parametrize("role", Role)
def test_the_role_is_judged_for_the_second_person_too(role: Role) -> None:
    refused = second_refusal(
        an_account(UNIT), None, an_account(RECEPTION), Action.APPOINT, is_in_reach=True, role=role
    )
    assert refused is (None if role in GRANTABLE[UNIT] else ProblemCode.ROLE_OUT_OF_REACH)


def test_the_operator_counts_as_the_first_of_two_persons() -> None:
    subject = an_account(AUDITOR)
    for decider, expected in ((DEPARTMENT, None), (UNIT, ProblemCode.ROLE_OUT_OF_REACH)):
        refused = second_refusal(an_account(decider), None, subject, Action.UNLOCK, is_in_reach=True)
        assert refused is expected


STEPS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(Role), st.booleans()), max_size=30
)


@given(st.lists(st.sampled_from(Role), min_size=5, max_size=5), STEPS)
def test_no_chain_of_role_changes_gives_a_right_that_nobody_there_could_give(
    roles: list[Role], steps: list[tuple[int, int, Role, bool]]
) -> None:
    people = [an_account(role) for role in roles]
    begins_with_department = DEPARTMENT in roles
    for actor, subject, role, is_in_reach in steps:
        asked = people[actor], people[subject]
        if refusal(*asked, Action.CHANGE_ROLE, is_in_reach=is_in_reach, role=role) is None:
            people[subject] = replace(people[subject], role=role)
    ended = [person.role for person in people]
    for begun, end in zip(roles, ended, strict=True):
        assert (begun in TWO_PERSON_ROLES) is (end in TWO_PERSON_ROLES)
        assert begun is end or begins_with_department or {begun, end} <= {RECEPTION, PROCESSING}
    if not {UNIT, DEPARTMENT} & set(roles):
        assert ended == roles
