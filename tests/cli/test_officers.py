"""`dancu officers`: the first administrator, whose account it is, and what the operator asks for."""

import argon2
import pytest

from tests.cli.commands import Answer, ask, dancu
from tests.cli.locks import confirm_second_factor, lock
from tests.world import Database

pytestmark = pytest.mark.usefixtures("department")


@pytest.fixture
def department(recordable: Database) -> Database:
    """A database with one agency."""
    assert dancu("units", "add", "Sở Mẫu", "H19.10", "--kind", "department", "--level", "province").code == 0
    return recordable


def _bootstrap(login_name: str = "quantri.mau", person_code: str = "nv-01") -> Answer:
    return dancu(
        "officers", "bootstrap", login_name, "Võ Thị Mẫu", "--unit", "H19.10", "--person-code", person_code
    )


def _add(login_name: str, role: str, *more: str) -> Answer:
    return dancu("officers", "add", login_name, "Lê Thị Mẫu", "--unit", "H19.10", "--role", role, *more)


def test_the_first_administrator_gets_a_code_for_a_day_shown_once(department: Database) -> None:
    code = _bootstrap().out.rpartition(": ")[2].strip()
    stored = ask(department.owner_url, "select password_hash from officer")
    assert argon2.PasswordHasher().verify(stored, code)
    assert ask(
        department.owner_url,
        "select role = 'department_administrator' and must_change_password and person_code = 'NV-01'"
        " and first_password_until between clock_timestamp() + interval '23 hours'"
        " and clock_timestamp() + interval '24 hours' from officer",
    )


def test_there_is_one_first_administrator_for_ever(department: Database) -> None:
    assert _bootstrap().code == 0
    for statement in ("delete from officer_posting", "delete from officer"):
        ask(department.owner_url, statement)
    assert _bootstrap("ai.khac", "nv-02").refuses("has had its first department administrator")
    assert ask(department.owner_url, "select count(*) from officer") == 0


def test_who_has_a_department_administrator_needs_no_first_one(department: Database) -> None:
    assert _add("quantri.mau", "department_administrator", "--person-code", "nv-01").code == 0
    assert _bootstrap("ai.khac", "nv-02").refuses("has had its first department administrator")


def test_a_bootstrap_that_fails_may_be_tried_again() -> None:
    wrong = (
        "officers",
        "bootstrap",
        "quantri.mau",
        "Võ Thị Mẫu",
        "--unit",
        "H19.99",
        "--person-code",
        "nv-01",
    )
    assert dancu(*wrong).refuses("there is no unit H19.99")
    assert _bootstrap().code == 0


@pytest.mark.parametrize("role", ["unit_administrator", "department_administrator", "auditor"])
def test_administrators_are_known_persons(department: Database, role: str) -> None:
    assert _add("mot.nguoi", role).refuses("--person-code")
    assert _add("mot.nguoi", role, "--person-code", "nv/01.a").code == 0
    assert ask(department.owner_url, "select person_code from officer") == "NV/01.A"


@pytest.mark.parametrize("code", ["", " ", "có dấu", "a b", "a" * 33, "nv_01", "099190000017"])
def test_what_is_no_persons_code_is_refused(code: str) -> None:
    assert _add("mot.nguoi", "reception", "--person-code", code).refuses("person's code")


def test_no_account_is_named_by_what_could_be_a_citizens_number(department: Database) -> None:
    for command in (_add("099190000017", "reception"), _bootstrap("cb.099190017")):
        assert command.refuses("nine digits")
        assert "099190" not in command.err
    assert ask(department.owner_url, "select count(*) from officer") == 0


ROLES = ["reception", "processing", "unit_administrator", "department_administrator", "auditor"]
TOGETHER = {("reception", "unit_administrator"), ("processing", "unit_administrator")}


