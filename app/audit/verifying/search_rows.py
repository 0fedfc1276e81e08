"""A row of an exported search: what the list says of one lookup, derived from its records' own words.

Exporting and checking share it, so that a list that says anything else than the records is found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from app.audit.leaf import Value
from app.audit.verifying.search_words import NO_DOSSIER_TITLES, OUTCOME_TITLES, disclosed_titles

_VIETNAM: Final = timezone(timedelta(hours=7))
PAPER_TITLES: Final = {
    "citizen_card": "Thẻ căn cước công dân hoặc thẻ căn cước",
    "old_id_card": "Chứng minh nhân dân",
    "ct07_confirmation": "Giấy xác nhận thông tin về cư trú (CT07)",
    "id_notice": "Thông báo số định danh cá nhân",
}
"""Papers as the desk's answers name them (app.web.papers), which the offline verifier does not have."""
_YES_NO: Final = {True: "Có", False: "Không", None: ""}

Plain = str | int | bool | None | list[str]


@dataclass(frozen=True, slots=True)
class LookupRecords:
    """A lookup's records as facts, and what stands in none: the masked number, the officer's login name."""

    lookup_id: str
    recorded_at: str
    lookup: Mapping[str, Value]
    outcome: Mapping[str, Value] | None
    link: Mapping[str, Value] | None
    follow_up: Mapping[str, Value] | None
    citizen: str | None
    officer_login: str | None
    is_readable: bool


SEARCH_COLUMNS: Final[tuple[tuple[str, int], ...]] = (
    ("STT", 8),
    ("Thời điểm (giờ Việt Nam)", 21),
    ("Tên đăng nhập của cán bộ", 24),
    ("Mã cán bộ trong nhật ký", 38),
    ("Mã đơn vị", 18),
    ("Phần mềm", 16),
    ("Số định danh công dân (che bớt)", 18),
    ("Mã thủ tục", 18),
    ("Mã hồ sơ", 30),
    ("Lý do chưa có mã hồ sơ", 28),
    ("Mã hồ sơ bổ sung sau", 30),
    ("Kết quả", 26),
    ("Mã lý do từ chối hoặc lỗi", 26),
    ("Trường thông tin đã cung cấp", 44),
    ("Được yêu cầu giấy tờ", 14),
    ("Đã yêu cầu giấy tờ", 14),
    ("Giấy tờ đã yêu cầu", 36),
    ("Mã lượt tra cứu", 38),
    ("Ghi chú", 40),
)
"""Titles and widths in characters."""


def row_facts(records: LookupRecords) -> dict[str, Plain]:
    """Return the row for machines, in the words of the search over HTTP."""
    facts, outcome, link = records.lookup, records.outcome or {}, records.link or {}
    follow_up = records.follow_up or {}
    return {
        "lookup_id": records.lookup_id,
        "time": records.recorded_at,
        "officer_login": records.officer_login,
        "officer_id": _text(facts.get("officer_id")),
        "unit_code": _text(facts.get("unit_code")),
        "client_id": _text(facts.get("client_id")),
        "citizen": records.citizen,
        "procedure_code": _text(facts.get("procedure_code")),
        "dossier_code": _text(facts.get("dossier_code")),
        "no_dossier_reason": _text(facts.get("no_dossier_reason")),
        "linked_dossier_code": _text(link.get("dossier_code")),
        "outcome": _text(outcome.get("outcome")) or ("not_permitted" if "problem_code" in facts else None),
        "problem_code": _text(outcome.get("problem_code") or facts.get("problem_code")),
        "fields_disclosed": str(outcome.get("fields_disclosed", "")).split(),
        "paper_may_ask": _claim(outcome.get("paper_may_ask")),
        "paper_asked": _claim(follow_up.get("paper_asked")),
        "paper_which": _text(follow_up.get("paper_which")),
        "is_readable": records.is_readable,
    }


def row_cells(number: int, records: LookupRecords) -> list[str]:
    """Return the row for people, in Vietnamese, one text for each of SEARCH_COLUMNS."""
    row = row_facts(records)
    outcome, reason = str(row["outcome"] or ""), str(row["no_dossier_reason"] or "")
    return [
        str(number),
        _local(records.recorded_at),
        *_texts(row, "officer_login", "officer_id", "unit_code", "client_id", "citizen"),
        *_texts(row, "procedure_code", "dossier_code"),
        NO_DOSSIER_TITLES.get(reason, reason),
        *_texts(row, "linked_dossier_code"),
        OUTCOME_TITLES.get(outcome, outcome) or "Chưa có kết quả",
        *_texts(row, "problem_code"),
        disclosed_titles(str(records.outcome.get("fields_disclosed", ""))) if records.outcome else "",
        *(_YES_NO[_claim(row[name])] for name in ("paper_may_ask", "paper_asked")),
        PAPER_TITLES.get(str(row["paper_which"]), str(row["paper_which"] or "")),
        records.lookup_id,
        _remark(records),
    ]


def _remark(records: LookupRecords) -> str:
    if not records.is_readable:
        return "Bản ghi không đọc được: cần kiểm tra chứng cứ"
    return (
        ""
        if records.citizen is not None
        else "Không mở được công dân: khóa tháng không còn, hoặc dữ liệu hỏng"
    )


def _texts(row: Mapping[str, Plain], *names: str) -> list[str]:
    return [str(row[name]) if row[name] is not None else "" for name in names]


def _local(time: str) -> str:
    """Return the instant as it is read in Vietnam; a text that is none as it is."""
    try:
        return datetime.fromisoformat(time).astimezone(_VIETNAM).strftime("%d/%m/%Y %H:%M:%S")
    except (ValueError, OverflowError):
        return time


def _claim(value: object) -> bool | None:
    return bool(value) if value is not None else None


def _text(value: object) -> str | None:
    return str(value) if value is not None else None
