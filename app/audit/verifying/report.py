"""The report of a check: Vietnamese with English below each line, ending in one sentence; and as JSON."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from enum import IntEnum
from typing import Final

from app.audit.verifying.findings import NOTICES, Check, Finding, Kind, Ledger
from app.audit.verifying.texts import CHECK_TEXTS, GAP_TEXTS, KIND_TEXTS, LIMIT_TEXTS, Text

_VIETNAM: Final = timezone(timedelta(hours=7))
_LONGEST_DETAIL: Final = 300
_ABSENT: Final = "-"


class Verdict(IntEnum):
    """What comes of a check; the number is the exit code."""

    INTACT = 0
    BROKEN = 1
    NOT_CHECKED = 2


VERDICT_TEXTS: Final[Mapping[Verdict, Text]] = {
    Verdict.INTACT: (
        "KẾT LUẬN: Không phát hiện dấu hiệu sửa, xóa hay thêm trong phần đã kiểm tra.",
        "VERDICT: In what was checked nothing was found to be changed, removed or added.",
    ),
    Verdict.BROKEN: (
        "KẾT LUẬN: Chứng cứ KHÔNG nguyên vẹn; xem các mục ở trên.",
        "VERDICT: The evidence is NOT intact; see the findings above.",
    ),
    Verdict.NOT_CHECKED: (
        "KẾT LUẬN: Không kiểm tra được đầy đủ như yêu cầu; chưa thể kết luận.",
        "VERDICT: What was asked for could not be checked; nothing is concluded.",
    ),
}


def verdict_of(ledger: Ledger) -> Verdict:
    """Return what the findings come to: trouble with the evidence counts before what could not be checked."""
    if ledger.is_broken:
        return Verdict.BROKEN
    return Verdict.NOT_CHECKED if ledger.cannot else Verdict.INTACT


def report_text(ledger: Ledger) -> str:
    """Return the report; it says places and kinds and no value of a record."""
    lines = [
        "BIÊN BẢN KIỂM TRA CHỨNG CỨ TRA CỨU CƯ TRÚ",
        "REPORT ON THE EVIDENCE OF RESIDENCE LOOKUPS",
        "",
        *_facts(ledger),
        "",
        *_pair(
            (
                "1. Đã kiểm tra, kèm số lượng (0: không có, hoặc không kiểm tra: xem mục 4)",
                "1. What was checked, and how many of each (0: there are none, or not checked: see 4)",
            )
        ),
        *_checks(ledger),
        "",
        *_pair(("2. Phát hiện", "2. Findings")),
        *_findings(ledger, are_notices=False),
        "",
        *_pair(("3. Lưu ý", "3. To be noted")),
        *_findings(ledger, are_notices=True),
        "",
        *_pair(("4. Không kiểm tra", "4. What was not checked")),
        *_gaps(ledger),
        "",
        *_pair(("5. Không lần kiểm tra nào thấy được", "5. What no check of an export can see")),
        *(line for vietnamese, english in LIMIT_TEXTS for line in (f"  {vietnamese}", f"    {english}")),
        "",
        *_pair(VERDICT_TEXTS[verdict_of(ledger)]),
    ]
    return "\n".join(lines) + "\n"


def report_json(ledger: Ledger) -> str:
    """Return the same for machines."""
    verdict = verdict_of(ledger)
    said = {
        "verdict": verdict.name.lower(),
        "exit_code": verdict.value,
        "facts": ledger.facts,
        "checked": {check.value: ledger.looked_at[check] for check in Check},
        "findings": [
            _finding_json(kind, ledger) for kind in Kind if ledger.totals[kind] and kind not in NOTICES
        ],
        "notices": [_finding_json(kind, ledger) for kind in Kind if ledger.totals[kind] and kind in NOTICES],
        "not_checked": {gap.value: count for gap, count in ledger.gaps.items()},
        "could_not": ledger.cannot,
    }
    return json.dumps(said, indent=2) + "\n"


def _facts(ledger: Ledger) -> Iterator[str]:
    facts = ledger.facts
    named: tuple[tuple[Text, object], ...] = (
        (("Nhật ký", "Log"), facts.get("origin")),
        (("Số bản ghi trong cây", "Records in the tree"), facts.get("size")),
        (
            ("Phần được trích xuất (từ, đến trước)", "Part that was exported (from, up to before)"),
            f"{facts['first']}, {facts['end']}" if "first" in facts else None,
        ),
        *(
            ((("Lượt tra cứu trong danh sách", "Lookups in the list"), facts["lookups"]),)
            if "lookups" in facts
            else ()
        ),
        (("Gốc của cây", "Root of the tree"), facts.get("root")),
        (("Thời điểm trích xuất", "Time of the export"), _time(str(facts.get("made_at")))),
        (("Thời điểm của điểm kiểm tra", "Time of the checkpoint"), _time(str(facts.get("checkpoint_at")))),
        (("Nhân chứng", "Witnesses"), facts.get("witnessed_by")),
        (("SHA-256 của bảng kê", "SHA-256 of the manifest"), facts.get("manifest_digest")),
    )
    for (vietnamese, english), value in named:
        yield f"{vietnamese} | {english}: {_plain(str(value)) if value is not None else _ABSENT}"


def _checks(ledger: Ledger) -> Iterator[str]:
    for check in Check:
        vietnamese, english = CHECK_TEXTS[check]
        yield f"  {ledger.looked_at[check]:>12,}  {vietnamese}"
        yield f"  {'':>12}  {english}"


def _findings(ledger: Ledger, *, are_notices: bool) -> Iterator[str]:
    kinds = [kind for kind in Kind if ledger.totals[kind] and (kind in NOTICES) is are_notices]
    if not kinds:
        yield "  Không có. | None."
    for kind in kinds:
        vietnamese, english = KIND_TEXTS[kind]
        yield f"  [{kind.value}] x {ledger.totals[kind]:,}"
        yield f"    {vietnamese}"
        yield f"    {english}"
        for finding in ledger.listed[kind]:
            yield f"      - {_place(finding)}"
        hidden = ledger.totals[kind] - len(ledger.listed[kind])
        if hidden:
            yield f"      … và {hidden:,} mục nữa | and {hidden:,} more"


def _place(finding: Finding) -> str:
    place = finding.place
    parts = [
        f"#{place.index}" if place.index is not None else None,
        _plain(place.record_id) if place.record_id else None,
        _time(place.time) if place.time else None,
        _plain(finding.detail) or None,
    ]
    return "  ".join(part for part in parts if part is not None) or _ABSENT


def _gaps(ledger: Ledger) -> Iterator[str]:
    if not ledger.gaps and not ledger.cannot:
        yield "  Không có. | None."
    for gap, count in ledger.gaps.items():
        vietnamese, english = GAP_TEXTS[gap]
        yield f"  {vietnamese}" + (f" ({count:,})" if count > 1 else "")
        yield f"    {english}"
    for reason in ledger.cannot:
        yield f"  Không thực hiện được | Could not be done: {_plain(reason)}"


def _finding_json(kind: Kind, ledger: Ledger) -> dict[str, object]:
    return {
        "kind": kind.value,
        "count": ledger.totals[kind],
        "listed": [
            {
                "index": finding.place.index,
                "record_id": finding.place.record_id,
                "time": finding.place.time if _time(finding.place.time or "") != _ABSENT else None,
                "detail": finding.detail,
            }
            for finding in ledger.listed[kind]
        ],
    }


def _pair(text: Text) -> tuple[str, str]:
    return text


def _time(text: str) -> str:
    """Return an instant as it is in Vietnam; a text that is none is not repeated."""
    try:
        return datetime.fromisoformat(text).astimezone(_VIETNAM).isoformat(" ", "seconds")
    except (ValueError, OverflowError):
        return _ABSENT


def _plain(text: str) -> str:
    """Return *text* on one line without what a terminal would obey."""
    return "".join(mark if mark.isprintable() else "?" for mark in text)[:_LONGEST_DETAIL]
