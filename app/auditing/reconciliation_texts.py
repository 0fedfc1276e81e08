"""What a reconciliation says to people, in Vietnamese and English."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from app.auditing.reconciliation_values import MILLISECONDS, Kind, RowFault, Totals
from app.clock import VIETNAM

Language = Literal["vi", "en"]
_MUCH_SECONDS: Final = 30

KIND_TEXTS: Final[Mapping[Kind, Mapping[Language, str]]] = {
    Kind.LOOK_WITHOUT_RECORD: {
        "vi": "Phía quốc gia có lượt tra cứu, nhật ký của ta không có bản ghi",
        "en": "the national side was asked, and we have no record of it",
    },
    Kind.RECORD_WITHOUT_LOOK: {
        "vi": "Ta ghi là đã hỏi, nhật ký phía quốc gia không có lượt nào được trả lời",
        "en": "our record says the national side answered, and its log has no such answer",
    },
    Kind.LOOKED_TWICE: {
        "vi": "Một mã yêu cầu được phía quốc gia trả lời nhiều lần",
        "en": "the national side answered one request id more than once",
    },
    Kind.RECORDED_TWICE: {
        "vi": "Một mã yêu cầu có nhiều bản ghi",
        "en": "one request id has more than one record",
    },
    Kind.TIME_DIFFERS: {
        "vi": "Thời gian hai bên lệch quá mức cho phép",
        "en": "the times differ by more than the tolerance",
    },
    Kind.OTHER_OFFICER: {
        "vi": "Phía quốc gia ghi mã cán bộ khác",
        "en": "the national side names another officer's code",
    },
    Kind.OTHER_ROAD: {
        "vi": "Phía quốc gia ghi đường kết nối khác",
        "en": "the national side names another road",
    },
    Kind.UNCERTAIN: {
        "vi": "Không chắc câu hỏi đã tới phía quốc gia (chưa có kết quả, hoặc không có trả lời dùng được)",
        "en": "the question may never have reached the national side (no usable answer, or none on record)",
    },
    Kind.AT_EDGE: {
        "vi": "Sát đầu hoặc cuối kỳ: lượt tra cứu có thể nằm ngoài tệp",
        "en": "at an end of the period: the look may stand outside the file",
    },
}

FAULT_TEXTS: Final[Mapping[RowFault, Mapping[Language, str]]] = {
    RowFault.TOO_LONG: {"vi": "dòng quá dài", "en": "the line is too long"},
    RowFault.NUL: {"vi": "dòng có ký tự rỗng (NUL)", "en": "the line holds NUL characters"},
    RowFault.QUOTES: {"vi": "dấu nháy kép không khép kín", "en": "a double quote is not closed"},
    RowFault.COLUMNS: {
        "vi": "số cột không khớp dòng tiêu đề",
        "en": "the number of columns is not the heading's",
    },
    RowFault.REQUEST_ID: {"vi": "mã yêu cầu không đọc được", "en": "the request id cannot be read"},
    RowFault.TIME: {"vi": "thời gian không đọc được", "en": "the time cannot be read"},
}


def local_time(at: int | None) -> str:
    """Return an instant as people in Vietnam read it, such as `22/11/2026 08:05:03.120`; empty for none."""
    if at is None:
        return ""
    there = datetime.fromtimestamp(at // MILLISECONDS, UTC).astimezone(VIETNAM)
    return f"{there + timedelta(milliseconds=at % MILLISECONDS):%d/%m/%Y %H:%M:%S}.{at % MILLISECONDS:03d}"


def summary_lines(totals: Totals) -> list[tuple[str, str]]:
    """Return what the comparison came to, line by line: Vietnamese, English."""
    first, last = local_time(totals.period.start), local_time(totals.period.end)
    lines = [
        (f"Kỳ đối soát: từ {first} đến trước {last} (giờ Việt Nam)", f"period: {first} until {last}, +07:00"),
        (
            f"Phía quốc gia: {totals.looks} dòng; ta: {totals.records} bản ghi; khớp mã: {totals.matched}",
            f"national side: {totals.looks} rows; ours: {totals.records} records; matched: {totals.matched}",
        ),
        _clock_line(totals.clock_difference),
    ]
    if totals.refused_without_id or totals.outside:
        lines.append(
            (
                f"Bị từ chối, không mã: {totals.refused_without_id}; ngoài kỳ: {totals.outside}",
                f"turned away, no id: {totals.refused_without_id}; outside the period: {totals.outside}",
            )
        )
    for count, vietnamese, english in (
        (totals.broken_rows, "Dòng không đọc được", "rows that cannot be read"),
        (
            totals.unreadable_records,
            "Bản ghi không đọc được (chạy dancu audit verify)",
            "records that cannot be read",
        ),
    ):
        if count:
            lines.append((f"{vietnamese}: {count}", f"{english}: {count}"))
    for kind, texts in KIND_TEXTS.items():
        if times := totals.found.get(kind):
            lines.append((f"{texts['vi']}: {times}", f"{texts['en']}: {times}"))
    verdict = ("Không có sai lệch.", "Nothing differs.")
    if not totals.is_clean:
        verdict = (f"CÓ SAI LỆCH: {totals.differences}.", f"DIFFERENCES: {totals.differences}.")
    return [*lines, verdict]


def _clock_line(difference: int | None) -> tuple[str, str]:
    if difference is None:
        return (
            "Quá ít cặp để ước lượng độ lệch đồng hồ; coi như bằng 0",
            "too few pairs to tell the clocks' difference; taken as 0",
        )
    seconds = difference // MILLISECONDS
    vietnamese = f"Đồng hồ phía quốc gia nhanh hơn (trung vị): {seconds} giây; đã trừ khi so thời gian"
    english = f"the national side's clock is ahead by (median): {seconds} s; allowed for in comparing times"
    if abs(seconds) > _MUCH_SECONDS:
        vietnamese += ". LỆCH NHIỀU: kiểm tra NTP hai bên và múi giờ của tệp"
        english += ". THAT IS MUCH: check NTP on both sides, and the file's time zone"
    return vietnamese, english
