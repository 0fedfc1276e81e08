"""The OpenAPI document: 3.1, whole, and with an example of every problem a route may answer."""

from collections.abc import Iterator
from typing import Any

from app.errors import ProblemCode
from app.web.problem_kinds import KINDS
from tests.gateway import Gateway

FOR_ANYBODY = (
    "/v1/auth/",
    "/v1/receipts/",
    "/v1/audit/checkpoint",
    "/v1/audit/tile/",
    "/v1/audit/proofs/",
    "/v1/audit/consistency",
)
OFFICERS = {
    "token_missing", "token_invalid", "token_expired", "officer_suspended", "client_suspended",
    "client_address_not_allowed", "unit_inactive", "audit_unavailable", "client_expired",
    "client_certificate_needed", "client_unit_not_served", "officer_needed",
}  # fmt: skip
JSON_BODIES = {
    "malformed_request", "unknown_field", "invalid_value", "request_too_large", "unsupported_media_type"
}  # fmt: skip
BEYOND_ROUTES = {
    "route_unknown",
    "method_not_allowed",
    # Said by the compatible face only, which speaks SOAP and is described in docs/compat.md
    "software_credential_refused",
    "lookup_key_needed",
    "lookup_key_refused",
    "lookup_key_expired",
    "procedure_needed",
    "procedure_ambiguous",
    "dossier_needed",
    "operation_not_served",
    "record_differs",
}


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        yield from ((path, operation) for operation in operations.values())


def _examples(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for status, response in operation["responses"].items():
        problem = response.get("content", {}).get("application/problem+json", {})
        for code, example in problem.get("examples", {}).items():
            yield status, code, example["value"]


def _codes(operation: dict[str, Any]) -> set[str]:
    return {code for _, code, _ in _examples(operation)}


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (at for name, at in value.items() if name == "$ref")
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


async def test_the_document_is_3_1_and_every_reference_leads_somewhere(gateway: Gateway) -> None:
    document = (await gateway.http.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert {"title", "version"} <= document["info"].keys()
    for reference in _references(document):
        at: Any = document
        for name in reference.removeprefix("#/").split("/"):
            at = at[name]
    assert "nullable" not in str(document)


async def test_operations_have_names_of_their_own_and_answers_with_descriptions(gateway: Gateway) -> None:
    operations = [operation for _, operation in _operations(gateway.app.openapi())]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        for status, response in operation["responses"].items():
            assert status.isdigit()
            assert response["description"]


async def test_an_example_stands_under_its_own_status_and_says_what_the_gateway_says(
    gateway: Gateway,
) -> None:
    for _, operation in _operations(gateway.app.openapi()):
        for status, code, example in _examples(operation):
            assert example["code"] == code
            assert str(example["status"]) == status == str(KINDS[ProblemCode(code)].status.value)


async def test_every_problem_has_an_example_somewhere(gateway: Gateway) -> None:
    shown = {code for _, operation in _operations(gateway.app.openapi()) for code in _codes(operation)}
    assert shown == {code.value for code in ProblemCode} - BEYOND_ROUTES


async def test_a_route_for_officers_shows_how_they_may_be_refused(gateway: Gateway) -> None:
    for path, operation in _operations(gateway.app.openapi()):
        needs_officer = path.startswith(("/v1/", "/metrics")) and not path.startswith(FOR_ANYBODY)
        assert ("security" in operation) == needs_officer
        assert "internal_error" in _codes(operation)
        if needs_officer:
            assert _codes(operation) >= OFFICERS


async def test_a_route_that_reads_json_shows_how_it_may_be_refused(gateway: Gateway) -> None:
    for _, operation in _operations(gateway.app.openapi()):
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            assert _codes(operation) >= JSON_BODIES


async def test_the_routes_that_say_they_need_an_officer_do(gateway: Gateway) -> None:
    """The document is right: without a token these answer 401, the others do not."""
    for path, operations in gateway.app.openapi()["paths"].items():
        for method, operation in operations.items():
            answer = await gateway.http.request(method, path.replace("{lookup_id}", "x"))
            is_refused = answer.status_code == 401 and answer.json().get("code") == "token_missing"
            assert is_refused == ("security" in operation), path
