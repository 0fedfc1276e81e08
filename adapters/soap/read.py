"""Reads the answers to 037 and 003; "nobody" is told only by an empty collection or a plain no."""

import re
from http import HTTPStatus
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

from adapters.connection import Answer
from adapters.reasons import Reason
from adapters.soap.citizen import read_record, reading_of
from adapters.soap.elements import texts_of
from adapters.soap.envelope import open_envelope
from adapters.soap.namespaces import DANCU, QLDC
from adapters.soap.usual import usual_texts
from app.errors import SourceConfusedError
from app.lookup.values import Citizen, Household

_OK: Final = HTTPStatus.OK
_COLLECTION = f"{{{DANCU}}}CongdanCollection"
_CITIZEN = f"{{{DANCU}}}CongDan"
# Different generations answer 003/033 under different roots, and with a count or a yes.
_CONFIRMATIONS = {"XacThucThongTinCongDanResponse", "KetQuaXacThucResponse", "KetQuaXacThuc"}
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_COUNT = re.compile(r"[0-9]{1,9}")


def read_citizen(answer: Answer, wanted: frozenset[str] | None = None) -> Citizen | None:
    """Return what is *wanted* of the record in an answer to 037, or None when its collection is empty.

    Raises SourceSilentError, SourceRefusedError, and SourceConfusedError: `several_citizens`,
    `unreadable_record`, or whatever `open_envelope` says. Source: wire format, section 4.1.
    """
    reading = reading_of(wanted)
    if answer.status == _OK and (texts := usual_texts(answer.body, reading.paths)) is not None:
        return read_record(texts, reading)
    people = _people(answer)
    if len(people) > 1:
        raise SourceConfusedError(Reason.SEVERAL_CITIZENS)
    return read_record(texts_of(people[0], reading.paths), reading) if people else None


def read_household(answer: Answer) -> Household:
    """Return the members that an answer to 034 names; none where its collection is empty.

    Unverified: nobody outside has seen such an answer. Assumed is a collection whose members each
    carry their relation to the head (wire format, section 4.6). Raises as `read_citizen` does.
    """
    whole = reading_of(None)
    return Household(tuple(read_record(texts_of(each, whole.paths), whole) for each in _people(answer)))


def _people(answer: Answer) -> list[Element]:
    collection = open_envelope(answer)
    if collection.tag != _COLLECTION or not _holds_only_citizens(collection):
        raise SourceConfusedError(Reason.UNKNOWN_ANSWER)
    return list(collection)


def _holds_only_citizens(collection: Element) -> bool:
    # The standard (QCVN 109) lets the collection state how many it holds; a contradiction is no "nobody".
    stated = collection.get("SoCongDan", str(len(collection))).strip()
    return (
        stated == str(len(collection))
        and all(person.tag == _CITIZEN and _is_blank(person.tail) for person in collection)
        and _is_blank(collection.text)
    )


def _is_blank(text: str | None) -> bool:
    return not text or text.isspace()


def read_confirmation(answer: Answer) -> bool:
    """Return whether an answer to 003 or 033 says that the person exists.

    Raises SourceSilentError, SourceRefusedError and SourceConfusedError. Source: section 4.4.
    """
    result = open_envelope(answer)
    root = etree.QName(result)
    if root.namespace not in {QLDC, DANCU} or root.localname not in _CONFIRMATIONS:
        raise SourceConfusedError(Reason.UNKNOWN_ANSWER)
    verdicts = [_verdict(child) for child in result]
    if len(verdicts) != 1:
        raise SourceConfusedError(Reason.UNKNOWN_ANSWER)
    return verdicts[0]


def _verdict(element: Element) -> bool:
    text = (element.text or "").strip().lower()
    match etree.QName(element).localname:
        case "SoLuongCongDan" if _COUNT.fullmatch(text):
            return int(text) > 0
        case "TonTai" if text in _TRUTHS:
            return _TRUTHS[text]
        case _:
            raise SourceConfusedError(Reason.UNKNOWN_ANSWER)
