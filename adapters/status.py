"""What an HTTP status means when no readable answer came with it."""

from http import HTTPStatus

from adapters.reasons import Reason
from app.errors import SourceConfusedError, SourceError, SourceSilentError

# Said by whatever stands before the service: the service itself has not answered.
_GATEWAY_SAYS_NO = {
    HTTPStatus.TOO_MANY_REQUESTS: Reason.HTTP_429,
    HTTPStatus.BAD_GATEWAY: Reason.HTTP_502,
    HTTPStatus.SERVICE_UNAVAILABLE: Reason.HTTP_503,
    HTTPStatus.GATEWAY_TIMEOUT: Reason.HTTP_504,
}


def may_explain_itself(status: int) -> bool:
    """Return whether the body of an answer with *status* can be the service's own words."""
    return status == HTTPStatus.OK or (400 <= status <= 599 and status not in _GATEWAY_SAYS_NO)  # noqa: PLR2004 - HTTP's classes


def error_for_status(status: int) -> SourceError:
    """Return the error that *status* alone amounts to (RFC 9110, section 15)."""
    match status // 100:
        case _ if status in _GATEWAY_SAYS_NO:
            return SourceSilentError(_GATEWAY_SAYS_NO[HTTPStatus(status)])
        case 3:
            return SourceConfusedError(Reason.REDIRECTED)
        case 4:
            return SourceConfusedError(Reason.HTTP_4XX)
        case 5:
            return SourceSilentError(Reason.HTTP_5XX)
        case _:
            return SourceConfusedError(Reason.UNEXPECTED_STATUS)
