import resource
from dataclasses import replace

import pytest

from app.accounts.registration.form import WANTED
from app.sheets.errors import SheetError, SheetReason
from app.sheets.reading import DEFAULT_LIMITS, _sheet, ask_child
from app.sheets.recognising import read_here
from app.sheets.tables import find_table
from app.sheets.texts import SHEET_TEXTS, sheet_text
from app.sheets.values import Limits
from tests.sheets.corpus import CORPUS, Hostile
from tests.sheets.workbooks import parts, sheet, zipped

_MOST_KIB = 300_000_000 // 1024
_MOST_SECONDS = 10


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: hostile.title.replace(" ", "-"))
def test_a_hostile_file_is_refused_for_its_own_reason_within_bounds(hostile: Hostile) -> None:
    content = hostile.make()
    begun = _processor_seconds()
    answer = ask_child(content, hostile.name, DEFAULT_LIMITS)
    assert _processor_seconds() - begun < _MOST_SECONDS
    assert answer.get("peak_kib", 0) < _MOST_KIB
    with pytest.raises(SheetError) as caught:
        _finish(answer)
    assert caught.value.reason is hostile.reason
    if hostile.place is not None:
        assert caught.value.place == hostile.place


def _processor_seconds() -> float:
    """Return what processes started here have taken; on the clock, a busy machine would count as well."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _finish(answer: dict[str, object]) -> None:
    if "error" in answer:
        fault = dict(answer["error"])  # type: ignore[call-overload]
        raise SheetError(SheetReason(fault.pop("reason")), **fault)
    find_table([_sheet(each) for each in answer["sheets"]], WANTED)  # type: ignore[attr-defined]


@pytest.mark.parametrize("reason", SheetReason)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_reason_has_a_text_without_gaps(reason: SheetReason, language: str) -> None:
    error = SheetError(reason, sheet="A", row=3, column=2, detail="7")
    text = sheet_text(error, "vi" if language == "vi" else "en")
    assert "{" not in text
    assert text == text.strip()


def test_reasons_that_the_corpus_does_not_reach_are_known() -> None:
    reached = {hostile.reason for hostile in CORPUS}
    unreached = {
        SheetReason.TOO_MUCH_MEMORY,
        SheetReason.TOO_SLOW,
        SheetReason.UNREADABLE,
        SheetReason.SHEET_UNKNOWN,
        SheetReason.NO_SHEETS,
    }
    assert set(SHEET_TEXTS) - reached == unreached


_DEAR = {SheetReason.TOO_MANY_CELLS, SheetReason.TOO_MUCH_TEXT, SheetReason.FILE_TOO_LARGE}


@pytest.mark.parametrize(
    "hostile",
    [hostile for hostile in CORPUS if hostile.reason not in _DEAR],
    ids=lambda hostile: hostile.title.replace(" ", "-"),
)
def test_reading_in_place_refuses_for_the_same_reason(hostile: Hostile) -> None:
    with pytest.raises(SheetError) as caught:
        find_table(read_here(hostile.make(), hostile.name, DEFAULT_LIMITS), WANTED)
    assert caught.value.reason is hostile.reason


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param(replace(DEFAULT_LIMITS, max_cells=15), id="cells"),
        pytest.param(replace(DEFAULT_LIMITS, max_characters=150), id="letters"),
    ],
)
def test_cells_and_letters_are_counted_over_all_sheets(limits: Limits) -> None:
    one, two = (zipped(parts(dict.fromkeys(names, sheet()))) for names in (["A"], ["A", "B"]))
    assert len(read_here(one, "a.xlsx", limits)) == 1
    with pytest.raises(SheetError) as caught:
        read_here(two, "a.xlsx", limits)
    assert caught.value.reason in _DEAR
