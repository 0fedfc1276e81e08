"""Faults that a gateway could have: each takes one rule away, in one place of the source or the database."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Fault:
    """What is wrong then; `before` stands once in the file at `path`, or `sql` changes the database."""

    name: str
    path: str = ""
    before: str = ""
    after: str = ""
    sql: str = ""

    def source(self) -> str:
        """Return the file with the fault; ValueError where the place is not there once."""
        text = Path(self.path).read_text(encoding="utf-8")
        if text.count(self.before) != 1 or self.after == self.before:
            raise ValueError(f"{self.name}: {self.path} has changed; plant it anew")
        return text.replace(self.before, self.after)


def _in(path: str, name: str, before: str, after: str) -> Fault:
    return Fault(name, f"app/{path}.py", before, after)


FAULTS: Final = (
    # Postings
    _in("accounts/leaving", "leaving leaves the account in use",
        '"status": "suspended",\n            "status_reason": StatusReason.LEFT.value,\n'
        '            "status_changed_at": now,\n', ""),
    _in("accounts/posting_plan", "leaving leaves the posting open",
        "        raise PostingRefusedError(PostingFault.NOT_POSTED)\n    return _cut(postings, notice)",
        "        raise PostingRefusedError(PostingFault.NOT_POSTED)\n    return PostingChange()"),
    _in("accounts/posting_plan", "a transfer leaves the old posting open",
        "return replace(cut, added=(added,))", "return replace(cut, ended=(), added=(added,))"),
    _in("accounts/posting_plan", "nobody returns from a secondment",
        "if home.valid_to != until:", "if False:"),
    _in("accounts/posting_plan", "a backdated notice rewrites the past",
        "if is_closed or any(posting.valid_from < notice.today for posting in removed):", "if False:"),
    Fault("a new posting leaves sessions open", sql="drop trigger posting_ends_sessions on officer_posting"),
    _in("accounts/unit_terms", "officers are posted beyond the end of a unit",
        "if end is not None and any(one.valid_to is None or one.valid_to > end for one in added):",
        "if False:"),
    # Standing
    _in("accounts/unused_accounts", "an unused account does not lapse",
        "return in_use and has_lapsed(_usage(row), today, rules)", "return False"),
    _in("accounts/lapse", "an account lapses a day late", ">= timedelta(days", "> timedelta(days"),
    _in("accounts/review_store", "silence in a review suspends nobody",
        "if not review.is_over(local_day(now)):", "if True:"),
    _in("accounts/review_store", "who is named for removal stays",
        "if answer is Answer.REMOVE and ", "if False and "),
    _in("accounts/store", "a term's end is not looked at",
        "return has_begun and (active_until is None or day < active_until)", "return has_begun"),
    _in("accounts/standing", "a suspension's record names a unit that is yet to come",
        "present = posting_plan.in_force(postings, local_day(now))",
        "present = postings[-1] if postings else None"),
    # Units
    _in("procedures/holdings", "a merger leaves the former unit its grants",
        "ended.values(valid_to=day, ending_document=document)", "select(PERMISSION_GRANT)"),
    _in("procedures/holdings", "a merger grants for days before it",
        'row | {"valid_from": max(row["valid_from"], day)}', "row"),
    _in("accounts/posting_plan", "a merger leaves planned postings behind",
        "posting.is_over(notice.on) or", "posting.valid_from > notice.on or"),
    _in("procedures/unit_changes", "officers move with a merger and no record says so",
        "            *moved,\n", ""),
    _in("units/operations", "a divided unit goes on",
        "        _end(draft, unit_id)\n    draft.note_end(UnitEvent.SPLIT",
        "        draft.changeable(unit_id)\n    draft.note_end(UnitEvent.SPLIT"),
    _in("units/plans", "a new code reaches back to old records",
        "if last.valid_from == on:\n            document", "if on:\n            document"),
    _in("accounts/judgements", "records name a unit by another code than its own",
        '"unit_code": unit.agency_code', '"unit_code": min(unit.agency_codes)'),
    # Lists
    _in("accounts/registration/planning", "a list takes officers out of foreign units",
        "elif officer is not None and officer.unit_id not in self._terms.scope:", "elif False:"),
    _in("accounts/registration/units_in_rows", "a list posts officers to foreign units",
        "inside = [unit for unit in found if unit.unit_id in self._terms.scope]", "inside = list(found)"),
    _in("accounts/registration_routes", "a unit's administrator registers for the whole province",
        "is_everywhere = caller.officer.role is Role.DEPARTMENT_ADMINISTRATOR", "is_everywhere = True"),
    _in("accounts/registration_store", "a list raises a role",
        '{f"new_{name}": change.after for',
        '{f"new_{name}": "unit_administrator" if name == "role" else change.after for'),
    _in("accounts/registration/comparing", "a list moves an administrator",
        "if officer.is_privileged and changes:", "if False:"),
    _in("accounts/registering_lists", "of a list with faults the right rows land",
        "if not plan.may_be_applied or plan.changes_nothing:", "if plan.changes_nothing:"),
    # The door
    _in("accounts/sign_in", "a locked account gets in",
        "if is_right and not is_locked else None", "if is_right else None"),
    _in("accounts/sign_in", "a lock leaves sessions open",
        "self._credentials.end_sessions(officer.officer_id if officer else _NOBODY)",
        "self._credentials.end_sessions(_NOBODY)"),
    _in("accounts/sign_in", "a suspended account gets in",
        "or officer.unit_id is None or not officer.is_active:", "or officer.unit_id is None:"),
    _in("accounts/authentication", "a session outlives what it was begun under",
        "            or claims.session_epoch != officer.session_epoch\n", ""),
    _in("accounts/authentication", "a session goes along to another unit",
        "if officer.unit_id != claims.unit_id:", "if False:"),
    _in("accounts/administration", "one administrator unlocks alone",
        "if requester is not None and decider.is_same_person(requester):", "if False:"),
    _in("accounts/administration", "a unit's administrator unlocks anywhere",
        "if not is_in_reach and actor.role is not Role.DEPARTMENT_ADMINISTRATOR:", "if False:"),
    _in("accounts/guarding", "an unlocked account stays locked",
        ".values(failures=0, lock_count=0, locked_until=None)", ".values(failures=0, lock_count=0)"),
)  # fmt: skip
