"""One record a minute for what an officer's software may repeat a thousand times."""

from collections import OrderedDict
from typing import Final

from app.audit.log import AuditLog
from app.audit.record import Draft

_MAX_REMEMBERED: Final = 50_000

Mark = tuple[str, ...]


class Coalescer:
    """Records the first of a kind in a minute and lets the rest of that minute pass.

    What is coalesced discloses nothing and asks nobody; its first occurrence is on record before
    the caller is answered.
    """

    def __init__(self, log: AuditLog) -> None:
        """Record to *log*."""
        self._log = log
        self._recorded: OrderedDict[tuple[Mark, int], None] = OrderedDict()

    async def append(self, mark: Mark, draft: Draft) -> None:
        """Record *draft* unless one with the same *mark* is on record for this minute.

        Raises AuditUnavailableError.
        """
        key = (mark, int(draft.time.timestamp()) // 60)
        if key in self._recorded:
            return
        # Not marked as recorded until it is: a failed commit must not silence the next try.
        await self._log.append(draft)
        self._recorded[key] = None
        if len(self._recorded) > _MAX_REMEMBERED:
            self._recorded.popitem(last=False)
