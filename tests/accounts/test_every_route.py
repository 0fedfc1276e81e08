"""Every route for every role: who is let pass, who is refused on record, what reading the audit leaves."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx

from app.accounts.clients import ClientKind
from app.accounts.values import ROLE_PERMISSIONS, Permission, Role
from app.audit.record import RecordKind
from app.cli import invented
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.accounts.client_software import some_software
from tests.audit.tree.ground import a_sequencer, a_signer
from tests.auditing.auditors import SECOND_AUDITOR, UNMASKINGS, Auditor, an_auditor, with_two_auditors
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.lookup.test_verification_routes import HOME
from tests.world import World, a_lookup

Route = tuple[str, str]
_P: Final = Permission
EXPORTS: Final = "/v1/audit/search-exports"
SUBJECTS: Final = "/v1/transparency/subject-reports"
LOGINS: Final = {
    Role.RECEPTION: invented.RECEPTION,
    Role.PROCESSING: invented.PROCESSING,
    Role.UNIT_ADMINISTRATOR: invented.UNIT_ADMINISTRATOR,
    Role.DEPARTMENT_ADMINISTRATOR: invented.ADMINISTRATOR,
    Role.AUDITOR: invented.AUDITOR,
}
ANYBODY: Final[set[Route]] = {
    ("POST", "/v1/auth/token"),
    ("POST", "/v1/auth/revoke"),
    ("POST", "/v1/auth/activate"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/v1/receipts/{receipt_id}"),
    ("GET", "/v1/audit/checkpoint"),
    ("GET", "/v1/audit/tile/{level}/{position}"),
    ("GET", "/v1/audit/proofs/{record_id}"),
    ("GET", "/v1/audit/consistency"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
}
"""Nobody is asked who they are: signing in, public keys, checking receipts and the log's hashes, health."""
OWN: Final[set[Route]] = {
    ("GET", "/v1/me"),
    ("GET", "/v1/me/lookups"),
    ("POST", "/v1/me/password"),
    ("POST", "/v1/me/otp"),
    ("POST", "/v1/me/otp/confirmation"),
    ("GET", "/v1/me/sessions"),
    ("DELETE", "/v1/me/sessions/{session_id}"),
    ("DELETE", "/v1/me/second-factor-reset"),
    ("POST", "/v1/me/notices/{notice_id}/acknowledgement"),
    ("GET", "/v1/me/confidentiality-notice"),
    ("POST", "/v1/me/confidentiality-notice"),
    ("GET", "/v1/residence-lookups/{lookup_id}"),
    ("POST", "/v1/residence-lookups/{lookup_id}/dossier"),
    ("GET", "/v1/residence-lookups/{lookup_id}/refusal-receipt"),
    ("POST", "/v1/residence-lookups/{lookup_id}/follow-up"),
    ("GET", "/v1/divisions/wards/{former_code}"),
}
"""For whoever is signed in: what is their own, and what is no secret; others' is as if there were none."""
NEEDS: Final[dict[Permission, set[Route]]] = {
    _P.LOOK_UP: {
        ("POST", "/v1/residence-lookups"),
        ("POST", "/v1/residence-verifications"),
        ("POST", "/v1/data-faults"),
        ("GET", "/v1/me/lookup-keys"),
        ("POST", "/v1/me/lookup-keys"),
        ("DELETE", "/v1/me/lookup-keys/{key_id}"),
    },
    _P.REPORT_TO_SUBJECTS: {
        ("GET", SUBJECTS),
        ("POST", SUBJECTS),
        ("POST", SUBJECTS + "/{request_number}/report"),
        ("POST", SUBJECTS + "/{request_number}/acknowledgement"),
        ("POST", SUBJECTS + "/{request_number}/extension"),
        ("POST", SUBJECTS + "/{request_number}/answer"),
    },
    _P.SEARCH_AUDIT: {
        ("POST", "/v1/audit/searches"),
        ("POST", EXPORTS),
        ("POST", UNMASKINGS),
        ("GET", UNMASKINGS),
        ("POST", UNMASKINGS + "/{unmasking_id}/decision"),
        ("POST", UNMASKINGS + "/{unmasking_id}/reading"),
    },
    _P.READ_STATUS: {("GET", "/v1/status"), ("GET", "/metrics"), ("POST", "/v1/status/upstream-checks")},
    _P.VIEW_OFFICERS: {
        ("GET", "/v1/officers"),
        ("GET", "/v1/officers/export"),
        ("GET", "/v1/officers/{officer_id}"),
        ("GET", "/v1/officers/{officer_id}/sessions"),
        ("GET", "/v1/officers/{officer_id}/postings"),
        ("GET", "/v1/lookup-keys"),
        ("GET", "/v1/officers/{officer_id}/lookup-keys"),
        ("GET", "/v1/reports/registration"),
        ("GET", "/v1/reports/registration/export"),
    },
    _P.EXPLAIN_DECISIONS: {("POST", "/v1/decisions/explain")},
    _P.SUSPEND_OFFICERS: {
        ("POST", "/v1/officers/{officer_id}/suspension"),
        ("DELETE", "/v1/officers/{officer_id}/suspension"),
    },
    _P.CHANGE_ROLES: {("PUT", "/v1/officers/{officer_id}/role")},
    _P.END_SESSIONS: {
        ("DELETE", "/v1/officers/{officer_id}/sessions"),
        ("DELETE", "/v1/officers/{officer_id}/lookup-keys/{key_id}"),
    },
    _P.REGISTER_OFFICERS: {
        ("POST", "/v1/officers"),
        ("GET", "/v1/officers/import/template"),
        ("POST", "/v1/officers/import"),
    },
    _P.APPROVE: {
        ("GET", "/v1/approvals"),
        ("POST", "/v1/approvals"),
        ("POST", "/v1/approvals/{approval_id}/decision"),
        ("DELETE", "/v1/officers/{officer_id}/second-factor-reset"),
    },
    _P.POST_OFFICERS: {
        ("POST", "/v1/officers/{officer_id}/postings"),
        ("POST", "/v1/officers/{officer_id}/leave"),
        ("PUT", "/v1/officers/{officer_id}/term"),
        ("POST", "/v1/units/{unit_id}/registrations"),
    },
    _P.ISSUE_CODES: {
        ("POST", "/v1/handovers"),
        ("GET", "/v1/handovers"),
        ("GET", "/v1/handovers/export"),
        ("GET", "/v1/handovers/{handover_id}/record"),
        ("POST", "/v1/handovers/{handover_id}/receipt"),
    },
    _P.OPEN_REVIEWS: {("POST", "/v1/reviews")},
    _P.ANSWER_REVIEWS: {
        ("GET", "/v1/reviews"),
        ("GET", "/v1/reviews/{review_id}"),
        ("GET", "/v1/reviews/{review_id}/export"),
        ("PUT", "/v1/reviews/{review_id}/answers/{officer_id}"),
    },
    _P.READ_UNIT_NOTICES: {
        ("GET", "/v1/units/{unit_id}/notices"),
        ("POST", "/v1/units/{unit_id}/notices/{notice_id}/acknowledgement"),
    },
    _P.FOLLOW_DOSSIERS: {("GET", "/v1/unlinked-lookups"), ("GET", "/v1/unlinked-lookups/export")},
    _P.VIEW_UNITS: {("GET", "/v1/units"), ("GET", "/v1/units/export"), ("GET", "/v1/units/{unit_id}")},
    _P.MANAGE_UNITS: {
        ("POST", "/v1/units"),
        ("POST", "/v1/units/import"),
        ("POST", "/v1/units/{unit_id}/changes"),
    },
    _P.VIEW_PAPER_ASKED: {("GET", "/v1/paper-asked"), ("GET", "/v1/paper-asked/export")},
    _P.MANAGE_CLIENTS: {
        ("GET", "/v1/clients"),
        ("GET", "/v1/clients/export"),
        ("POST", "/v1/clients"),
        ("GET", "/v1/clients/{client_id}"),
        ("PUT", "/v1/clients/{client_id}/limits"),
        ("POST", "/v1/clients/{client_id}/suspension"),
        ("DELETE", "/v1/clients/{client_id}/suspension"),
        ("POST", "/v1/clients/{client_id}/secrets"),
        ("POST", "/v1/clients/{client_id}/keys"),
        ("POST", "/v1/clients/{client_id}/certificates"),
        ("DELETE", "/v1/clients/{client_id}/credentials/{credential_id}"),
        ("GET", "/v1/clients/{client_id}/compatible-credentials"),
        ("POST", "/v1/clients/{client_id}/compatible-credentials"),
        ("DELETE", "/v1/clients/{client_id}/compatible-credentials/{credential_id}"),
    },
    _P.HANDLE_DATA_FAULTS: {("PUT", "/v1/data-faults/{fault_id}/status")},
    _P.VIEW_PROCEDURES: {
        ("GET", "/v1/procedures"),
        ("GET", "/v1/procedures/template"),
        ("GET", "/v1/procedures/export"),
        ("GET", "/v1/procedures/{procedure_code}"),
        ("GET", "/v1/grants"),
        ("GET", "/v1/grants/template"),
        ("GET", "/v1/grants/export"),
        ("GET", "/v1/grants/{unit_id}/{procedure_code}"),
    },
    _P.MANAGE_PROCEDURES: {
        ("POST", "/v1/procedures"),
        ("POST", "/v1/procedures/import"),
        ("PUT", "/v1/procedures/{procedure_code}"),
        ("POST", "/v1/grants/import"),
        ("POST", "/v1/grants/{unit_id}/{procedure_code}/changes"),
    },
    _P.VIEW_USAGE: {("GET", "/v1/reports/usage"), ("GET", "/v1/reports/usage/export")},
}
"""Which permission each other route needs; a new route fails here until it is in one of these tables."""
EITHER: Final[dict[Route, frozenset[Permission]]] = dict.fromkeys(
    (
        ("GET", "/v1/data-faults"),
        ("GET", "/v1/data-faults/export"),
        ("GET", "/v1/data-faults/{fault_id}"),
    ),
    frozenset({_P.LOOK_UP, _P.HANDLE_DATA_FAULTS}),
)
"""What each of several permissions is enough for; they show not the same of it."""
TECHNICAL: Final[set[Route]] = {("GET", "/v1/status"), ("GET", "/metrics")}
"""What client software without an officer may ask, beside what anybody may."""
LEAVES: Final[dict[Route, tuple[RecordKind, ...]]] = {
    ("POST", "/v1/audit/searches"): (RecordKind.AUDIT_SEARCHED,),
    ("POST", EXPORTS): (RecordKind.AUDIT_SEARCH_EXPORTED, RecordKind.AUDIT_SEARCH_EXPORT_ENDED),
    ("POST", UNMASKINGS): (RecordKind.AUDIT_UNMASK_ASKED,),
    ("GET", UNMASKINGS): (),  # requests of auditors, no record of anybody
    ("POST", UNMASKINGS + "/{unmasking_id}/decision"): (RecordKind.AUDIT_UNMASK_DECIDED,),
    ("POST", UNMASKINGS + "/{unmasking_id}/reading"): (RecordKind.AUDIT_UNMASKED,),
}
"""What each route that reads the audit leaves in the log."""
SENT: Final[dict[Route, Any]] = {
    ("POST", "/v1/residence-lookups"): a_lookup(),
    ("POST", "/v1/residence-verifications"): a_lookup(
        claims=[HOME], procedure_code=invented.HOUSEHOLD_PROCEDURE
    ),
}
"""What must be well formed before anybody's role is looked at."""
SOMETHING: Final = "01981c5e-0000-7000-8000-000000000000"


