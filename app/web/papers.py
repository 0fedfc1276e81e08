"""What an answer says of paper: may the desk ask, why, for which; and what the citizen can do themselves."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from app.web.problem_texts import Language


class Paper(StrEnum):
    """The papers that may stand in for a lookup that was not possible (Decree 104/2022 Article 14; R39)."""

    CITIZEN_CARD = "citizen_card"
    OLD_ID_CARD = "old_id_card"
    CT07_CONFIRMATION = "ct07_confirmation"
    ID_NOTICE = "id_notice"


class Advice(StrEnum):
    """What to tell the citizen."""

    SHOW_IN_VNEID = "show_in_vneid"
    CORRECT_AT_COMMUNE_POLICE = "correct_at_commune_police"


PAPER_NAMES: Final[Mapping[Paper, Mapping[Language, str]]] = {
    Paper.CITIZEN_CARD: {
        "vi": "Thẻ căn cước công dân hoặc thẻ căn cước",
        "en": "Citizen identity card (CCCD or căn cước)",
    },
    Paper.OLD_ID_CARD: {"vi": "Chứng minh nhân dân", "en": "Former identity card (CMND)"},
    Paper.CT07_CONFIRMATION: {
        "vi": "Giấy xác nhận thông tin về cư trú (CT07)",
        "en": "Confirmation of residence information (form CT07)",
    },
    Paper.ID_NOTICE: {
        "vi": "Thông báo số định danh cá nhân",
        "en": "Notice of the personal identification number",
    },
}

ADVICE: Final[Mapping[Advice, Mapping[Language, str]]] = {
    Advice.SHOW_IN_VNEID: {
        "vi": (
            "Công dân tự xem và xuất trình thông tin cư trú của mình trên VNeID (mục Ví giấy tờ, Thông tin cư trú;"
            " tài khoản định danh mức độ 2): khi đó không cần giấy tờ."
        ),
        "en": (
            "Citizens can look themselves up and show their residence in VNeID (document wallet, residence;"
            " level 2 account): then no paper is needed."
        ),
    },
    Advice.CORRECT_AT_COMMUNE_POLICE: {
        "vi": (
            "Dữ liệu thiếu hoặc sai: công dân đề nghị Công an cấp xã nơi cư trú cập nhật, điều chỉnh, hoặc gửi đề"
            " nghị qua Cổng dịch vụ công, VNeID; Công an cấp xã giải quyết trong 02 ngày làm việc kể từ khi nhận"
            " đủ hồ sơ."
        ),
        "en": (
            "Missing or wrong data is corrected by the commune police of the place of residence, or through the"
            " public service portal or VNeID; they act within 2 working days of a complete file."
        ),
    },
}
"""R37 and R79."""


def paper_body(
    *, may_ask: bool, because: str, language: Language = "vi", advice: Sequence[Advice] = ()
) -> dict[str, Any]:
    """Return the `paper` member: may the desk ask, why, for which papers, and what to tell the citizen."""
    names = PAPER_NAMES.items() if may_ask else ()
    return {
        "may_ask": may_ask,
        "because": because,
        "which": [{"code": paper.value, "name": name[language]} for paper, name in names],
        "advice": [{"code": one.value, "text": ADVICE[one][language]} for one in advice],
    }
