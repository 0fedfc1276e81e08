"""One record a minute for what an officer's software may repeat a thousand times."""

import asyncio
from collections import OrderedDict
from datetime import datetime
from typing import Final

from app.audit.log import AuditLog
from app.audit.record import Draft
from app.errors import AuditUnavailableError

_MAX_REMEMBERED: Final = 50_000

Mark = tuple[str, ...]
_Key = tuple[Mark, int]


class Coalescer:
    """Records the first of a kind in a minute and lets the rest of that minute pass.

    What is coalesced discloses nothing and asks nobody; its first occurrence is on record before
    any caller is answered.
    """

    def __init__(self, log: AuditLog) -> None:
        """Record to *log*."""
        self._log = log
        self._recorded: OrderedDict[_Key, None] = OrderedDict()
        self._under_way: dict[_Key, asyncio.Future[bool]] = {}

    def has(self, mark: Mark, time: datetime) -> bool:
        """Return whether *mark* is on record for the minute of *time*: no draft need be made then."""
        return _key(mark, time) in self._recorded

    async def append(self, mark: Mark, draft: Draft) -> None:
        """Record *draft* unless one with the same *mark* is on record for this minute.

        Raises AuditUnavailableError.
        """
        key = _key(mark, draft.time)
        while key not in self._recorded:
            first = self._under_way.get(key)
            if first is None:
                return await self._record(key, draft)
            if await asyncio.shield(first):
                raise AuditUnavailableError
        return None

    async def _record(self, key: _Key, draft: Draft) -> None:
        """Record for all who come meanwhile; where only this caller fails, one of them tries next."""
        is_unavailable = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            await self._log.append(draft)
        except AuditUnavailableError:
            is_unavailable.set_result(True)
            raise
        else:
            # Not marked as recorded until it is: a failed commit must not silence the next try.
            self._recorded[key] = None
            if len(self._recorded) > _MAX_REMEMBERED:
                self._recorded.popitem(last=False)
        finally:
            del self._under_way[key]
            if not is_unavailable.done():
                is_unavailable.set_result(False)


def _key(mark: Mark, time: datetime) -> _Key:
    return (mark, int(time.timestamp()) // 60)
