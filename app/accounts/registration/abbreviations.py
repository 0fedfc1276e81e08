"""What offices are called for short, and what each short form may stand for."""

from itertools import product
from typing import Final

from app.accounts.registration.folding import Word, words

_MEANINGS: Final[dict[str, tuple[str, ...]]] = {
    "ub": ("Ủy ban",),
    "ubnd": ("Ủy ban nhân dân",),
    "hdnd": ("Hội đồng nhân dân",),
    "mttq": ("Mặt trận Tổ quốc",),
    "ubmttq": ("Ủy ban Mặt trận Tổ quốc",),
    "vp": ("Văn phòng",),
    "bql": ("Ban Quản lý",),
    "bqlkcn": ("Ban Quản lý các khu công nghiệp",),
    "pgd": ("Phòng Giáo dục",),
    "p": ("phường", "phòng"),
    "x": ("xã",),
    "tt": ("thị trấn", "trung tâm"),
    "tp": ("thành phố",),
    "tx": ("thị xã",),
    "h": ("huyện",),
    "q": ("quận",),
    "t": ("tỉnh",),
    "dk": ("đặc khu",),
    "ca": ("Công an",),
    "bhxh": ("Bảo hiểm xã hội",),
    "khcn": ("Khoa học Công nghệ",),
    "tttt": ("Thông tin Truyền thông",),
    "gddt": ("Giáo dục Đào tạo",),
    "tnmt": ("Tài nguyên Môi trường",),
    "nnmt": ("Nông nghiệp Môi trường",),
    "nnptnt": ("Nông nghiệp Phát triển nông thôn",),
    "ldtbxh": ("Lao động Thương binh Xã hội",),
    "ldtb xh": ("Lao động Thương binh Xã hội",),
    "khdt": ("Kế hoạch Đầu tư",),
    "tckh": ("Tài chính Kế hoạch",),
    "gtvt": ("Giao thông vận tải",),
    "vhttdl": ("Văn hóa Thể thao Du lịch",),
    "vhtt": ("Văn hóa Thông tin", "Văn hóa Thể thao"),
    "vhxh": ("Văn hóa Xã hội",),
    "ktht": ("Kinh tế Hạ tầng",),
    "kthtdt": ("Kinh tế Hạ tầng Đô thị",),
    "dtvt": ("Điện tử Viễn thông",),
    "dttg": ("Dân tộc Tôn giáo",),
    "hcc": ("hành chính công",),
    "pvhcc": ("Phục vụ hành chính công",),
    "tthcc": ("Trung tâm Phục vụ hành chính công", "Trung tâm hành chính công"),
    "ttpvhcc": ("Trung tâm Phục vụ hành chính công",),
    "vpdk": ("Văn phòng đăng ký",),
    "vpdkdd": ("Văn phòng đăng ký đất đai",),
    "cnvpdkdd": ("Chi nhánh Văn phòng đăng ký đất đai",),
    "cntt": ("công nghệ thông tin",),
    "bptnvtkq": ("Bộ phận Tiếp nhận Trả kết quả",),
    "bptntkq": ("Bộ phận Tiếp nhận Trả kết quả",),
}
_EXPANSIONS: Final = {
    short.replace(" ", ""): tuple(words(meaning) for meaning in meanings)
    for short, meanings in _MEANINGS.items()
}
_LONGEST_SHORT_WORD: Final = 4
_MOST_SHORT_WORDS: Final = 4
_MOST_READINGS: Final = 16
_CONNECTING: Final = words("và")[0]


def readings(text: str) -> tuple[tuple[Word, ...], ...]:
    """Return all that *text* may say once its abbreviations are written out, without the word `và`.

    `P. Tân Hà` is both a phường and a phòng; who compares decides which of them exists.
    """
    written = tuple(word for word in words(text) if word != _CONNECTING)
    choices: list[tuple[tuple[Word, ...], ...]] = []
    position = 0
    while position < len(written):
        length, meanings = _longest_abbreviation(written, position)
        choices.append(meanings)
        position += length
    combined = []
    for number, choice in enumerate(product(*choices)):
        if number >= _MOST_READINGS:
            break
        combined.append(tuple(word for meaning in choice for word in meaning))
    return tuple(combined)


def _longest_abbreviation(
    written: tuple[Word, ...], position: int
) -> tuple[int, tuple[tuple[Word, ...], ...]]:
    """Return how many words are one abbreviation (`KH&CN` is two) and what it may mean."""
    for length in range(min(_MOST_SHORT_WORDS, len(written) - position), 1, -1):
        part = written[position : position + length]
        short = "".join(word.plain for word in part)
        if short in _EXPANSIONS and all(map(_looks_short, part)):
            return length, _EXPANSIONS[short]
    word = written[position]
    return 1, _EXPANSIONS.get(word.plain, ((word,),)) if _may_be_short(word) else ((word,),)


def _looks_short(word: Word) -> bool:
    return len(word.plain) <= _LONGEST_SHORT_WORD and not any(letter in "aeiouy" for letter in word.plain)


def _may_be_short(word: Word) -> bool:
    # "đ" is the only accented letter that abbreviations have: HĐND, GDĐT.
    return word.accented.replace("đ", "d") == word.plain
