"""Why an auditor is shown no person, in Vietnamese and English."""

from collections.abc import Mapping
from typing import Final

from app.auditing.persons import WhyNobody
from app.auditing.reader import Found
from app.clock import VIETNAM
from app.web.problem_texts import Language

_TEXTS: Final[Mapping[WhyNobody, Mapping[Language, str]]] = {
    WhyNobody.KEY_DESTROYED: {
        "vi": "Khóa của tháng đã được tiêu hủy lúc {at} khi hết thời hạn lưu trữ;"
        " không ai còn đọc được người được tra cứu, các bằng chứng khác vẫn kiểm tra được.",
        "en": "The month's key was destroyed at {at} at the end of retention; nobody can read the person any"
        " more, and every proof still verifies.",
    },
    WhyNobody.KEY_NOT_AT_HAND: {
        "vi": "Máy kiểm tra không có khóa của tháng này (hoặc thiếu bản ghi chứa khóa của tiến"
        " trình ghi), dù khóa chưa được ghi nhận là đã tiêu hủy. Báo người giữ khóa kiểm tra.",
        "en": "Auditing has no key of this month (or the writer's record with its key is missing), though"
        " none is recorded as destroyed. Tell whoever keeps the auditing keys.",
    },
    WhyNobody.SEAL_BROKEN: {
        "vi": "Niêm phong không mở được bằng khóa đúng: nội dung lưu trữ đã bị thay đổi."
        " Hãy chạy kiểm tra nhật ký.",
        "en": "The seal does not open with the right key: what is stored was changed. Have the log verified.",
    },
}


def because_text(found: Found, language: Language) -> str | None:
    """Return why no person is shown, None where one is or where the record is about nobody."""
    if found.citizen_because is None:
        return None
    destroyed_at = found.key_destroyed_at
    at = destroyed_at.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y") if destroyed_at is not None else ""
    return _TEXTS[found.citizen_because][language].format(at=at)