async def test_every_route_lets_pass_whom_its_permission_names_and_nobody_else(gateway: Gateway) -> None:
    needs = EITHER | {
        route: frozenset({permission}) for permission, routes in NEEDS.items() for route in routes
    }
    paths = gateway.app.openapi()["paths"]
    offered = {(method.upper(), path) for path in paths for method in paths[path]}
    assert offered == ANYBODY | OWN | needs.keys()
    assert len(ANYBODY) + len(OWN) + len(EITHER) + sum(map(len, NEEDS.values())) == len(
        offered
    )  # each in one table only
    tokens = {role: await gateway.sign_in(login, accept_notice=False) for role, login in LOGINS.items()}
    wrong = list[str]()
    for route in sorted(OWN | needs.keys()):
        if await _code(gateway, route, None) != "token_missing":
            wrong.append(f"{route} asks nobody to sign in")
        for role, token in tokens.items():
            may = route in OWN or bool(needs[route] & ROLE_PERMISSIONS[role])
            if (await _code(gateway, route, token) == "role_not_permitted") is may:
                wrong.append(f"{route} of {role}: {may}")
    assert wrong == [], "\n".join(wrong)
    refused = await gateway.records(RecordKind.REQUEST_REJECTED)
    refused += await gateway.records(RecordKind.LOOKUP_REFUSED)
    on_record = {one["role"] for one in refused if one["problem_code"] == "role_not_permitted"}
    assert on_record == {role.value for role in Role}


