"""What each finding of a road's check means, and who can help: for administrators, in both languages."""

from collections.abc import Mapping
from typing import Final

from app.lookup.road_checks import Finding, Step

Texts = Mapping[str, str]


def _both(vietnamese: str, english: str) -> Texts:
    return {"vi": vietnamese, "en": english}


STEP_TEXTS: Final[Mapping[Step, Texts]] = {
    Step.SETTINGS: _both("cấu hình", "settings"),
    Step.DNS: _both("tên miền", "name"),
    Step.TCP: _both("kết nối mạng", "connection"),
    Step.TLS: _both("chứng thư TLS", "TLS"),
    Step.CLOCK: _both("đồng hồ", "clock"),
    Step.TOKEN: _both("mã truy cập", "token"),
    Step.PERSON: _both("công dân thử nghiệm", "test person"),
}

_NOBODY: Final = _both("", "")
_OPERATOR: Final = _both("Người vận hành cổng tra cứu.", "Whoever runs this gateway.")
_NETWORK: Final = _both(
    "Quản trị mạng của tỉnh (DNS, tường lửa, mạng TSLCD).",
    "The province's network administrators (DNS, firewall, government network).",
)
_PLATFORM: Final = _both(
    "Đơn vị vận hành LGSP hoặc VDXP.", "Those who run the LGSP or the national exchange platform."
)
_NATIONAL: Final = _both(
    "Đơn vị vận hành LGSP, qua đó là C06 (Bộ Công an).",
    "Those who run the LGSP, and through them C06 (Ministry of Public Security).",
)

MEANINGS: Final[Mapping[Finding, Texts]] = {
    Finding.GOOD: _both("Tốt.", "Good."),
    Finding.NOT_REACHED: _both(
        "Chưa thử vì bước trước không đạt.", "Not tried, because a step before it failed."
    ),
    Finding.NOT_NEEDED: _both("Không áp dụng cho kết nối này.", "This road has no such thing."),
    Finding.NOT_SET_UP: _both(
        "Chưa khai báo công dân thử nghiệm đã thống nhất, nên không hỏi về ai.",
        "No agreed test person is set up, so nobody was asked about.",
    ),
    Finding.NOT_RECORDED: _both(
        "Không ghi được nhật ký trước, nên không hỏi về ai.",
        "It could not be recorded beforehand, so nobody was asked about.",
    ),
    Finding.SETTING_WRONG: _both("Cấu hình thiếu hoặc sai.", "A setting is missing or wrong."),
    Finding.NAME_UNKNOWN: _both("Không tìm thấy máy chủ theo tên.", "The host's name is not known."),
    Finding.NO_CONNECTION: _both("Không kết nối được tới máy chủ.", "The host does not take the connection."),
    Finding.NO_TLS: _both("Máy chủ không trả lời bằng TLS.", "The host does not speak TLS."),
    Finding.NOT_TRUSTED: _both(
        "Không tin được chứng thư của máy chủ; cổng không gửi gì qua kết nối này.",
        "The host's certificate cannot be trusted; the gateway sends nothing over this road.",
    ),
    Finding.CLIENT_NOT_TRUSTED: _both(
        "Máy chủ từ chối chứng thư của cổng, đòi một chứng thư chưa khai báo, hoặc cắt kết nối ngay.",
        "The host refuses our certificate, wants one and none is set up, or cuts the connection at once.",
    ),
    Finding.CERTIFICATE_ENDS_SOON: _both(
        "Một chứng thư sắp hết hạn; cần gia hạn ngay.", "A certificate ends soon; have it renewed now."
    ),
    Finding.CERTIFICATE_ENDED: _both("Một chứng thư đã hết hạn.", "A certificate has ended."),
    Finding.NO_TIME_TOLD: _both(
        "Máy chủ không cho biết giờ của nó.", "The host does not say what time it has."
    ),
    Finding.CLOCKS_DIFFER: _both(
        "Đồng hồ hai bên lệch nhau; chữ ký theo giờ có thể bị từ chối.",
        "The two clocks differ; signatures with a time may be refused.",
    ),
    Finding.CREDENTIALS_REFUSED: _both(
        "Thông tin xác thực của tỉnh bị từ chối.", "The province's credentials are refused."
    ),
    Finding.NO_ANSWER: _both("Không có trả lời trong thời hạn.", "No answer came in time."),
    Finding.ANSWER_UNREADABLE: _both(
        "Có trả lời nhưng không hiểu được.", "What was answered cannot be understood."
    ),
    Finding.PERMISSION_REFUSED: _both(
        "Thủ tục hoặc tài khoản cán bộ chưa được cấp phép khai thác.",
        "The procedure or the officer's account is not licensed to ask.",
    ),
    Finding.PERSON_UNKNOWN: _both(
        "Phía quốc gia trả lời là không có công dân thử nghiệm này.",
        "The national side answers that there is no such test person.",
    ),
    Finding.PERSON_DIFFERS: _both(
        "Phía quốc gia trả về một bản ghi khác với công dân thử nghiệm.",
        "The national side answers with another record than the test person's.",
    ),
}

HELPERS: Final[Mapping[Finding, Texts]] = {
    Finding.GOOD: _NOBODY,
    Finding.NOT_REACHED: _NOBODY,
    Finding.NOT_NEEDED: _NOBODY,
    Finding.NOT_SET_UP: _OPERATOR,
    Finding.NOT_RECORDED: _OPERATOR,
    Finding.SETTING_WRONG: _OPERATOR,
    Finding.NAME_UNKNOWN: _NETWORK,
    Finding.NO_CONNECTION: _NETWORK,
    Finding.NO_TLS: _PLATFORM,
    Finding.NOT_TRUSTED: _PLATFORM,
    Finding.CLIENT_NOT_TRUSTED: _PLATFORM,
    Finding.CERTIFICATE_ENDS_SOON: _OPERATOR,
    Finding.CERTIFICATE_ENDED: _OPERATOR,
    Finding.NO_TIME_TOLD: _NOBODY,
    Finding.CLOCKS_DIFFER: _OPERATOR,
    Finding.CREDENTIALS_REFUSED: _PLATFORM,
    Finding.NO_ANSWER: _PLATFORM,
    Finding.ANSWER_UNREADABLE: _PLATFORM,
    Finding.PERMISSION_REFUSED: _NATIONAL,
    Finding.PERSON_UNKNOWN: _NATIONAL,
    Finding.PERSON_DIFFERS: _NATIONAL,
}
