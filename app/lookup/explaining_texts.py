"""The words of an explained decision, Vietnamese and English."""

from collections.abc import Mapping
from typing import Final

from app.lookup.decision import Mender, Rule
from app.lookup.explaining import FieldClass, Lack
from app.web.problem_texts import Language

Words = Mapping[Language, str]

RULES: Final[Mapping[Rule, Words]] = {
    Rule.POSTED: {
        "vi": "Ngày đó cán bộ công tác tại một đơn vị đang hoạt động.",
        "en": "That day the officer works in a unit that is in force.",
    },
    Rule.ROLE_ASKS: {
        "vi": "Vai trò của cán bộ là tiếp nhận hoặc xử lý hồ sơ.",
        "en": "The officer's role is reception or processing.",
    },
    Rule.PROCEDURE_KNOWN: {
        "vi": "Danh mục của cổng có mã thủ tục này.",
        "en": "The gateway's catalogue has this procedure code.",
    },
    Rule.PROCEDURE_IN_FORCE: {
        "vi": "Ngày đó thủ tục có hiệu lực.",
        "en": "The procedure is in force that day.",
    },
    Rule.QUESTION_TYPE_LISTED: {
        "vi": "Thủ tục cho phép loại khai thác này (tra cứu, xác thực, hộ gia đình).",
        "en": "The procedure allows this type of question (lookup, verification, household).",
    },
    Rule.UNIT_GRANTED: {
        "vi": "Ngày đó thủ tục đã được giao cho đơn vị của cán bộ.",
        "en": "The officer's unit holds a grant of the procedure that day.",
    },
    Rule.ROLE_LISTED: {
        "vi": "Thủ tục dành cho vai trò của cán bộ.",
        "en": "The procedure lists the officer's role.",
    },
    Rule.CLIENT_PERMITTED: {
        "vi": "Phần mềm một cửa được đăng ký cho thủ tục này.",
        "en": "The client software may ask for this procedure.",
    },
    Rule.PROCEDURE_MAPPED: {
        "vi": "Thủ tục có mã dịch vụ công (MaDVC) của cơ sở dữ liệu quốc gia về dân cư.",
        "en": "The procedure has its public-service code (MaDVC) on the national side.",
    },
    Rule.OFFICER_MAPPED: {
        "vi": "Cán bộ có mã cán bộ của cơ sở dữ liệu quốc gia về dân cư.",
        "en": "The officer has a code of their own on the national side.",
    },
    Rule.DOSSIER_OF_UNIT: {
        "vi": "Hồ sơ thuộc đơn vị của cán bộ hoặc cơ quan mà đơn vị tiếp nhận thay.",
        "en": "The dossier belongs to the officer's unit or to an agency it receives for.",
    },
    Rule.FIELDS_PERMITTED: {
        "vi": "Mọi trường được hỏi đều có trong thủ tục, kèm căn cứ pháp lý của chính trường đó.",
        "en": "Every field asked for is listed by the procedure with a legal basis of its own.",
    },
}
"""What each rule asks for; it is passed where this is so."""

MENDERS: Final[Mapping[Mender, Words]] = {
    Mender.DEPARTMENT_ADMINISTRATOR: {
        "vi": "Quản trị viên của Sở Khoa học và Công nghệ",
        "en": "an administrator of the Department of Science and Technology",
    },
    Mender.UNIT_ADMINISTRATOR: {
        "vi": "Quản trị viên của đơn vị",
        "en": "the unit's administrator",
    },
    Mender.CLIENT_SOFTWARE: {
        "vi": "Đơn vị vận hành phần mềm một cửa",
        "en": "whoever runs the one-stop software",
    },
    Mender.OFFICER: {
        "vi": "Chính cán bộ, bằng cách kiểm tra lại mã hồ sơ",
        "en": "the officer, by checking the dossier code",
    },
}

LACKS: Final[Mapping[Lack, Words]] = {
    Lack.NOT_LISTED: {
        "vi": "Thủ tục không liệt kê trường này.",
        "en": "The procedure does not list this field.",
    },
    Lack.NO_LEGAL_BASIS: {
        "vi": "Thủ tục có nêu trường này nhưng không ghi căn cứ pháp lý.",
        "en": "The procedure lists this field but names no legal basis for it.",
    },
}

CLASSES: Final[Mapping[FieldClass, Words]] = {
    FieldClass.USUAL: {
        "vi": "trường thường dùng",
        "en": "a usual field",
    },
    FieldClass.LISTED: {
        "vi": "chỉ hiển thị khi thủ tục có liệt kê",
        "en": "shown only where the procedure lists it",
    },
    FieldClass.HOUSEHOLD: {
        "vi": "thông tin hộ gia đình: chỉ hiển thị khi thủ tục có liệt kê",
        "en": "about the household: shown only where the procedure lists it",
    },
    FieldClass.SENSITIVE: {
        "vi": "trường không bao giờ hiển thị mặc định: cần căn cứ pháp lý riêng",
        "en": "never shown by default: needs a legal basis of its own",
    },
}
