"""Short ways for the department to answer a citizen's request."""

from dataclasses import dataclass
from typing import Any

import httpx

from app.cli import invented
from app.clock import local_day
from tests.gateway import Gateway, bearer

PATH = "/v1/transparency/subject-reports"
THU = "099190000017"
OLD_THU = "990000017"


@dataclass
class Department:
    """Who registers requests, and who makes their reports."""

    gateway: Gateway
    registrar: dict[str, str]
    maker: dict[str, str]

    async def ask(self, *numbers: str, **more: Any) -> httpx.Response:
        """Register a request for these numbers, received today."""
        body = {
            "id_numbers": list(numbers) or [THU],
            "requester": "citizen",
            "identity_check": "card",
            "identity_reference": "12/SXM",
            "received_on": local_day(self.gateway.clock.now()).isoformat(),
        }
        return await self.gateway.http.post(PATH, json=body | more, headers=self.registrar)

    async def registered(self, *numbers: str, **more: Any) -> str:
        """Return the number of a request that must not fail."""
        answer = await self.ask(*numbers, **more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["request_number"])

    async def make(self, number: str) -> httpx.Response:
        return await self.gateway.http.post(f"{PATH}/{number}/report", headers=self.maker)

    async def made(self, *numbers: str) -> dict[str, Any]:
        """Return the report of a new request."""
        answer = await self.make(await self.registered(*numbers))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def step(self, number: str, what: str, **body: Any) -> httpx.Response:
        """Note a step that was taken today, in person."""
        day = local_day(self.gateway.clock.now()).isoformat()
        told = {"on": day} if what == "answer" else {"told_on": day}
        told |= {"through": "in_person"}
        return await self.gateway.http.post(
            f"{PATH}/{number}/{what}", json=told | body, headers=self.registrar
        )

    async def listed(self, **query: str) -> dict[str, Any]:
        answer = await self.gateway.http.get(PATH, params=query, headers=self.registrar)
        return dict(answer.raise_for_status().json())


async def a_department(gateway: Gateway) -> Department:
    """Return two administrators: one registers, the other makes reports."""
    tokens = [
        await gateway.sign_in(name, accept_notice=False)
        for name in (invented.ADMINISTRATOR, invented.SECOND_ADMINISTRATOR)
    ]
    return Department(gateway, bearer(tokens[0]), bearer(tokens[1]))
