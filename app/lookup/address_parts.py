"""Reads an address into its parts: house, street, hamlet and the like, and the units it names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.accounts.registration.folding import Word
from app.lookup.address_words import Words, has_digit, name_words, segments

HOUSE: Final = "house"
STREET: Final = "street"
ALLEY: Final = "alley"
INNER_ALLEY: Final = "inner_alley"
UNNAMED: Final = "unnamed"
"""A part without a word that says what it is: a street, a hamlet, or a unit written short."""

_UNIT_KINDS: Final = ("thị trấn", "thị xã", "thành phố", "đặc khu", "phường", "xã", "quận", "huyện", "tỉnh")
_LOCAL_KINDS: Final = {
    "số nhà": HOUSE,
    "nhà số": HOUSE,
    "số": HOUSE,
    "đường": STREET,
    "phố": STREET,
    "ngõ": ALLEY,
    "hẻm": ALLEY,
    "kiệt": ALLEY,
    "ngách": INNER_ALLEY,
    "tổ dân phố": "group",
    "tổ": "group",
    "khu phố": "quarter",
    "khu dân cư": "estate",
    "khu đô thị": "estate",
    "khu tập thể": "estate",
    "khu": "area",
    "thôn": "thôn",
    "xóm": "xóm",
    "ấp": "ấp",
    "bản": "bản",
    "buôn": "buôn",
    "làng": "làng",
    "khóm": "khóm",
    "chung cư": "building",
    "tòa nhà": "building",
    "tòa": "building",
    "lô": "lot",
    "tầng": "floor",
    "căn hộ": "flat",
}
_NUMBERED_ONLY: Final = frozenset({"group", "floor"})
"""Kinds whose word begins many names too: tổ 5 is a group, Tô Hiến Thành without accents is none."""
_STREETS: Final = {
    "3/2": "Ba Tháng Hai",
    "3 tháng 2": "Ba Tháng Hai",
    "30/4": "Ba Mươi Tháng Tư",
    "30 tháng 4": "Ba Mươi Tháng Tư",
    "2/9": "Hai Tháng Chín",
    "2 tháng 9": "Hai Tháng Chín",
    "CMT8": "Cách Mạng Tháng Tám",
    "Cách Mạng Tháng 8": "Cách Mạng Tháng Tám",
}
"""Streets called by a day, as they are written short."""
_AFTER: Final = ("bà", "công", "đường", "phố", "ngõ", "lộ")
_BEFORE: Final = ("lộ", "ủy", "đội")
"""Beside these, a unit's word is part of a name: Bà Huyện Thanh Quan, Công xã Paris, tỉnh lộ 8."""


@dataclass(frozen=True, slots=True, repr=False)
class NamedUnit:
    """A unit as an address names it; `kind` is empty where it says only the name."""

    kind: str
    name: Words


@dataclass(frozen=True, slots=True, repr=False)
class AddressText:
    """What an address line says: `units` from the smallest to the largest, `local` within them."""

    units: tuple[NamedUnit, ...]
    local: tuple[tuple[str, Words], ...]


def read_parts(line: str, *, is_plain: bool) -> AddressText:
    """Return the parts of a folded line; what stands without a kind at its end may be units (kind empty)."""
    lexicon = _LEXICONS[is_plain]
    parts = [part for segment in segments(line, is_plain=is_plain) for part in _parts(segment, lexicon)]
    if parts and parts[-1][1] == lexicon.country:
        parts.pop()
    units: list[NamedUnit] = []
    while parts and parts[-1][0] in _MAY_BE_UNIT and not _is_numbered(parts[-1]):
        kind, name = parts.pop()
        units.insert(0, NamedUnit("" if kind == UNNAMED else kind, name))
    units[:0] = [NamedUnit(kind, name) for kind, name in parts if kind in _UNIT_KINDS]
    local = [(kind, lexicon.streets.get(name, name)) for kind, name in parts if kind not in _UNIT_KINDS]
    return AddressText(tuple(units), _with_house(local))


_MAY_BE_UNIT: Final = frozenset({UNNAMED, *_UNIT_KINDS})


