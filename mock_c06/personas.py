"""The catalogue of fixed people: who they are, and how the stand-in behaves when asked about them."""

from dataclasses import dataclass
from enum import StrEnum

from mock_c06.citizen import BirthDate, Identity, Sex


class Behaviour(StrEnum):
    """What a question about the persona leads to."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    WITHOUT_HEAD = "without_head"
    EMPTY_HEAD = "empty_head"
    EMPTY_DISTRICT = "empty_district"
    WITHOUT_DISTRICT = "without_district"
    OTHER_NAME = "other_name"
    OTHER_BIRTH_DATE = "other_birth_date"
    OTHER_NUMBER = "other_number"
    TWO_ADDRESSES = "two_addresses"
    TWO_PEOPLE = "two_people"
    UNAVAILABLE = "unavailable"
    HALF_ANSWER = "half_answer"
    SLOW = "slow"
    TRICKLE = "trickle"
    GARBAGE_TEXT = "garbage_text"
    EMPTY_BODY = "empty_body"
    TRUNCATED_XML = "truncated_xml"
    HTML_PAGE = "html_page"
    UNKNOWN_ROOT = "unknown_root"
    OVERSIZE = "oversize"
    DTD = "dtd"
    FAULT_200 = "fault_200"
    FAULT_500 = "fault_500"
    PROCEDURE_REFUSED = "procedure_refused"
    OFFICER_REFUSED = "officer_refused"
    WRONG_ENCODING = "wrong_encoding"
    SPLIT_NAME = "split_name"
    HANG = "hang"
    UNEVEN = "uneven"
    FLAKY = "flaky"
    QUOTA_USED_UP = "quota_used_up"
    CLOCK_SKEWED = "clock_skewed"
    CERTIFICATE_EXPIRED = "certificate_expired"
    RESET = "reset"
    TOKEN_REJECTED_ONCE = "token_rejected_once"  # noqa: S105 - a behaviour's name, not a secret


@dataclass(frozen=True, slots=True)
class Persona:
    """One fixed person: the name and birth date to ask with, and what happens then."""

    citizen_id: str
    full_name: str
    birth_date: BirthDate
    behaviour: Behaviour
    note: str
    sex: Sex

    @property
    def identity(self) -> Identity:
        """The persona's name, birth date and sex as the population knows them."""
        return Identity(self.citizen_id, self.full_name, self.birth_date, self.sex)


def _persona(citizen_id: str, full_name: str, birth: str, behaviour: Behaviour, note: str) -> Persona:
    """Return a persona from an ISO date or a lone year; the sex is the one the number tells."""
    parts = [int(part) for part in birth.split("-")]
    birth_date = BirthDate(parts[0]) if len(parts) == 1 else BirthDate.on(*parts)
    sex = Sex.FEMALE if int(citizen_id[3]) % 2 else Sex.MALE
    return Persona(citizen_id, full_name, birth_date, behaviour, note, sex)


# The number of this one tells a woman, the captured-looking sample calls him a man: kept as it is.
THU = Persona(
    "099190000017",
    "TRẦN VĂN THỬ",
    BirthDate.on(1990, 5, 9),
    Behaviour.FOUND,
    "the person of the sample answer; also found by the nine-digit number 990000017",
    Sex.MALE,
)

# Together they hold every Vietnamese vowel with every tone mark, and đ.
ACCENTS = (
    "ĐẶNG VŨ HƯỜNG KHUÊ DIỄM QUỲNH PHƯỢNG MỸ ÁI NGUYỆT LỆ THỦY",
    "TẠ LƯƠNG ĐỨC THẮNG BẰNG CẨN TRẺ QUẾ CHÍ SÓC TỐT LỚN ÚT ÝT",
    "ĐÀO THỊ LAN MẪN NGẢI LẴNG HẸN HÈ TRẼ BÌNH MỈ MĨ CÔ TỰ HỎI",
    "LÃ Y KỴ TỶ ẮC ẴM ẲNG ẤN ẦN ẬU ÉN ỂN ỀN TÒ ÕNG ỌC ỒN ỔN ỖN ỘC Ờ Ở Ỡ Ù Ủ Ụ Ừ Ử Ữ Ă Â E Ê Ỏ",
)

