"""Short ways for administrators to ask the gateway about units."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from app.cli import invented
from app.clock import SystemClock, local_day
from tests.accounts.calls import fetch
from tests.gateway import Gateway, bearer

DOCUMENT = "1656/NQ-UBTVQH15"
TODAY = local_day(SystemClock().now())
LATER = (TODAY + timedelta(days=30)).isoformat()


class UnitManager:
    """One signed-in administrator."""

    def __init__(self, gateway: Gateway, token: str) -> None:
        self.gateway = gateway
        self.headers = bearer(token)

    async def get(self, path: str = "", **query: str) -> httpx.Response:
        return await self.gateway.http.get(f"/v1/units{path}", params=query, headers=self.headers)

    async def add(self, code: str, name: str = "Ủy ban nhân dân xã Mới", **more: Any) -> httpx.Response:
        body = {"name": name, "agency_code": code, "kind": "commune", "level": "commune"}
        body |= {"on": TODAY.isoformat()} | more
        return await self.gateway.http.post("/v1/units", json=body, headers=self.headers)

    async def change(
        self, unit_id: str, change: str, *, tag: str | None = None, **more: Any
    ) -> httpx.Response:
        """Change a unit under the version just read, or *tag*."""
        headers = self.headers | {"If-Match": tag or (await self.get(f"/{unit_id}")).headers["etag"]}
        body = {"change": change, "on": LATER, "document_number": DOCUMENT} | more
        return await self.gateway.http.post(f"/v1/units/{unit_id}/changes", json=body, headers=headers)

    async def send(self, content: bytes, kind: str = "text/csv", **query: str) -> httpx.Response:
        headers = self.headers | {"Content-Type": kind}
        return await self.gateway.http.post(
            "/v1/units/import", params=query, content=content, headers=headers
        )

    async def knows(self, unit_id: str, tag: str | None = None) -> httpx.Response:
        """Return what the gateway says of a unit once its directory has it, as of *tag*, within a second."""
        async with asyncio.timeout(10.0):
            while True:
                answer = await self.get(f"/{unit_id}")
                if answer.is_success and tag in {None, answer.headers["etag"]}:
                    return answer
                await asyncio.sleep(0.02)


async def a_unit_manager(gateway: Gateway, login_name: str = invented.ADMINISTRATOR) -> UnitManager:
    return UnitManager(gateway, await gateway.sign_in(login_name, accept_notice=False))


async def unit_id_by(gateway: Gateway, code: str) -> str:
    """Return the id of the unit that bore the code last."""
    query = "select unit_id from unit_version where agency_code = $1 order by valid_from desc limit 1"
    (row,) = await fetch(gateway, query, code)
    return str(row["unit_id"])


async def versions(gateway: Gateway) -> list[Any]:
    """Return every version there is, as text."""
    return [row["t"] for row in await fetch(gateway, "select v::text as t from unit_version v order by 1")]
