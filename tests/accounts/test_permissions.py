"""What each role permits, the whole matrix; a change of it is a change of this table."""

from dataclasses import replace

import pytest

from app.accounts.values import (
    KIND_OF_ROLE,
    PRIVILEGED,
    ROLE_PERMISSIONS,
    AccountKind,
    Permission,
    Role,
)
from tests.accounts.people import an_account

MATRIX = {
    "look_up": {"reception", "processing"},
    "search_audit": {"auditor"},
    "read_status": {"department_administrator"},
    "view_officers": {"unit_administrator", "department_administrator"},
    "explain_decisions": {"unit_administrator", "department_administrator"},
    "suspend_officers": {"unit_administrator", "department_administrator"},
    "change_roles": {"unit_administrator", "department_administrator"},
    "end_sessions": {"unit_administrator", "department_administrator"},
    "register_officers": {"unit_administrator", "department_administrator"},
    "approve": {"unit_administrator", "department_administrator"},
    "post_officers": {"unit_administrator", "department_administrator"},
    "issue_codes": {"unit_administrator", "department_administrator"},
    "open_reviews": {"department_administrator"},
    "answer_reviews": {"unit_administrator", "department_administrator"},
    "read_unit_notices": {"unit_administrator", "department_administrator"},
    "follow_dossiers": {"unit_administrator", "department_administrator"},
    "view_units": {"unit_administrator", "department_administrator"},
    "view_paper_asked": {"unit_administrator", "department_administrator"},
    "manage_units": {"department_administrator"},
    "manage_clients": {"department_administrator"},
    "handle_data_faults": {"unit_administrator", "department_administrator"},
    "view_procedures": {"unit_administrator", "department_administrator"},
    "manage_procedures": {"department_administrator"},
    "report_to_subjects": {"department_administrator", "auditor"},
    "view_usage": {"unit_administrator", "department_administrator", "auditor"},
}
KINDS = {
    "reception": "business",
    "processing": "business",
    "unit_administrator": "administrator",
    "department_administrator": "administrator",
    "auditor": "administrator",
}


def test_the_table_names_every_permission_and_every_role() -> None:
    assert set(MATRIX) == {permission.value for permission in Permission}
    assert set(KINDS) == {role.value for role in Role} == {role.value for role in ROLE_PERMISSIONS}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_a_role_permits_what_the_table_says_and_nothing_else(role: Role, permission: Permission) -> None:
    assert an_account(role).may(permission) is (role.value in MATRIX[permission.value])


@pytest.mark.parametrize("role", [Role.UNIT_ADMINISTRATOR, Role.DEPARTMENT_ADMINISTRATOR, Role.AUDITOR])
def test_who_administers_or_audits_never_looks_anybody_up(role: Role) -> None:
    assert not an_account(role).may(Permission.LOOK_UP)


def test_nobody_administers_and_audits() -> None:
    administers = {Permission.SUSPEND_OFFICERS, Permission.CHANGE_ROLES, Permission.APPROVE}
    for permitted in ROLE_PERMISSIONS.values():
        assert not (Permission.SEARCH_AUDIT in permitted and permitted & administers)


@pytest.mark.parametrize("role", Role)
def test_the_kind_of_an_account_follows_from_its_role(role: Role) -> None:
    assert an_account(role).kind.value == KINDS[role.value]
    assert an_account(role).is_privileged is (KINDS[role.value] == "administrator")


def test_there_are_four_kinds_and_officers_have_two_of_them() -> None:
    assert {kind.value for kind in AccountKind} == {"administrator", "business", "technical", "service"}
    assert set(KIND_OF_ROLE.values()) == {AccountKind.ADMINISTRATOR, AccountKind.BUSINESS}
    assert {role for role, kind in KIND_OF_ROLE.items() if kind is AccountKind.ADMINISTRATOR} == PRIVILEGED


def test_two_accounts_with_one_staff_number_are_one_persons() -> None:
    one = an_account(Role.RECEPTION, "NV-1")
    assert one.is_same_person(one)
    assert one.is_same_person(an_account(Role.UNIT_ADMINISTRATOR, "NV-1"))
    assert not one.is_same_person(an_account(Role.UNIT_ADMINISTRATOR, "NV-2"))


def test_accounts_without_a_staff_number_are_not_taken_for_one_persons() -> None:
    one, other = (replace(an_account(Role.RECEPTION), person_code=None) for _ in range(2))
    assert not one.is_same_person(other)
    assert one.is_same_person(one)


def test_an_officer_is_made_with_nothing_due_or_confirmed_and_prints_no_password_hash() -> None:
    officer = replace(an_account(Role.RECEPTION), password_hash="$argon2id$of-it")
    assert "of-it" not in repr(officer)
    assert (officer.session_epoch, officer.must_change_password, officer.has_second_factor) == (
        0,
        False,
        False,
    )
