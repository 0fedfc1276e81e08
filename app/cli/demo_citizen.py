"""The demo's last scene: a citizen asks who looked them up, and gets a report with proofs."""

from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from app.audit.tree.notes import VerifierKey
from app.audit.tree.proof_file import ProofFile
from app.clock import SystemClock, local_day

_BOOK: Final = "/v1/transparency/subject-reports"

Post = Callable[[str, str, dict[str, Any]], httpx.Response]
"""Sends a body to a path in the name of the token's officer."""


def answer_the_citizen(
    post: Post,
    id_number: str,
    registrar: str,
    maker: str,
    keep: Callable[[str, bytes], Path],
    key: VerifierKey,
) -> Iterator[tuple[str, str]]:
    """Yield labels and what they say, while *registrar* takes the request and *maker* makes the report.

    Raises httpx.HTTPError where the gateway fails the story, RuntimeError for a proof that does not hold.
    """
    today = f"{local_day(SystemClock().now())}"
    asked = post(registrar, _BOOK, _request(id_number, today)).raise_for_status().json()
    yield "request", f"{asked['request_number']}, to be answered by {asked['answer_by']}"
    path = f"{_BOOK}/{asked['request_number']}"
    yield "the same person", _code(post(registrar, f"{path}/report", {}))
    made = post(maker, f"{path}/report", {}).raise_for_status().json()
    looks = made["report"]["looks"]
    records = [record for look in looks for record in look["records"]]
    yield "lookups", f"{len(looks)}, of which {sum(look['data_released'] for look in looks)} were answered"
    for look in looks[-1:]:
        yield "the latest", f"{look['time_in_vietnam']}, {look['unit']['name_on_that_day']}"
        yield "", f"{look['procedure']['name_on_that_day']}: {look['result']}"
    yield "its proofs", f"{sum(_holds(record, key) for record in records)} of {len(records)} records verified"
    yield "for the citizen", f"a signed PDF: {keep('subject-report.pdf', b64decode(made['pdf']))}"
    told = {"result": "handed_over", "on": today, "through": "in_person"}
    post(registrar, f"{path}/answer", told).raise_for_status()


def _request(id_number: str, today: str) -> dict[str, Any]:
    return {
        "id_numbers": [id_number],
        "requester": "citizen",
        "identity_check": "card",
        "identity_reference": "DEMO-01",
        "received_on": today,
    }


def _code(refusal: httpx.Response) -> str:
    return f"{refusal.status_code} {refusal.json().get('code')}"


def _holds(record: dict[str, Any], key: VerifierKey) -> bool:
    """Return whether the record's proof is there; RuntimeError where it is there and does not hold."""
    if record["proof"] is None:  # no checkpoint covers it yet
        return False
    trouble = ProofFile.from_text(record["proof"]).trouble(key, None)
    if trouble is not None:
        raise RuntimeError(f"a proof of the report does not hold: {trouble}")
    return True
