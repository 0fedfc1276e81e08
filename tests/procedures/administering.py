"""Short ways for administrators to ask the gateway about procedures and grants."""

from typing import Any

import httpx

from app.cli import invented
from tests.gateway import Gateway, bearer

DOCUMENT = "12/QĐ-UBND"
CSV = "text/csv"


class Clerk:
    """One signed-in administrator."""

    def __init__(self, gateway: Gateway, token: str) -> None:
        self.gateway = gateway
        self.headers = bearer(token)

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.gateway.http.get(f"/v1/{path}", params=query, headers=self.headers)

    async def send(
        self, what: str, content: bytes, kind: str = CSV, accept: str = "*/*", **query: str
    ) -> httpx.Response:
        headers = self.headers | {"Content-Type": kind, "Accept": accept}
        path = f"/v1/{what}/import"
        return await self.gateway.http.post(path, params=query, content=content, headers=headers)

    async def put(self, code: str, tag: str | None = None, **body: Any) -> httpx.Response:
        """Replace an entry under the version just read, or *tag*."""
        headers = self.headers | {"If-Match": tag or (await self.get(f"procedures/{code}")).headers["etag"]}
        return await self.gateway.http.put(f"/v1/procedures/{code}", json=body, headers=headers)

    async def add(self, **body: Any) -> httpx.Response:
        return await self.gateway.http.post("/v1/procedures", json=body, headers=self.headers)

    async def grant(
        self, unit_id: str, code: str, change: str = "give", tag: str | None = None, **more: Any
    ) -> httpx.Response:
        """Give or withdraw under the version just read, or *tag*."""
        path = f"grants/{unit_id}/{code}"
        headers = self.headers | {"If-Match": tag or (await self.get(path)).headers["etag"]}
        body = {"change": change, "document_number": DOCUMENT} | more
        return await self.gateway.http.post(f"/v1/{path}/changes", json=body, headers=headers)


async def a_clerk(gateway: Gateway, login_name: str = invented.ADMINISTRATOR) -> Clerk:
    return Clerk(gateway, await gateway.sign_in(login_name, accept_notice=False))
