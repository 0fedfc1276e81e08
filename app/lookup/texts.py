"""What the officer reads about an answer, Vietnamese first."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.audit.record import Outcome
from app.lookup.dossier import NoDossierReason
from app.lookup.paper import PaperReason
from app.web.papers import Advice
from app.web.problem_texts import Language

Words = Mapping[Language, str]

OUTCOME_MESSAGES: Final[Mapping[Outcome, Words]] = {
    Outcome.FOUND: {
        "vi": "Đã tìm thấy thông tin công dân trong Cơ sở dữ liệu quốc gia về dân cư.",
        "en": "The citizen was found in the National Population Database.",
    },
    Outcome.NOT_FOUND: {
        "vi": "Không có người nào mang đồng thời số định danh, họ tên và ngày sinh đã nhập.",
        "en": "No person has this number, name and birth date together.",
    },
    Outcome.MISMATCH: {
        "vi": "Cơ sở dữ liệu quốc gia có trả lời nhưng bản ghi không khớp với thông tin đã nhập nên không hiển thị.",
        "en": "The national side answered, but its record differs from what was entered; it is not shown.",
    },
}

PAPER_REASONS: Final[Mapping[PaperReason, Words]] = {
    PaperReason.FOUND: {
        "vi": "Đã tra cứu được thông tin cư trú: không được yêu cầu công dân nộp giấy tờ chứng minh cư trú.",
        "en": "Residence was looked up: the citizen must not be asked for residence papers.",
    },
    PaperReason.NOT_FOUND_ENTER_AGAIN: {
        "vi": "Kiểm tra và nhập lại số định danh, họ tên, ngày sinh theo thẻ mới nhất (hoặc quét mã QR trên thẻ): số cũ"
        " có thể đã được hủy, cấp lại. Gửi kèm mã lượt tra cứu này ở retry_of. Chưa được yêu cầu giấy tờ.",
        "en": "Check and enter number, name and birth date again from the latest card (or scan its QR code): an earlier"
        " number may have been cancelled. Name this lookup in retry_of. Paper may not be asked for yet.",
    },
    PaperReason.NOT_FOUND: {
        "vi": "Không có người nào mang đồng thời số, họ tên và ngày sinh đã tra cứu: được nhận một trong các giấy tờ"
        " sau. Hướng dẫn công dân đến Công an cấp xã để cập nhật dữ liệu.",
        "en": "Nobody has the number, name and birth date that were looked up: one of these papers may be accepted."
        " Point the citizen to the commune police to have the data corrected.",
    },
    PaperReason.MISMATCH_ENTER_AGAIN: {
        "vi": "Thông tin đã nhập khác với dữ liệu quốc gia. Nhập lại theo thẻ (hoặc quét mã QR trên thẻ), gửi kèm"
        " mã lượt tra cứu này ở retry_of. Chưa được yêu cầu giấy tờ.",
        "en": "What was entered differs from the national record. Enter it again from the card (or scan its QR"
        " code), naming this lookup in retry_of. Paper may not be asked for yet.",
    },
    PaperReason.MISMATCH: {
        "vi": "Dữ liệu quốc gia không khớp với thông tin đã tra cứu: được nhận một trong các giấy tờ sau. Hướng dẫn công"
        " dân đến Công an cấp xã để chỉnh sửa dữ liệu.",
        "en": "The national record differs from what was looked up: one of these papers may be accepted. Point the"
        " citizen to the commune police to have the data corrected.",
    },
    PaperReason.NUMBER_CHANGED_ENTER_AGAIN: {
        "vi": "Số đã nhập có thể đã được hủy, đổi hoặc cấp lại. Đề nghị công dân xuất trình thẻ mới nhất, nhập số trên"
        " thẻ (hoặc quét mã QR), gửi kèm mã lượt tra cứu này ở retry_of. Chưa được yêu cầu giấy tờ.",
        "en": "The number entered may have been cancelled, replaced or issued anew. Ask for the latest card, enter its"
        " number (or scan its QR code), naming this lookup in retry_of. Paper may not be asked for yet.",
    },
    PaperReason.NUMBER_CHANGED: {
        "vi": "Số đã tra cứu khác với số trong dữ liệu quốc gia: được nhận một trong các giấy tờ sau. Hướng dẫn công dân"
        " đến Công an cấp xã để cập nhật số định danh.",
        "en": "The number that was looked up is not the national record's: one of these papers may be accepted. Point"
        " the citizen to the commune police to have the number updated.",
    },
    PaperReason.UPSTREAM_UNAVAILABLE: {
        "vi": "Cơ sở dữ liệu quốc gia không trả lời: được nhận một trong các giấy tờ sau.",
        "en": "The national side did not answer: one of these papers may be accepted.",
    },
    PaperReason.UPSTREAM_CONFUSED: {
        "vi": "Câu trả lời của cơ sở dữ liệu quốc gia không hiểu được: được nhận một trong các giấy tờ sau.",
        "en": "The national side's answer could not be understood: one of these papers may be accepted.",
    },
    PaperReason.NOT_PERMITTED: {
        "vi": "Không được phép tra cứu: đây không phải lý do để yêu cầu giấy tờ.",
        "en": "The lookup is not permitted: this is no reason to ask for paper.",
    },
    PaperReason.UNKNOWN: {
        "vi": "Lượt tra cứu không hoàn tất do lỗi của cổng: tra cứu lại; đây không phải lý do để yêu cầu giấy tờ.",
        "en": "The lookup did not end, through a fault of this gateway: look up again; this is no reason to ask for paper.",
    },
}

PAPER_ADVICE: Final[Mapping[PaperReason, tuple[Advice, ...]]] = {
    PaperReason.FOUND: (Advice.CORRECT_AT_COMMUNE_POLICE,),
    PaperReason.NOT_FOUND: (Advice.SHOW_IN_VNEID, Advice.CORRECT_AT_COMMUNE_POLICE),
    PaperReason.MISMATCH: (Advice.SHOW_IN_VNEID, Advice.CORRECT_AT_COMMUNE_POLICE),
    PaperReason.NUMBER_CHANGED: (Advice.SHOW_IN_VNEID, Advice.CORRECT_AT_COMMUNE_POLICE),
    PaperReason.UPSTREAM_UNAVAILABLE: (Advice.SHOW_IN_VNEID,),
    PaperReason.UPSTREAM_CONFUSED: (Advice.SHOW_IN_VNEID,),
}
"""What to tell the citizen; nothing yet where the officer is to enter the data again, or is not allowed."""


NO_DOSSIER_REASONS: Final[Mapping[NoDossierReason, str]] = {
    NoDossierReason.GUIDANCE_BEFORE_RECEIPT: "Hướng dẫn công dân trước khi tiếp nhận hồ sơ",
    NoDossierReason.ONE_STOP_SOFTWARE_DOWN: "Phần mềm một cửa không hoạt động nên chưa cấp được mã hồ sơ",
    NoDossierReason.COMPLETING_PAPERS: "Công dân đến trực tiếp đang bổ sung giấy tờ, hồ sơ chưa đủ để tiếp nhận",
}
"""For lists, which Vietnamese officers read."""


class Notice(StrEnum):
    """Things an officer should know when reading an answer."""

    NO_RESIDENCE_HISTORY = "no_residence_history"
    VALID_AT_RETRIEVAL = "valid_at_retrieval"
    PRINTED_ADDRESS_DIFFERS = "printed_address_differs"
    OLD_NUMBER_DIFFERS = "old_number_differs"


ALWAYS_TOLD: Final = (Notice.NO_RESIDENCE_HISTORY, Notice.VALID_AT_RETRIEVAL)
"""What is told with everything that is shown."""

NOTICES: Final[Mapping[Notice, Words]] = {
    Notice.NO_RESIDENCE_HISTORY: {
        "vi": "Kết quả chỉ có nơi thường trú và nơi ở hiện tại, không có lịch sử cư trú hay thời điểm đăng ký.",
        "en": "The answer holds permanent and current residence only, no residence history and no dates.",
    },
    Notice.VALID_AT_RETRIEVAL: {
        "vi": "Dữ liệu có giá trị tại thời điểm tra cứu (fetched_at); cổng không lưu lại.",
        "en": "The data is valid at the time of retrieval (fetched_at); the gateway does not keep it.",
    },
    Notice.PRINTED_ADDRESS_DIFFERS: {
        "vi": "Địa chỉ in trên thẻ khác nơi thường trú trong dữ liệu quốc gia. Dùng nơi thường trú trong dữ liệu quốc gia; không yêu cầu công dân nộp giấy tờ vì lý do này.",
        "en": "The address on the card is not the permanent residence on the national record. Go by the national record; this is no reason to ask for paper.",
    },
    Notice.OLD_NUMBER_DIFFERS: {
        "vi": "Số CMND cũ trên thẻ khác số trong dữ liệu quốc gia: có thể số đã được thay đổi hoặc dữ liệu chưa cập nhật. Vẫn là người này; hướng dẫn công dân đến Công an cấp xã nếu cần chỉnh sửa.",
        "en": "The former number on the card is not the one on the national record: it may have changed, or the record is out of date. It is the same person; the commune police correct the record where needed.",
    },
}
"""R54, R50, R80 and R81."""
