"""What an operator is told where one of the database's rules refuses: its words, not its name."""

from collections.abc import Mapping
from typing import Final

_ONE_PERSON: Final = (
    "this person has another active account; one person holds at most a business account and a unit"
    " administrator's"
)
RULE_WORDS: Final[Mapping[str, str]] = {
    "uq_officer_person_single": _ONE_PERSON,
    "uq_officer_person_privileged": _ONE_PERSON,
    "uq_officer_login_name": "that login name is already registered",
    "uq_officer_upstream_officer_code": (
        "that upstream code, the officer's on the national side, is already registered with somebody else"
    ),
    "ck_officer_login_name": (
        "a login name is 2 to 64 letters without accents, digits and . _ - @, a letter or digit first"
    ),
    "ck_officer_upstream_officer_code": "an officer's code on the national side has 1 to 20 characters",
    "ck_officer_person_code": "a person's code is 1 to 32 of A-Z, 0-9, dot, slash, hyphen",
    "ck_officer_person_code_needed": "an administrator's or auditor's account needs the person's number",
    "ck_officer_posting_dates": "a posting ends before it begins",
    "ex_officer_posting_overlap": "the officer is posted elsewhere on these days already",
    "pk_client": "client software of that id is already registered",
    "ck_client_client_id": "a client's id is 2 to 63 of a-z, 0-9 and hyphen, a letter or digit first",
    "ck_client_networks": "a client needs an address block that it may call from",
    "ck_client_grants": "a client of this kind may not have these ways to a token",
    "ck_client_procedures": "only client software of the kind service is limited to procedures",
    "uq_client_credential_digest": "this key or certificate is already registered for the client",
    "uq_client_credential_kid": "a key of that kid is already registered for the client",
}
"""Of the rules that a command can come upon; the words repeat nothing that was typed."""


def rule_words(rule: object, otherwise: str) -> str:
    """Return what a refusal under *rule* means; *otherwise* and the rule's name where there are no words."""
    return RULE_WORDS.get(str(rule)) or f"{otherwise} (rule {rule})"
