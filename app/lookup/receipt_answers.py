"""What a lookup's answer says of the confirmation that was asked for."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from app.lookup.command import Disclosure
from app.web.problem_texts import Language

_NOT_MADE: Final[Mapping[Language, str]] = {
    "vi": (
        "Chưa lập được phiếu xác nhận ký số; kết quả tra cứu vẫn có giá trị và đã được ghi nhật ký. Cần phiếu"
        " thì tra cứu lại sau ít phút, gửi kèm mã lượt tra cứu này ở retry_of."
    ),
    "en": (
        "The signed confirmation could not be made; the answer is valid and on record. If one is needed, look"
        " up again in a few minutes, naming this lookup in retry_of."
    ),
}
_NOT_FOUND: Final[Mapping[Language, str]] = {
    "vi": (
        "Chỉ lập phiếu xác nhận khi tìm thấy công dân. Nếu được nhận giấy tờ, lấy phiếu ở refusal-receipt"
        " của lượt tra cứu này."
    ),
    "en": (
        "A confirmation is made only where the citizen was found. Where paper may be asked for, take this"
        " lookup's refusal-receipt."
    ),
}


def confirmation_members(
    disclosure: Disclosure, language: Language, notices: list[dict[str, str]]
) -> dict[str, Any]:
    """Return `confirmation`, and `notices` with the reason where there is none."""
    issued = disclosure.confirmation
    if issued is not None:
        content = b64encode(issued.content).decode()
        shown = {"receipt_id": issued.receipt_id.text, "media_type": "application/pdf", "content": content}
        return {"confirmation": shown}
    if disclosure.citizen is None:
        notice = {"code": "confirmation_only_when_found", "text": _NOT_FOUND[language]}
    else:
        notice = {"code": "confirmation_not_made", "text": _NOT_MADE[language]}
    return {"confirmation": None, "notices": [*notices, notice]}
