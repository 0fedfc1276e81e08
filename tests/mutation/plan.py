"""Which modules are mutated, and the fast tests that must notice."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Target:
    """A module, the tests that speak for it, and the parts that hold rules where not all of it does."""

    path: str
    tests: tuple[str, ...]
    within: tuple[str, ...] = ()


def _at(path: str, *tests: str, within: tuple[str, ...] = ()) -> Target:
    return Target(f"app/{path}.py", tuple(f"tests/{test}.py" for test in tests), within)


TARGETS: Final = (
    _at("accounts/administration", "accounts/test_administration"),
    _at("accounts/values", "accounts/test_permissions"),
    _at("units/store", "units/test_subtree", within=("UnitRegister.is_within", "UnitRegister.find")),
    _at("accounts/clients", "accounts/test_client_rules"),
    _at("accounts/tokens", "accounts/test_token_rules"),
    _at("accounts/token_keys", "accounts/test_token_keys"),
    _at("accounts/assertions", "accounts/test_assertion_rules"),
    _at("accounts/client_keys", "accounts/test_client_keys"),
    _at("accounts/authentication", "accounts/test_authentication", "accounts/test_judgements"),
    _at("accounts/access_rules", "accounts/test_authentication", "accounts/test_judgements"),
    _at("accounts/client_check", "accounts/test_authentication", "accounts/test_judgements"),
    _at("accounts/judgements", "accounts/test_judgements"),
    _at("accounts/sessions", "accounts/test_session_rules", within=("SessionRules", "token_digest")),
    _at("web/certificates", "web/test_certificates"),
    _at("web/proxies", "web/test_proxies", "web/test_certificates"),
    _at("accounts/password_policy", "accounts/test_password_policy"),
    _at("accounts/lockout", "accounts/test_lockout"),
    _at("accounts/second_factor", "accounts/test_second_factor"),
    _at("accounts/throttling", "accounts/test_throttling_rules"),
    _at("lookup/decision", "lookup/test_decision_table", "lookup/test_decision"),
    _at("lookup/standings", "lookup/test_decision_table", "lookup/test_decision"),
    _at("procedures/values", "lookup/test_decision_table", "lookup/test_decision"),
    _at("procedures/store", "procedures/test_grant_book", within=("GrantBook.holds",)),
)