async def test_client_software_without_an_officer_is_refused_wherever_somebody_must_sign_in(
    gateway: Gateway,
) -> None:
    software = await some_software(gateway, "giam-sat", kind=ClientKind.TECHNICAL)
    answer = await software.with_secret({"grant_type": "client_credentials"})
    token = str(answer.raise_for_status().json()["access_token"])
    wanted = OWN.union(EITHER, *NEEDS.values()) - TECHNICAL
    let_pass = [route for route in sorted(wanted) if await _code(gateway, route, token) != "officer_needed"]
    assert let_pass == []


async def test_each_reading_of_the_audit_leaves_its_record(world: World, tmp_path: Path) -> None:
    assert LEAVES.keys() == NEEDS[Permission.SEARCH_AUDIT]
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    await with_two_auditors(world)
    async with running_gateway(world, an_upstream(), transport=mock) as gateway:
        lookup_id = (await gateway.look_up(await gateway.sign_in())).json()["lookup_id"]
        first, second = await an_auditor(gateway), await an_auditor(gateway, SECOND_AUDITOR)
        unmasking_id = await first.asked(lookup_id)
        async with a_sequencer(world.database, a_signer(tmp_path)) as sequencer:
            await sequencer.sequence()  # an export needs a checkpoint
        for route, call in _readings(first, second, lookup_id, unmasking_id):
            before = await _kinds(gateway)
            answer = await call()
            assert answer.is_success, (route, answer.text)
            left = [kind.value for kind in LEAVES[route]]
            assert (await _kinds(gateway))[len(before) :] == left


