"""What an old call is looked up by follows the directory."""

from dataclasses import replace

from app.accounts.store import Accounts
from app.accounts.values import Officer
from app.compat.indexes import OfficerCodes, ProceduresByCode
from app.procedures.store import Catalogue, GrantBook
from tests.lookup_fakes import Desk, a_citizen, a_procedure


def accounts_with(officer: Officer) -> Accounts:
    return Accounts({officer.officer_id: officer}, {officer.login_name: officer}, {})


def test_a_changed_directory_has_its_own_codes() -> None:
    officer, codes = Desk(a_citizen()).caller.officer, OfficerCodes()
    before = accounts_with(replace(officer, upstream_officer_code="cb-1"))
    after = accounts_with(replace(officer, upstream_officer_code="cb-2"))
    without = accounts_with(replace(officer, upstream_officer_code=None))
    assert [codes.of(each) for each in (before, after, without, before)] == [
        {"cb-1"},
        {"cb-2"},
        {None},
        {"cb-1"},
    ]


def test_a_procedure_is_called_by_either_code_and_by_the_catalogue_of_today() -> None:
    first = a_procedure(procedure_code="1.000001", service_code="G18-YT04")
    second = a_procedure(procedure_code="1.000002", service_code="G18-YT04")
    alone = a_procedure(procedure_code="1.000003", service_code="1.000003")
    unmapped = a_procedure(procedure_code="1.000004", service_code=None)
    known = (first, second, alone, unmapped)
    procedures = ProceduresByCode()
    catalogue = Catalogue({each.procedure_code: each for each in known}, GrantBook.of({}))
    assert [
        tuple(procedures.called(catalogue, code))
        for code in ("G18-YT04", "1.000001", "1.000003", "1.000004", "None", "")
    ] == [(first, second), (first,), (alone,), (unmapped,), (), ()]
    assert not procedures.called(Catalogue({}, GrantBook.of({})), "G18-YT04")
