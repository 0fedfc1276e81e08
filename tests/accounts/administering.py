"""Short ways for administrators to ask the gateway about officers."""

import asyncio
from typing import Any
from uuid import UUID

import httpx

from app.cli import invented
from tests.accounts.calls import fetch
from tests.gateway import Gateway, bearer

WHY = "Mất điện thoại, đã gặp trực tiếp"


class Administrator:
    """One signed-in administrator."""

    def __init__(self, gateway: Gateway, token: str) -> None:
        self.gateway = gateway
        self.token = token

    async def show(self, officer_id: str) -> httpx.Response:
        return await self.gateway.http.get(f"/v1/officers/{officer_id}", headers=bearer(self.token))

    async def change(
        self, method: str, officer_id: str, what: str, body: object = None, tag: str | None = None
    ) -> httpx.Response:
        """Change what the version just read, or *tag*, says of the account."""
        headers = {"If-Match": tag or (await self.show(officer_id)).headers.get("etag", '"0"')}
        path = f"/v1/officers/{officer_id}/{what}"
        return await self.gateway.http.request(method, path, json=body, headers=bearer(self.token) | headers)

    async def ask(self, action: str, officer_id: str, **more: Any) -> httpx.Response:
        body = {"action": action, "officer_id": officer_id, "reason": WHY} | more
        return await self.gateway.http.post("/v1/approvals", json=body, headers=bearer(self.token))

    async def asked(self, action: str, officer_id: str, **more: Any) -> str:
        """Ask and return the request's id."""
        answer = await self.ask(action, officer_id, **more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["approval_id"])

    async def decide(self, approval_id: str, *, approve: bool = True) -> httpx.Response:
        path = f"/v1/approvals/{approval_id}/decision"
        return await self.gateway.http.post(path, json={"approve": approve}, headers=bearer(self.token))

    async def open(self) -> list[dict[str, Any]]:
        answer = await self.gateway.http.get("/v1/approvals", headers=bearer(self.token))
        return list(answer.raise_for_status().json()["approvals"])


async def an_administrator(gateway: Gateway, login_name: str = invented.ADMINISTRATOR) -> Administrator:
    return Administrator(gateway, await gateway.sign_in(login_name, accept_notice=False))


async def id_of(gateway: Gateway, login_name: str) -> str:
    """Return an officer's id."""
    query = "select officer_id from officer where login_name = $1"
    (row,) = await fetch(gateway, query, login_name)
    assert isinstance(row["officer_id"], UUID)
    return str(row["officer_id"])


async def value_of(gateway: Gateway, login_name: str, column: str) -> Any:
    """Return a column of an officer's row."""
    query = f"select {column} from officer where login_name = $1"  # noqa: S608 - written in a test
    (row,) = await fetch(gateway, query, login_name)
    return row[column]


async def lock(gateway: Gateway, login_name: str) -> None:
    """Try five wrong passwords."""
    for _ in range(5):
        answer = await gateway.try_sign_in(login_name, "sai-mật-khẩu", "000000")
        assert answer.status_code == 400


async def into_the_commune(gateway: Gateway, *login_names: str) -> None:
    """Post officers to the commune, and return once the gateway knows."""
    await gateway.execute(
        "update officer_posting set unit_id = (select unit_id from unit_version where agency_code = $1)"
        " where officer_id in (select officer_id from officer where login_name = any ($2::text[]))",
        invented.COMMUNE_CODE,
        list(login_names),
    )
    observer = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    for login_name in login_names:
        await seen_by(observer, await id_of(gateway, login_name))


async def seen_by(observer: Administrator, officer_id: str) -> None:
    """Return once the observer sees the officer, within a second."""
    async with asyncio.timeout(10.0):
        while (await observer.show(officer_id)).status_code != 200:  # noqa: ASYNC110 - the gateway calls nobody
            await asyncio.sleep(0.02)