def _is_numbered(part: tuple[str, Words]) -> bool:
    return part[0] == UNNAMED and any(map(has_digit, part[1]))


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """The words that say of what kind a part is, and those beside which they do not.

    `kinds` are by their first word, the longest first.
    """

    kinds: Mapping[Word, Sequence[tuple[Words, str]]]
    after: frozenset[Word]
    before: frozenset[Word]
    country: Words
    streets: Mapping[Words, Words]


def _lexicon(*, is_plain: bool) -> _Lexicon:
    kinds: Mapping[str, str] = {kind: kind for kind in _UNIT_KINDS} | _LOCAL_KINDS
    spelled = [(name_words(text, is_plain=is_plain), kind) for text, kind in kinds.items()]
    by_first_word: dict[Word, list[tuple[Words, str]]] = {}
    for words, kind in sorted(spelled, key=lambda each: -len(each[0])):
        by_first_word.setdefault(words[0], []).append((words, kind))
    after, before = (
        frozenset(name_words(each, is_plain=is_plain)[0] for each in group) for group in (_AFTER, _BEFORE)
    )
    return _Lexicon(
        kinds=by_first_word,
        after=after,
        before=before,
        country=name_words("Việt Nam", is_plain=is_plain),
        streets={
            name_words(short, is_plain=is_plain): name_words(name, is_plain=is_plain)
            for short, name in _STREETS.items()
        },
    )


_LEXICONS: Final = {is_plain: _lexicon(is_plain=is_plain) for is_plain in (False, True)}


def _parts(segment: Words, lexicon: _Lexicon) -> Iterator[tuple[str, Words]]:
    """Yield the parts of one segment with their kinds."""
    kind, begin, position = UNNAMED, 0, 0
    while position < len(segment):
        length, next_kind = _kind_at(segment, position, lexicon, kind, is_first=position == begin)
        if not length:
            position += 1
            continue
        yield from _finished(kind, segment[begin:position])
        kind, begin = next_kind, position + length
        position = begin
    yield from _finished(kind, segment[begin:])


def _kind_at(
    segment: Words, position: int, lexicon: _Lexicon, kind: str, *, is_first: bool
) -> tuple[int, str]:
    """Return how many words at *position* begin a part of another kind, and which; 0 where none do."""
    for spelled, found in lexicon.kinds.get(segment[position], ()):
        end = position + len(spelled)
        if segment[position:end] != spelled or end == len(segment):
            continue
        if is_first and kind == STREET:
            # "đường số 5" is a street called 5; "phố Làng" one called so.
            return (end - position, STREET) if found == HOUSE else (0, "")
        if found in _NUMBERED_ONLY and not has_digit(segment[end]):
            continue
        if found in _UNIT_KINDS and _is_part_of_name(segment, position, end, lexicon):
            continue
        return end - position, found
    return 0, ""


def _is_part_of_name(segment: Words, position: int, end: int, lexicon: _Lexicon) -> bool:
    return segment[end] in lexicon.before or (position > 0 and segment[position - 1] in lexicon.after)


def _finished(kind: str, content: Words) -> Iterator[tuple[str, Words]]:
    """Yield a part that has come to its end; a number may be followed by the street it stands in."""
    if not content:
        return
    if kind not in _NUMBERED or not has_digit(content[0]):
        yield (UNNAMED if kind == HOUSE else kind), content
        return
    yield (HOUSE if kind == UNNAMED else kind), content[:1]
    if len(content) > 1:
        yield STREET, content[1:]


_NUMBERED: Final = frozenset({UNNAMED, HOUSE, ALLEY, INNER_ALLEY, "group"})


def _with_house(local: list[tuple[str, Words]]) -> tuple[tuple[str, Words], ...]:
    """Write number 3 of alley 12 as house 12/3, which is how others write it, and the other way round."""
    known = dict(local)
    house, alley = known.get(HOUSE), known.get(ALLEY)
    if house is None or (alley is not None and len(alley) > 1):
        return tuple(local)
    number = house[0].plain
    if alley is not None and "/" not in number:
        inner = [word.plain for word in known.get(INNER_ALLEY, ())]
        number = "/".join([alley[0].plain, *inner, number])
    first, slash, _ = number.partition("/")
    inside = [(ALLEY, (Word(first, first),))] if slash else []
    rest = [part for part in local if part[0] not in {HOUSE, ALLEY, INNER_ALLEY}]
    return ((HOUSE, (Word(number, number),)), *inside, *rest)
