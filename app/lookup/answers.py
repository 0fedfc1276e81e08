"""What a lookup answers: what was found, what it means for paper, and what to know when reading it."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from starlette.responses import Response

from app.clock import rfc3339
from app.lookup.command import Disclosure
from app.lookup.data_fault_schemas import fault_notices_said
from app.lookup.paper import PaperRuling
from app.lookup.places import Atlas
from app.lookup.present_units import present_units
from app.lookup.receipt_answers import confirmation_members
from app.lookup.texts import ALWAYS_TOLD, NOTICES, OUTCOME_MESSAGES, PAPER_ADVICE, PAPER_REASONS, Notice
from app.web.answers import JsonAnswer
from app.web.papers import paper_body
from app.web.problem_texts import Language

_CONTENT_LANGUAGE: Final[Mapping[Language, tuple[bytes, bytes]]] = {
    "vi": (b"content-language", b"vi"),
    "en": (b"content-language", b"en"),
}


def lookup_answer(
    disclosure: Disclosure, language: Language, atlas: Atlas, *, wants_confirmation: bool
) -> Response:
    """Return the answer to a lookup."""
    body, citizen = lookup_body(disclosure, language), disclosure.citizen
    body["citizen"] = citizen
    body["present_units"] = present_units(atlas, citizen) if citizen is not None else {}
    if citizen is not None:
        body["notices"] = [*_notices_said(disclosure.notices, language)]
    if disclosure.faults:
        body["notices"] += fault_notices_said(disclosure.faults, language)
    if wants_confirmation:
        body |= confirmation_members(disclosure, language, body["notices"])
    return answer(body, language)


def answer(body: Mapping[str, Any], language: Language) -> Response:
    """Return *body*, which lookup_body began, as an answer."""
    lookup_id: str = body["lookup_id"]
    return JsonAnswer(body, (b"x-lookup-id", lookup_id.encode("ascii")), _CONTENT_LANGUAGE[language])


def lookup_body(disclosure: Disclosure, language: Language) -> dict[str, Any]:
    """Return what every answer about a citizen says besides what was found."""
    return {
        "lookup_id": str(disclosure.lookup_id),
        "outcome": disclosure.outcome,
        "message": OUTCOME_MESSAGES[disclosure.outcome][language],
        "paper": _paper_said(disclosure.paper, language),
        "fetched_at": rfc3339(disclosure.fetched_at),
        "source": disclosure.road,
        "notices": [],
    }


@cache
def _paper_said(paper: PaperRuling, language: Language) -> Mapping[str, Any]:
    """Return what is said of paper; made once for each of the few rulings there are."""
    return paper_body(
        may_ask=paper.may_ask,
        because=PAPER_REASONS[paper.because][language],
        language=language,
        advice=PAPER_ADVICE.get(paper.because, ()),
    )


@cache
def _notices_said(notices: tuple[Notice, ...], language: Language) -> tuple[Mapping[str, str], ...]:
    """Return what is told with all that is shown, and *notices*; made once for each of their few sets."""
    return tuple(
        {"code": notice.value, "text": NOTICES[notice][language]} for notice in (*ALWAYS_TOLD, *notices)
    )
