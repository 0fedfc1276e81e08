"""The confidentiality notice that an officer accepts once a day before looking anybody up (R86)."""

from datetime import date
from typing import Final
from uuid import UUID

from app.accounts.authentication import Caller
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind
from app.clock import Clock, local_day
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.store import LookupStore

NOTICE_VERSION: Final = "2026-1"
NOTICE_TEXT: Final = {
    "vi": (
        "Thông tin công dân trong Cơ sở dữ liệu quốc gia về dân cư chỉ được tra cứu để giải quyết đúng hồ sơ,"
        " thủ tục đang tiếp nhận. Cán bộ không tiết lộ, sao chép, chụp lại hoặc sử dụng thông tin vào việc khác;"
        " không cho người khác dùng tài khoản của mình. Mọi lượt tra cứu đều được ghi nhật ký và công dân có"
        " quyền biết ai đã tra cứu mình."
    ),
    "en": (
        "Citizens' data in the National Population Database may be looked up only for the dossier and procedure"
        " at hand. Officers do not disclose, copy, photograph or otherwise use it and let nobody else use their"
        " account. Every lookup is recorded, and citizens have the right to know who looked them up."
    ),
}


class NoticeDesk:
    """Knows who accepted the notice today (the day in Vietnam)."""

    def __init__(self, store: LookupStore, log: AuditLog, clock: Clock) -> None:
        """Record acceptances in *log*, remember them in *store*."""
        self._store = store
        self._log = log
        self._clock = clock
        self._accepted: set[UUID] = set()
        self._day: date | None = None

    async def accept(self, caller: Caller, version: str) -> None:
        """Record that the officer read and accepted the notice.

        Raises InvalidRequestError for another version than the present one, AuditUnavailableError.
        """
        if version != NOTICE_VERSION:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/version",))
        now = self._clock.now()
        officer_id, day = caller.officer.officer_id, local_day(now)
        if await self.has_accepted_on(day, officer_id):
            return
        draft = Draft(RecordKind.NOTICE_ACCEPTED, now, caller.facts() | {"notice_version": version})
        await self._log.append(draft)
        await self._store.add_notice_acceptance(officer_id, day, draft.record_id)
        self._remember(day, officer_id)

    async def has_accepted(self, officer_id: UUID) -> bool:
        """Whether the officer accepted today; as `has_accepted_on`."""
        return await self.has_accepted_on(local_day(self._clock.now()), officer_id)

    async def has_accepted_on(self, day: date, officer_id: UUID) -> bool:
        """Whether the officer accepted on *day*; asks the database once, until the answer is yes.

        Raises AuditUnavailableError without database.
        """
        if day == self._day and officer_id in self._accepted:
            return True
        if not await self._store.has_accepted_notice(officer_id, day):
            return False
        self._remember(day, officer_id)
        return True

    def _remember(self, day: date, officer_id: UUID) -> None:
        # The day is the one that was asked about: it may have turned while the database answered.
        if day != self._day:
            self._day, self._accepted = day, set()
        self._accepted.add(officer_id)
