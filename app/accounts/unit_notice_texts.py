"""What notices and suspensions say to people, in Vietnamese and English."""

from collections.abc import Mapping
from typing import Final

from app.accounts.standing import StatusReason
from app.accounts.unit_notices import NoticeCode, UnitNotice
from app.web.problem_texts import Language

_NOTICES: Final[Mapping[NoticeCode, Mapping[Language, str]]] = {
    NoticeCode.OFFICER_UNUSED: {
        "vi": "Tài khoản bị tạm khóa vì không được sử dụng từ ngày {day}."
        " Nếu cán bộ còn cần tra cứu, đề nghị mở khóa.",
        "en": "The account was suspended because it has not been used since {day}."
        " If the officer still needs it, ask for the suspension to be lifted.",
    },
    NoticeCode.OFFICER_NOT_ATTESTED: {
        "vi": "Tài khoản bị tạm khóa vì đơn vị không trả lời đợt rà soát có hạn cuối là ngày {day}.",
        "en": "The account was suspended because nobody answered for it in the review due on {day}.",
    },
    NoticeCode.AUDITOR_READS_ONE_OFFICER: {
        "vi": "Từ ngày {day}, tài khoản kiểm tra này đã {searches} lần tra lịch sử tra cứu của cùng một"
        " cán bộ. Đề nghị làm rõ lý do với một người kiểm tra khác (bản ghi audit.alerted).",
        "en": "Since {day} this auditor's account has searched {searches} times what one and the same officer"
        " looked up. Have another auditor find out why (record audit.alerted).",
    },
}
REASONS: Final[Mapping[StatusReason, Mapping[Language, str]]] = {
    StatusReason.ADMINISTRATOR: {"vi": "Quản trị viên tạm khóa", "en": "Suspended by an administrator"},
    StatusReason.UNUSED: {"vi": "Lâu không sử dụng", "en": "Unused for too long"},
    StatusReason.NOT_ATTESTED: {
        "vi": "Không được xác nhận khi rà soát",
        "en": "Not attested in the review",
    },
    StatusReason.REVIEW_REMOVED: {
        "vi": "Đơn vị đề nghị thu hồi khi rà soát",
        "en": "Removed by the unit in the review",
    },
    StatusReason.LEFT: {"vi": "Đã thôi công tác", "en": "Left"},
}
"""Why an account is suspended."""
_DAY_FACT: Final = {
    NoticeCode.OFFICER_UNUSED: "idle_since",
    NoticeCode.OFFICER_NOT_ATTESTED: "due_on",
    NoticeCode.AUDITOR_READS_ONE_OFFICER: "since",
}


def notice_text(notice: UnitNotice, language: Language) -> str:
    """Return the notice as people read it, with its day as Vietnam writes days."""
    year, month, day = notice.facts[_DAY_FACT[notice.code]].split("-")
    return _NOTICES[notice.code][language].format(**{**notice.facts, "day": f"{day}/{month}/{year}"})
