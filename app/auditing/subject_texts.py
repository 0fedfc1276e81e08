"""What reports to citizens call roles, outcomes, ways of checking and the rest, in plain Vietnamese."""

from collections.abc import Mapping
from typing import Final

from app.accounts.values import Role
from app.audit.record import Outcome, RecordKind
from app.auditing.subject_looks import Look
from app.auditing.subject_values import IdentityCheck, Requester
from app.errors import ProblemCode
from app.lookup.claims import ClaimKind
from app.lookup.command import ReceptionChannel, VerificationMethod
from app.lookup.dossier import NoDossierReason
from app.lookup.texts import NO_DOSSIER_REASONS
from app.procedures.fields import FIELD_TITLES, Field
from app.web.problem_texts import TEXTS

ROLES: Final[Mapping[str, str]] = {
    Role.RECEPTION: "công chức tiếp nhận hồ sơ",
    Role.PROCESSING: "công chức xử lý hồ sơ",
    Role.UNIT_ADMINISTRATOR: "quản trị viên của đơn vị",
    Role.DEPARTMENT_ADMINISTRATOR: "quản trị viên của Sở",
    Role.AUDITOR: "người kiểm tra",
}
METHODS: Final[Mapping[str, str]] = {
    VerificationMethod.CHIP_CARD: "xem thẻ căn cước gắn chíp",
    VerificationMethod.QR_READER: "quét mã QR trên thẻ căn cước",
    VerificationMethod.CHIP_READER: "đọc chíp trên thẻ căn cước",
    VerificationMethod.ONLINE_LOOKUP: "tra cứu trực tuyến",
    VerificationMethod.VNEID: "xem trên ứng dụng VNeID",
    VerificationMethod.CT07_CONFIRMATION: "xem giấy xác nhận thông tin về cư trú (CT07)",
    VerificationMethod.ID_NOTICE: "xem thông báo số định danh cá nhân",
}
CHANNELS: Final[Mapping[str, str]] = {
    ReceptionChannel.COUNTER: "trực tiếp",
    ReceptionChannel.ONLINE: "trực tuyến",
    ReceptionChannel.POSTAL: "qua bưu chính",
}
CLAIMS: Final[Mapping[str, str]] = {
    ClaimKind.PERMANENT_RESIDENCE: "có thường trú tại địa chỉ đã nêu hay không",
    ClaimKind.CURRENT_RESIDENCE: "có đang ở tại địa chỉ đã nêu hay không",
    ClaimKind.HOUSEHOLD_HEAD: "chủ hộ có đúng là người đã nêu hay không",
    ClaimKind.HOUSEHOLD_MEMBER: "có thuộc hộ của người đã nêu hay không",
}
AUDITS: Final[Mapping[str, str]] = {
    RecordKind.AUDIT_SEARCHED: "tìm các lượt tra cứu về ông/bà trong nhật ký",
    RecordKind.AUDIT_UNMASKED: "xem đầy đủ số định danh trong một lượt tra cứu về ông/bà",
    RecordKind.AUDIT_SEARCH_EXPORTED: "xuất danh sách các lượt tra cứu về ông/bà",
    RecordKind.SUBJECT_REPORT_MADE: "lập báo cáo cho ông/bà theo yêu cầu",
}
REQUESTERS: Final[Mapping[Requester, str]] = {
    Requester.CITIZEN: "Công dân có số nêu trên",
    Requester.REPRESENTATIVE: "Người đại diện của công dân",
}
CHECKS: Final[Mapping[IdentityCheck, str]] = {
    IdentityCheck.CARD: "Đối chiếu thẻ căn cước",
    IdentityCheck.CHIP_READER: "Đọc chíp trên thẻ căn cước",
    IdentityCheck.VNEID: "Tài khoản định danh VNeID",
    IdentityCheck.AUTHORISATION: "Đối chiếu thẻ căn cước và văn bản ủy quyền, giám hộ",
}
_OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.NOT_FOUND: "Không có người khớp cả số, họ tên và ngày sinh đã nhập; không hiển thị dữ liệu.",
    Outcome.MISMATCH: "Thông tin đã nhập không khớp với dữ liệu quốc gia; không hiển thị dữ liệu.",
    Outcome.UPSTREAM_UNAVAILABLE: "Cơ sở dữ liệu quốc gia không trả lời; không có dữ liệu để hiển thị.",
    Outcome.UPSTREAM_CONFUSED: (
        "Câu trả lời của Cơ sở dữ liệu quốc gia không đọc được; không hiển thị dữ liệu."
    ),
    Outcome.UNKNOWN: "Lượt tra cứu bị gián đoạn; cổng không hiển thị dữ liệu.",
}
_DATA: Final = "đã trả dữ liệu cho công chức"
_JUDGED: Final = "chỉ trả lời đúng hay sai"
_NOTHING_SHOWN: Final = "tìm thấy nhưng không hiển thị dữ liệu nào"
_NOT_FOUND: Final = "không có người khớp thông tin đã nhập"
_MISMATCH: Final = "thông tin đã nhập không khớp với dữ liệu quốc gia"
_NO_ANSWER: Final = "không có kết quả (Cơ sở dữ liệu quốc gia không trả lời, hoặc bị gián đoạn)"
_REFUSED: Final = "bị từ chối"
_RUNNING: Final = "đang được thực hiện khi lập báo cáo"
_NOT_READ: Final = "có bản ghi không đọc được"
ENDINGS: Final = (
    _DATA,
    _JUDGED,
    _NOTHING_SHOWN,
    _NOT_FOUND,
    _MISMATCH,
    _NO_ANSWER,
    _REFUSED,
    _RUNNING,
    _NOT_READ,
)
"""How looks are counted by their end, in the order of the paper."""
ALWAYS_COUNTED: Final = frozenset({_DATA, _REFUSED})
_UNREADABLE: Final = "Bản ghi của lượt này không đọc được; cơ quan phải kiểm tra nhật ký."


def result_text(look: Look) -> str:
    """Return in a sentence how a look ended, and whether data were shown."""
    if not look.is_readable:
        return _UNREADABLE
    if look.outcome is None:
        return "Lượt tra cứu đang được thực hiện khi lập báo cáo."
    if look.is_refused:
        return f"Bị từ chối: {_title(look.problem_code)}. Không hiển thị dữ liệu."
    if look.outcome != Outcome.FOUND:
        return _OUTCOMES.get(look.outcome, look.outcome)
    if look.claims_asked:
        return f"Đã trả lời {look.claims_answered} câu hỏi đúng hay sai; không hiển thị dữ liệu."
    return "Đã hiển thị dữ liệu." if look.is_released else "Tìm thấy; không hiển thị dữ liệu nào."


def ending_text(look: Look) -> str:
    """Return under which of ENDINGS a look is counted: exactly one, and the same that its row tells."""
    if not look.is_readable:
        return _NOT_READ
    if look.outcome is None:
        return _RUNNING
    if look.is_refused:
        return _REFUSED
    if look.outcome == Outcome.FOUND:
        if not look.is_released:
            return _NOTHING_SHOWN
        return _DATA if look.fields_disclosed else _JUDGED
    return {Outcome.NOT_FOUND.value: _NOT_FOUND, Outcome.MISMATCH.value: _MISMATCH}.get(
        look.outcome, _NO_ANSWER
    )


def field_title(name: str) -> str:
    """Return what a field of a citizen's record is called."""
    return FIELD_TITLES[Field(name)] if name in set(Field) else name


def reason_text(code: str) -> str:
    """Return why there was no dossier code."""
    return NO_DOSSIER_REASONS[NoDossierReason(code)] if code in set(NoDossierReason) else code


def _title(code: str | None) -> str:
    if code is None or code not in set(ProblemCode):
        return "không đủ điều kiện tra cứu"
    title = TEXTS[ProblemCode(code)]["vi"].title
    return title[:1].lower() + title[1:]
