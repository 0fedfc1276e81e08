"""What a change of the catalogue is on record as."""

import json
from typing import Any

from app.audit.changes import Event
from app.audit.record import RecordKind, Value
from app.procedures.catalogue.values import EntryChange
from app.procedures.store import values_of
from app.procedures.values import Procedure


def entry_event(change: EntryChange) -> Event:
    """Return the record of one entry: what differs, before and after, as JSON with sorted keys."""
    before, after = _said(change.before), _said(change.after)
    facts: dict[str, Value] = {
        "procedure_code": change.after.procedure_code,
        "effective_on": change.on.isoformat(),
        "after": _json({name: value for name, value in after.items() if before.get(name) != value}),
    }
    if change.before is not None:
        facts["before"] = _json({name: value for name, value in before.items() if after[name] != value})
    if change.document_number is not None:
        facts["document_number"] = change.document_number
    return Event(RecordKind.PROCEDURE_ADDED if change.before is None else RecordKind.PROCEDURE_CHANGED, facts)


def _said(procedure: Procedure | None) -> dict[str, Any]:
    if procedure is None:
        return {}
    values = values_of(procedure)
    days = {name: values[name].isoformat() if values[name] else None for name in ("valid_from", "valid_to")}
    return {name: value for name, value in (values | days).items() if name != "procedure_code"}


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False)
