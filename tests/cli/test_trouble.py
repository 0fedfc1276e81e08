"""Errors that an operator can mend are told in words, not by the names of rules and codes."""

import asyncpg
import pytest

from app.accounts.client_table import CLIENT, CLIENT_CREDENTIAL
from app.accounts.table import OFFICER, OFFICER_POSTING
from app.cli.rule_words import RULE_WORDS
from app.cli.trouble import explain, explain_refusal
from app.errors import GatewayError, ProblemCode


def _refusal(kind: type[asyncpg.PostgresError], rule: str) -> asyncpg.PostgresError:
    error = kind("new row of 099190000017 violates a rule")
    error.constraint_name = rule
    return error


@pytest.mark.parametrize("rule", sorted(RULE_WORDS))
@pytest.mark.parametrize(
    "kind", [asyncpg.UniqueViolationError, asyncpg.CheckViolationError, asyncpg.ExclusionViolationError]
)
def test_a_rule_that_has_words_is_told_in_them(kind: type[asyncpg.PostgresError], rule: str) -> None:
    said = explain_refusal(_refusal(kind, rule))
    assert said == RULE_WORDS[rule]
    assert rule not in said


def test_a_rule_without_words_is_told_by_its_name_and_no_value() -> None:
    said = explain_refusal(_refusal(asyncpg.CheckViolationError, "ck_other"))
    assert said == "the database refused a value (rule ck_other)"
    said = explain_refusal(_refusal(asyncpg.UniqueViolationError, "uq_other"))
    assert said == "that is already registered (rule uq_other)"


def test_every_rule_with_words_is_a_rule() -> None:
    tables = (OFFICER, OFFICER_POSTING, CLIENT, CLIENT_CREDENTIAL)
    names = {str(rule.name) for table in tables for rule in table.constraints}
    names |= {str(index.name) for table in tables for index in table.indexes}
    names |= {"uq_officer_login_name", "pk_client"}  # named when the statement is made
    assert set(RULE_WORDS) - names == set()


@pytest.mark.parametrize("code", ProblemCode)
def test_a_problem_is_told_by_its_text_and_not_by_its_code(code: ProblemCode) -> None:
    said = explain(GatewayError(code))
    assert code.value not in said.split()
    assert ": " in said
