"""What can be wrong with a unit or a change of one: a word for programs, sentences for people."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID


class Trouble(StrEnum):
    """Every reason to refuse; each has its sentences in TEXTS."""

    NAME_MISSING = "name_missing"
    NAME_UNFIT = "name_unfit"
    PRIVATE_BODY = "private_body"
    CODE_MISSING = "code_missing"
    CODE_UNFIT = "code_unfit"
    CODE_IN_OLD_FORM = "code_in_old_form"
    CODE_TWICE = "code_twice"
    CODE_TAKEN = "code_taken"
    KIND_UNKNOWN = "kind_unknown"
    LEVEL_UNKNOWN = "level_unknown"
    WARD_UNKNOWN = "ward_unknown"
    LEGACY_WARD_UNKNOWN = "legacy_ward_unknown"
    DOCUMENT_UNFIT = "document_unfit"
    UNIT_UNKNOWN = "unit_unknown"
    UNIT_AMBIGUOUS = "unit_ambiguous"
    PARENT_UNKNOWN = "parent_unknown"
    PARENT_NOT_IN_FORCE = "parent_not_in_force"
    CIRCLE = "circle"
    LATER_CHANGE = "later_change"
    BEGINS_THAT_DAY = "begins_that_day"
    UNIT_CLOSED = "unit_closed"
    NOT_YET_IN_FORCE = "not_yet_in_force"
    HAS_UNITS_BELOW = "has_units_below"
    HAS_OFFICERS = "has_officers"
    INTO_ITSELF = "into_itself"
    TOO_FEW_UNITS = "too_few_units"
    NAMED_TWICE = "named_twice"
    SUCCEEDED_ALREADY = "succeeded_already"
    COLUMN_MISSING = "column_missing"
    COLUMN_UNKNOWN = "column_unknown"
    COLUMN_TWICE = "column_twice"
    NO_ROWS = "no_rows"
    CELL_WITHOUT_HEADING = "cell_without_heading"
    ONE_SUCCESSOR_NEEDED = "one_successor_needed"


@dataclass(frozen=True, slots=True)
class Text:
    """What is wrong and what would mend it, in one language."""

    wrong: str
    mend: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one unit; `column` is the value concerned, where it is one value's fault."""

    trouble: Trouble
    column: str | None = None
    unit_id: UUID | None = None
    values: dict[str, str] = field(default_factory=dict)

    def text(self, language: str) -> Text:
        """Return the sentences in `vi` or `en`."""
        text = TEXTS[self.trouble][0 if language == "vi" else 1]
        return Text(text.wrong.format_map(self.values), text.mend.format_map(self.values))


class UnitRefusedError(Exception):
    """A change of units that cannot be; nothing was changed."""

    def __init__(self, *faults: Fault) -> None:
        """Give the reasons, at least one."""
        super().__init__("; ".join(f"{text.wrong}: {text.mend}" for text in (f.text("en") for f in faults)))
        self.faults = faults


def refused(trouble: Trouble, *, column: str | None = None, **values: str) -> UnitRefusedError:
    """Return the error for one reason."""
    return UnitRefusedError(Fault(trouble, column, values=values))


