"""Refusals whose words depend on what was asked: how long a period may be, who is meant, which files."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from app.errors import InvalidRequestError, ProblemCode

_UNKNOWN: Final[Mapping[str, Mapping[str, str]]] = {
    "/officer_login": {
        "vi": "Không có cán bộ nào mang tên đăng nhập đã nêu.",
        "en": "No officer has the login name given.",
    },
    "/unit_code": {
        "vi": "Không có đơn vị nào mang mã đã nêu.",
        "en": "No unit has the code given.",
    },
    "/client_id": {
        "vi": "Không có phần mềm nào mang mã (client_id) đã nêu.",
        "en": "No client software has the client_id given.",
    },
}


class PeriodTooLongError(InvalidRequestError):
    """The last day stands before the first, or there are more days between than are served."""

    def __init__(self, longest: timedelta) -> None:
        """Say how many days there may be."""
        super().__init__(ProblemCode.PERIOD_TOO_LONG, fields=("/from_day", "/to_day"))
        self._days = longest.days

    def members(self, language: str) -> dict[str, object]:
        """Name the limit."""
        if language == "en":
            text = f"The last day stands before the first, or is more than {self._days} days later."
        else:
            text = f"Ngày cuối đứng trước ngày đầu, hoặc cách ngày đầu quá {self._days} ngày."
        return {"detail": text}


class NamedUnknownError(InvalidRequestError):
    """What a search names is none of ours; it is well formed all the same."""

    def __init__(self, pointer: str) -> None:
        """Point to it: /officer_login, /unit_code or /client_id."""
        super().__init__(ProblemCode.NAMED_UNKNOWN, fields=(pointer,))
        self._texts = _UNKNOWN[pointer]

    def members(self, language: str) -> dict[str, object]:
        """Say whether an officer, a unit or a client is meant."""
        return {"detail": self._texts["en" if language == "en" else "vi"]}


class MediaTypeError(InvalidRequestError):
    """The body is of a kind that the route does not read."""

    def __init__(self, accepted: Iterable[str]) -> None:
        """Name what it reads."""
        super().__init__(ProblemCode.UNSUPPORTED_MEDIA_TYPE)
        self._accepted = ", ".join(accepted)

    def members(self, language: str) -> dict[str, object]:
        """Name the kinds that are accepted."""
        if language == "en":
            text = f"This address does not take that Content-Type, but one of: {self._accepted}."
        else:
            text = f"Địa chỉ này không nhận kiểu nội dung (Content-Type) đã gửi, chỉ nhận: {self._accepted}."
        return {"detail": text}
