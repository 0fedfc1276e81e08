"""What records say of a search; the citizen stands in them sealed only."""

from typing import Final

from app.audit.record import Value
from app.audit.record_fields import LEAF_FIELDS
from app.auditing.criteria import About, Search

CONTINUED: Final = b'"search_continued":1'
"""What the record of a further page of a search has in its bytes."""
SEARCHED: Final = {"case_number", *(name for name in LEAF_FIELDS if name.startswith("searched_"))}
"""The names by which records say what was searched."""


def searched_facts(search: Search) -> dict[str, Value]:
    """Return what a record says of the search; the citizen stands in it sealed only."""
    facts: dict[str, Value] = {
        "case_number": search.case_number,
        "searched_by": " ".join(search.criteria),
        "searched_from": search.first_day.isoformat(),
        "searched_to": search.last_day.isoformat(),
    }
    named = {
        "searched_officer_id": search.officer_id,
        "searched_unit_id": " ".join(map(str, sorted(search.unit_ids))) or None,
        "searched_client_id": search.client_id,
        "searched_dossier_code": search.dossier_code,
        "searched_procedure_code": search.procedure_code,
        "searched_outcome": search.outcome,
        "searched_paper": _paper(search) or None,
        "searched_about": search.about.value if search.about is not About.LOOKUPS else None,
    }
    return facts | {name: str(value) for name, value in named.items() if value is not None}


def _paper(search: Search) -> str:
    asked = {"may_ask": search.paper_may_ask, "asked": search.paper_asked}
    return " ".join(f"{name}={int(value)}" for name, value in asked.items() if value is not None)