TEXTS: Final[dict[Trouble, tuple[Text, Text]]] = {
    Trouble.NAME_MISSING: (
        Text("Tên đơn vị để trống", "ghi tên đầy đủ theo quyết định thành lập"),
        Text("the name is empty", "give the full name of the deciding document"),
    ),
    Trouble.NAME_UNFIT: (
        Text("Tên đơn vị không dùng được", "bỏ khoảng trắng đầu cuối, ký tự ẩn, ký tự = + - @ ở đầu; tối đa 300 ký tự"),
        Text("the name cannot be used", "no blanks around it, no hidden characters, no = + - @ in front; at most 300 characters"),
    ),
    Trouble.PRIVATE_BODY: (
        Text("“{value}” là tổ chức tư nhân", "không đăng ký: chỉ cơ quan, đơn vị nhà nước được khai thác dữ liệu (Luật Căn cước, Điều 10)"),
        Text("“{value}” is a private body", "leave it out: only public agencies may use the data (Luật Căn cước Article 10)"),
    ),
    Trouble.CODE_MISSING: (
        Text("Mã định danh để trống", "ghi mã theo Quyết định 20/2020/QĐ-TTg, ví dụ H19.34.12"),
        Text("the agency code is empty", "give the code of Decision 20/2020/QĐ-TTg, such as H19.34.12"),
    ),
    Trouble.CODE_UNFIT: (
        Text("“{value}” không phải mã định danh cơ quan", "ghi dạng H19.34.12 (mã cũ: 000.12.34.H19), chữ hoa, không khoảng trắng, tối đa 35 ký tự"),
        Text("“{value}” is no agency code", "write it as H19.34.12 (old form 000.12.34.H19), capitals, no blanks, at most 35 characters"),
    ),
    Trouble.CODE_IN_OLD_FORM: (
        Text("“{value}” là mã dạng cũ", "ghi mã mới {suggestion} ở cột này, mã cũ ở cột mã định danh cũ"),
        Text("“{value}” is an agency code of the old form", "write {suggestion} here and the old form as the legacy code"),
    ),
    Trouble.CODE_TWICE: (
        Text("Mã {value} đã có ở dòng {row}", "mỗi đơn vị một dòng: sửa mã hoặc bỏ một dòng"),
        Text("{value} stands in row {row} already", "one row for one unit: mend the code or remove a row"),
    ),
    Trouble.CODE_TAKEN: (
        Text("Mã {value} đã cấp cho “{holder}” (từ {since})", "dùng mã khác, hoặc đổi mã hay đóng đơn vị kia trước"),
        Text("{value} is already registered: “{holder}” bears it from {since}", "use another code, or first re-code or close that unit"),
    ),
    Trouble.KIND_UNKNOWN: (
        Text("Loại đơn vị “{value}” không có", "chọn một trong: {choices}"),
        Text("“{value}” is no kind of unit", "choose one of: {choices}"),
    ),
    Trouble.LEVEL_UNKNOWN: (
        Text("Cấp “{value}” không có", "chọn một trong: {choices}"),
        Text("“{value}” is no level", "choose one of: {choices}"),
    ),
    Trouble.WARD_UNKNOWN: (
        Text("Mã xã “{value}” không có trong danh mục từ 01/7/2025", "tra danh mục của Quyết định 19/2025/QĐ-TTg: năm chữ số, ví dụ 00004"),
        Text("“{value}” is no ward in force since 1 July 2025", "look it up in Decision 19/2025/QĐ-TTg: five digits, such as 00004"),
    ),
    Trouble.LEGACY_WARD_UNKNOWN: (
        Text("Mã xã cũ “{value}” không có trong danh mục trước 01/7/2025", "ghi mã năm chữ số của xã trước khi sắp xếp, hoặc để trống"),
        Text("“{value}” is no ward of before July 2025", "give the five digits of the ward of that time, or nothing"),
    ),
    Trouble.DOCUMENT_UNFIT: (
        Text("Số văn bản không dùng được", "ghi số, ký hiệu văn bản, ví dụ 1656/NQ-UBTVQH15, tối đa 100 ký tự"),
        Text("the document's number cannot be used", "give it as 1656/NQ-UBTVQH15, at most 100 characters"),
    ),
    Trouble.UNIT_UNKNOWN: (
        Text("Ngày {on} không có đơn vị {value}", "kiểm tra lại mã và ngày"),
        Text("there is no unit {value} on {on}", "check the code and the day"),
    ),
    Trouble.UNIT_AMBIGUOUS: (
        Text("Nhiều đơn vị có mã {value}", "ghi mã mới của đơn vị cần chọn"),
        Text("more than one unit bears {value}", "name the one by its new code"),
    ),
    Trouble.PARENT_UNKNOWN: (
        Text("Không có đơn vị cấp trên {value}", "thêm đơn vị đó vào tệp hoặc sửa mã; để trống nếu không có cấp trên"),
        Text("there is no unit {value} to stand below", "add it to the file or mend the code; leave it empty at the top"),
    ),
    Trouble.PARENT_NOT_IN_FORCE: (
        Text("Đơn vị cấp trên {value} không hoạt động trong cả thời gian của {unit}", "chọn cấp trên khác hoặc ngày khác"),
        Text("{value}, above {unit}, is not in force all that time", "choose another unit above or another day"),
    ),
    Trouble.CIRCLE: (
        Text("{unit} sẽ đứng dưới chính nó (từ {since})", "sửa mã đơn vị cấp trên"),
        Text("{unit} would stand below itself from {since}", "mend the code of the unit above"),
    ),
    Trouble.LATER_CHANGE: (
        Text("{unit} đã có thay đổi từ {since}", "chọn ngày {since} hoặc sau đó"),
        Text("{unit} already has a change from {since}", "give that day or a later one"),
    ),
    Trouble.BEGINS_THAT_DAY: (
        Text("{unit} có thay đổi đúng ngày {since}", "chọn ngày sau đó để chấm dứt"),
        Text("{unit} has a change on {since} itself", "let it end on a later day"),
    ),
    Trouble.UNIT_CLOSED: (
        Text("{unit} chấm dứt từ {since}", "không thay đổi được từ ngày đó"),
        Text("{unit} ends on {since}", "from that day on nothing about it can change"),
    ),
    Trouble.NOT_YET_IN_FORCE: (
        Text("{unit} chỉ hoạt động từ {since}", "chọn ngày {since} hoặc sau đó"),
        Text("{unit} is in force only from {since}", "give that day or a later one"),
    ),
    Trouble.HAS_UNITS_BELOW: (
        Text("{unit} còn đơn vị trực thuộc: {value}", "chuyển hoặc đóng các đơn vị đó trước"),
        Text("{unit} still has units below it: {value}", "move or close them first"),
    ),
    Trouble.HAS_OFFICERS: (
        Text("{unit} còn {value} cán bộ", "điều chuyển hoặc cho thôi trước, hoặc dùng lệnh hợp nhất"),
        Text("{unit} still has officers: {value}", "transfer or release them first, or merge the unit"),
    ),
    Trouble.INTO_ITSELF: (
        Text("{unit} không thể hợp nhất vào chính nó", "bỏ đơn vị nhận khỏi danh sách"),
        Text("{unit} cannot be merged into itself", "leave the receiving unit out of the list"),
    ),
    Trouble.TOO_FEW_UNITS: (
        Text("Chia tách cần ít nhất hai đơn vị", "nêu mọi đơn vị sau chia tách, kể cả đơn vị cũ nếu còn"),
        Text("a split needs at least two units", "name all there are afterwards, the old one too if it stays"),
    ),
    Trouble.NAMED_TWICE: (
        Text("{unit} được nêu hai lần", "nêu mỗi đơn vị một lần"),
        Text("{unit} is named twice", "name each unit once"),
    ),
    Trouble.SUCCEEDED_ALREADY: (
        Text("Việc {unit} chuyển sang {value} ngày {since} đã được ghi nhận", "không ghi lại lần nữa"),
        Text("that {unit} went into {value} on {since} is on record already", "leave it as it is"),
    ),
    Trouble.COLUMN_MISSING: (
        Text("Thiếu cột “{value}”", "thêm cột này vào dòng tiêu đề"),
        Text("the column “{value}” is missing", "add it to the header row"),
    ),
    Trouble.COLUMN_UNKNOWN: (
        Text("Không có cột nào tên “{value}”", "đặt lại tên theo mẫu hoặc bỏ cột"),
        Text("there is no column “{value}”", "name it as the template does, or remove it"),
    ),
    Trouble.COLUMN_TWICE: (
        Text("Hai cột cùng là “{value}”", "giữ một cột"),
        Text("two columns are “{value}”", "keep one of them"),
    ),
    Trouble.CELL_WITHOUT_HEADING: (
        Text("Dòng {row} có nhiều ô hơn dòng tiêu đề", "bỏ ô thừa hoặc đặt tên cho cột"),
        Text("row {row} has more cells than the header row", "remove the value, or name its column"),
    ),
    Trouble.ONE_SUCCESSOR_NEEDED: (
        Text("Hợp nhất cần đúng một đơn vị nhận", "nêu into (đơn vị đã có) hoặc into_new (đơn vị mới)"),
        Text("a merger needs one unit that takes the place", "give into for a unit there is, or into_new for a new one"),
    ),
    Trouble.NO_ROWS: (
        Text("Tệp không có dòng nào", "ghi ít nhất một đơn vị dưới dòng tiêu đề"),
        Text("the file has no rows", "give at least one unit below the header"),
    ),
}  # fmt: skip
"""The Vietnamese sentence an officer reads, then the English one."""
