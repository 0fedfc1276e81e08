"""Work that goes on beside the requests: one task, begun and ended by `async with`."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from typing import Self


class Background(ABC):
    """Runs as long as it is entered; what it does is a class's own, that it ends cleanly is not."""

    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=type(self).__name__)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; what is under way is cancelled and met again by whoever runs next."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @abstractmethod
    async def _run(self) -> None:
        """Go on until cancelled; what can fail is met inside."""
