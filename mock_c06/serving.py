"""Serving the stand-in: plain HTTP on one port, and TLS on another where it is wanted."""

import asyncio
import ssl
from socket import socket

import uvicorn
from starlette.types import ASGIApp


class Server(uvicorn.Server):
    """Answers on the plain port as uvicorn does, and on a second one under TLS."""

    def __init__(
        self, app: ASGIApp, host: str, port: int, tls: tuple[int, ssl.SSLContext] | None = None
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_level="warning",
                access_log=False,
                ws="none",
                lifespan="off",
                # The stand-in has a clock of its own to tell.
                date_header=False,
                # Callers that were left hanging must not keep the stand-in from stopping.
                timeout_graceful_shutdown=1,
            )
        )
        self._tls = tls

    @property
    def ports(self) -> list[int]:
        """The ports in use, the plain one first, once started."""
        return [listener.getsockname()[1] for server in self.servers for listener in server.sockets[:1]]

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Open the ports; SystemExit where one is taken."""
        if self._tls is None:
            await super().startup(sockets)
            return
        port, context = self._tls
        loop = asyncio.get_running_loop()
        # Opened before uvicorn says that it has started; it closes what stands in `servers`.
        try:
            under_tls = await loop.create_server(self._protocol, self.config.host, port, ssl=context)
        except OSError as error:
            raise SystemExit(f"mock-c06: the TLS port cannot be opened: {error.strerror}") from None
        await super().startup(sockets)
        self.servers.append(under_tls)

    def _protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol
