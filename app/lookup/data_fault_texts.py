"""What the officer reads about a faulty record, and the words of lists for the commune police."""

from collections.abc import Mapping
from typing import Final

from app.lookup.data_fault_values import FaultResult, FaultStatus
from app.lookup.data_faults import Fault, FaultClass
from app.lookup.texts import Words
from app.web.problem_texts import Language

WHERE_TO_CORRECT: Final[Words] = {
    "vi": (
        "Hướng dẫn công dân đề nghị chỉnh sửa tại Công an cấp xã, trên Cổng dịch vụ công hoặc ứng dụng VNeID;"
        " Công an cấp xã giải quyết trong 02 ngày làm việc."
    ),
    "en": (
        "Point the citizen to the commune police, the public service portal or the VNeID application to have"
        " it corrected; the commune police act within 2 working days."
    ),
}
"""R79 (Decree 70/2024 Article 6.3 as amended by Decree 58/2026)."""

FAULTS: Final[Mapping[Fault, Words]] = {
    Fault.ONE_NUMBER_TWO_NAMES: {
        "vi": "Trong bản ghi, số định danh của công dân còn đứng cùng một họ tên khác: có thể trùng người.",
        "en": "In the record the citizen's number also stands with another name: persons may be mixed up.",
    },
    Fault.HOUSEHOLD_WITHOUT_HEAD: {
        "vi": "Bản ghi không có chủ hộ.",
        "en": "The record names no head of household.",
    },
    Fault.HOUSEHOLD_WITH_TWO_HEADS: {
        "vi": "Bản ghi nêu công dân là chủ hộ, đồng thời nêu một người khác là chủ hộ.",
        "en": "The record calls the citizen head of household, and somebody else too.",
    },
    Fault.FIELDS_MISSING: {
        "vi": "Bản ghi còn trống hoặc chưa đủ một số trường (xem fields).",
        "en": "Some fields of the record are empty or incomplete (see fields).",
    },
    Fault.OLD_ID_NUMBER_MISSING: {
        "vi": "Bản ghi không có số CMND 9 số, dù công dân thuộc lứa tuổi đã được cấp.",
        "en": "The record has no nine-digit number, though people of this age were given one.",
    },
    Fault.EARLIER_NUMBER_CARRIED: {
        "vi": "Bản ghi có một số định danh cũ: số của công dân đã được hủy và cấp lại.",
        "en": "The record has an earlier personal number: the citizen's was cancelled and issued anew.",
    },
    Fault.NUMBER_CHANGED: {
        "vi": (
            "Họ tên và ngày sinh trùng khớp nhưng bản ghi mang số khác: số đã nhập có thể đã được hủy, đổi"
            " hoặc cấp lại. Đây không phải là trường hợp không có người này; hãy nhập số trên thẻ mới nhất."
        ),
        "en": (
            "Name and birth date agree but the record carries another number: the one entered may have been"
            " cancelled, replaced or issued anew. The person is not unknown; enter the number of the latest"
            " card."
        ),
    },
}

CLASS_NAMES: Final[Mapping[FaultClass, str]] = {
    FaultClass.DUPLICATE_PERSON: "Trùng người",
    FaultClass.HOUSEHOLD_HEAD: "Hộ không có chủ hộ hoặc có nhiều chủ hộ",
    FaultClass.MISSING_FIELDS: "Thiếu trường thông tin",
    FaultClass.MISSING_OLD_ID_NUMBER: "Thiếu số CMND 9 số",
    FaultClass.ID_NUMBER_REISSUED: "Số định danh đã hủy, cấp lại",
}
STATUS_NAMES: Final[Mapping[FaultStatus, str]] = {
    FaultStatus.NEW: "Mới",
    FaultStatus.SENT: "Đã gửi Công an cấp xã",
    FaultStatus.ANSWERED: "Đã có trả lời",
    FaultStatus.CLOSED: "Đã đóng",
}
RESULT_NAMES: Final[Mapping[FaultResult, str]] = {
    FaultResult.CORRECTED: "Đã chỉnh sửa dữ liệu",
    FaultResult.NO_FAULT: "Dữ liệu đúng",
    FaultResult.CITIZEN_NEEDED: "Cần công dân đến làm việc",
}


def fault_text(fault: Fault, language: Language) -> str:
    """Return what is wrong and where it is corrected."""
    return f"{FAULTS[fault][language]} {WHERE_TO_CORRECT[language]}"
