"""What callers are told where an account's life cannot go on as asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Final, NoReturn

from app.accounts.activation import HandoverFault, HandoverRefusedError
from app.accounts.posting_plan import PostingFault, PostingRefusedError
from app.accounts.postings import OfficerUnknownError
from app.accounts.review import ReviewFault, ReviewRefusedError
from app.accounts.standing import StandingFault, StandingRefusedError
from app.errors import ConflictError, InvalidRequestError, NotAllowedError, NotFoundError, ProblemCode

PROBLEM_OF: Final[Mapping[StrEnum, ProblemCode]] = {
    PostingFault.POSTED_ALREADY: ProblemCode.POSTED_ALREADY,
    PostingFault.NOT_POSTED: ProblemCode.NOT_POSTED,
    PostingFault.SAME_UNIT: ProblemCode.SAME_UNIT,
    PostingFault.BEFORE_LAST_RECORD: ProblemCode.BEFORE_LAST_RECORD,
    PostingFault.BEYOND_POSTING: ProblemCode.BEYOND_POSTING,
    PostingFault.PERIOD_EMPTY: ProblemCode.PERIOD_EMPTY,
    PostingFault.UNIT_NOT_IN_FORCE: ProblemCode.UNIT_NOT_IN_FORCE,
    StandingFault.SUSPENDED_ALREADY: ProblemCode.NOTHING_TO_CHANGE,
    StandingFault.ACTIVE_ALREADY: ProblemCode.NOTHING_TO_CHANGE,
    StandingFault.NOT_POSTED: ProblemCode.NOT_POSTED,
    StandingFault.LAST_ADMINISTRATOR: ProblemCode.LAST_ADMINISTRATOR,
    StandingFault.TERM_EMPTY: ProblemCode.PERIOD_EMPTY,
    HandoverFault.NOBODY: ProblemCode.HANDOVER_EMPTY,
    HandoverFault.OFFICER_SUSPENDED: ProblemCode.HANDOVER_OFFICER_SUSPENDED,
    HandoverFault.ALREADY_ENDED: ProblemCode.PERIOD_EMPTY,
    HandoverFault.HANDOVER_UNKNOWN: ProblemCode.HANDOVER_UNKNOWN,
    HandoverFault.RECEIVED_ALREADY: ProblemCode.HANDOVER_RECEIVED_ALREADY,
    ReviewFault.ROUND_UNKNOWN: ProblemCode.REVIEW_UNKNOWN,
    ReviewFault.ROUND_OPEN_ALREADY: ProblemCode.REVIEW_OPEN_ALREADY,
    ReviewFault.ROUND_OVER: ProblemCode.REVIEW_OVER,
    ReviewFault.DUE_TOO_SOON: ProblemCode.REVIEW_DUE_TOO_SOON,
    ReviewFault.NOT_PART: ProblemCode.REVIEW_NOT_ASKED,
    ReviewFault.ONESELF: ProblemCode.OWN_ACCOUNT,
    ReviewFault.REMOVED_ALREADY: ProblemCode.REVIEW_REMOVED_ALREADY,
}
"""Every reason for which an account's life stays as it is, as clients know it."""

_ABSENT: Final = frozenset({ProblemCode.HANDOVER_UNKNOWN, ProblemCode.REVIEW_UNKNOWN})
_WRONG: Final = frozenset({ProblemCode.PERIOD_EMPTY, ProblemCode.REVIEW_DUE_TOO_SOON})


@contextmanager
def life_problems() -> Iterator[None]:
    """Turn refusals of this package into those a caller is told.

    They are NotFoundError, InvalidRequestError, NotAllowedError(OWN_ACCOUNT), else ConflictError.
    """
    try:
        yield
    except OfficerUnknownError:
        raise NotFoundError(ProblemCode.OFFICER_UNKNOWN) from None
    except (PostingRefusedError, StandingRefusedError, HandoverRefusedError, ReviewRefusedError) as error:
        _raise(PROBLEM_OF[error.fault])


def _raise(code: ProblemCode) -> NoReturn:
    if code in _ABSENT:
        raise NotFoundError(code) from None
    if code in _WRONG:
        raise InvalidRequestError(code) from None
    if code is ProblemCode.OWN_ACCOUNT:
        raise NotAllowedError(code) from None
    raise ConflictError(code) from None