B = Behaviour
CATALOGUE: tuple[Persona, ...] = (
    THU,
    _persona("099060000018", "TRẦN VĂN BỐN", "1960-03-14", B.FOUND, "his father"),
    _persona("099162000019", "LÊ THỊ NĂM", "1962-11-02", B.FOUND, "his mother"),
    _persona("099192000020", "PHẠM THỊ SÁU", "1992-08-21", B.FOUND, "his wife"),
    _persona("099145000101", "NGUYỄN THỊ MẪU", "1945", B.FOUND, "only the year of birth is known"),
    _persona("099215000102", "ĐỖ MINH NHÁP", "2015-06-01", B.FOUND, "a child; parents known"),
    _persona("099186000103", ACCENTS[0], "1986-02-28", B.FOUND, "accents, part 1 of 4"),
    _persona("099086000104", ACCENTS[1], "1986-12-31", B.FOUND, "accents, part 2 of 4"),
    _persona("099186000105", ACCENTS[2], "1986-01-01", B.FOUND, "accents, part 3 of 4"),
    _persona("099086000106", ACCENTS[3], "1986-07-15", B.FOUND, "accents, part 4 of 4"),
    _persona("099088000107", "K'BRÊU", "1988-04-30", B.FOUND, "an apostrophe in the name"),
    _persona("099188000108", "H'ĐIÊU NIÊ & KĐĂM", "1988-10-20", B.FOUND, "apostrophe and ampersand"),
    _persona("099090000109", "HOÀNG VĂN KHÔNG", "1990-01-01", B.NOT_FOUND, "no such person"),
    _persona("099085000110", "NGÔ VĂN LẺ", "1985-05-05", B.WITHOUT_HEAD, "no ChuHo element"),
    _persona("099185000111", "NGÔ THỊ LẺ", "1985-06-06", B.EMPTY_HEAD, "ChuHo is empty"),
    _persona("099087000112", "VŨ VĂN XÃ", "1987-07-01", B.EMPTY_DISTRICT, "MaQuanHuyen is empty"),
    _persona("099187000113", "VŨ THỊ PHƯỜNG", "1987-07-02", B.WITHOUT_DISTRICT, "no MaQuanHuyen element"),
    _persona("099091000114", "LƯƠNG VĂN TÁCH", "1991-03-04", B.SPLIT_NAME, "Ho, ChuDem and Ten are filled"),
    _persona("099079000121", "BÙI VĂN HỎI", "1979-09-09", B.OTHER_NAME, "the record says BÙI VĂN ĐÁP"),
    _persona("099179000122", "BÙI THỊ HỎI", "1979-10-10", B.OTHER_BIRTH_DATE, "the record says 1979-12-31"),
    _persona("099079000123", "BÙI VĂN SỐ", "1979-11-11", B.OTHER_NUMBER, "the record says 099079000124"),
    _persona("099082000125", "LÊ VĂN ĐÔI", "1982-02-02", B.TWO_ADDRESSES, "same person twice, two addresses"),
    _persona("099182000126", "LÊ THỊ ĐÔI", "1982-03-03", B.TWO_PEOPLE, "a second record, of 099082000125"),
    _persona("099070000131", "PHAN VĂN TẮT", "1970-01-31", B.UNAVAILABLE, "HTTP 503"),
    _persona("099070000132", "PHAN VĂN ĐỨT", "1970-02-28", B.HALF_ANSWER, "connection closed half-way"),
    _persona("099070000133", "PHAN VĂN CHẬM", "1970-03-31", B.SLOW, "answers after the slow delay"),
    _persona("099070000134", "PHAN VĂN NHỎ GIỌT", "1970-04-30", B.TRICKLE, "a little at a time for as long"),
    _persona("099070000135", "PHAN VĂN NGẮT", "1970-05-31", B.RESET, "connection reset, no answer"),
    _persona("099070000136", "PHAN VĂN TREO", "1970-06-30", B.HANG, "no answer, ever"),
    _persona("099070000137", "PHAN VĂN THẤT THƯỜNG", "1970-07-31", B.UNEVEN, "now quick, now slow"),
    _persona("099070000138", "PHAN VĂN CHẬP CHỜN", "1970-08-31", B.FLAKY, "Fault every other time"),
    _persona("099070000139", "PHAN VĂN HẠN", "1970-09-30", B.QUOTA_USED_UP, "HTTP 429"),
    _persona("099072000141", "DƯƠNG VĂN RÁC", "1972-01-01", B.GARBAGE_TEXT, "200, not XML"),
    _persona("099072000142", "DƯƠNG VĂN TRỐNG", "1972-02-02", B.EMPTY_BODY, "200, no body"),
    _persona("099072000143", "DƯƠNG VĂN CỤT", "1972-03-03", B.TRUNCATED_XML, "200, XML cut short"),
    _persona("099072000144", "DƯƠNG VĂN TRANG", "1972-04-04", B.HTML_PAGE, "200, an HTML error page"),
    _persona("099072000145", "DƯƠNG VĂN LẠ", "1972-05-05", B.UNKNOWN_ROOT, "200, XML of another kind"),
    _persona("099072000146", "DƯƠNG VĂN TO", "1972-06-06", B.OVERSIZE, "a record of more than 1 MiB"),
    _persona("099072000147", "DƯƠNG VĂN KHAI", "1972-07-07", B.DTD, "XML with a DTD and entities"),
    _persona("099072000148", "DƯƠNG VĂN MÃ", "1972-08-08", B.WRONG_ENCODING, "bytes of windows-1258"),
    _persona("099075000151", "ĐỖ VĂN LỖI", "1975-01-01", B.FAULT_200, "SOAP Fault with HTTP 200"),
    _persona("099075000152", "ĐỖ VĂN HỎNG", "1975-02-02", B.FAULT_500, "SOAP Fault with HTTP 500"),
    _persona("099075000153", "ĐỖ VĂN CẤM", "1975-03-03", B.PROCEDURE_REFUSED, "Fault 004"),
    _persona("099075000154", "ĐỖ VĂN QUYỀN", "1975-04-04", B.OFFICER_REFUSED, "Fault 005"),
    _persona("099075000156", "ĐỖ VĂN GIỜ", "1975-06-06", B.CLOCK_SKEWED, "its clock runs 15 min ahead"),
    _persona(
        "099075000157", "ĐỖ VĂN CHỨNG", "1975-07-07", B.CERTIFICATE_EXPIRED, "then an expired certificate"
    ),
    _persona("099075000155", "ĐỖ VĂN THẺ", "1975-05-05", B.TOKEN_REJECTED_ONCE, "401, then found"),
)

PERSONAS = {persona.citizen_id: persona for persona in CATALOGUE}