@pytest.mark.parametrize("second", ROLES)
@pytest.mark.parametrize("first", ROLES)
def test_one_person_holds_a_business_account_and_a_unit_administrators_at_most(
    first: str, second: str
) -> None:
    assert _add("mot.nguoi", first, "--person-code", "nv-01").code == 0
    answer = _add("hai.nguoi", second, "--person-code", "NV-01")
    if {(first, second), (second, first)} & TOGETHER:
        assert answer.code == 0
    else:
        assert answer.refuses("this person has another active account")


def test_a_suspended_account_frees_its_person_and_does_not_come_back_beside_another() -> None:
    assert _add("mot.nguoi", "auditor", "--person-code", "nv-01").code == 0
    assert dancu("officers", "suspend", "mot.nguoi").code == 0
    assert _add("hai.nguoi", "reception", "--person-code", "nv-01").code == 0
    assert dancu("officers", "resume", "mot.nguoi").refuses("this person has another active account")


def test_the_database_keeps_privileged_accounts_without_a_person_out(department: Database) -> None:
    assert _add("mot.nguoi", "auditor", "--person-code", "nv-01").code == 0
    with pytest.raises(Exception, match="ck_officer_person_code_needed"):
        ask(department.owner_url, "update officer set person_code = null")
    with pytest.raises(Exception, match="ck_officer_person_code"):
        ask(department.owner_url, "update officer set person_code = 'nv-01'")


@pytest.mark.parametrize("word", ["unlock", "reset-second-factor"])
def test_the_operator_asks_and_an_administrator_decides(department: Database, word: str) -> None:
    assert _add("mot.nguoi", "reception").code == 0
    lock(department.owner_url, "mot.nguoi")
    confirm_second_factor(department.owner_url, "mot.nguoi")
    said = dancu("officers", word, " Mot.Nguoi ", "--reason", "Mất điện thoại")
    row = ask(
        department.owner_url,
        "select approval_id::text || ' ' || action || ' ' || state || ' ' || (requested_by is null)"
        " || ' ' || (expires_at - requested_at = interval '24 hours') from approval",
    )
    assert row.split()[1:] == [word.replace("-", "_"), "open", "true", "true"]
    assert said.out.startswith(f"request {row.split()[0]}: ")


@pytest.mark.parametrize(
    ("word", "why"), [("unlock", "mot.nguoi is not locked"), ("reset-second-factor", "has no second factor")]
)
def test_nothing_is_asked_for_where_there_is_nothing_to_take_off(
    department: Database, word: str, why: str
) -> None:
    assert _add("mot.nguoi", "reception").code == 0
    assert _add("hai.nguoi", "reception").code == 0
    lock(department.owner_url, "hai.nguoi")
    records = ask(department.owner_url, "select count(*) from audit_record")
    assert dancu("officers", word, "mot.nguoi", "--reason", "x").refuses("nothing to change", why)
    assert ask(department.owner_url, "select count(*) from approval") == 0
    assert ask(department.owner_url, "select count(*) from audit_record") == records


def test_a_lock_that_is_over_is_none(department: Database) -> None:
    assert _add("mot.nguoi", "reception").code == 0
    lock(department.owner_url, "mot.nguoi", seconds=-1)
    assert dancu("officers", "unlock", "mot.nguoi", "--reason", "x").refuses("is not locked")


@pytest.mark.parametrize("reason", ["", " ", "a" * 201, "căn cước 099190000017"])
def test_a_reason_is_a_sentence_without_anybodys_number(department: Database, reason: str) -> None:
    assert _add("mot.nguoi", "reception").code == 0
    refused = dancu("officers", "unlock", "mot.nguoi", "--reason", reason)
    assert refused.refuses("reason")
    assert "099190000017" not in refused.err


@pytest.mark.parametrize(
    "command",
    [
        ("unlock", "ai.do", "--reason", "x"),
        ("reset-second-factor", "ai.do", "--reason", "x"),
        ("person", "ai.do", "nv-1"),
    ],
)
def test_who_is_not_registered_is_named(command: tuple[str, ...]) -> None:
    assert dancu("officers", *command).refuses("there is no officer ai.do")