def _readings(
    first: Auditor, second: Auditor, lookup_id: str, unmasking_id: str
) -> list[tuple[Route, Callable[[], Awaitable[httpx.Response]]]]:
    return [
        (("POST", "/v1/audit/searches"), lambda: first.search(citizen_id_number="099190000017")),
        (("POST", EXPORTS), lambda: first.export(officer_login=invented.RECEPTION, format="csv")),
        (("POST", UNMASKINGS), lambda: first.ask(lookup_id)),
        (("GET", UNMASKINGS), lambda: first.http.get(UNMASKINGS, headers=first.headers)),
        (("POST", UNMASKINGS + "/{unmasking_id}/decision"), lambda: second.decide(unmasking_id)),
        (("POST", UNMASKINGS + "/{unmasking_id}/reading"), lambda: first.read(unmasking_id)),
    ]


async def _kinds(gateway: Gateway) -> list[str]:
    """Return the kinds of records on record, heartbeats aside."""
    kinds = [str(record["kind"]) for record in await gateway.records()]
    return [kind for kind in kinds if not kind.startswith("writer.")]


async def _code(gateway: Gateway, route: Route, token: str | None) -> str:
    """Call a route, with nothing but ids that lead nowhere, and return the problem's code, if any."""
    method, path = route
    for name in ("level", "position", "former_code", "procedure_code", "client_id"):
        path = path.replace(f"{{{name}}}", "0")
    while "{" in path:
        path = f"{path.partition('{')[0]}{SOMETHING}{path.partition('}')[2]}"
    body = SENT.get(route, {} if method in {"POST", "PUT"} else None)
    headers = {"If-Match": '"1"'} | (bearer(token) if token is not None else {})
    answer = await gateway.http.request(method, path, json=body, headers=headers)
    if answer.status_code < HTTPStatus.BAD_REQUEST or not answer.content:
        return ""
    return str(answer.json().get("code"))
