"""What a change of an agency is on record as."""

import json
import unicodedata

from app.audit.changes import Event
from app.audit.record import RecordKind, Value
from app.units.plans import UnitEvent, UnitFact


def unit_event(fact: UnitFact) -> Event:
    """Return the record of one fact of a plan; before and after as JSON with sorted keys."""
    facts: dict[str, Value] = {
        "changed_unit_id": str(fact.unit_id),
        "change": fact.event.value.removeprefix("unit."),
        "effective_on": fact.decision.on.isoformat(),
    }
    if fact.decision.document is not None:
        facts["document_number"] = unicodedata.normalize("NFC", fact.decision.document)
    before = {name: former for name, former, _ in fact.changes if former}
    after: dict[str, object] = {name: present for name, _, present in fact.changes if present}
    if fact.others:
        after["successors"] = [str(unit_id) for unit_id in fact.others]
    for name, said in (("before", before), ("after", after)):
        if said:
            facts[name] = unicodedata.normalize("NFC", json.dumps(said, sort_keys=True, ensure_ascii=False))
    kind = RecordKind.UNIT_ADDED if fact.event is UnitEvent.ADDED else RecordKind.UNIT_CHANGED
    return Event(kind, facts)
