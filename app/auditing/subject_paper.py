"""Puts a report into the plain words of the paper that the citizen gets."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.audit.verifying.search_words import in_usual_order
from app.auditing.subject_evidence import AuditLook
from app.auditing.subject_looks import Look, UnitSaid, masked
from app.auditing.subject_texts import (
    ALWAYS_COUNTED,
    AUDITS,
    CHECKS,
    CLAIMS,
    ENDINGS,
    METHODS,
    REQUESTERS,
    ROLES,
    ending_text,
    field_title,
    reason_text,
    result_text,
)
from app.auditing.subject_values import AuditPolicy, SubjectRequest
from app.clock import VIETNAM
from app.papers.values import Line, LookRow, Section, SubjectPaper, vietnam_time

MEANING: Final = (
    (
        "Mỗi lượt nêu trên là một bản ghi trong nhật ký điện tử của cổng. Tệp dữ liệu (JSON) kèm báo cáo có"
        " bằng chứng rằng các bản ghi đó nằm trong nhật ký và không bị sửa sau khi được chốt. Khi tên công"
        " chức bị ẩn, nguyên văn bản ghi do cơ quan giữ; ai được xem nguyên văn (đoàn kiểm tra, tòa án) đều"
        " tự đối chiếu được với bằng chứng, không cần tin cơ quan lập báo cáo."
    ),
    ("Bằng chứng KHÔNG cho thấy rằng không có lượt nào bị bỏ sót: nó chỉ nói về những gì có trong báo cáo."),
    (
        "Việc bỏ sót có thể bị phát hiện: mỗi bản ghi tra cứu có một dấu tìm kiếm tính từ số định"
        " danh; khi đoàn kiểm tra chạy chương trình kiểm tra độc lập trên toàn bộ nhật ký, với khóa"
        " đọc nhật ký, dấu nào thiếu hoặc sai đều lộ ra. Báo cáo do cổng tự lập từ mọi bản ghi có số"
        " của ông/bà; người lập không lọc, không bỏ được lượt nào."
    ),
    (
        "Lượt tra cứu không đi qua cổng này (hệ thống khác nối thẳng với Cơ sở dữ liệu quốc gia về"
        " dân cư) không có trong báo cáo; nhật ký của các lượt đó do cơ quan Công an giữ."
    ),
    (
        "Báo cáo chỉ có lượt tra cứu bằng số của chính ông/bà. Nếu tên ông/bà hiện ra khi người khác được"
        " tra cứu (ví dụ với tư cách chủ hộ) thì không tìm được, vì cổng không lưu nội dung dữ liệu."
    ),
    (
        "“Đã hiển thị dữ liệu” nghĩa là cổng đã trả dữ liệu cho phần mềm của công chức. Cổng không"
        " lưu nội dung dữ liệu, nên báo cáo chỉ nêu tên các trường thông tin, không nêu nội dung."
    ),
)
_RIGHTS: Final = (
    (
        "Nếu có lượt tra cứu mà ông/bà không nộp hồ sơ hoặc cho là sai mục đích: đề nghị cơ quan lập"
        " báo cáo kiểm tra, nêu số thứ tự của lượt; ông/bà có quyền khiếu nại, tố cáo theo pháp luật."
    ),
    (
        "Thông tin cư trú sai: đề nghị Công an cấp xã nơi cư trú điều chỉnh, hoặc gửi qua Cổng dịch"
        " vụ công, VNeID."
    ),
    ("Báo cáo có dữ liệu cá nhân, lập cho riêng người yêu cầu; không sao chụp, chuyển cho người khác."),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a report tells, whatever its form."""

    request: SubjectRequest
    numbers: tuple[str, ...]
    made_at: datetime
    complete_from: datetime | None
    looks: tuple[Look, ...]
    audits: tuple[AuditLook, ...]

    @property
    def proven(self) -> int:
        """How many looks have proofs for all their records."""
        return sum(bool(look.records) and all(one.proof for one in look.records) for look in self.looks)


def subject_paper(told: Told, audits: AuditPolicy, unit_name: str, digest: str, signer: str) -> SubjectPaper:
    """Return what the paper says; *digest* is of the data that go with it."""
    return SubjectPaper(
        number=told.request.number,
        unit_name=unit_name,
        made_at=told.made_at,
        request=_request(told),
        summary=_summary(told),
        looks=[_row(look, shows_number=len(told.numbers) > 1) for look in told.looks],
        audits=[audit_text(one, audits) for one in told.audits] or ["Không có."],
        meaning=MEANING,
        rights=_RIGHTS,
        checking=Section(
            "7. Kiểm tra báo cáo",
            (
                Line("Chữ ký số", f"Trong tệp PDF này. Chứng thư: {signer}"),
                Line("Tệp dữ liệu kèm theo (SHA-256)", digest),
            ),
        ),
    )


