"""The one checkpoint of an exported search: signed by the log, seen by witnesses, and how old."""

from datetime import datetime, timedelta
from typing import Final

from app.audit.tree.checkpoint import log_epoch
from app.audit.tree.merkle import TreeHead
from app.audit.tree.notes import NoteError, read_head, split_note, verified_head
from app.audit.verifying.findings import CannotCheckError, Check, Gap, Kind, Ledger, Place
from app.audit.verifying.heads import Trust, witnessed_at
from app.audit.verifying.search_files import SEARCH_CHECKPOINT, SearchManifest

_TAKING_IN: Final = timedelta(minutes=1)


def check_head(
    note: str, manifest: SearchManifest, trust: Trust, now: datetime, ledger: Ledger
) -> TreeHead | None:
    """Return the head that proofs must lead to; None where no key given signed it, which is a finding.

    Raises CannotCheckError where the checkpoint, or an older one, is not readable.
    """
    try:
        origin, said = read_head(split_note(note)[0])
    except NoteError as error:
        raise CannotCheckError(f"{SEARCH_CHECKPOINT}: {error}") from None
    ledger.looked_at[Check.CHECKPOINT] += 1
    ledger.facts |= {"origin": origin, "size": said.size, "root": said.root.hex()}
    is_known = origin in {key.name for key in trust.log_keys}
    if not is_known or log_epoch(origin, manifest.authority_code) is None:
        ledger.find(Kind.CHECKPOINT_OTHER_LOG, detail=f"{said.size}: {origin}")
        return None
    try:
        head = verified_head(note, trust.log_keys)
    except NoteError:
        ledger.find(Kind.CHECKPOINT_UNSIGNED, detail=str(said.size))
        return None
    _check_older(head, trust, ledger)
    _check_witnesses(note, manifest, trust, now, ledger)
    return head


def is_fresh(time: str, manifest: SearchManifest) -> bool:
    """Whether a record of *time* need not be under the checkpoint yet: it takes a while to be taken in."""
    signed_at, recorded_at = _moment(manifest.checkpoint_signed_at), _moment(time)
    return signed_at is not None and recorded_at is not None and recorded_at > signed_at - _TAKING_IN


def _check_older(head: TreeHead, trust: Trust, ledger: Ledger) -> None:
    if not trust.since:
        ledger.leave_out(Gap.NO_OLD_CHECKPOINT)
    for name, note in trust.since:
        try:
            older = verified_head(note, trust.log_keys)
        except NoteError as error:
            raise CannotCheckError(f"--since {name}: {error}") from None
        ledger.looked_at[Check.SINCE] += 1
        if older.size != head.size:
            ledger.leave_out(Gap.OLD_CHECKPOINT_ELSEWHERE)
            ledger.cannot.append(f"--since {name}: only dancu audit export holds what joins the two trees")
        elif older.root != head.root:
            ledger.find(Kind.NOT_A_CONTINUATION, detail=f"{name}: {older.size}")


def _check_witnesses(
    note: str, manifest: SearchManifest, trust: Trust, now: datetime, ledger: Ledger
) -> None:
    policy, said_at = trust.policy, _moment(manifest.checkpoint_signed_at)
    if policy is None or not policy.needs_witnesses:
        ledger.leave_out(Gap.NO_WITNESSES)
    else:
        ledger.looked_at[Check.WITNESSES] += 1
        if not policy.is_witnessed(note):
            return ledger.find(Kind.QUORUM_MISSED, detail=str(ledger.facts["size"]))
        ledger.facts["witnessed_by"] = ", ".join(sorted(policy.cosigners(note)))
        said_at = witnessed_at(policy, note)
    if said_at is not None:
        ledger.facts["checkpoint_at"] = said_at.isoformat()
    if trust.max_age is None:
        return ledger.leave_out(Gap.NO_MAX_AGE)
    ledger.looked_at[Check.AGE] += 1
    if said_at is None or now - said_at > trust.max_age:
        ledger.find(Kind.CHECKPOINT_OLD, Place(time=said_at.isoformat() if said_at else None))
    return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
