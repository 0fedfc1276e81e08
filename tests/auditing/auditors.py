"""Two auditors of the invented province, and how they ask."""

from typing import Any

import asyncpg
import httpx

from app.cli import invented
from tests.gateway import Gateway, bearer
from tests.world import World

SECOND_AUDITOR = invented.SECOND_ADMINISTRATOR
"""Made an auditor by `with_two_auditors`."""
CASE = {"case_number": "TTr-12/2026"}
UNMASKINGS = "/v1/audit/unmaskings"


async def with_two_auditors(world: World) -> World:
    """Return the world with a second auditor; before any gateway begins over it."""
    connection = await asyncpg.connect(world.database.owner_url)
    try:
        await connection.execute("update officer set role = 'auditor' where login_name = $1", SECOND_AUDITOR)
    finally:
        await connection.close()
    return world


class Auditor:
    """One signed-in auditor."""

    def __init__(self, gateway: Gateway, token: str) -> None:
        self.http = gateway.http
        self.headers = bearer(token)

    async def search(self, **criteria: Any) -> httpx.Response:
        return await self.http.post("/v1/audit/searches", json=CASE | criteria, headers=self.headers)

    async def export(self, **criteria: Any) -> httpx.Response:
        return await self.http.post("/v1/audit/search-exports", json=CASE | criteria, headers=self.headers)

    async def found(self, **criteria: Any) -> dict[str, Any]:
        """Return the answer to a search that must not fail."""
        answer = await self.search(**criteria)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ask(self, lookup_id: str, **changes: Any) -> httpx.Response:
        body = CASE | {"lookup_id": lookup_id, "reason": "Đơn tố cáo số 5"} | changes
        return await self.http.post(UNMASKINGS, json=body, headers=self.headers)

    async def asked(self, lookup_id: str) -> str:
        """Ask and return the request's id."""
        answer = await self.ask(lookup_id)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["unmasking_id"])

    async def current(self) -> list[dict[str, Any]]:
        answer = await self.http.get(UNMASKINGS, headers=self.headers)
        return list(answer.raise_for_status().json()["unmaskings"])

    async def decide(self, unmasking_id: str, *, approve: bool = True) -> httpx.Response:
        path = f"{UNMASKINGS}/{unmasking_id}/decision"
        return await self.http.post(path, json={"approve": approve}, headers=self.headers)

    async def read(self, unmasking_id: str) -> httpx.Response:
        return await self.http.post(f"{UNMASKINGS}/{unmasking_id}/reading", headers=self.headers)


async def an_auditor(gateway: Gateway, login_name: str = invented.AUDITOR) -> Auditor:
    return Auditor(gateway, await gateway.sign_in(login_name, accept_notice=False))


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and problem code of a refusal."""
    return answer.status_code, str(answer.json()["code"])
