"""Why the national side could not be asked or did not answer, in the words of the desk."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from math import ceil
from typing import Final, Literal

from app.clock import VIETNAM, Clock
from app.errors import SourceSilentError
from app.lookup.source import PlannedStop

_Language = Literal["vi", "en"]
_Words = Mapping[_Language, str]
_LONGEST_WAIT: Final = timedelta(hours=1)


class Why(StrEnum):
    """What upstream_unavailable means in this case."""

    HUNG = "hung"
    UNREACHABLE = "unreachable"
    OUT_OF_ORDER = "out_of_order"
    BUSY = "busy"
    PLANNED_STOP = "planned_stop"


class UnavailableError(SourceSilentError):
    """No answer, with what that means for the desk; `reason` stays the adapter's word."""

    def __init__(
        self,
        reason: str,
        why: Why,
        *,
        was_sent: bool,
        retry_after_seconds: int | None = None,
        stop: PlannedStop | None = None,
    ) -> None:
        """*stop* is the planned stop in force, where that is why."""
        super().__init__(reason, was_sent=was_sent)
        self.why = why
        self.retry_after_seconds = retry_after_seconds
        self._stop = stop

    def members(self, language: str) -> dict[str, object]:
        """Return what happened and what to do, in place of the general words."""
        spoken: _Language = "en" if language == "en" else "vi"
        is_told_so = self.why is Why.BUSY and self.was_sent
        detail = _OVERLOADED[spoken] if is_told_so else _DETAILS[self.why][spoken]
        if self._stop is not None:
            until = f"{self._stop.ends.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
            detail = detail.format(words=self._stop.words[spoken], until=until)
        return {
            "why": self.why.value,
            "detail": f"{detail} {_NOT_NOBODY[spoken]}",
            "next_step": _NEXT_STEPS[self.why][spoken],
        }


def stopped(reason: str, stop: PlannedStop, clock: Clock) -> UnavailableError:
    """Return what a lookup gets that meets a planned stop on every road."""
    left = min(stop.ends - clock.now(), _LONGEST_WAIT)
    wait_seconds = max(1, ceil(left.total_seconds()))
    return UnavailableError(
        reason, Why.PLANNED_STOP, was_sent=False, retry_after_seconds=wait_seconds, stop=stop
    )


_NOT_NOBODY: Final[_Words] = {
    "vi": "Điều này không có nghĩa là không có công dân này.",
    "en": "This does not mean that there is no such person.",
}
_OVERLOADED: Final[_Words] = {
    "vi": (
        "Cơ sở dữ liệu quốc gia về dân cư, hoặc hệ thống trung gian tới đó, báo đang quá tải nên không trả lời"
        " lượt này."
    ),
    "en": (
        "The National Population Database, or a system on the way to it, says that it is overloaded, and did"
        " not answer this question."
    ),
}
_DETAILS: Final[Mapping[Why, _Words]] = {
    Why.HUNG: {
        "vi": "Cơ sở dữ liệu quốc gia về dân cư không trả lời trong thời gian cho phép.",
        "en": "The National Population Database did not answer in time.",
    },
    Why.UNREACHABLE: {
        "vi": "Không kết nối được, hoặc kết nối bị đứt, hoặc hệ thống trung gian tới Cơ sở dữ liệu quốc gia về dân cư báo lỗi.",
        "en": (
            "The National Population Database could not be reached, the connection broke, or a system on the"
            " way to it reported a fault."
        ),
    },
    Why.OUT_OF_ORDER: {
        "vi": (
            "Đường kết nối tới Cơ sở dữ liệu quốc gia về dân cư đang gặp sự cố nên lượt này chưa được gửi đi;"
            " cổng tự kiểm tra và nối lại."
        ),
        "en": (
            "The road to the National Population Database is out of order, so this question was not sent;"
            " the gateway tests it and uses it again by itself."
        ),
    },
    Why.BUSY: {
        "vi": "Mọi đường kết nối tới Cơ sở dữ liệu quốc gia về dân cư đang bận nên lượt này chưa được gửi đi.",
        "en": "All roads to the National Population Database are busy, so this question was not sent.",
    },
    Why.PLANNED_STOP: {
        "vi": "Tạm dừng theo kế hoạch đến {until}: {words} Lượt này chưa được gửi đi.",
        "en": "Planned stop until {until} (Vietnam time): {words} This question was not sent.",
    },
}
_TRY_SOON: Final[_Words] = {
    "vi": (
        "Thử lại sau thời gian nêu ở Retry-After. Nếu hồ sơ cần giải quyết ngay, được nhận một trong các giấy tờ"
        " nêu ở mục paper. Nếu kéo dài, báo Sở Khoa học và Công nghệ, gửi kèm mã yêu cầu."
    ),
    "en": (
        "Try again after Retry-After. If the dossier cannot wait, accept one of the papers listed under paper."
        " If it persists, tell the Department of Science and Technology and give the request_id."
    ),
}
_NEXT_STEPS: Final[Mapping[Why, _Words]] = dict.fromkeys(Why, _TRY_SOON) | {
    Why.PLANNED_STOP: {
        "vi": (
            "Tra cứu lại sau khi hết thời gian tạm dừng. Nếu hồ sơ cần giải quyết ngay, được nhận một trong các"
            " giấy tờ nêu ở mục paper. Cần biết thêm, hỏi Sở Khoa học và Công nghệ."
        ),
        "en": (
            "Look up again once the stop is over. If the dossier cannot wait, accept one of the papers listed"
            " under paper. The Department of Science and Technology knows more."
        ),
    },
}
