"""What an officer is told about their own account: kept until read, and word of a pending reset."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from app.accounts.administration_table import ACCOUNT_NOTICE, SECOND_FACTOR_RESET
from app.clock import VIETNAM, rfc3339
from app.web.problem_texts import Language

_MAX_SHOWN: Final = 50


class NoticeCode(StrEnum):
    """What was done to an account."""

    RESET_PENDING = "second_factor_reset_pending"
    RESET_CANCELLED = "second_factor_reset_cancelled"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    ACCOUNT_UNLOCKED = "account_unlocked"
    ROLE_CHANGED = "role_changed"


_TEXTS: Final[dict[NoticeCode, dict[Language, str]]] = {
    NoticeCode.RESET_PENDING: {
        "vi": "Hai quản trị viên đã cho gỡ xác thực hai lớp của tài khoản này, có hiệu lực lúc {at}."
        " Nếu không phải do bạn yêu cầu, hãy hủy ngay và báo Sở Khoa học và Công nghệ.",
        "en": "Two administrators ordered the removal of this account's second factor, effective at {at}."
        " If you did not ask for it, cancel it now and tell the Department.",
    },
    NoticeCode.RESET_CANCELLED: {
        "vi": "Việc gỡ xác thực hai lớp của tài khoản này đã bị hủy lúc {at}.",
        "en": "The removal of this account's second factor was cancelled at {at}.",
    },
    NoticeCode.SECOND_FACTOR_REMOVED: {
        "vi": "Xác thực hai lớp của tài khoản này đã được gỡ lúc {at} theo quyết định của hai quản trị viên."
        " Hãy thiết lập lại; nếu không phải do bạn yêu cầu, báo ngay Sở Khoa học và Công nghệ.",
        "en": "This account's second factor was removed at {at} by decision of two administrators."
        " Set up a new one; if you did not ask for it, tell the Department at once.",
    },
    NoticeCode.ACCOUNT_UNLOCKED: {
        "vi": "Tài khoản này đã được hai quản trị viên mở khóa lúc {at}, sau nhiều lần đăng nhập sai."
        " Nếu không phải do bạn nhập sai, hãy đổi mật khẩu.",
        "en": "Two administrators unlocked this account at {at}, after many wrong sign-ins."
        " If these were not yours, change your password.",
    },
    NoticeCode.ROLE_CHANGED: {
        "vi": "Vai trò của tài khoản này đã được thay đổi lúc {at}.",
        "en": "This account's role was changed at {at}.",
    },
}


@dataclass(frozen=True, slots=True)
class AccountNotice:
    """One notice; `notice_id` is None for what is told until it is over, not until it is read."""

    notice_id: UUID | None
    code: NoticeCode
    at: datetime

    def shown(self, language: Language) -> dict[str, str | None]:
        """Return the notice as `/v1/me` shows it; times inside the text are Vietnam's."""
        local = self.at.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")
        return {
            "notice_id": str(self.notice_id) if self.notice_id else None,
            "code": self.code.value,
            "text": _TEXTS[self.code][language].format(at=local),
            "at": rfc3339(self.at),
        }


class NoticeBook:
    """Reads what officers are to be told."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Use *engine*."""
        self._engine = engine

    async def unread(self, officer_id: UUID) -> list[AccountNotice]:
        """Return the officer's notices: a pending reset first, then the unread ones, newest first."""
        pending = select(SECOND_FACTOR_RESET.c.effective_at).where(
            SECOND_FACTOR_RESET.c.officer_id == officer_id, SECOND_FACTOR_RESET.c.closed_at.is_(None)
        )
        kept = (
            select(ACCOUNT_NOTICE)
            .where(ACCOUNT_NOTICE.c.officer_id == officer_id, ACCOUNT_NOTICE.c.acknowledged_at.is_(None))
            .order_by(ACCOUNT_NOTICE.c.created_at.desc())
            .limit(_MAX_SHOWN)
        )
        async with self._engine.connect() as connection:
            effective_at = await connection.scalar(pending)
            notices = [
                AccountNotice(row.notice_id, NoticeCode(row.code), row.created_at)
                for row in await connection.execute(kept)
            ]
        if effective_at is not None:
            notices.insert(0, AccountNotice(None, NoticeCode.RESET_PENDING, effective_at))
        return notices


async def leave_notice(
    connection: AsyncConnection, officer_id: UUID, code: NoticeCode, now: datetime
) -> None:
    """Keep a notice for an officer, inside *connection*'s transaction."""
    await connection.execute(
        insert(ACCOUNT_NOTICE).values(
            notice_id=uuid7(), officer_id=officer_id, code=code.value, created_at=now
        )
    )


async def acknowledge(
    connection: AsyncConnection, officer_id: UUID, notice_id: UUID, now: datetime
) -> NoticeCode | None:
    """Mark the officer's own notice read and return what it said; None where there is no such unread one."""
    result = await connection.execute(
        update(ACCOUNT_NOTICE)
        .where(
            ACCOUNT_NOTICE.c.notice_id == notice_id,
            ACCOUNT_NOTICE.c.officer_id == officer_id,
            ACCOUNT_NOTICE.c.acknowledged_at.is_(None),
        )
        .values(acknowledged_at=now)
        .returning(ACCOUNT_NOTICE.c.code)
    )
    code = result.scalar_one_or_none()
    return NoticeCode(code) if code is not None else None
