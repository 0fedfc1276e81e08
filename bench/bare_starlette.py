"""The same pass-through on Starlette alone: what FastAPI's routing adds. Frozen, as bench/pass_through.py is.

It is started as a program: `python bench/bare_starlette.py PORT UPSTREAM_URL`.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_CONNECTIONS: Final = 64


def create_app(upstream_url: str) -> Starlette:
    """Return an application that posts to *upstream_url* whatever is posted to it."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
        async with aiohttp.ClientSession(connector=connector) as session:
            app.state.session = session
            yield

    async def pass_through(request: Request) -> Response:
        session: aiohttp.ClientSession = request.app.state.session
        question = await request.body()
        headers = {"Content-Type": "application/xml"}
        async with session.post(upstream_url, data=question, headers=headers) as answer:
            return Response(await answer.read(), answer.status, media_type=answer.content_type)

    routes = [Route("/TraCuuThongTinCongDan", pass_through, methods=["POST"])]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    """Serve until terminated."""
    port, upstream_url = sys.argv[1:]
    uvicorn.run(
        create_app(upstream_url),
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
    )


if __name__ == "__main__":
    main()
