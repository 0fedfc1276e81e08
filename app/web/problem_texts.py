"""The words of every problem, Vietnamese for the officer and English on request."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from app.errors import ProblemCode

Language = Literal["vi", "en"]


@dataclass(frozen=True, slots=True)
class ProblemText:
    """What happened, what it means, and what to do next or who can help."""

    title: str
    detail: str
    next_step: str


def _both(vietnamese: tuple[str, str, str], english: tuple[str, str, str]) -> Mapping[Language, ProblemText]:
    return {"vi": ProblemText(*vietnamese), "en": ProblemText(*english)}


_FIX_AND_RESEND: Final = (
    "Sửa lại nội dung được chỉ ra rồi gửi lại.",
    "Correct what is pointed out and send it again.",
)
_NO_PAPER: Final[Mapping[Language, str]] = {
    "vi": "Không yêu cầu công dân nộp giấy tờ vì lỗi này.",
    "en": "Do not ask the citizen for paper because of this.",
}
_CALL_VENDOR: Final = (
    "Báo đơn vị cung cấp phần mềm một cửa, gửi kèm mã yêu cầu (request_id).",
    "Tell the vendor of the one-stop software and give the request_id.",
)
_SIGN_IN_AGAIN: Final = (
    "Đăng nhập lại trên phần mềm một cửa rồi tra cứu lại.",
    "Sign in again in the one-stop software, then look up again.",
)
_CALL_UNIT_ADMINISTRATOR: Final = (
    "Liên hệ quản trị viên của đơn vị; nếu chưa được, liên hệ Sở Khoa học và Công nghệ.",
    "Contact your unit's administrator; failing that, the Department of Science and Technology.",
)
_CALL_DEPARTMENT: Final = (
    "Liên hệ Sở Khoa học và Công nghệ (đầu mối quản trị cổng tra cứu).",
    "Contact the Department of Science and Technology, which runs this gateway.",
)
_TRY_AGAIN_SOON: Final = (
    "Thử lại sau ít phút. Nếu vẫn lỗi, báo Sở Khoa học và Công nghệ, gửi kèm mã yêu cầu.",
    "Try again in a few minutes. If it persists, tell the Department and give the request_id.",
)
_PAPER_IS_OPEN: Final = (
    "Có thể thử lại sau ít phút. Nếu hồ sơ cần giải quyết ngay, được nhận một trong các giấy tờ nêu ở mục paper.",
    "You may try again in a few minutes. If the dossier cannot wait, accept one of the papers listed under paper.",
)

TEXTS: Final[Mapping[ProblemCode, Mapping[Language, ProblemText]]] = {
    ProblemCode.MALFORMED_REQUEST: _both(
        (
            "Yêu cầu không đọc được",
            "Phần mềm gửi một yêu cầu không đúng định dạng nên chưa được thực hiện.",
            _CALL_VENDOR[0],
        ),
        (
            "Request unreadable",
            "The software sent a request that is not well formed; nothing was done.",
            _CALL_VENDOR[1],
        ),
    ),
    ProblemCode.UNKNOWN_FIELD: _both(
        (
            "Có trường không được hỗ trợ",
            "Yêu cầu chứa trường mà cổng không biết nên chưa được thực hiện.",
            _CALL_VENDOR[0],
        ),
        (
            "Unknown field",
            "The request has a field this gateway does not know; nothing was done.",
            _CALL_VENDOR[1],
        ),
    ),
    ProblemCode.INVALID_VALUE: _both(
        (
            "Dữ liệu nhập chưa đúng",
            "Một trường còn thiếu hoặc có giá trị không hợp lệ nên chưa thực hiện yêu cầu.",
            _FIX_AND_RESEND[0],
        ),
        (
            "Invalid value",
            "A field is missing or has a value that is not allowed; nothing was done.",
            _FIX_AND_RESEND[1],
        ),
    ),
    ProblemCode.INVALID_ID_NUMBER: _both(
        (
            "Số định danh chưa đúng",
            "Số định danh cá nhân phải có đúng 12 chữ số, số CMND đúng 9 chữ số. Chưa tra cứu.",
            _FIX_AND_RESEND[0],
        ),
        (
            "Invalid number",
            "A personal number has exactly 12 digits, an old card number exactly 9. Nothing was looked up.",
            _FIX_AND_RESEND[1],
        ),
    ),
    ProblemCode.INVALID_FULL_NAME: _both(
        (
            "Họ và tên chưa đúng",
            (
                "Họ và tên chỉ gồm chữ cái, dấu cách, dấu nháy, gạch nối, dấu chấm hoặc dấu &, dài nhất 100 ký tự."
                " Chưa tra cứu."
            ),
            _FIX_AND_RESEND[0],
        ),
        (
            "Invalid name",
            (
                "A name has letters, spaces, apostrophes, hyphens, dots or & only, at most 100 characters."
                " Nothing was looked up."
            ),
            _FIX_AND_RESEND[1],
        ),
    ),
    ProblemCode.INVALID_BIRTH_DATE: _both(
        (
            "Ngày sinh chưa đúng",
            (
                "Ngày sinh phải là ngày có thật dạng năm-tháng-ngày (1990-05-09), hoặc chỉ năm sinh (1990)."
                " Chưa tra cứu."
            ),
            _FIX_AND_RESEND[0],
        ),
        (
            "Invalid birth date",
            (
                "A birth date is a real date as year-month-day (1990-05-09), or a year (1990)."
                " Nothing was looked up."
            ),
            _FIX_AND_RESEND[1],
        ),
    ),
    ProblemCode.BIRTH_YEAR_CONTRADICTS_NUMBER: _both(
        (
            "Năm sinh không khớp số định danh",
            (
                "Năm sinh đã nhập khác năm sinh thể hiện trong số định danh 12 số: một trong hai bị nhập sai."
                " Chưa tra cứu."
            ),
            _FIX_AND_RESEND[0],
        ),
        (
            "Birth year contradicts the number",
            (
                "The year entered differs from the one inside the 12-digit number: one of the two is mistyped."
                " Nothing was looked up."
            ),
            _FIX_AND_RESEND[1],
        ),
    ),
    ProblemCode.INVALID_PROCEDURE_CODE: _both(
        (
            "Mã thủ tục chưa đúng",
            "Mã thủ tục hành chính không đúng dạng (ví dụ 1.004194). Chưa tra cứu.",
            _FIX_AND_RESEND[0],
        ),
        (
            "Invalid procedure code",
            "The procedure code has not the right form (such as 1.004194). Nothing was looked up.",
            _FIX_AND_RESEND[1],
        ),
    ),
    ProblemCode.INVALID_DOSSIER_CODE: _both(
        (
            "Mã hồ sơ chưa đúng",
            (
                "Mã số hồ sơ không đúng dạng hoặc phần ngày không có thật (ví dụ đúng: 000.00.00.H19-230301-0001)."
                " Chưa tra cứu."
            ),
            _FIX_AND_RESEND[0],
        ),
        (
            "Invalid dossier code",
            (
                "The dossier code has not the right form, or its date is not real"
                " (such as 000.00.00.H19-230301-0001). Nothing was looked up."
            ),
            _FIX_AND_RESEND[1],
        ),
    ),
    ProblemCode.INVALID_CARD_QR: _both(
        (
            "Không đọc được mã QR trên thẻ",
            (
                "Nội dung máy quét gửi lên không phải nguyên vẹn nội dung mã QR của thẻ căn cước (thiếu phần,"
                " hoặc mất dấu tiếng Việt). Chưa tra cứu."
            ),
            "Quét lại. Nếu vẫn lỗi, đặt máy quét ở chế độ UTF-8 (Unicode), hoặc nhập số, họ tên, ngày sinh theo thẻ.",
        ),
        (
            "Card QR code unreadable",
            (
                "What the scanner sent is not the whole content of an identity card's QR code (parts are missing,"
                " or Vietnamese letters were lost). Nothing was looked up."
            ),
            "Scan again. If it persists, set the scanner to UTF-8 (Unicode), or enter number, name and birth date.",
        ),
    ),
    ProblemCode.RETRY_OF_UNKNOWN: _both(
        (
            "Không có lượt tra cứu trước như vậy",
            "Lượt tra cứu nêu ở retry_of không phải của cán bộ này, không cùng hồ sơ (khi chưa có hồ sơ: không cùng thủ tục), hoặc chưa có kết quả.",
            "Tra cứu lại mà không ghi retry_of, hoặc ghi đúng mã lượt tra cứu trước.",
        ),
        (
            "No such earlier lookup",
            (
                "The lookup named in retry_of is not this officer's, not for this dossier (where there is none yet:"
                " not for this procedure), or has no result yet."
            ),
            "Look up again without retry_of, or name the right earlier lookup.",
        ),
    ),
    ProblemCode.INVALID_IDEMPOTENCY_KEY: _both(
        (
            "Idempotency-Key chưa đúng",
            "Idempotency-Key phải dài 8 đến 128 ký tự ASCII in được, không có dấu cách.",
            _CALL_VENDOR[0],
        ),
        (
            "Invalid Idempotency-Key",
            "An Idempotency-Key has 8 to 128 printable ASCII characters and no blanks.",
            _CALL_VENDOR[1],
        ),
    ),
    ProblemCode.IDEMPOTENCY_KEY_REUSED: _both(
        (
            "Idempotency-Key đã dùng cho câu hỏi khác",
            "Khóa này đã dùng cho một câu hỏi khác nên chưa tra cứu.",
            _CALL_VENDOR[0],
        ),
        (
            "Idempotency-Key reused",
            "This key was used for another question; nothing was looked up.",
            _CALL_VENDOR[1],
        ),
    ),
    ProblemCode.ALREADY_ANSWERED: _both(
        (
            "Câu hỏi này đã được trả lời",
            "Lượt tra cứu này đã thực hiện; cổng không lưu dữ liệu công dân nên không hiển thị lại được.",
            "Nếu cần xem lại, tra cứu lượt mới và ghi mã lượt này ở retry_of.",
        ),
        (
            "Already answered",
            "This lookup was done; the gateway keeps no citizen data and cannot show it again.",
            "To see it again, make a new lookup and name this one in retry_of.",
        ),
    ),
    ProblemCode.REQUEST_TOO_LARGE: _both(
        ("Yêu cầu quá lớn", "Nội dung gửi lên vượt giới hạn của cổng nên chưa được nhận.", _CALL_VENDOR[0]),
        (
            "Request too large",
            "The body exceeds this gateway's limit; nothing was done.",
            _CALL_VENDOR[1],
        ),
    ),
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: _both(
        ("Định dạng không được hỗ trợ", "Cổng không nhận kiểu nội dung (Content-Type) này.", _CALL_VENDOR[0]),
        ("Unsupported media type", "This gateway does not take that Content-Type.", _CALL_VENDOR[1]),
    ),
    ProblemCode.ROUTE_UNKNOWN: _both(
        ("Không có địa chỉ này", "Cổng không có chức năng ở địa chỉ được gọi.", _CALL_VENDOR[0]),
        ("No such address", "This gateway has nothing at the address called.", _CALL_VENDOR[1]),
    ),
    ProblemCode.METHOD_NOT_ALLOWED: _both(
        ("Cách gọi không được phép", "Địa chỉ này không nhận phương thức HTTP đã dùng.", _CALL_VENDOR[0]),
        ("Method not allowed", "This address does not take that HTTP method.", _CALL_VENDOR[1]),
    ),
    ProblemCode.LOOKUP_UNKNOWN: _both(
        (
            "Không có lượt tra cứu này",
            "Không có lượt tra cứu nào của cán bộ này mang mã đã nêu.",
            "Kiểm tra lại mã lượt tra cứu.",
        ),
        ("No such lookup", "This officer has no lookup with that id.", "Check the lookup id."),
    ),
    ProblemCode.LOOKUP_HAS_DOSSIER: _both(
        (
            "Lượt tra cứu đã có hồ sơ",
            "Lượt tra cứu này đã gắn với một hồ sơ; không gắn lại.",
            "Nếu gắn nhầm hồ sơ, tra cứu lại với đúng mã hồ sơ.",
        ),
        (
            "The lookup has its dossier",
            "This lookup is linked to a dossier already; that is done once.",
            "If it is the wrong one, look up again with the right dossier code.",
        ),
    ),
    ProblemCode.LOOKUP_NOT_ENDED: _both(
        (
            "Lượt tra cứu chưa kết thúc",
            "Lượt tra cứu này đang chạy, chưa có kết quả trong nhật ký.",
            "Chờ kết quả rồi gửi lại yêu cầu.",
        ),
        ("Lookup still runs", "This lookup has no result on record yet.", "Wait for it, then ask again."),
    ),
    ProblemCode.PAPER_NOT_OPEN: _both(
        (
            "Kết quả này không cho phép yêu cầu giấy tờ",
            "Lượt tra cứu này không phải trường hợp không khai thác được dữ liệu, hoặc chưa nhập lại lần thứ hai.",
            "Đã tìm thấy thì dùng dữ liệu đã tra cứu. Không tìm thấy hoặc không khớp thì nhập lại theo thẻ, gửi kèm retry_of.",
        ),
        (
            "Paper may not be asked for",
            "In this lookup the data was not out of reach, or nothing was entered again yet.",
            "Where data was found, use it. Where nothing matched, enter it again from the card, naming retry_of.",
        ),
    ),
    ProblemCode.FOLLOW_UP_RECORDED: _both(
        (
            "Đã ghi nhận",
            "Việc yêu cầu giấy tờ sau lượt tra cứu này đã được ghi nhận và không sửa lại được.",
            "Không cần gửi lại. Có sai sót thì báo người đứng đầu đơn vị.",
        ),
        (
            "Recorded already",
            "What was asked for after this lookup is on record already and stays as it is.",
            "There is no need to send it again. Tell the head of the unit about a mistake.",
        ),
    ),
    ProblemCode.RECEIPTS_NOT_SET_UP: _both(
        (
            "Chưa lập được phiếu ký số",
            "Cổng chưa có chứng thư ký số còn hiệu lực để lập phiếu.",
            _CALL_DEPARTMENT[0],
        ),
        (
            "Signed papers not set up",
            "This gateway has no certificate in force to sign papers with.",
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.TOO_MANY_RECEIPT_CHECKS: _both(
        (
            "Kiểm tra phiếu quá nhiều",
            "Có quá nhiều lượt kiểm tra phiếu cùng lúc.",
            "Chờ hết thời gian ở Retry-After rồi kiểm tra lại.",
        ),
        (
            "Too many receipt checks",
            "Too many receipts are being checked at once.",
            "Wait for Retry-After, then check again.",
        ),
    ),
    ProblemCode.TOKEN_MISSING: _both(
        ("Chưa đăng nhập", "Yêu cầu không kèm mã truy cập của cán bộ.", _SIGN_IN_AGAIN[0]),
        ("Not signed in", "The request carries no officer's access token.", _SIGN_IN_AGAIN[1]),
    ),
    ProblemCode.TOKEN_INVALID: _both(
        (
            "Mã truy cập không hợp lệ",
            "Mã truy cập không do cổng này cấp hoặc đã bị sửa đổi.",
            _SIGN_IN_AGAIN[0],
        ),
        (
            "Invalid token",
            "The access token was not issued by this gateway, or was changed.",
            _SIGN_IN_AGAIN[1],
        ),
    ),
    ProblemCode.TOKEN_EXPIRED: _both(
        ("Phiên làm việc đã hết hạn", "Mã truy cập của cán bộ đã hết hạn.", _SIGN_IN_AGAIN[0]),
        ("Token expired", "The officer's access token has expired.", _SIGN_IN_AGAIN[1]),
    ),
    ProblemCode.CLIENT_ADDRESS_NOT_ALLOWED: _both(
        (
            "Sai nơi gửi",
            "Mã truy cập này được cấp cho một phần mềm ở địa chỉ mạng khác.",
            _CALL_DEPARTMENT[0],
        ),
        (
            "Wrong sender",
            "This access token was issued to client software at another network address.",
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.CLIENT_SUSPENDED: _both(
        ("Phần mềm đang bị tạm dừng", "Phần mềm một cửa này đang bị tạm dừng kết nối.", _CALL_DEPARTMENT[0]),
        ("Client suspended", "This client software is suspended.", _CALL_DEPARTMENT[1]),
    ),
    ProblemCode.CLIENT_EXPIRED: _both(
        (
            "Phần mềm đã hết hạn kết nối",
            "Thời hạn kết nối của phần mềm một cửa này đã hết.",
            _CALL_DEPARTMENT[0],
        ),
        ("Client expired", "The time this client software was registered for is over.", _CALL_DEPARTMENT[1]),
    ),
    ProblemCode.CLIENT_CERTIFICATE_NEEDED: _both(
        (
            "Thiếu chứng thư số của phần mềm",
            "Phần mềm phải kết nối bằng chứng thư số đã đăng ký, còn hạn và cùng chứng thư số khi đăng nhập.",
            _CALL_VENDOR[0],
        ),
        (
            "Client certificate needed",
            "This software must connect with a registered certificate in force, the one the token was issued to.",
            _CALL_VENDOR[1],
        ),
    ),
    ProblemCode.CLIENT_UNIT_NOT_SERVED: _both(
        (
            "Phần mềm không phục vụ đơn vị này",
            "Phần mềm này chỉ được đăng ký cho đơn vị khác, không phục vụ đơn vị của cán bộ.",
            _CALL_DEPARTMENT[0],
        ),
        (
            "Unit not served by this client",
            "This client software is registered for another unit than the officer's.",
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.OFFICER_NEEDED: _both(
        (
            "Chỉ dành cho cán bộ",
            "Phần mềm kỹ thuật chỉ được xem tình trạng của cổng; việc này cần một cán bộ đăng nhập.",
            _CALL_DEPARTMENT[0],
        ),
        (
            "For officers only",
            "Technical software may read the gateway's status and nothing else; this needs a signed-in officer.",
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.OWN_SIGN_IN_NEEDED: _both(
        (
            "Cần đăng nhập bằng mật khẩu của cổng",
            "Phiên này do phần mềm một cửa xác nhận nên không đổi được mật khẩu hay mã xác thực.",
            "Đăng nhập bằng mật khẩu của cổng rồi làm lại; nếu chưa có, liên hệ quản trị viên của đơn vị.",
        ),
        (
            "Sign in with your own password",
            "The client software vouched for this session, so it cannot change a password or second factor.",
            "Sign in with your password at this gateway and try again; your unit's administrator can give you one.",
        ),
    ),
    ProblemCode.OFFICER_SUSPENDED: _both(
        (
            "Tài khoản đang bị tạm dừng",
            "Tài khoản tra cứu của cán bộ đang bị tạm dừng.",
            _CALL_UNIT_ADMINISTRATOR[0],
        ),
        ("Account suspended", "The officer's account is suspended.", _CALL_UNIT_ADMINISTRATOR[1]),
    ),
    ProblemCode.UNIT_INACTIVE: _both(
        (
            "Đơn vị không còn hoạt động",
            "Cán bộ chưa thuộc đơn vị nào đang hoạt động.",
            _CALL_UNIT_ADMINISTRATOR[0],
        ),
        ("Unit inactive", "The officer belongs to no unit in force today.", _CALL_UNIT_ADMINISTRATOR[1]),
    ),
    ProblemCode.NOTICE_NOT_ACCEPTED: _both(
        (
            "Chưa xác nhận cam kết bảo mật hôm nay",
            "Mỗi ngày cán bộ phải đọc và xác nhận cam kết bảo mật thông tin công dân trước lượt tra cứu đầu tiên.",
            "Mở cam kết bảo mật trên phần mềm, bấm xác nhận rồi tra cứu lại.",
        ),
        (
            "Confidentiality notice not accepted today",
            "Each day an officer reads and accepts the confidentiality notice before the first lookup.",
            "Open the notice in the software, accept it, then look up again.",
        ),
    ),
    ProblemCode.SESSION_ENDED: _both(
        (
            "Phiên làm việc đã kết thúc",
            "Phiên đã kết thúc do không thao tác, do đăng xuất, hoặc do tài khoản vừa thay đổi (mật khẩu, trạng thái).",
            _SIGN_IN_AGAIN[0],
        ),
        (
            "Session ended",
            "The session ended: idle too long, signed out, or the account changed (password, state).",
            _SIGN_IN_AGAIN[1],
        ),
    ),
    ProblemCode.PASSWORD_CHANGE_NEEDED: _both(
        (
            "Phải đổi mật khẩu",
            "Mật khẩu đã hết hạn hoặc là mật khẩu được cấp lần đầu: chỉ đổi được mật khẩu, chưa tra cứu được.",
            "Mở mục đổi mật khẩu trên phần mềm, đổi mật khẩu rồi đăng nhập lại.",
        ),
        (
            "Password must be changed",
            "The password has expired or is a first one: it lets you change it and do nothing else.",
            "Change the password in the software, then sign in again.",
        ),
    ),
    ProblemCode.SECOND_FACTOR_NEEDED: _both(
        (
            "Phải bật xác thực hai yếu tố",
            "Tài khoản quản trị và kiểm tra phải dùng xác thực hai yếu tố.",
            "Mở mục xác thực hai yếu tố, quét mã QR bằng ứng dụng xác thực, nhập mã, rồi đăng nhập lại.",
        ),
        (
            "Second factor needed",
            "Accounts that administer or audit must use a second factor.",
            "Set up the second factor: scan the QR code with an authenticator app, enter a code, sign in again.",
        ),
    ),
    ProblemCode.CURRENT_PASSWORD_WRONG: _both(
        (
            "Mật khẩu hiện tại không đúng",
            "Mật khẩu hiện tại nhập không đúng nên chưa đổi.",
            "Nhập lại mật khẩu hiện tại. Nhập sai nhiều lần, tài khoản bị khóa tạm thời.",
        ),
        (
            "Present password wrong",
            "The present password is wrong; nothing was changed.",
            "Enter the present password again. After several wrong tries the account is locked for a while.",
        ),
    ),
    ProblemCode.ACTIVATION_REFUSED: _both(
        (
            "Chưa kích hoạt được tài khoản",
            "Tên đăng nhập hoặc mã kích hoạt không đúng, hoặc mã đã dùng, đã bị thay thế hay đã hết hạn.",
            "Nhập lại đúng như trên phiếu. Nếu vẫn không được, đề nghị quản trị viên của đơn vị cấp mã mới. Nhập sai nhiều lần, tài khoản bị khóa tạm thời.",
        ),
        (
            "Account not activated",
            "The login name or the activation code is wrong, or the code was used, replaced or has expired.",
            "Enter both again as on the slip. If that fails, ask your unit's administrator for a new code. After several wrong tries the account is locked for a while.",
        ),
    ),
    ProblemCode.PASSWORD_REFUSED: _both(
        (
            "Mật khẩu mới chưa đạt",
            "Mật khẩu mới chưa đáp ứng quy định; các điểm cần sửa nêu ở mục faults.",
            "Chọn mật khẩu khác theo các điểm đã nêu.",
        ),
        (
            "New password refused",
            "The new password breaks the rules named under faults.",
            "Choose another one accordingly.",
        ),
    ),
    ProblemCode.OTP_WRONG: _both(
        (
            "Mã xác thực không đúng",
            "Mã xác thực không đúng, đã hết hạn hoặc đã dùng.",
            "Chờ mã mới trên ứng dụng xác thực rồi nhập lại; kiểm tra giờ của điện thoại.",
        ),
        (
            "Wrong code",
            "The one-time code is wrong, too old or already used.",
            "Wait for a new code in the authenticator app; check the telephone's clock.",
        ),
    ),
    ProblemCode.SECOND_FACTOR_PRESENT: _both(
        (
            "Không có việc xác thực hai yếu tố đang chờ",
            "Tài khoản đã bật xác thực hai yếu tố, hoặc chưa bắt đầu thiết lập.",
            _CALL_UNIT_ADMINISTRATOR[0],
        ),
        (
            "No second factor is waiting",
            "The account already has a second factor, or none was begun.",
            _CALL_UNIT_ADMINISTRATOR[1],
        ),
    ),
    ProblemCode.SESSION_UNKNOWN: _both(
        (
            "Không có phiên này",
            "Cán bộ không có phiên nào đang mở mang mã đã nêu.",
            "Xem lại danh sách phiên.",
        ),
        (
            "No such session",
            "This officer has no open session with that id.",
            "Look at the list of sessions.",
        ),
    ),
    ProblemCode.TOO_MANY_SIGN_INS: _both(
        (
            "Đăng nhập sai quá nhiều",
            "Từ địa chỉ này có quá nhiều lượt đăng nhập sai nên tạm thời không nhận đăng nhập.",
            _TRY_AGAIN_SOON[0],
        ),
        (
            "Too many wrong sign-ins",
            "There were too many wrong sign-ins from this address; none is taken for a while.",
            _TRY_AGAIN_SOON[1],
        ),
    ),
    ProblemCode.SOFTWARE_CREDENTIAL_REFUSED: _both(
        (
            "Phần mềm chưa được công nhận",
            (
                "Khóa kết nối của phần mềm (AccessKey/SecretKey hoặc tài khoản VDXP) sai, đã hết hạn hoặc đã bị thu hồi."
                " Chưa tra cứu gì."
            ),
            _CALL_VENDOR[0],
        ),
        (
            "The software is not recognised",
            "The software's access key or VDXP user is wrong, has expired or was ended. Nothing was looked up.",
            _CALL_VENDOR[1],
        ),
    ),
    ProblemCode.LOOKUP_KEY_NEEDED: _both(
        (
            "Chưa có khóa tra cứu của cán bộ",
            "Phần mềm không gửi khóa tra cứu riêng của cán bộ (AuthHash hoặc MaCanBo) nên cổng từ chối.",
            (
                "Cán bộ tạo khóa tra cứu cho phần mềm này rồi nhập vào cấu hình tài khoản của mình trên phần mềm;"
                " nếu phần mềm không có chỗ nhập, báo đơn vị cung cấp phần mềm."
            ),
        ),
        (
            "No officer's lookup key",
            "The software sends no key of the officer's own (AuthHash or MaCanBo), so it is refused.",
            (
                "The officer makes a lookup key for this software and enters it there; where the software has no place"
                " for it, tell its vendor."
            ),
        ),
    ),
    ProblemCode.LOOKUP_KEY_REFUSED: _both(
        (
            "Khóa tra cứu không dùng được",
            "Khóa tra cứu của cán bộ sai, đã bị thu hồi, hoặc thuộc cán bộ hay phần mềm khác.",
            "Kiểm tra lại khóa đã nhập vào phần mềm; nếu cần, cán bộ tạo khóa mới cho đúng phần mềm này.",
        ),
        (
            "The lookup key does not count",
            "The officer's key is wrong, was withdrawn, or belongs to another officer or software.",
            "Check the key entered in the software; if need be the officer makes a new one for this software.",
        ),
    ),
    ProblemCode.LOOKUP_KEY_EXPIRED: _both(
        (
            "Khóa tra cứu đã hết hiệu lực",
            "Khóa tra cứu đã hết hạn, hoặc cán bộ đã đổi mật khẩu hay chuyển đơn vị từ khi tạo khóa.",
            "Cán bộ đăng nhập cổng, tạo khóa tra cứu mới rồi nhập vào phần mềm.",
        ),
        (
            "The lookup key has ended",
            "The key has expired, or its officer changed their password or unit since it was made.",
            "The officer signs in to the gateway, makes a new key and enters it in the software.",
        ),
    ),
    ProblemCode.LOOKUP_KEY_UNKNOWN: _both(
        (
            "Không có khóa này",
            "Không có khóa tra cứu nào như vậy, hoặc khóa đã bị thu hồi.",
            _FIX_AND_RESEND[0],
        ),
        ("No such key", "There is no such lookup key, or it was withdrawn already.", _FIX_AND_RESEND[1]),
    ),
    ProblemCode.TOO_MANY_LOOKUP_KEYS: _both(
        (
            "Đã có đủ khóa tra cứu",
            "Mỗi cán bộ có nhiều nhất năm khóa tra cứu còn hiệu lực.",
            "Thu hồi một khóa không còn dùng rồi tạo khóa mới.",
        ),
        (
            "Enough lookup keys",
            "An officer has at most five keys that count.",
            "Withdraw one that is no longer used, then make the new one.",
        ),
    ),
    ProblemCode.PROCEDURE_NEEDED: _both(
        (
            "Thiếu mã thủ tục",
            "Phần mềm không gửi mã thủ tục (MaDVC trống hoặc là hằng số) nên không biết tra cứu cho thủ tục nào.",
            _CALL_VENDOR[0],
        ),
        (
            "No procedure",
            "The software names no procedure (MaDVC is empty or a constant), so nothing says what may be shown.",
            _CALL_VENDOR[1],
        ),
    ),
    ProblemCode.PROCEDURE_AMBIGUOUS: _both(
        (
            "Mã thủ tục ứng với nhiều thủ tục",
            (
                "Mã dịch vụ công (MaDVC) này ứng với nhiều thủ tục, hoặc mâu thuẫn với mã thủ tục gửi kèm;"
                " cổng không tự chọn."
            ),
            _CALL_DEPARTMENT[0],
        ),
        (
            "Several procedures have this code",
            (
                "This public-service code (MaDVC) stands for several procedures, or contradicts the procedure named"
                " beside it; the gateway does not choose."
            ),
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.DOSSIER_NEEDED: _both(
        (
            "Thiếu mã hồ sơ",
            "Phần mềm không gửi mã hồ sơ (X-Dossier-Code) và không được phép tra cứu khi chưa có hồ sơ.",
            _CALL_VENDOR[0],
        ),
        (
            "No dossier",
            "The software names no dossier (X-Dossier-Code) and may not look up without one.",
            _CALL_VENDOR[1],
        ),
    ),
    ProblemCode.OPERATION_NOT_SERVED: _both(
        (
            "Dịch vụ không được hỗ trợ",
            "Cổng chỉ phục vụ tra cứu công dân (037) và xác thực công dân (003, 033); không phục vụ dịch vụ này.",
            _CALL_VENDOR[0],
        ),
        (
            "This service is not served",
            "Served are the citizen's record (037) and its yes or no (003, 033); this service is not.",
            _CALL_VENDOR[1],
        ),
    ),
    ProblemCode.RECORD_DIFFERS: _both(
        (
            "Thông tin không khớp",
            "Cơ sở dữ liệu quốc gia có trả lời nhưng bản ghi không khớp với thông tin đã nhập nên không hiển thị.",
            "Kiểm tra và nhập lại số, họ tên, ngày sinh theo thẻ mới nhất.",
        ),
        (
            "The record differs",
            "The national side answered, but its record differs from what was entered; it is not shown.",
            "Check number, name and birth date against the latest card and enter them again.",
        ),
    ),
    ProblemCode.OFFICER_UNKNOWN: _both(
        (
            "Không có cán bộ này",
            "Không có tài khoản cán bộ nào như đã nêu.",
            "Kiểm tra lại tên đăng nhập hoặc mã tài khoản.",
        ),
        (
            "No such officer",
            "There is no such officer's account.",
            "Check the login name or the id.",
        ),
    ),
    ProblemCode.OWN_ACCOUNT: _both(
        (
            "Không được tự quản trị chính mình",
            "Tài khoản này là của chính người đang thao tác.",
            "Nhờ một quản trị viên khác thực hiện.",
        ),
        (
            "Nobody administers themselves",
            "This account is the caller's own, or the same person's.",
            "Ask another administrator.",
        ),
    ),
    ProblemCode.OUTSIDE_OWN_UNITS: _both(
        (
            "Ngoài phạm vi đơn vị quản lý",
            "Cán bộ này không thuộc đơn vị của quản trị viên hoặc đơn vị trực thuộc.",
            "Liên hệ Sở Khoa học và Công nghệ (đầu mối quản trị cổng tra cứu).",
        ),
        (
            "Outside your units",
            "The officer is neither in your unit nor in one below it.",
            "Contact the Department of Science and Technology, which runs this gateway.",
        ),
    ),
    ProblemCode.ROLE_OUT_OF_REACH: _both(
        (
            "Vai trò ngoài thẩm quyền",
            "Quản trị viên không có quyền cấp vai trò này, nên cũng không được tác động đến tài khoản mang vai trò này.",
            "Liên hệ Sở Khoa học và Công nghệ (đầu mối quản trị cổng tra cứu).",
        ),
        (
            "Role beyond your authority",
            "You may not give this role, nor act on an account that has it.",
            "Contact the Department of Science and Technology, which runs this gateway.",
        ),
    ),
    ProblemCode.SECOND_PERSON_NEEDED: _both(
        (
            "Cần hai người thực hiện",
            "Việc này cần hai người khác nhau: một người đề nghị, người kia quyết định.",
            "Gửi đề nghị nếu chưa có, rồi nhờ người khác có cùng thẩm quyền quyết định.",
        ),
        (
            "Two persons are needed",
            "This takes two different persons: one asks, the other decides.",
            "Ask for it if nobody has, then let another person with the same authority decide.",
        ),
    ),
    ProblemCode.PERSON_CODE_NEEDED: _both(
        (
            "Thiếu mã định danh nhân sự",
            "Vai trò này cần mã nhân sự của người giữ tài khoản: 1 đến 32 ký tự gồm chữ cái không dấu, chữ số, dấu chấm, gạch chéo, gạch nối.",
            "Bổ sung mã nhân sự (person_code) rồi gửi lại.",
        ),
        (
            "Person's code is missing",
            "This role needs its holder's staff number: 1 to 32 of A-Z, a-z, 0-9, dot, slash, hyphen.",
            "Add person_code and send again.",
        ),
    ),
    ProblemCode.PERSON_HAS_ANOTHER_ACCOUNT: _both(
        (
            "Người này đã có tài khoản khác",
            "Một người chỉ được giữ đồng thời một tài khoản nghiệp vụ và một tài khoản quản trị đơn vị; người quản trị cấp Sở hoặc kiểm tra không được giữ tài khoản nào khác.",
            "Khóa tài khoản kia trước, hoặc chọn người khác.",
        ),
        (
            "This person has another account",
            "One person holds at most one business account and one unit administrator's; who administers the department, or audits, holds no other.",
            "Suspend the other account first, or choose somebody else.",
        ),
    ),
    ProblemCode.NOTHING_TO_CHANGE: _both(
        (
            "Không có gì để thay đổi",
            "Tài khoản đã ở trạng thái được yêu cầu.",
            "Không cần làm gì thêm.",
        ),
        (
            "Nothing to change",
            "The account already is as asked for.",
            "There is nothing left to do.",
        ),
    ),
    ProblemCode.IF_MATCH_NEEDED: _both(
        (
            "Thiếu phiên bản",
            "Mỗi thay đổi phải kèm phiên bản (ETag) của tài khoản vừa đọc, trong tiêu đề If-Match.",
            "Báo đơn vị cung cấp phần mềm, gửi kèm mã yêu cầu (request_id).",
        ),
        (
            "Version missing",
            "Each change names the version (ETag) of the account it was decided on, in the header If-Match.",
            "Tell the software's vendor and give the request_id.",
        ),
    ),
    ProblemCode.VERSION_OUTDATED: _both(
        (
            "Nội dung đã thay đổi",
            "Nội dung này vừa được thay đổi từ lúc đọc.",
            "Đọc lại, xem xét rồi thực hiện lại.",
        ),
        (
            "It has changed",
            "Somebody changed this since it was read.",
            "Read it again, consider, and repeat.",
        ),
    ),
    ProblemCode.APPROVAL_UNKNOWN: _both(
        (
            "Không có đề nghị này",
            "Không có đề nghị nào như vậy dành cho quản trị viên này.",
            "Xem danh sách đề nghị (GET /v1/approvals).",
        ),
        (
            "No such request",
            "There is no such request for this administrator.",
            "See the list (GET /v1/approvals).",
        ),
    ),
    ProblemCode.APPROVAL_CLOSED: _both(
        (
            "Đề nghị đã kết thúc",
            "Đề nghị đã được quyết định hoặc đã quá 24 giờ.",
            "Nếu vẫn cần, gửi đề nghị mới.",
        ),
        (
            "The request is closed",
            "It was decided already, or 24 hours have passed.",
            "Ask again if it is still needed.",
        ),
    ),
    ProblemCode.APPROVAL_OUTDATED: _both(
        (
            "Đề nghị không còn hiệu lực",
            "Người đề nghị không còn quyền đề nghị việc này.",
            "Từ chối đề nghị này; nếu vẫn cần, người có quyền gửi đề nghị mới.",
        ),
        (
            "The request is out of date",
            "Who asked may not ask for this any more.",
            "Refuse it; somebody who may can ask again.",
        ),
    ),
    ProblemCode.RESET_UNKNOWN: _both(
        (
            "Không có yêu cầu đặt lại nào đang chờ",
            "Tài khoản này không có việc đặt lại xác thực hai lớp nào đang chờ.",
            "Không cần làm gì thêm.",
        ),
        (
            "No reset is pending",
            "No reset of this account's second factor is waiting.",
            "There is nothing left to do.",
        ),
    ),
    ProblemCode.ACCOUNT_NOTICE_UNKNOWN: _both(
        (
            "Không có thông báo này",
            "Không có thông báo chưa đọc nào như vậy.",
            "Xem lại danh sách thông báo (GET /v1/me).",
        ),
        (
            "No such notice",
            "There is no such unread notice.",
            "See the list (GET /v1/me).",
        ),
    ),
    ProblemCode.UNIT_UNKNOWN: _both(
        (
            "Không có đơn vị này",
            "Hôm nay không có đơn vị nào mang mã như đã nêu.",
            "Kiểm tra lại mã định danh của đơn vị.",
        ),
        (
            "No such unit",
            "No unit of today bears this code or id.",
            "Check the unit's agency code.",
        ),
    ),
    ProblemCode.POSTED_ALREADY: _both(
        (
            "Cán bộ đang công tác tại một đơn vị",
            "Từ ngày đã nêu cán bộ đã được phân công tại một đơn vị nên không bổ nhiệm thêm được.",
            "Dùng hình thức điều động (transfer) hoặc biệt phái (secondment).",
        ),
        (
            "Posted already",
            "From that day on the officer is posted to a unit, so there is nothing to appoint them to.",
            "Use a transfer or a secondment.",
        ),
    ),
    ProblemCode.NOT_POSTED: _both(
        (
            "Cán bộ không thuộc đơn vị nào",
            "Vào ngày đã nêu cán bộ không công tác tại đơn vị nào.",
            "Bổ nhiệm (appointment) cán bộ vào đơn vị trước, hoặc chọn ngày khác.",
        ),
        (
            "Posted nowhere",
            "On that day the officer is posted to no unit.",
            "Appoint the officer first, or name another day.",
        ),
    ),
    ProblemCode.SAME_UNIT: _both(
        (
            "Cán bộ đã ở đơn vị này",
            "Vào ngày đã nêu cán bộ đang công tác tại chính đơn vị này.",
            "Kiểm tra lại đơn vị đến trong văn bản.",
        ),
        (
            "Same unit",
            "On that day the officer is posted to this very unit.",
            "Check the unit that the notice names.",
        ),
    ),
    ProblemCode.BEFORE_LAST_RECORD: _both(
        (
            "Ngày hiệu lực quá sớm",
            "Ngày đã nêu đứng trước một lần thay đổi vị trí công tác đã có hiệu lực; quá khứ không sửa lại.",
            "Chọn ngày sau lần thay đổi gần nhất, thường là hôm nay.",
        ),
        (
            "Too early a day",
            "The day lies before a change of posting that has begun; the past is not rewritten.",
            "Name a day after the latest change, usually today.",
        ),
    ),
    ProblemCode.BEYOND_POSTING: _both(
        (
            "Thời hạn vượt quá thời gian công tác",
            "Thời hạn biệt phái kéo dài hơn thời gian cán bộ còn công tác.",
            "Rút ngắn thời hạn, hoặc kéo dài thời gian công tác trước.",
        ),
        (
            "Beyond the posting",
            "The secondment would last longer than the officer is posted at all.",
            "Shorten it, or prolong the posting first.",
        ),
    ),
    ProblemCode.UNIT_NOT_IN_FORCE: _both(
        (
            "Đơn vị không hoạt động vào ngày này",
            "Vào ngày đã nêu đơn vị chưa được thành lập, hoặc đơn vị kết thúc trước khi hết thời gian phân công.",
            "Chọn đơn vị kế thừa, hoặc ngày khác.",
        ),
        (
            "The unit does not exist on that day",
            "The unit begins later than that day, or ends before the posting does.",
            "Choose the unit that takes its place, or another day.",
        ),
    ),
    ProblemCode.PERIOD_EMPTY: _both(
        (
            "Khoảng thời gian không hợp lệ",
            "Ngày kết thúc phải sau ngày bắt đầu.",
            "Sửa lại ngày bắt đầu hoặc ngày kết thúc.",
        ),
        (
            "Empty period",
            "The day after the last one must come after the first one.",
            "Correct either day.",
        ),
    ),
    ProblemCode.PERIOD_NEEDED: _both(
        (
            "Cần khoảng thời gian",
            "Tìm kiếm không nêu công dân, cán bộ hay hồ sơ thì phải nêu tìm từ ngày nào.",
            "Thêm ngày đầu (from_day), hoặc nêu công dân, cán bộ hay hồ sơ, rồi gửi lại.",
        ),
        (
            "A period is needed",
            "A search that names no citizen, officer or dossier must say from which day on.",
            "Add from_day, or name a citizen, officer or dossier, and send it again.",
        ),
    ),
    ProblemCode.PERIOD_TOO_LONG: _both(
        (
            "Khoảng thời gian không phù hợp",
            "Ngày cuối đứng trước ngày đầu, hoặc khoảng thời gian dài hơn mức cho phép.",
            "Sửa lại ngày đầu (from_day) hoặc ngày cuối (to_day) rồi gửi lại.",
        ),
        (
            "Period not served",
            "The last day stands before the first, or the period is longer than is served.",
            "Correct from_day or to_day and send it again.",
        ),
    ),
    ProblemCode.NAMED_UNKNOWN: _both(
        (
            "Không có đối tượng đã nêu",
            "Không có cán bộ, đơn vị hoặc phần mềm nào mang tên, mã đã nêu.",
            "Kiểm tra lại tên đăng nhập, mã đơn vị hoặc mã phần mềm rồi gửi lại.",
        ),
        (
            "Nobody of that name",
            "No officer, unit or client software has the name or code given.",
            "Check the login name, the unit's code or the client_id and send it again.",
        ),
    ),
    ProblemCode.LAST_ADMINISTRATOR: _both(
        (
            "Quản trị viên cuối cùng của Sở",
            "Đây là quản trị viên cấp Sở cuối cùng còn sử dụng được tài khoản nên không tạm khóa.",
            "Bổ nhiệm thêm một quản trị viên cấp Sở trước.",
        ),
        (
            "Last administrator of the department",
            "This is the last department administrator who can still act, so the account stays.",
            "Have another department administrator appointed first.",
        ),
    ),
    ProblemCode.HANDOVER_EMPTY: _both(
        (
            "Không có ai cần cấp phiếu",
            "Đơn vị không có cán bộ nào chưa kích hoạt mà bạn được cấp phiếu.",
            "Nêu rõ cán bộ cần cấp lại mã (officer_ids), nếu có.",
        ),
        (
            "Nobody needs a slip",
            "There is nobody in the unit, not activated yet, to whom you may issue a code.",
            "Name the officers who need a new code (officer_ids).",
        ),
    ),
    ProblemCode.HANDOVER_OFFICER_SUSPENDED: _both(
        (
            "Có tài khoản đang bị tạm khóa",
            "Trong danh sách có tài khoản đang bị tạm khóa nên chưa cấp mã cho ai.",
            "Mở khóa tài khoản đó trước, hoặc bỏ khỏi danh sách.",
        ),
        (
            "An account is suspended",
            "One of the accounts is suspended, so no code was issued to anybody.",
            "Lift the suspension first, or leave that officer out.",
        ),
    ),
    ProblemCode.HANDOVER_UNKNOWN: _both(
        (
            "Không có biên bản bàn giao này",
            "Không có đợt bàn giao phiếu nào như đã nêu.",
            "Kiểm tra lại mã đợt bàn giao.",
        ),
        (
            "No such handover",
            "There is no such handover of slips.",
            "Check its id.",
        ),
    ),
    ProblemCode.HANDOVER_RECEIVED_ALREADY: _both(
        (
            "Đã xác nhận người nhận",
            "Đợt bàn giao này đã ghi người nhận; không ghi lại lần nữa.",
            "Nếu ghi nhầm, cấp phiếu mới bằng một đợt bàn giao khác.",
        ),
        (
            "Receipt noted already",
            "Who took these slips is noted already and is not noted again.",
            "If that was a mistake, issue new slips in another handover.",
        ),
    ),
    ProblemCode.OFFICER_NOT_IN_UNIT: _both(
        (
            "Cán bộ không thuộc đơn vị nhận phiếu",
            "Trong danh sách có cán bộ hôm nay không công tác tại đơn vị này nên chưa cấp mã cho ai.",
            "Lập đợt bàn giao riêng cho từng đơn vị.",
        ),
        (
            "Officer of another unit",
            "One of the officers is not posted to this unit today, so no code was issued to anybody.",
            "Make one handover per unit.",
        ),
    ),
    ProblemCode.PAPERS_BUSY: _both(
        (
            "Hệ thống đang in nhiều phiếu",
            "Cổng đang lập nhiều tệp phiếu cùng lúc nên chưa nhận thêm; chưa có phiếu nào được cấp.",
            _TRY_AGAIN_SOON[0],
        ),
        (
            "Busy drawing papers",
            "The gateway is drawing as many papers as it does at once; nothing was issued.",
            _TRY_AGAIN_SOON[1],
        ),
    ),
    ProblemCode.UNIT_NOTICE_UNKNOWN: _both(
        (
            "Không có thông báo này",
            "Đơn vị không có thông báo chưa đọc nào như đã nêu.",
            "Tải lại danh sách thông báo của đơn vị.",
        ),
        (
            "No such notice",
            "The unit has no such unread notice.",
            "Fetch the unit's notices again.",
        ),
    ),
    ProblemCode.DECLARED_ALREADY: _both(
        (
            "Đề nghị này đã được ghi nhận",
            "Đã có đề nghị của đơn vị vào đúng thời điểm này.",
            "Kiểm tra lại thời điểm gửi đề nghị (requested_at).",
        ),
        (
            "Request noted already",
            "A request of this unit at this very instant is on file.",
            "Check requested_at.",
        ),
    ),
    ProblemCode.REVIEW_UNKNOWN: _both(
        (
            "Không có đợt rà soát này",
            "Không có đợt rà soát tài khoản nào như đã nêu.",
            "Kiểm tra lại mã đợt, hoặc dùng current cho đợt đang mở.",
        ),
        (
            "No such review",
            "There is no such review of accounts.",
            "Check its id, or use current for the open one.",
        ),
    ),
    ProblemCode.REVIEW_OPEN_ALREADY: _both(
        (
            "Đang có một đợt rà soát",
            "Mỗi lúc chỉ mở một đợt rà soát tài khoản; đợt trước chưa kết thúc.",
            "Chờ đợt đang mở kết thúc.",
        ),
        (
            "A review is open",
            "Only one review runs at a time, and the last one is not closed.",
            "Wait until it is over.",
        ),
    ),
    ProblemCode.REVIEW_OVER: _both(
        (
            "Đợt rà soát đã hết hạn",
            "Đã qua ngày cuối trả lời của đợt rà soát này.",
            "Muốn dùng lại tài khoản, đề nghị quản trị viên mở khóa.",
        ),
        (
            "The review is over",
            "The last day for answers to this review has passed.",
            "Ask an administrator to lift suspensions one by one.",
        ),
    ),
    ProblemCode.REVIEW_DUE_TOO_SOON: _both(
        (
            "Hạn trả lời quá gần",
            "Ngày cuối trả lời phải sau hôm nay.",
            "Chọn ngày muộn hơn.",
        ),
        (
            "Due too soon",
            "The last day for answers must come after today.",
            "Name a later day.",
        ),
    ),
    ProblemCode.REVIEW_NOT_ASKED: _both(
        (
            "Cán bộ không thuộc đợt rà soát",
            "Đợt rà soát này không hỏi về tài khoản đã nêu.",
            "Xem danh sách tài khoản của đợt rà soát.",
        ),
        (
            "Not part of the review",
            "This review does not ask about that account.",
            "See the review's list of accounts.",
        ),
    ),
    ProblemCode.REVIEW_REMOVED_ALREADY: _both(
        (
            "Tài khoản đã bị loại",
            "Đơn vị đã trả lời không dùng tài khoản này nữa; câu trả lời đó không rút lại.",
            "Muốn dùng lại, đề nghị quản trị viên mở khóa tài khoản.",
        ),
        (
            "Removed already",
            "It has been answered that the account is not needed; that is not taken back.",
            "Ask an administrator to lift the suspension.",
        ),
    ),
    ProblemCode.SIGN_INS_THROTTLED: _both(
        (
            "Quá nhiều lượt đăng nhập mỗi giây",
            "Cổng nhận nhiều lượt đăng nhập hơn mức xử lý được; lượt này chưa được kiểm tra.",
            _TRY_AGAIN_SOON[0],
        ),
        (
            "Too many sign-ins a second",
            "More sign-ins arrive than the gateway looks at; this one was not looked at.",
            _TRY_AGAIN_SOON[1],
        ),
    ),
    ProblemCode.CATALOGUE_ENTRY_UNKNOWN: _both(
        (
            "Không có thủ tục này trong danh mục",
            "Danh mục không có thủ tục mang mã này, hoặc đơn vị của bạn không xử lý thủ tục này.",
            "Xem danh mục (GET /v1/procedures).",
        ),
        (
            "No such procedure in the catalogue",
            "The catalogue holds no procedure of this code, or your units do not handle it.",
            "See the catalogue (GET /v1/procedures).",
        ),
    ),
    ProblemCode.PROCEDURE_TAKEN: _both(
        (
            "Thủ tục đã có trong danh mục",
            "Danh mục đã có thủ tục mang mã này.",
            "Sửa thủ tục đã có (PUT /v1/procedures/{procedure_code}).",
        ),
        (
            "The procedure is in the catalogue already",
            "The catalogue holds a procedure of this code.",
            "Change that one (PUT /v1/procedures/{procedure_code}).",
        ),
    ),
    ProblemCode.PROCEDURE_CHANGE_REFUSED: _both(
        (
            "Không ghi được thủ tục",
            "Nội dung gửi lên chưa đúng; danh mục chưa có gì thay đổi.",
            "Xem faults: từng lỗi và cách sửa.",
        ),
        (
            "The procedure cannot be kept so",
            "What was sent is not right yet; the catalogue was not changed.",
            "See faults: what is wrong, and what mends it.",
        ),
    ),
    ProblemCode.GRANT_CHANGE_REFUSED: _both(
        (
            "Không cấp hoặc thu hồi được quyền",
            "Quyết định này không thực hiện được; chưa có gì thay đổi.",
            "Xem faults: từng lỗi và cách sửa.",
        ),
        (
            "The grant cannot be changed so",
            "This decision cannot be carried out; nothing was changed.",
            "See faults: what is wrong, and what mends it.",
        ),
    ),
    ProblemCode.UNIT_CHANGE_REFUSED: _both(
        (
            "Không thay đổi được đơn vị",
            "Thay đổi này không phù hợp với cây đơn vị; chưa có gì thay đổi.",
            "Xem faults: từng lỗi và cách sửa.",
        ),
        (
            "The unit cannot be changed so",
            "This change does not fit the tree of units; nothing was changed.",
            "See faults: what is wrong, and what mends it.",
        ),
    ),
    ProblemCode.UNIT_FILE_REFUSED: _both(
        (
            "Tệp đơn vị có lỗi",
            "Tệp có dòng sai nên không dòng nào được ghi.",
            "Xem report: từng dòng, từng cột và cách sửa.",
        ),
        (
            "The file of units has faults",
            "Rows of the file are wrong, so that none was written.",
            "See report: row, column, and what mends it.",
        ),
    ),
    ProblemCode.UNIT_FILE_UNREADABLE: _both(
        (
            "Không đọc được tệp",
            "Tệp không đọc được như danh sách đơn vị.",
            "Xem reason: sai ở đâu và cách sửa.",
        ),
        (
            "The file cannot be read",
            "The file cannot be read as a list of units.",
            "See reason: what is wrong, and what mends it.",
        ),
    ),
    ProblemCode.ADMINISTRATORS_WOULD_MOVE: _both(
        (
            "Quản trị viên sẽ chuyển theo",
            "Việc hợp nhất đưa quản trị viên nêu trong administrators sang đơn vị nhận; phạm vi quản trị của họ đổi theo.",
            "Đổi vai trò của họ trước, hoặc gửi lại với administrators_stay: true.",
        ),
        (
            "Administrators would move along",
            "The merger takes the administrators named in administrators to the receiving unit, and with them what they administer.",
            "Change their roles first, or repeat with administrators_stay: true.",
        ),
    ),
    ProblemCode.WARD_UNKNOWN: _both(
        (
            "Không có xã này",
            "Không có xã, phường, thị trấn nào trước 01/7/2025 mang mã này.",
            "Kiểm tra mã năm chữ số trong danh mục trước 01/7/2025.",
        ),
        (
            "No such ward",
            "No ward of before July 2025 bore this code.",
            "Check the five digits in the list of that time.",
        ),
    ),
    ProblemCode.CLIENT_UNKNOWN: _both(
        (
            "Không có phần mềm này",
            "Không có phần mềm nào đăng ký với mã này.",
            "Xem danh sách phần mềm (GET /v1/clients).",
        ),
        (
            "No such client software",
            "No software is registered under this id.",
            "See the list (GET /v1/clients).",
        ),
    ),
    ProblemCode.CLIENT_TAKEN: _both(
        (
            "Mã phần mềm đã dùng",
            "Đã có phần mềm đăng ký với mã này.",
            "Chọn mã khác.",
        ),
        (
            "The client id is taken",
            "Software is registered under this id already.",
            "Choose another id.",
        ),
    ),
    ProblemCode.OWN_CLIENT: _both(
        (
            "Phần mềm đang dùng để quản trị",
            "Thay đổi này có thể khóa chính phần mềm mà quản trị viên đang đăng nhập.",
            "Đăng nhập qua phần mềm khác, hoặc nhờ người vận hành máy chủ (dancu clients).",
        ),
        (
            "The software of this very session",
            "This change could lock the administrator out of the software they are signed in through.",
            "Sign in through other software, or ask the server's operator (dancu clients).",
        ),
    ),
    ProblemCode.OPERATOR_NEEDED: _both(
        (
            "Chỉ người vận hành máy chủ",
            "Phần mềm được xác nhận thay cho cán bộ (jwt_bearer) chỉ do người vận hành máy chủ cấu hình.",
            "Nhờ người vận hành máy chủ (dancu clients).",
        ),
        (
            "For the server's operator",
            "Only the server's operator lets software vouch for officers (jwt_bearer), or gives such software a key.",
            "Ask the server's operator (dancu clients).",
        ),
    ),
    ProblemCode.CREDENTIAL_UNKNOWN: _both(
        (
            "Không có thông tin xác thực này",
            "Phần mềm không có bí mật, khóa hay chứng thư nào như vậy còn hiệu lực.",
            "Xem phần mềm (GET /v1/clients/{client_id}).",
        ),
        (
            "No such credential",
            "The software has no such secret, key or certificate that lasts.",
            "See the client (GET /v1/clients/{client_id}).",
        ),
    ),
    ProblemCode.CREDENTIAL_REFUSED: _both(
        (
            "Khóa hoặc chứng thư không dùng được",
            "Khóa hoặc chứng thư gửi lên không đăng ký được.",
            "Xem reason; gửi khóa công khai (JWK, PEM) hoặc chứng thư PEM khác.",
        ),
        (
            "The key or certificate cannot be used",
            "What was sent cannot be registered as a key or certificate.",
            "See reason; send another public key (JWK, PEM) or PEM certificate.",
        ),
    ),
    ProblemCode.TOO_MANY_SECRETS: _both(
        (
            "Đã có hai bí mật còn hiệu lực",
            "Phần mềm đã có hai bí mật còn hiệu lực; chưa cấp thêm.",
            "Chấm dứt một bí mật trước.",
        ),
        (
            "Two secrets are valid",
            "The software has two valid secrets already; there is no third.",
            "End one of them first.",
        ),
    ),
    ProblemCode.ROLE_NOT_PERMITTED: _both(
        (
            "Chức vụ không được tra cứu",
            "Vai trò của tài khoản này không có quyền thực hiện việc này.",
            _CALL_UNIT_ADMINISTRATOR[0],
        ),
        ("Role not permitted", "This account's role may not do this.", _CALL_UNIT_ADMINISTRATOR[1]),
    ),
    ProblemCode.PROCEDURE_UNKNOWN: _both(
        (
            "Thủ tục chưa có trong danh mục",
            "Mã thủ tục này chưa có trong danh mục của cổng.",
            _CALL_DEPARTMENT[0],
        ),
        ("Procedure unknown", "This procedure code is not in the gateway's catalogue.", _CALL_DEPARTMENT[1]),
    ),
    ProblemCode.PROCEDURE_NOT_IN_FORCE: _both(
        (
            "Thủ tục không còn hoặc chưa có hiệu lực",
            "Thủ tục này không có hiệu lực trong hôm nay.",
            _CALL_DEPARTMENT[0],
        ),
        ("Procedure not in force", "This procedure is not in force today.", _CALL_DEPARTMENT[1]),
    ),
    ProblemCode.QUESTION_TYPE_NOT_PERMITTED: _both(
        (
            "Thủ tục không cho phép loại khai thác này",
            "Thủ tục này không cho phép loại khai thác vừa dùng (tra cứu, xác thực hoặc hỏi về hộ gia đình).",
            _CALL_DEPARTMENT[0],
        ),
        (
            "Question type not permitted",
            "This procedure does not allow this type of question (lookup, verification or household).",
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.PROCEDURE_NOT_GRANTED: _both(
        (
            "Thủ tục chưa được giao",
            "Đơn vị hoặc chức vụ của cán bộ chưa được giao tra cứu cho thủ tục này.",
            _CALL_UNIT_ADMINISTRATOR[0],
        ),
        (
            "Procedure not granted",
            "The officer's unit or role was not given lookups for this procedure.",
            _CALL_UNIT_ADMINISTRATOR[1],
        ),
    ),
    ProblemCode.CLIENT_PROCEDURE_NOT_PERMITTED: _both(
        (
            "Phần mềm không được tra cứu cho thủ tục này",
            "Phần mềm một cửa này chỉ được đăng ký cho một số thủ tục, không có thủ tục này.",
            _CALL_DEPARTMENT[0],
        ),
        (
            "Procedure not permitted for this client",
            "This client software is registered for certain procedures only, and this is none of them.",
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.PROCEDURE_NOT_MAPPED: _both(
        (
            "Thủ tục chưa khai báo với cơ sở dữ liệu quốc gia",
            "Thủ tục này chưa có mã dịch vụ công (MaDVC) để hỏi cơ sở dữ liệu quốc gia về dân cư.",
            _CALL_DEPARTMENT[0],
        ),
        (
            "Procedure not mapped",
            "This procedure has no public-service code (MaDVC) for the national side yet.",
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.OFFICER_NOT_MAPPED: _both(
        (
            "Cán bộ chưa có mã khai thác",
            "Tài khoản chưa được gắn mã cán bộ của cơ sở dữ liệu quốc gia về dân cư.",
            _CALL_DEPARTMENT[0],
        ),
        (
            "Officer not mapped",
            "The account has no officer code of the national side yet.",
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.DOSSIER_OF_ANOTHER_AGENCY: _both(
        (
            "Hồ sơ của cơ quan khác",
            "Mã hồ sơ không thuộc đơn vị của cán bộ hoặc cơ quan mà đơn vị tiếp nhận thay.",
            "Kiểm tra lại mã hồ sơ. Nếu đúng, liên hệ quản trị viên của đơn vị.",
        ),
        (
            "Dossier of another agency",
            "The dossier code belongs neither to the officer's unit nor to an agency it receives for.",
            "Check the dossier code. If it is right, contact your unit's administrator.",
        ),
    ),
    ProblemCode.DOSSIER_NOT_OPEN: _both(
        (
            "Hồ sơ không còn mở",
            "Phần mềm một cửa cho biết hồ sơ này đã kết thúc hoặc đã hủy nên không được tra cứu cho hồ sơ này.",
            "Kiểm tra lại mã hồ sơ. Nếu đúng, mở lại hồ sơ trên phần mềm một cửa rồi tra cứu lại.",
        ),
        (
            "Dossier not open",
            "The one-stop software says that this dossier is settled or withdrawn; nothing may be looked up for it.",
            "Check the dossier code. If it is right, reopen the dossier in the one-stop software and look up again.",
        ),
    ),
    ProblemCode.FIELD_NOT_PERMITTED: _both(
        (
            "Trường thông tin không được phép",
            "Yêu cầu có trường mà thủ tục này không cần nên không được xem.",
            "Bỏ trường đó khỏi yêu cầu rồi tra cứu lại.",
        ),
        (
            "Field not permitted",
            "The request asks for a field this procedure does not need.",
            "Leave that field out and look up again.",
        ),
    ),
    ProblemCode.TOO_MANY_VERIFICATIONS: _both(
        (
            "Xác minh quá nhiều lần về một công dân",
            "Cán bộ đã dùng hết số lần xác minh trong ngày về công dân này.",
            "Dùng kết quả đã có, hoặc xác minh lại vào ngày hôm sau (Retry-After). Không yêu cầu công dân nộp giấy tờ vì lý do này.",
        ),
        (
            "Too many verifications of one citizen",
            "The officer has used up today's verifications of this citizen.",
            "Use the answers you have, or verify again the next day (Retry-After). Do not ask the citizen for paper because of this.",
        ),
    ),
    ProblemCode.TOO_MANY_LOOKUPS: _both(
        (
            "Tra cứu quá nhiều",
            "Cán bộ đã đạt giới hạn số lượt tra cứu trong một phút.",
            "Chờ hết thời gian nêu ở Retry-After rồi tra cứu lại. Không yêu cầu công dân nộp giấy tờ vì lý do này.",
        ),
        (
            "Too many lookups",
            "The officer has reached the number of lookups allowed per minute.",
            "Wait for the time in Retry-After. Do not ask the citizen for paper because of this.",
        ),
    ),
    ProblemCode.OFFICER_LIMIT_REACHED: _both(
        (
            "Cán bộ đã hết lượt tra cứu",
            "Cán bộ đã dùng hết số lượt tra cứu của giờ này hoặc ngày hôm nay (xem per và retry_at). Chưa tra cứu.",
            "Tra cứu lại từ thời điểm retry_at, hoặc chuyển hồ sơ cho đồng nghiệp. Không yêu cầu công dân nộp giấy tờ vì lý do này. Nếu công việc cần nhiều hơn, đơn vị đề nghị Sở Khoa học và Công nghệ nâng giới hạn.",
        ),
        (
            "The officer's lookups are used up",
            "The officer has used up the lookups of this hour or of today (see per and retry_at). Nothing was looked up.",
            "Look up again from retry_at on, or let a colleague take the dossier. Do not ask the citizen for paper because of this. If the work needs more, the unit asks the Department to raise the limit.",
        ),
    ),
    ProblemCode.UNIT_LIMIT_REACHED: _both(
        (
            "Đơn vị đã hết lượt tra cứu",
            "Các cán bộ của đơn vị đã dùng hết số lượt tra cứu của giờ này hoặc ngày hôm nay (xem per và retry_at). Chưa tra cứu.",
            "Tra cứu lại từ thời điểm retry_at. Không yêu cầu công dân nộp giấy tờ vì lý do này. Báo quản trị viên của đơn vị, là người đề nghị Sở Khoa học và Công nghệ nâng giới hạn.",
        ),
        (
            "The unit's lookups are used up",
            "The unit's officers have used up its lookups of this hour or of today (see per and retry_at). Nothing was looked up.",
            "Look up again from retry_at on. Do not ask the citizen for paper because of this. Tell your unit's administrator, who asks the Department to raise the limit.",
        ),
    ),
    ProblemCode.CLIENT_LIMIT_REACHED: _both(
        (
            "Phần mềm đã hết lượt tra cứu",
            "Phần mềm một cửa đã dùng hết số lượt tra cứu của giờ này hoặc ngày hôm nay (xem per và retry_at). Chưa tra cứu.",
            "Tra cứu lại từ thời điểm retry_at. Không yêu cầu công dân nộp giấy tờ vì lý do này. Báo đơn vị cung cấp phần mềm và Sở Khoa học và Công nghệ: phần mềm có thể đang tự lặp lại yêu cầu.",
        ),
        (
            "The software's lookups are used up",
            "The one-stop software has used up its lookups of this hour or of today (see per and retry_at). Nothing was looked up.",
            "Look up again from retry_at on. Do not ask the citizen for paper because of this. Tell the vendor and the Department: the software may be repeating requests by itself.",
        ),
    ),
    ProblemCode.CITIZEN_LIMIT_REACHED: _both(
        (
            "Đã tra cứu quá nhiều công dân trong ngày",
            "Cán bộ đã tra cứu số công dân khác nhau tối đa trong ngày (xem limit và retry_at). Công dân đã tra cứu hôm nay vẫn tra cứu lại được; người khác thì chưa.",
            "Chuyển hồ sơ cho đồng nghiệp, hoặc tra cứu lại từ thời điểm retry_at. Không yêu cầu công dân nộp giấy tờ vì lý do này. Nếu công việc cần nhiều hơn, đơn vị đề nghị Sở Khoa học và Công nghệ nâng giới hạn.",
        ),
        (
            "Too many citizens in a day",
            "The officer has looked up as many different citizens as allowed in a day (see limit and retry_at). Those looked up today may be looked up again, others may not.",
            "Let a colleague take the dossier, or look up again from retry_at on. Do not ask the citizen for paper because of this. If the work needs more, the unit asks the Department to raise the limit.",
        ),
    ),
    ProblemCode.ROADS_CHECKED_JUST_NOW: _both(
        (
            "Vừa kiểm tra kết nối",
            "Các kết nối tới cơ sở dữ liệu quốc gia vừa được kiểm tra; mỗi phút chỉ kiểm tra một lần.",
            "Kiểm tra lại sau thời gian nêu ở Retry-After.",
        ),
        (
            "The roads were checked just now",
            "The roads to the national side were checked just now; once a minute is enough.",
            "Check again after Retry-After.",
        ),
    ),
    ProblemCode.NATIONAL_SIDE_CROWDED: _both(
        (
            "Đường truyền tới cơ sở dữ liệu quốc gia đang đông",
            "Các lượt tra cứu đang chờ đã dùng hết đường truyền của cổng nên lượt này chưa được gửi đi; các đơn vị được phục vụ lần lượt.",
            "Tra cứu lại sau thời gian nêu ở Retry-After. Không yêu cầu công dân nộp giấy tờ vì lý do này. Nếu kéo dài, báo Sở Khoa học và Công nghệ, gửi kèm mã yêu cầu.",
        ),
        (
            "The road to the national side is crowded",
            "Lookups under way use all calls this gateway may make at once, so this one was not sent; units are served in turn.",
            "Look up again after Retry-After. Do not ask the citizen for paper because of this. If it persists, tell the Department and give the request_id.",
        ),
    ),
    ProblemCode.GATEWAY_OVERLOADED: _both(
        (
            "Cổng tra cứu đang quá tải",
            "Cổng đang nhận nhiều lượt tra cứu hơn khả năng xử lý nên lượt này chưa được nhận; cơ sở dữ liệu quốc gia chưa được hỏi.",
            "Tra cứu lại sau số giây nêu ở Retry-After; thường chỉ vài giây. Không yêu cầu công dân nộp giấy tờ vì lý do này. Nếu kéo dài, báo Sở Khoa học và Công nghệ, gửi kèm mã yêu cầu.",
        ),
        (
            "The gateway is overloaded",
            "More lookups arrive than the gateway can handle, so this one was not taken; the national side was not asked.",
            "Look up again after the seconds in Retry-After; it mostly passes within seconds. Do not ask the citizen for paper because of this. If it persists, tell the Department and give the request_id.",
        ),
    ),
    ProblemCode.LOOKUP_WITHOUT_ANSWER: _both(
        (
            "Lượt tra cứu không có dữ liệu để phản ánh",
            "Lượt tra cứu này đang chạy, bị từ chối hoặc không nhận được câu trả lời, nên không có sai sót dữ liệu nào để phản ánh.",
            "Phản ánh từ một lượt tra cứu đã có câu trả lời của cơ sở dữ liệu quốc gia.",
        ),
        (
            "This lookup has nothing to report",
            "The lookup is still running, was refused or got no answer, so there is no faulty data to report.",
            "Report from a lookup that the national side answered.",
        ),
    ),
    ProblemCode.DATA_FAULT_UNKNOWN: _both(
        (
            "Không có phản ánh này",
            "Không có phản ánh sai sót dữ liệu nào mang mã này trong phạm vi của bạn.",
            "Kiểm tra lại mã trong danh sách phản ánh.",
        ),
        (
            "No such report",
            "No report of faulty data within your reach has this id.",
            "Check the id in the list of reports.",
        ),
    ),
    ProblemCode.DATA_FAULT_REPORTED: _both(
        (
            "Đã phản ánh rồi",
            "Lượt tra cứu này đã có phản ánh cùng loại sai sót.",
            "Xem phản ánh đã có trong danh sách.",
        ),
        (
            "Reported already",
            "This lookup already has a report of this class.",
            "See the report in the list.",
        ),
    ),
    ProblemCode.DATA_FAULT_STATUS_NOT_NEXT: _both(
        (
            "Không chuyển được trạng thái",
            "Phản ánh chỉ đi tới: mới, đã gửi, đã trả lời (kèm kết quả), đã đóng; không quay lại trạng thái trước.",
            "Tải lại phản ánh rồi chọn trạng thái tiếp theo; kết quả (result) chỉ gửi kèm answered.",
        ),
        (
            "Not the next status",
            "A report only goes forward: new, sent, answered (with a result), closed; never back.",
            "Load the report again and choose what comes next; result goes with answered only.",
        ),
    ),
    ProblemCode.UPSTREAM_UNAVAILABLE: _both(
        (
            "Cơ sở dữ liệu quốc gia không trả lời",
            (
                "Cơ sở dữ liệu quốc gia về dân cư không trả lời trong thời gian cho phép;"
                " điều này không có nghĩa là không có công dân này."
            ),
            _PAPER_IS_OPEN[0],
        ),
        (
            "National side unavailable",
            "The National Population Database did not answer in time; this does not mean there is no such person.",
            _PAPER_IS_OPEN[1],
        ),
    ),
    ProblemCode.UPSTREAM_CONFUSED: _both(
        (
            "Câu trả lời không hiểu được",
            (
                "Cơ sở dữ liệu quốc gia về dân cư trả lời nhưng cổng không hiểu được;"
                " điều này không có nghĩa là không có công dân này."
            ),
            _PAPER_IS_OPEN[0],
        ),
        (
            "National answer not understood",
            (
                "The National Population Database sent an answer that cannot be understood;"
                " this does not mean there is no such person."
            ),
            _PAPER_IS_OPEN[1],
        ),
    ),
    ProblemCode.UPSTREAM_PROCEDURE_NOT_LICENSED: _both(
        (
            "Thủ tục chưa được cấp phép khai thác",
            "Cơ sở dữ liệu quốc gia về dân cư chưa cho phép khai thác với thủ tục này.",
            _CALL_DEPARTMENT[0],
        ),
        (
            "Procedure not licensed",
            "The National Population Database does not license this procedure.",
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.UPSTREAM_OFFICER_NOT_PERMITTED: _both(
        (
            "Cán bộ chưa được cấp quyền khai thác",
            "Cơ sở dữ liệu quốc gia về dân cư chưa cho phép mã cán bộ này khai thác.",
            _CALL_DEPARTMENT[0],
        ),
        (
            "Officer not permitted",
            "The National Population Database does not permit this officer's code.",
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.AUDIT_UNAVAILABLE: _both(
        (
            "Chưa ghi được nhật ký",
            (
                "Cổng chưa ghi được nhật ký tra cứu nên không hỏi hoặc không hiển thị dữ liệu. Đây là sự cố của cổng,"
                " không phải lý do để yêu cầu giấy tờ."
            ),
            _TRY_AGAIN_SOON[0],
        ),
        (
            "Evidence cannot be written",
            (
                "The gateway cannot record this lookup, so nothing is asked or shown."
                " This is the gateway's trouble and no reason to ask for paper."
            ),
            _TRY_AGAIN_SOON[1],
        ),
    ),
    ProblemCode.EVIDENCE_NOT_ANCHORED: _both(
        (
            "Nhật ký chưa được neo xác nhận",
            (
                "Đã quá lâu nhật ký tra cứu chưa được ký và xác nhận nên cổng tạm ngừng tra cứu. Đây là sự cố của"
                " cổng, không phải lý do để yêu cầu giấy tờ."
            ),
            "Báo Sở Khoa học và Công nghệ (đơn vị vận hành cổng) để khôi phục việc ký xác nhận nhật ký, rồi thử lại.",
        ),
        (
            "Evidence is not anchored",
            (
                "For too long the record of lookups has not been signed and witnessed, so lookups are suspended."
                " This is the gateway's trouble and no reason to ask for paper."
            ),
            "Tell the department that runs the gateway, which must get the record signed and witnessed; then try again.",
        ),
    ),
    ProblemCode.AUDITING_NOT_SERVED: _both(
        (
            "Nơi này không phục vụ kiểm tra nhật ký",
            "Tiến trình này không giữ khóa đọc nhật ký.",
            _CALL_DEPARTMENT[0],
        ),
        (
            "Audits are not read here",
            "This process does not hold the keys for reading the audit.",
            _CALL_DEPARTMENT[1],
        ),
    ),
    ProblemCode.SUBJECT_REQUEST_UNKNOWN: _both(
        (
            "Không có yêu cầu này",
            "Sổ tiếp nhận không có yêu cầu của công dân mang số này.",
            "Kiểm tra lại số yêu cầu trong danh sách (GET /v1/transparency/subject-reports).",
        ),
        (
            "Unknown request",
            "The book has no citizen's request with this number.",
            "Look the number up in the list (GET /v1/transparency/subject-reports).",
        ),
    ),
    ProblemCode.SUBJECT_REQUEST_TOO_OLD: _both(
        (
            "Ngày nhận yêu cầu đã quá lâu",
            "Ngày nhận yêu cầu của công dân (received_on) cách hôm nay hơn 60 ngày nên không ghi vào sổ được.",
            "Kiểm tra lại ngày. Nếu đúng là yêu cầu cũ chưa trả lời, đề nghị công dân gửi lại và ghi ngày nhận mới.",
        ),
        (
            "The request came too long ago",
            "The day the request came (received_on) is more than 60 days ago; it is not written into the book.",
            "Check the day. If an old request was never answered, let the citizen ask again, and give the new day.",
        ),
    ),
    ProblemCode.SUBJECT_REQUEST_ENDED: _both(
        (
            "Yêu cầu đã kết thúc",
            "Yêu cầu này đã được trả lời hoặc đã kết thúc; không có gì thay đổi.",
            "Nếu công dân hỏi lại, tiếp nhận thành yêu cầu mới.",
        ),
        (
            "The request has ended",
            "This request was answered or has ended; nothing has changed.",
            "Register a new request if the citizen asks again.",
        ),
    ),
    ProblemCode.SUBJECT_REQUEST_UNREADABLE: _both(
        (
            "Không đọc được yêu cầu",
            "Bản ghi niêm phong số của công dân trong yêu cầu này không mở được, có thể vì khóa của tháng đó đã bị hủy.",
            "Tiếp nhận lại thành yêu cầu mới; nếu yêu cầu còn mới, báo Sở Khoa học và Công nghệ kiểm tra nhật ký.",
        ),
        (
            "The request cannot be read",
            "The record in which this request's numbers are sealed does not open; the month's key may be destroyed.",
            "Register it anew; if the request is recent, have the department check the log.",
        ),
    ),
    ProblemCode.SUBJECT_REPORT_NOT_MADE: _both(
        (
            "Chưa lập báo cáo",
            "Chưa có báo cáo nào được lập cho yêu cầu này nên chưa thể ghi nhận đã trao.",
            "Lập báo cáo trước, rồi ghi nhận việc trao.",
        ),
        (
            "There is no report yet",
            "No report was made for this request, so none can have been handed over.",
            "Make the report first, then note that it was handed over.",
        ),
    ),
    ProblemCode.SUBJECT_STEP_REFUSED: _both(
        (
            "Không ghi nhận được bước này",
            "Bước này đã được ghi nhận trước đó, hoặc đã quá hạn trả lời nên không gia hạn được nữa.",
            "Xem tình trạng yêu cầu trong danh sách (GET /v1/transparency/subject-reports).",
        ),
        (
            "This step is not open",
            "The step was noted before, or the answer is overdue and can no longer be put off.",
            "See how the request stands in the list (GET /v1/transparency/subject-reports).",
        ),
    ),
    ProblemCode.SUBJECT_REPORT_NEEDS_ANOTHER: _both(
        (
            "Người khác phải lập báo cáo",
            "Người đã tiếp nhận yêu cầu không được lập báo cáo của chính yêu cầu đó.",
            "Nhờ quản trị viên khác của Sở hoặc người kiểm tra lập báo cáo.",
        ),
        (
            "Somebody else must make the report",
            "Who registered a request does not make its report.",
            "Let another administrator of the department or an auditor make it.",
        ),
    ),
    ProblemCode.TOO_MANY_SUBJECT_REPORTS: _both(
        (
            "Đã tiếp nhận quá nhiều yêu cầu trong ngày",
            "Số yêu cầu của công dân do một người tiếp nhận trong ngày đã đạt giới hạn.",
            "Nhờ người khác tiếp nhận, hoặc tiếp nhận vào ngày mai.",
        ),
        (
            "Too many requests registered today",
            "One person may register only so many citizens' requests a day.",
            "Let somebody else register it, or do so tomorrow.",
        ),
    ),
    ProblemCode.OWN_RECORDS: _both(
        (
            "Không được xem bản ghi về chính mình",
            "Người kiểm tra không được tra cứu hay xem các bản ghi về tài khoản của chính mình.",
            "Đề nghị một người kiểm tra khác thực hiện việc này.",
        ),
        (
            "Records about oneself",
            "Auditors neither search nor read records about their own accounts.",
            "Have another auditor do it.",
        ),
    ),
    ProblemCode.AUDIT_QUOTA_REACHED: _both(
        (
            "Đã hết số lần được phép",
            "Tài khoản kiểm tra này đã dùng hết số lần được phép trong khoảng thời gian quy định. Thời điểm thực hiện lại được ghi ở Retry-After.",
            "Thu hẹp điều kiện tìm kiếm, hoặc thực hiện lại sau thời điểm đó.",
        ),
        (
            "Quota reached",
            "This auditor's account has used up what it may do in this time. Retry-After says when it opens again.",
            "Narrow the search, or do it again after that.",
        ),
    ),
    ProblemCode.AUDITED_LOOKUP_UNKNOWN: _both(
        (
            "Nhật ký không có lượt tra cứu này",
            "Không có lượt tra cứu nào trong nhật ký mang mã đã nêu.",
            "Kiểm tra lại mã lượt tra cứu (lookup_id) trong kết quả tìm kiếm nhật ký.",
        ),
        (
            "No such lookup on record",
            "The log has no lookup with that id.",
            "Check the lookup_id in the answer of an audit search.",
        ),
    ),
    ProblemCode.UNMASKING_UNKNOWN: _both(
        (
            "Không có yêu cầu xem danh tính này",
            "Không tìm thấy yêu cầu xem danh tính với mã này trong phạm vi của bạn.",
            "Kiểm tra lại mã yêu cầu.",
        ),
        (
            "No such unmasking",
            "There is no request to unmask of this id that is yours to see.",
            "Check the id.",
        ),
    ),
    ProblemCode.UNMASKING_CLOSED: _both(
        (
            "Yêu cầu xem danh tính đã đóng",
            "Yêu cầu này đã được quyết định hoặc đã quá hạn quyết định.",
            "Nếu vẫn cần, người đề nghị lập yêu cầu mới.",
        ),
        (
            "Unmasking closed",
            "The request was decided already, or it is too late to decide it.",
            "If it is still needed, whoever asked makes a new request.",
        ),
    ),
    ProblemCode.UNMASKING_NOT_READABLE: _both(
        (
            "Chưa hoặc không còn được xem danh tính",
            "Yêu cầu chưa được người thứ hai duyệt, đã hết thời gian xem hoặc đã hết số lần xem.",
            "Chờ người kiểm tra thứ hai quyết định, hoặc lập yêu cầu mới.",
        ),
        (
            "Not readable",
            "The request is not approved by a second person, or its time or its readings are used up.",
            "Wait for the second auditor's decision, or make a new request.",
        ),
    ),
    ProblemCode.PERSON_NOT_READABLE: _both(
        (
            "Không đọc được người được tra cứu",
            "Bản ghi này không còn mở được danh tính người được tra cứu; kết quả tìm kiếm nêu rõ lý do.",
            "Xem lý do (citizen_because) trong kết quả tìm kiếm; nếu niêm phong bị hỏng, chạy kiểm tra nhật ký.",
        ),
        (
            "Person not readable",
            "The person of this record can no longer be read; the search's answer says why.",
            "See citizen_because in the search's answer; where a seal is broken, have the log verified.",
        ),
    ),
    ProblemCode.PROOF_NOT_READY: _both(
        (
            "Chưa có bằng chứng cho bản ghi này",
            "Bản ghi chưa nằm trong điểm kiểm tra nào của nhật ký: mã bản ghi không đúng, hoặc bản ghi vừa được lập cách đây vài giây.",
            "Kiểm tra lại mã bản ghi và thử lại sau mười giây; nếu vẫn vậy, báo Sở Khoa học và Công nghệ.",
        ),
        (
            "There is no proof yet",
            "No checkpoint of the log covers it: the record's id is wrong, or the record is only seconds old.",
            "Check the id and try again in ten seconds; if it stays so, tell the Department of Science and Technology.",
        ),
    ),
    ProblemCode.TILE_UNKNOWN: _both(
        (
            "Không có ô này trong nhật ký",
            "Đường dẫn không phải của một ô theo C2SP tlog-tiles, hoặc ô nằm ngoài điểm kiểm tra mới nhất.",
            "Chỉ tải các ô mà điểm kiểm tra mới nhất bao gồm.",
        ),
        (
            "The log has no such tile",
            "The path is not that of a tile (C2SP tlog-tiles), or the latest checkpoint does not cover it.",
            "Fetch only tiles that the latest checkpoint covers.",
        ),
    ),
    ProblemCode.LIST_UNREADABLE: _both(
        (
            "Không đọc được danh sách",
            "Tệp không phải danh sách mà cổng đọc được.",
            "Sửa tệp theo lý do nêu trong câu trả lời, hoặc dùng tệp mẫu, rồi gửi lại.",
        ),
        (
            "The list cannot be read",
            "The file is no list that the gateway can read.",
            "Mend the file as the answer says, or use the template, and send it again.",
        ),
    ),
    ProblemCode.LIST_REFUSED: _both(
        (
            "Danh sách có lỗi",
            "Danh sách có dòng lỗi nên không dòng nào được thực hiện.",
            "Sửa các dòng nêu trong báo cáo rồi gửi lại toàn bộ danh sách.",
        ),
        (
            "The list has faults",
            "Some rows of the list are wrong, so none was carried out.",
            "Mend the rows that the report names and send the whole list again.",
        ),
    ),
    ProblemCode.LIST_BUSY: _both(
        (
            "Đang xử lý danh sách khác",
            "Cổng đang xử lý danh sách khác; chưa có gì thay đổi.",
            _TRY_AGAIN_SOON[0],
        ),
        (
            "Other lists are being handled",
            "The gateway is handling other lists; nothing has changed.",
            _TRY_AGAIN_SOON[1],
        ),
    ),
    ProblemCode.OFFICER_REFUSED: _both(
        (
            "Chưa đăng ký được cán bộ",
            "Thông tin cán bộ có lỗi nên chưa có gì thay đổi.",
            "Sửa các mục được chỉ ra rồi gửi lại.",
        ),
        (
            "The officer was not registered",
            "Something about the officer is wrong, so nothing has changed.",
            "Mend what is pointed out and send it again.",
        ),
    ),
    ProblemCode.OFFICER_EXISTS: _both(
        (
            "Tên đăng nhập đã được đăng ký",
            "Tên đăng nhập này là của một cán bộ đã đăng ký; tài khoản của người đó không thay đổi.",
            "Chọn tên khác; để thay đổi tài khoản đã có, dùng danh sách hoặc chức năng điều chuyển.",
        ),
        (
            "The login name is registered already",
            "The login name is that of a registered officer, whose account has not changed.",
            "Choose another one; an account there is is changed by a list or by a posting.",
        ),
    ),
    ProblemCode.SIGN_IN_BUSY: _both(
        (
            "Quá nhiều người đăng nhập cùng lúc",
            "Cổng đang xử lý quá nhiều lượt đăng nhập.",
            _TRY_AGAIN_SOON[0],
        ),
        ("Sign-in busy", "The gateway is handling too many sign-ins.", _TRY_AGAIN_SOON[1]),
    ),
    ProblemCode.INTERNAL_ERROR: _both(
        ("Lỗi của cổng", "Cổng gặp lỗi nội bộ; không có dữ liệu nào được hiển thị.", _TRY_AGAIN_SOON[0]),
        ("Internal error", "The gateway met an internal error; nothing was shown.", _TRY_AGAIN_SOON[1]),
    ),
}

NO_PAPER_FOR_IT: Final = frozenset(
    code for code, texts in TEXTS.items() if texts["vi"].next_step == _FIX_AND_RESEND[0]
)
"""What a lookup may be sent with by mistake; at the desk such a mistake is no reason to ask for paper."""


def no_paper(text: ProblemText, language: Language) -> ProblemText:
    """Return *text* as it is told at the desk."""
    return replace(text, next_step=f"{text.next_step} {_NO_PAPER[language]}")