def audit_text(audit: AuditLook, policy: AuditPolicy) -> str:
    """Return what is told of auditing's own looks: the day alone, or the case too."""
    day = f"{audit.at.astimezone(VIETNAM):%d/%m/%Y}"
    if policy == "day":
        return f"Ngày {day}: cơ quan kiểm tra."
    case = audit.case_number or audit.report_number
    named = f" (vụ việc, yêu cầu số {case})" if case else ""
    return f"{vietnam_time(audit.at)}: {AUDITS.get(audit.kind, 'cơ quan kiểm tra')}{named}."


def _request(told: Told) -> Section:
    request = told.request
    return Section(
        "1. Yêu cầu",
        (
            Line("Số của công dân", ", ".join(map(masked, told.numbers))),
            Line("Người yêu cầu", REQUESTERS[request.requester]),
            Line("Xác minh người yêu cầu", CHECKS[request.identity_check]),
            Line("Ngày tiếp nhận", f"{request.received_on:%d/%m/%Y}"),
            Line("Thời điểm lập báo cáo", vietnam_time(told.made_at)),
        ),
    )


def _summary(told: Told) -> Sequence[str]:
    counted = f"Có {len(told.looks)} lượt tra cứu bằng số nêu trên, trong đó {_endings(told.looks)}."
    proven = (
        f"{told.proven} trên {len(told.looks)} lượt đã có bằng chứng trong tệp dữ liệu kèm theo (lượt vừa mới"
        " xảy ra cần chờ ít giây)."
    )
    return counted, _since(told.complete_from), proven


def _endings(looks: Sequence[Look]) -> str:
    """Return how many looks ended how; each is in one of the numbers, so that they add up."""
    counts = Counter(map(ending_text, looks))
    return ", ".join(
        f"{counts[text]} lượt {text}" for text in ENDINGS if counts[text] or text in ALWAYS_COUNTED
    )


def _since(complete_from: datetime | None) -> str:
    if complete_from is None:
        return (
            "Khóa đọc nhật ký của tháng này đã bị hủy: báo cáo không đầy đủ cho bất kỳ khoảng thời gian nào."
        )
    return (
        f"Báo cáo đầy đủ từ {vietnam_time(complete_from)} đến lúc lập. Trước đó nhật ký chưa có, hoặc khóa"
        " đọc đã bị hủy khi hết thời hạn lưu giữ: không ai còn biết lượt tra cứu khi ấy là về người nào."
    )


def _row(look: Look, *, shows_number: bool) -> LookRow:
    number = f"Theo số {look.number}" if shows_number else ""
    return LookRow(
        when=_lines(f"{look.at.astimezone(VIETNAM):%d/%m/%Y}", f"{look.at.astimezone(VIETNAM):%H:%M:%S}"),
        unit=_lines(_unit(look.unit), ROLES.get(look.role or "", ""), look.officer_name or ""),
        purpose=_lines(
            f"{look.procedure_name or 'Thủ tục'} ({look.procedure_code})" if look.procedure_code else "",
            _dossier(look),
            f"Mục đích: {look.purpose}" if look.purpose else "",
            f"Cách dùng: {METHODS.get(look.verification_method, look.verification_method)}"
            if look.verification_method
            else "",
            number,
        ),
        shown=_shown(look),
        result=result_text(look),
    )


def _unit(unit: UnitSaid) -> str:
    name = unit.name_then or f"Đơn vị mã {unit.code}"
    if not unit.names_today:
        return f"{name} (nay không còn)"
    return name if unit.names_today == (name,) else f"{name} (nay là: {'; '.join(unit.names_today)})"


def _dossier(look: Look) -> str:
    if look.dossier_code or look.linked_dossier_code:
        return f"Hồ sơ {look.dossier_code or look.linked_dossier_code}"
    return f"Chưa có hồ sơ: {reason_text(look.no_dossier_reason)}" if look.no_dossier_reason else ""


def _shown(look: Look) -> str:
    if look.claims_asked:
        return f"Hỏi: {_claims(look.claims_asked)}"
    asked = "các trường của thủ tục" if look.fields_asked is None else _titles(look.fields_asked)
    if look.is_released and look.fields_asked == look.fields_disclosed:
        return f"Hỏi và hiển thị: {asked}"
    shown = f"Hiển thị: {_titles(look.fields_disclosed)}" if look.is_released else "Hiển thị: không"
    return _lines(f"Hỏi: {asked}", shown) if look.is_readable else ""


def _claims(kinds: Sequence[str]) -> str:
    """Name each kind of claim once, with how many there were."""
    counted = Counter(CLAIMS.get(kind, kind) for kind in kinds)
    return "; ".join(f"{text} ({many} câu)" if many > 1 else text for text, many in counted.items())


def _titles(names: Sequence[str]) -> str:
    return "; ".join(map(field_title, in_usual_order(names))) or "không"


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
