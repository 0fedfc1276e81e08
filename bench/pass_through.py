"""The yardstick: a bare FastAPI + aiohttp application that forwards a question and returns the answer.

Frozen: it stands for the least a Python gateway could do, so it is neither improved nor made worse. It
knows nothing of the project and is started as a program: `python bench/pass_through.py PORT UPSTREAM_URL`.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import uvicorn
from fastapi import FastAPI, Request, Response

_CONNECTIONS: Final = 64


def create_app(upstream_url: str) -> FastAPI:
    """Return an application that posts to *upstream_url* whatever is posted to it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
        async with aiohttp.ClientSession(connector=connector) as session:
            app.state.session = session
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/TraCuuThongTinCongDan")
    async def pass_through(request: Request) -> Response:
        session: aiohttp.ClientSession = request.app.state.session
        question = await request.body()
        headers = {"Content-Type": "application/xml"}
        async with session.post(upstream_url, data=question, headers=headers) as answer:
            return Response(await answer.read(), answer.status, media_type=answer.content_type)

    return app


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
