"""The JSON of an LGSP: flat questions; yes or no under `data`, records as SOAP in the text `message`."""

import json
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar

from adapters.connection import Answer
from adapters.profile import Operation, Profile
from adapters.question import values_of
from adapters.reasons import Reason
from adapters.soap.read import read_citizen, read_household
from adapters.status import error_for_status, may_explain_itself
from app.errors import ProblemCode, SourceConfusedError, SourceRefusedError
from app.lookup.source import SourceRequest
from app.lookup.values import Citizen, Household

T = TypeVar("T")

# The words of the one client that has any; whether a platform uses them too is unknown.
_REFUSALS: Final = {
    "004": (ProblemCode.UPSTREAM_PROCEDURE_NOT_LICENSED, Reason.FAULT_004),
    "005": (ProblemCode.UPSTREAM_OFFICER_NOT_PERMITTED, Reason.FAULT_005),
}
_CODE_NAMES: Final = ("error_code", "errorCode")
_TRUTHS: Final[dict[object, bool]] = {"true": True, "false": False}


class JsonLanguage:
    """Writes and reads JSON under one profile (implements adapters.source.Language)."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def write(self, request: SourceRequest, operation: Operation) -> bytes:
        """Return the question as one flat object; what has no value is an empty text.

        Source: wire format, section 2.4.
        """
        values = values_of(request, operation, self._profile)
        order = self._profile.order_of(operation)
        return json.dumps({_on_the_wire(name): values.get(name, "") for name in order}).encode("ascii")

    def read_citizen(self, answer: Answer, wanted: frozenset[str] | None = None) -> Citizen | None:
        """Return what is wanted of `message`, or None where its collection is empty and no code objects."""
        wire = _open(answer)
        citizen = _read_message(wire, answer.status, partial(read_citizen, wanted=wanted))
        if citizen is None:
            self._check_success(wire)
        return citizen

    def read_confirmation(self, answer: Answer) -> bool:
        """Return what `data` says, which must be true or false: nothing else is a no."""
        wire = _open(answer)
        if answer.status != HTTPStatus.OK:
            raise error_for_status(answer.status)
        self._check_success(wire)
        data = wire.get("data")
        verdict = data if isinstance(data, bool) else _TRUTHS.get(str(data).lower())
        if verdict is None:
            raise SourceConfusedError(Reason.UNKNOWN_ANSWER)
        return verdict

    def read_household(self, answer: Answer) -> Household:
        """Return the members in `message`. Unverified, like adapters.soap.read.read_household."""
        wire = _open(answer)
        household = _read_message(wire, answer.status, read_household)
        if not household.members:
            self._check_success(wire)
        return household

    def _check_success(self, wire: dict[str, Any]) -> None:
        # A platform that says "nobody" and gives a code of failure has said nothing.
        if any(code not in self._profile.success_codes for code in _codes(wire)):
            raise SourceConfusedError(Reason.UNKNOWN_ANSWER)


def _on_the_wire(name: str) -> str:
    return name[0].lower() + name[1:]


def _open(answer: Answer) -> dict[str, Any]:
    """Return the object in *answer*; a refusal in it is raised, whatever its status."""
    if not may_explain_itself(answer.status):
        raise error_for_status(answer.status)
    try:
        wire = _parse(answer.body)
    except SourceConfusedError:
        if answer.status == HTTPStatus.OK:
            raise
        raise error_for_status(answer.status) from None
    refusals = [_REFUSALS[code] for code in _codes(wire) if code in _REFUSALS]
    if refusals:
        raise SourceRefusedError(*refusals[0])
    return wire


def _parse(body: bytes) -> dict[str, Any]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceConfusedError(Reason.WRONG_ENCODING) from None
    try:
        wire = json.loads(text, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError):
        # "from None": the parser's error carries the document.
        raise SourceConfusedError(Reason.NOT_JSON) from None
    if not isinstance(wire, dict):
        raise SourceConfusedError(Reason.UNKNOWN_ANSWER)
    return wire


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _codes(wire: dict[str, Any]) -> list[str]:
    return [str(wire[name]) for name in _CODE_NAMES if wire.get(name) not in (None, "")]


def _read_message(wire: dict[str, Any], status: int, read: Callable[[Answer], T]) -> T:
    message = wire.get("message")
    if not isinstance(message, str) or not message.strip():
        raise error_for_status(status) if status != HTTPStatus.OK else _unknown()
    try:
        content = message.encode()
    except UnicodeEncodeError:
        raise SourceConfusedError(Reason.WRONG_ENCODING) from None
    return read(Answer(status, "text/xml", content))


def _unknown() -> SourceConfusedError:
    return SourceConfusedError(Reason.UNKNOWN_ANSWER)
