"""What stands behind the question mark and is no parameter of the route is refused, on every route."""

import re
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from app.cli import invented
from app.web.openapi import OPEN_PATHS
from app.web.query_names import declared_names
from tests.gateway import Gateway, bearer

METHODS = ("GET", "POST", "PUT", "DELETE")
MISSPELT = "from_date"
STRAIGHT = {"/v1/residence-lookups", "/v1/residence-verifications", "/v1/auth/token"}
"""Served without FastAPI; they read no query at all."""


def _operations(gateway: Gateway) -> list[tuple[str, str, dict[str, Any]]]:
    paths = gateway.app.openapi()["paths"]
    return [
        (method, path, paths[path][method.lower()])
        for path in paths
        for method in METHODS
        if method.lower() in paths[path]
    ]


async def test_no_route_passes_over_a_parameter_that_it_does_not_declare(gateway: Gateway) -> None:
    """Asked as somebody whom the route lets in: the name is judged once the caller is known."""
    people = (invented.RECEPTION, invented.ADMINISTRATOR, invented.AUDITOR, invented.UNIT_ADMINISTRATOR)
    tokens = [await gateway.sign_in(each, accept_notice=False) for each in people]
    routes = {route.path: route for route in gateway.app.routes if isinstance(route, APIRoute)}
    checked = 0
    for method, path, operation in _operations(gateway):
        declares = any(each["in"] == "query" for each in operation.get("parameters", ()))
        if not path.startswith("/v1/") or path in STRAIGHT or (path.startswith(OPEN_PATHS) and not declares):
            continue
        assert MISSPELT not in declared_names(routes[path])
        asked = re.sub(r"\{[^}]*\}", str(uuid4()), path) + f"?{MISSPELT}=2026-01-01"
        for token in tokens:
            answer = await gateway.http.request(method, asked, headers=bearer(token))
            if answer.status_code != 403:  # not let in
                break
        told = answer.json()
        assert (answer.status_code, told["code"]) == (422, "unknown_field"), (method, path)
        assert told["errors"] == [{"pointer": f"/{MISSPELT}"}], (method, path)
        checked += 1
    assert checked > 80


@pytest.mark.parametrize(
    "query", ["099190000017=x", "Tr%E1%BA%A7n=x", "Tran+Thi=x", "tran-99=1", "=x", "a" * 41 + "=x"]
)
async def test_a_name_that_could_be_a_value_is_refused_and_not_repeated(gateway: Gateway, query: str) -> None:
    token = await gateway.sign_in(accept_notice=False)
    answer = await gateway.http.get(f"/v1/me?{query}", headers=bearer(token))
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": ""}])


async def test_a_misspelt_dry_run_of_a_list_is_no_dry_run_in_silence(gateway: Gateway) -> None:
    token = await gateway.sign_in(invented.UNIT_ADMINISTRATOR, accept_notice=False)
    path = "/v1/officers/import?dryrun=false&dry_run=true"
    answer = await gateway.http.post(path, content=b"", headers=bearer(token))
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": "/dryrun"}])


async def test_a_receipts_address_may_be_opened_with_what_an_app_adds(gateway: Gateway) -> None:
    answer = await gateway.http.get(f"/v1/receipts/{uuid4()}?utm_source=zalo")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/officers/export?format=pdf", "/format"),
        ("/v1/officers?page_size=0", "/page_size"),
        ("/v1/paper-asked?from_day=2026-13-01", "/from_day"),
        ("/v1/officers?unit=H19.99", "/unit"),
        ("/v1/reports/usage/export?format=pdf", "/format"),
    ],
)
async def test_a_parameter_with_a_wrong_value_is_pointed_to_and_paper_is_not_spoken_of(
    gateway: Gateway, path: str, pointer: str
) -> None:
    token = await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False)
    told = (await gateway.http.get(path, headers=bearer(token))).json()
    assert (told["code"], told["errors"]) == ("invalid_value", [{"pointer": pointer}])
    assert told["detail"].endswith(f" Xem: {pointer}.")
    assert "giấy tờ" not in told["next_step"]


async def test_a_file_of_another_kind_is_told_which_kinds_are_read(gateway: Gateway) -> None:
    token = await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False)
    for path in ("/v1/officers/import", "/v1/units/import", "/v1/procedures/import", "/v1/grants/import"):
        headers = bearer(token) | {"Content-Type": "application/pdf"}
        answer = await gateway.http.post(path, content=b"%PDF-", headers=headers)
        assert answer.status_code == 415
        assert "text/csv, application/vnd.ms-excel" in answer.json()["detail"]
        headers["Content-Type"] = "application/vnd.ms-excel"  # what Windows calls a CSV
        answer = await gateway.http.post(path, content=b"a,b\r\n1,2\r\n", headers=headers)
        assert answer.status_code == 422, (path, answer.text)
