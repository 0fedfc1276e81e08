"""A transport without a network."""

import asyncio


class Line(asyncio.Transport):
    """A transport that only remembers what was done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data

    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        self.is_over = True

    def abort(self) -> None:
        self.is_over = True
