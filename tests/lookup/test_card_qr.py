"""The card's QR code as scanners send it: what is read, what is mended, and what is refused."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import InvalidRequestError, ProblemCode
from app.lookup.card_qr import Card, parse_card_qr
from app.lookup.values import BirthDate, CitizenId, FullName, OldIdNumber, Question
from tests.lookup.asking import TODAY

NAME = "Đặng Thị Hường Khuê"
ADDRESS = "Số 5 đường Thử, xã Mẫu, huyện Mẫu, tỉnh Mẫu"
OLD_LAYOUT = f"099186000103|990000103|{NAME}|28021986|Nữ|{ADDRESS}|01072021"
NEW_LAYOUT = f"{OLD_LAYOUT}||Đặng Văn Cha|Lê Thị Mẹ|099086000104"
PLAIN = "099186000103||Dang Thi Huong Khue|28021986|Nu|So 5 duong Thu, xa Mau|01072021"
CARD = Card(
    Question(CitizenId("099186000103"), FullName(NAME), BirthDate(1986, 2, 28)),
    keeps_accents=True,
    old_id_number=OldIdNumber("990000103"),
    printed_address=ADDRESS,
)


def with_part(place: int, text: str, content: str = OLD_LAYOUT) -> str:
    parts = content.split("|")
    parts[place] = text
    return "|".join(parts)


def read_as(code_page: str) -> Callable[[str], str]:
    """Return what UTF-8 becomes where it is read in a code page, as Windows does it."""

    def read(text: str) -> str:
        return "".join(
            bytes([byte]).decode(code_page, errors="ignore") or chr(byte) for byte in text.encode()
        )

    return read


@pytest.mark.parametrize("content", [OLD_LAYOUT, NEW_LAYOUT, OLD_LAYOUT + "|", NEW_LAYOUT + "|||"])
def test_cards_of_both_layouts_are_read(content: str) -> None:
    assert parse_card_qr(content, TODAY) == CARD


DAMAGE: dict[str, Callable[[str], str]] = {
    "Latin-1": read_as("latin-1"),
    "CP1252": read_as("cp1252"),
    "CP1258": read_as("cp1258"),
    "Latin-1 twice": lambda text: read_as("latin-1")(read_as("latin-1")(text)),
    "CP1252 twice": lambda text: read_as("cp1252")(read_as("cp1252")(text)),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "decomposed and read as CP1252": lambda text: read_as("cp1252")(unicodedata.normalize("NFD", text)),
    "read as CP1258 and decomposed": lambda text: unicodedata.normalize("NFD", read_as("cp1258")(text)),
    "BOM": lambda text: "\ufeff" + text,
    "BOM in CP1252": lambda text: read_as("cp1252")("\ufeff" + text),
    "BOM before CP1252": lambda text: "\ufeff" + read_as("cp1252")(text),
    "NUL at the end": lambda text: text + "\0\0",
    "NUL between": "\0".join,
    "line end": lambda text: text + "\r\n",
    "tab": lambda text: "\t" + text + "\t",
    "STX and ETX": lambda text: f"\x02{text}\x03",
    "AIM": lambda text: "]Q1" + text,
    "AIM and ECI": lambda text: "]Q4\\000026" + text,
    "AIM in CP1252, line end": lambda text: read_as("cp1252")(f"]Q1{text}\r"),
    "prefix": lambda text: "QR: " + text,
    "blanks around parts": lambda text: text.replace("|", " |\t"),
    "line ends between parts": lambda text: text.replace("|", "|\r\n"),
    "zero-width characters": lambda text: text.replace("|", "|\u200b"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("content", [OLD_LAYOUT, NEW_LAYOUT], ids=["old", "new"])
def test_what_scanners_do_is_undone(damage: Callable[[str], str], content: str) -> None:
    assert parse_card_qr(damage(content), TODAY) == CARD


def test_a_card_without_former_number_and_address_is_read() -> None:
    content = with_part(5, "", with_part(1, ""))
    card = parse_card_qr(content, TODAY)
    assert (card.old_id_number, card.printed_address) == (None, None)


def test_a_former_number_of_twelve_digits_is_the_number_itself() -> None:
    assert parse_card_qr(with_part(1, "099186000103"), TODAY).old_id_number is None


@pytest.mark.parametrize("born", ["1986", "00001986"])
def test_a_card_may_know_the_year_of_birth_only(born: str) -> None:
    assert parse_card_qr(with_part(3, born), TODAY).question.birth_date == BirthDate(1986)


@pytest.mark.parametrize("sex", ["Nam", "NỮ", "nu", "Khác"])
def test_the_card_names_a_sex(sex: str) -> None:
    assert parse_card_qr(with_part(4, sex), TODAY).question == CARD.question


def test_a_question_without_accents_is_read_and_is_no_proof() -> None:
    card = parse_card_qr(PLAIN, TODAY)
    assert card.question.full_name == FullName("Dang Thi Huong Khue")
    assert not card.keeps_accents


@pytest.mark.parametrize("name", ["Hoàng Lê An", "Đăng Trân Thư", "Đinh Văn Sĩ"])
def test_accents_that_a_one_byte_code_page_knows_are_no_proof(name: str) -> None:
    # What drops ầ, ị and ặ lets these pass: "Đặng Trần Thị" may have become "Đăng Trân Th".
    assert not parse_card_qr(with_part(2, name, PLAIN), TODAY).keeps_accents


WRONG = {
    "empty": "",
    "one number": "099186000103",
    "six parts": OLD_LAYOUT.rpartition("|")[0],
    "no day of issue": with_part(6, ""),
    "too many parts": OLD_LAYOUT + "|x" * 40,
    "too long": OLD_LAYOUT + "|" + "x" * 4000,
    "two scans": OLD_LAYOUT + "\r\n" + OLD_LAYOUT,
    "cut in front": OLD_LAYOUT[3:],
    "eleven digits": with_part(0, "09918600010"),
    "a card of nine digits": with_part(0, "990000103"),
    "digits of another script": with_part(0, "٠٩٩١٨٦٠٠٠١٠٣"),
    "former number of ten digits": with_part(1, "9900001033"),
    "former number of letters": with_part(1, "CMND"),
    "no name": with_part(2, ""),
    "a number for a name": with_part(2, "099186000103"),
    "31 February": with_part(3, "31021986"),
    "month first": with_part(3, "02281986"),
    "ISO date": with_part(3, "1986-02-28"),
    "year that contradicts the number": with_part(3, "28021987"),
    "no sex": with_part(4, ""),
    "sex cut": with_part(4, "N"),
    "issued tomorrow": with_part(6, "23112026"),
    "issued on no day": with_part(6, "99999999"),
    "accents lost to question marks": OLD_LAYOUT.encode("ascii", "replace").decode(),
    "accents lost to U+FFFD": OLD_LAYOUT.encode("ascii", "replace").decode().replace("?", "\ufffd"),
    "letters dropped": with_part(2, "Trn Vn Th", PLAIN),
    "sex shows that letters were dropped": with_part(4, "N", PLAIN),
    "accents typed as other signs": with_part(2, "Đ§ng Th¡ Hường"),
    "wrong decoding that lost a byte": read_as("cp1252")(with_part(2, "Hoàng Thị Hường")).replace(
        "\u00a0", " "
    ),
    "half a character": with_part(5, "xã M\u1ea9u \u00e1\u00ba", OLD_LAYOUT),
    "UTF-16 read bytewise": OLD_LAYOUT.encode("utf-16-le").decode("latin-1"),
    "a question mark in the address": with_part(5, "xã M?u, huyện Mẫu"),
    "controls inside": with_part(2, "Đặng\x07Thị"),
    "JSON": '{"number": "099186000103"}',
    "commas": OLD_LAYOUT.replace("|", ","),
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_what_is_not_surely_a_card_is_refused_without_a_word_of_it(content: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_card_qr(content, TODAY)
    error = caught.value
    assert (error.code, error.fields) == (ProblemCode.INVALID_CARD_QR, ("/card_qr",))
    assert error.args == ("invalid_card_qr",)
    assert error.__cause__ is None
    assert error.__context__ is None


def test_a_card_never_prints_what_stands_on_it() -> None:
    shown = f"{CARD!r} {CARD}"
    assert not [part for part in OLD_LAYOUT.split("|") if part in shown]


_PIECES = st.one_of(
    st.text(max_size=30),
    st.sampled_from([*OLD_LAYOUT.split("|"), "", "Nam", "\0", "]Q1", "\ufeff", "á»‹", "?", "\ud800"]),
)


def refusal_of(content: str) -> InvalidRequestError | None:
    try:
        parse_card_qr(content, TODAY)
    except InvalidRequestError as error:
        return error
    return None


@given(st.one_of(st.text(), st.lists(_PIECES, max_size=12).map("|".join)))
@example("|" * 4000)
@example("]" * 4000)
def test_any_text_is_a_card_or_the_one_refusal(content: str) -> None:
    error = refusal_of(content)
    assert error is None or (error.args, error.fields, error.__context__) == (
        ("invalid_card_qr",),
        ("/card_qr",),
        None,
    )


_LETTERS = "aăâeêioôơuưyáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵbcdđghklmnpqrstvx"
_WORD = st.text(_LETTERS + _LETTERS.upper(), min_size=1, max_size=7)
_NAMES = st.lists(_WORD, min_size=2, max_size=5).map(" ".join)


@given(_NAMES, st.sampled_from(["", "latin-1", "cp1252", "cp1258"]), st.sampled_from(["NFC", "NFD"]))
def test_a_name_comes_back_as_it_stands_on_the_card(name: str, code_page: str, form: str) -> None:
    content = unicodedata.normalize("NFC" if code_page == "cp1258" else form, with_part(2, name))  # type: ignore[arg-type]
    card = parse_card_qr(read_as(code_page)(content) if code_page else content, TODAY)
    assert card.question.full_name.text == unicodedata.normalize("NFC", name)
    assert card.printed_address == ADDRESS


@given(_NAMES)
def test_a_name_from_a_scanner_that_loses_letters_is_never_proof(name: str) -> None:
    whole = with_part(2, f"{name} Ạ")
    for replacement in ("", "?", "a"):
        lossy = "".join(mark if mark in "ăĂđĐơƠưƯ" or ord(mark) < 256 else replacement for mark in whole)
        assert refusal_of(lossy) is not None or not parse_card_qr(lossy, TODAY).keeps_accents
