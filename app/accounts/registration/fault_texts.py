"""What a person is told about a row: what is wrong, and what would mend it."""

from collections.abc import Mapping
from typing import Final, Literal

from app.accounts.registration.faults import Fault, FaultCode

Language = Literal["vi", "en"]
_F = FaultCode
_TWO_POSITIONS_VI: Final = "“công chức TN-TKQ” hoặc “công chức xử lý hồ sơ”"
_TWO_POSITIONS_EN: Final = "“công chức TN-TKQ” or “công chức xử lý hồ sơ”"

FAULT_TEXTS: Final[Mapping[FaultCode, Mapping[Language, tuple[str, str]]]] = {
    _F.NOT_AN_OFFICER: {
        "vi": ("Dòng này không phải một cán bộ", "Xóa dòng này (tiêu đề nhóm, dòng tổng cộng, chữ ký)"),
        "en": ("This row is no officer", "Delete the row (a group's title, a total, a signature)"),
    },
    _F.LOGIN_MISSING: {
        "vi": ("Thiếu tên tài khoản đăng nhập", "Điền tên đăng nhập, ví dụ: {suggestion}"),
        "en": ("The login name is missing", "Fill in a login name such as {suggestion}"),
    },
    _F.LOGIN_MALFORMED: {
        "vi": (
            "Tên đăng nhập “{typed}” không đúng dạng",
            "Dùng 2–64 chữ không dấu, số và . _ - @, bắt đầu bằng chữ hoặc số, ví dụ: {suggestion}",
        ),
        "en": (
            "The login name “{typed}” is malformed",
            "Use 2–64 letters without accents, digits and . _ - @, a letter or digit first: {suggestion}",
        ),
    },
    _F.LOGIN_HOLDS_NUMBER: {
        "vi": (
            "Tên đăng nhập có chín chữ số liền nhau: có thể là số định danh, số CMND",
            "Chọn tên khác, ví dụ chữ cái đầu của họ tên và tên đơn vị; tên đăng nhập có trong nhật ký",
        ),
        "en": (
            "The login name holds nine digits in a row: it could be a citizen's number",
            "Choose another, such as initials and the unit's name: login names stand in records and lists",
        ),
    },
    _F.LOGIN_TWICE: {
        "vi": ("Tên đăng nhập trùng với dòng {rows}", "Mỗi người một tên đăng nhập; sửa hoặc xóa dòng thừa"),
        "en": ("The login name stands in row {rows} too", "One login name per person: change or delete one"),
    },
    _F.LOGIN_ELSEWHERE: {
        "vi": (
            "Tên đăng nhập đã thuộc về cán bộ của đơn vị khác, ngoài phạm vi của bạn",
            "Chọn tên khác; nếu là người mới chuyển đến, đề nghị Sở điều chuyển tài khoản",
        ),
        "en": (
            "The login name belongs to an officer outside your unit",
            "Choose another; for somebody who came to you, ask the department to transfer the account",
        ),
    },
    _F.LOGIN_OF_FORMER_OFFICER: {
        "vi": (
            "Tên đăng nhập thuộc về cán bộ đã nghỉ hoặc đã rời đơn vị",
            "Chọn tên khác; nếu chính người đó trở lại, dùng chức năng tiếp nhận lại cán bộ",
        ),
        "en": (
            "The login name belongs to an officer who left",
            "Choose another; if that very person is back, take them on again one by one",
        ),
    },
    _F.NAME_MISSING: {
        "vi": ("Thiếu họ và tên", "Điền đầy đủ họ, chữ đệm và tên"),
        "en": ("The full name is missing", "Fill in the whole name"),
    },
    _F.NAME_MALFORMED: {
        "vi": (
            "Họ và tên có số hoặc ký tự lạ: {characters}",
            "Chỉ dùng chữ cái tiếng Việt (Unicode), dấu cách, dấu ' và -; chuyển mã nếu là TCVN3, VNI",
        ),
        "en": (
            "The name holds digits or odd characters: {characters}",
            "Use letters (Unicode), spaces, ' and - only; convert text typed in TCVN3 or VNI",
        ),
    },
    _F.NAME_TOO_LONG: {
        "vi": ("Họ và tên quá dài (tối đa {maximum} ký tự)", "Chỉ ghi họ và tên, bỏ chức danh, ghi chú"),
        "en": ("The name is too long (at most {maximum} characters)", "Leave titles and notes out"),
    },
    _F.NAME_OF_ANOTHER_PERSON: {
        "vi": (
            "Tài khoản này đang của người tên khác ({known})",
            "Người khác thì chọn tên đăng nhập khác; đúng người thì điền mã cán bộ hoặc số hiệu đã đăng ký",
        ),
        "en": (
            "This account belongs to somebody of another name ({known})",
            "Choose another login name; if it is the same person, fill in their registered officer code",
        ),
    },
    _F.UNIT_MISSING: {
        "vi": ("Thiếu đơn vị", "Điền tên đơn vị hoặc mã định danh đơn vị"),
        "en": ("The unit is missing", "Fill in the unit's name or its agency code"),
    },
    _F.UNIT_UNKNOWN: {
        "vi": (
            "Không có đơn vị “{typed}”",
            "Sửa tên, hoặc điền mã định danh đơn vị. Gần giống: {suggestions}",
        ),
        "en": (
            "There is no unit “{typed}”",
            "Correct the name, or fill in the agency code. Similar ones: {suggestions}",
        ),
    },
    _F.UNIT_AMBIGUOUS: {
        "vi": ("“{typed}” có thể là nhiều đơn vị", "Điền mã định danh của đúng đơn vị: {candidates}"),
        "en": ("“{typed}” may be several units", "Fill in the right one's agency code: {candidates}"),
    },
    _F.UNIT_OUTSIDE: {
        "vi": ("Đơn vị “{typed}” ngoài phạm vi quản lý của bạn", "Bỏ dòng này, hoặc đề nghị Sở đăng ký"),
        "en": ("The unit “{typed}” is outside your own", "Leave the row out or ask the department"),
    },
    _F.UNIT_CLOSED: {
        "vi": ("Đơn vị “{typed}” đã ngừng hoạt động", "Điền đơn vị thay thế: {successors}"),
        "en": ("The unit “{typed}” is closed", "Fill in the unit that took over: {successors}"),
    },
    _F.UNIT_ENDS: {
        "vi": (
            "Đơn vị “{known}” sẽ kết thúc từ ngày {ends}, nên không nhận thêm cán bộ",
            "Điền đơn vị thay thế khi đã hoạt động: {successors}; hoặc đề nghị Sở phân công riêng đến ngày đó",
        ),
        "en": (
            "The unit “{known}” ends on {ends} and takes no more officers",
            "Fill in its successor once it exists: {successors}; or ask the department for a posting until then",
        ),
    },
    _F.UNIT_BEGINS_LATER: {
        "vi": (
            "Vào ngày hiệu lực {typed}, đơn vị “{known}” chưa được thành lập",
            "Ghi ngày hiệu lực từ {begins} trở đi, hoặc để trống (hôm nay)",
        ),
        "en": (
            "On the effective date {typed} the unit “{known}” did not exist yet",
            "Give a day from {begins} on, or leave it empty (today)",
        ),
    },
    _F.UNIT_CODE_UNKNOWN: {
        "vi": ("Không có mã định danh đơn vị “{typed}”", "Sửa mã, hoặc để trống và chỉ ghi tên đơn vị"),
        "en": ("There is no agency code “{typed}”", "Correct it, or leave it empty and give the name only"),
    },
    _F.UNIT_CODE_CONTRADICTS: {
        "vi": ("Mã định danh là của “{known}”, khác tên đơn vị đã ghi", "Sửa mã hoặc sửa tên đơn vị"),
        "en": ("The code is that of “{known}”, not of the unit named", "Correct the code or the name"),
    },
    _F.ROLE_MISSING: {
        "vi": ("Thiếu chức vụ", f"Ghi {_TWO_POSITIONS_VI}"),
        "en": ("The position is missing", f"Write {_TWO_POSITIONS_EN}"),
    },
    _F.ROLE_UNKNOWN: {
        "vi": ("Chức vụ “{typed}” không dùng được", f"Ghi {_TWO_POSITIONS_VI}"),
        "en": ("The position “{typed}” is none of the form's", f"Write {_TWO_POSITIONS_EN}"),
    },
    _F.ROLE_RAISED: {
        "vi": (
            "Danh sách không được cấp quyền quản trị hoặc kiểm tra",
            f"Ghi {_TWO_POSITIONS_VI}; quyền khác do Sở cấp riêng từng người",
        ),
        "en": (
            "A list never gives rights to administer or audit",
            f"Write {_TWO_POSITIONS_EN}; other rights are given one by one by the department",
        ),
    },
    _F.PRIVILEGED_ACCOUNT: {
        "vi": (
            "Tài khoản quản trị hoặc kiểm tra không thay đổi được bằng danh sách",
            "Ghi đúng thông tin hiện có hoặc bỏ dòng này; việc thay đổi làm riêng từng tài khoản",
        ),
        "en": (
            "A list does not change an administrator's or auditor's account",
            "Give its present facts or leave the row out; such accounts are changed one by one",
        ),
    },
    _F.UPSTREAM_CODE_MALFORMED: {
        "vi": ("Mã cán bộ “{typed}” không đúng dạng", "Ghi đúng mã do C06 cấp (tối đa 20 chữ, số không dấu)"),
        "en": ("The officer code “{typed}” is malformed", "Give the code C06 issued (at most 20 characters)"),
    },
    _F.UPSTREAM_CODE_TWICE: {
        "vi": ("Mã cán bộ trùng với dòng {rows}", "Mỗi người một mã; sửa mã sai"),
        "en": ("The officer code stands in row {rows} too", "One code per person: correct the wrong one"),
    },
    _F.UPSTREAM_CODE_TAKEN: {
        "vi": (
            "Mã cán bộ đã thuộc về người khác",
            "Kiểm tra lại mã; nếu đúng, đề nghị Sở gỡ mã khỏi người cũ",
        ),
        "en": ("The officer code belongs to somebody else", "Check it; if right, ask the department"),
    },
    _F.PERSON_CODE_MALFORMED: {
        "vi": ("Số hiệu công chức “{typed}” không đúng dạng", "Tối đa 30 chữ, số không dấu và . / -"),
        "en": ("The person code “{typed}” is malformed", "At most 30 letters, digits and . / -"),
    },
    _F.PERSON_CODE_HOLDS_NUMBER: {
        "vi": (
            "Số hiệu công chức có chín chữ số liền nhau: có thể là số định danh, số CMND",
            "Ghi số hiệu do cơ quan cấp, không dùng số định danh; không có thì để trống",
        ),
        "en": (
            "The person code holds nine digits in a row: it could be a citizen's number",
            "Give the staff number that the agency issued, never a citizen's; or leave it empty",
        ),
    },
    _F.PERSON_CODE_TWICE: {
        "vi": ("Số hiệu công chức trùng với dòng {rows}", "Mỗi người một số hiệu; sửa số sai"),
        "en": ("The person code stands in row {rows} too", "One code per person: correct the wrong one"),
    },
    _F.PERSON_CODE_TAKEN: {
        "vi": (
            "Số hiệu công chức đã thuộc về một tài khoản khác",
            "Mỗi người một tài khoản: dùng tài khoản đã có, hoặc sửa số hiệu",
        ),
        "en": ("The person code belongs to another account", "Use that account, or correct the code"),
    },
    _F.PERSON_CODE_KEPT: {
        "vi": (
            "Tài khoản đã đăng ký với số hiệu khác",
            "Kiểm tra có đúng người không; số hiệu đã đăng ký chỉ người vận hành cổng được sửa",
        ),
        "en": (
            "The account is registered with another person code",
            "Make sure it is the right person; only the gateway's operator changes a registered code",
        ),
    },
    _F.OWN_ACCOUNT: {
        "vi": ("Đây là tài khoản của chính người gửi danh sách", "Nhờ một quản trị viên khác gửi dòng này"),
        "en": ("This is an account of whoever sends the list", "Let another administrator send this row"),
    },
    _F.DOCUMENT_MISSING: {
        "vi": ("Điều chuyển từ “{known}” mà thiếu số văn bản", "Ghi số văn bản thông báo điều chuyển"),
        "en": ("A transfer from “{known}” without a document", "Give the number of the written notice"),
    },
    _F.DOCUMENT_MALFORMED: {
        "vi": (
            "Số văn bản không đúng dạng (tối đa {maximum} ký tự)",
            "Ghi số, ký hiệu, ví dụ 159/STTTT-CNTTVT",
        ),
        "en": ("The document number is malformed (at most {maximum} characters)", "Such as 159/STTTT-CNTTVT"),
    },
    _F.DATE_MALFORMED: {
        "vi": ("“{typed}” không phải là ngày", "Ghi ngày/tháng/năm, ví dụ 01/07/2025"),
        "en": ("“{typed}” is no date", "Write day/month/year, such as 01/07/2025"),
    },
    _F.DATE_IN_FUTURE: {
        "vi": ("Ngày hiệu lực {typed} chưa đến", "Ghi ngày không sau hôm nay ({today}), hoặc tải lên sau"),
        "en": ("The effective date {typed} is yet to come", "Give a day up to today ({today}) or come back"),
    },
    _F.DATE_TOO_OLD: {
        "vi": ("Ngày hiệu lực {typed} quá xa", "Ghi ngày từ {earliest} trở đi; việc cũ hơn do Sở nhập riêng"),
        "en": ("The effective date {typed} is too long ago", "Give a day from {earliest} on"),
    },
    _F.DATE_BEFORE_POSTING: {
        "vi": (
            "Vào ngày hiệu lực, hồ sơ điều động của cán bộ không cho phép việc này",
            "Ghi ngày sau lần điều động gần nhất đã ghi nhận, hoặc để trống (hôm nay)",
        ),
        "en": (
            "On the effective date the officer's recorded postings do not allow this",
            "Give a day after the last recorded posting, or leave it empty (today)",
        ),
    },
    _F.NUMBER_ODD: {
        "vi": ("STT trùng hoặc không phải số", "Không bắt buộc sửa: STT không được dùng"),
        "en": ("The running number is repeated or none", "Need not be mended: it is not used"),
    },
    _F.ROLE_KEPT: {
        "vi": ("Đây là tài khoản quản trị hoặc kiểm tra; vai trò giữ nguyên", "Không cần sửa"),
        "en": ("An administrator's or auditor's account; its role stays", "Nothing needs mending"),
    },
    _F.NAME_WITHOUT_ACCENTS: {
        "vi": ("Họ và tên không dấu; giữ tên đã đăng ký ({known})", "Không bắt buộc sửa"),
        "en": ("A name without accents; the registered one stays ({known})", "Need not be mended"),
    },
    _F.OFFICER_SUSPENDED: {
        "vi": ("Tài khoản đang tạm khóa; danh sách không mở khóa", "Mở khóa riêng từng tài khoản nếu cần"),
        "en": ("The account is suspended; a list does not lift that", "Lift it one by one if needed"),
    },
    _F.CODE_STORED_AS_NUMBER: {
        "vi": (
            "Ô lưu dạng số, có thể đã mất số 0 ở đầu",
            "Định dạng ô là Text rồi gõ lại mã, nếu thiếu số 0",
        ),
        "en": (
            "Stored as a number: leading zeros may be lost",
            "Format the cell as text and retype the code",
        ),
    },
}


def what_is_wrong(fault: Fault, language: Language = "vi") -> str:
    """Return one sentence about the cell."""
    return FAULT_TEXTS[fault.code][language][0].format_map(fault.details)


def what_mends_it(fault: Fault, language: Language = "vi") -> str:
    """Return one sentence of advice."""
    return FAULT_TEXTS[fault.code][language][1].format_map(fault.details)
