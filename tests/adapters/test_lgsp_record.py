"""How one citizen's record is read, and when it is not."""

from collections.abc import Callable

import pytest

from adapters.connection import Answer
from adapters.reasons import Reason
from adapters.soap.read import read_citizen
from app.errors import SourceConfusedError
from app.lookup.values import Address, BirthDate, Citizen, Person
from app.procedures.fields import Field

Sample = Callable[[str], bytes]
AnswerBuilder = Callable[..., Answer]
RecordBuilder = Callable[[str], str]

WHO_IT_IS = (Field.ID_NUMBER, Field.OLD_ID_NUMBER, Field.FULL_NAME, Field.BIRTH_DATE)
NAME_AND_NUMBER = "<SoDinhDanh>099190000017</SoDinhDanh><HoVaTen><Ten>TRẦN VĂN THỬ</Ten></HoVaTen>"


def test_every_field_of_the_full_sample_is_read(sample: Sample, an_answer: AnswerBuilder) -> None:
    home = Address("SỐ 5 ĐƯỜNG THỬ, XÃ MẪU, HUYỆN MẪU, TỈNH MẪU", "99111", "991", "99", "VN")
    father = Person("TRẦN VĂN BỐN", "099060000018", "990000018", "VN")

    citizen = read_citizen(an_answer(sample("037-soap-found-full.xml")))

    assert citizen == Citizen(
        id_number="099190000017",
        full_name="TRẦN VĂN THỬ",
        birth_date=BirthDate(1990, 5, 9),
        old_id_number="990000017",
        sex="male",
        permanent_residence=home,
        current_residence=Address(home.line, "99222", "992", "99", "VN"),
        household_head=Person("TRẦN VĂN THỬ", "099190000017", "990000017"),
        relation_to_head="CH01",
        residence_file_number="hk-test-01",
        nationality=None,
        birth_registration_place=home,
        home_place=home,
        ethnicity="01",
        religion="00",
        marital_status="2",
        blood_group="00",
        father=father,
        mother=Person("LÊ THỊ NĂM", "099162000019", "990000019", "VN"),
        spouse=Person("PHẠM THỊ SÁU", "099192000020", "990000020", "VN"),
        representative=father,
    )


def test_a_record_of_name_and_number_alone_leaves_the_rest_open(
    a_record: RecordBuilder, an_answer: AnswerBuilder
) -> None:
    assert read_citizen(an_answer(a_record(NAME_AND_NUMBER))) == Citizen("099190000017", "TRẦN VĂN THỬ", None)


def test_the_old_number_alone_is_number_enough(a_record: RecordBuilder, an_answer: AnswerBuilder) -> None:
    citizen = read_citizen(an_answer(a_record("<SoCMND>990000017</SoCMND><HoVaTen>TRẦN VĂN THỬ</HoVaTen>")))

    assert citizen == Citizen(None, "TRẦN VĂN THỬ", None, old_id_number="990000017")


@pytest.mark.parametrize(
    ("element", "name"),
    [
        ("<HoVaTen><Ho/><ChuDem/><Ten>TRẦN VĂN THỬ</Ten></HoVaTen>", "TRẦN VĂN THỬ"),
        ("<HoVaTen><Ho>TRẦN</Ho><ChuDem>VĂN</ChuDem><Ten>THỬ</Ten></HoVaTen>", "TRẦN VĂN THỬ"),
        ("<HoVaTen><Ho>TRẦN</Ho><ChuDem> </ChuDem><Ten>THỬ</Ten></HoVaTen>", "TRẦN THỬ"),
        ("<HoVaTen>\n  TRẦN  VĂN\tTHỬ </HoVaTen>", "TRẦN VĂN THỬ"),
        ("<HoVaTen><![CDATA[TRẦN ]]>VĂN <!-- x -->T<?pi x?>HỬ</HoVaTen>", "TRẦN VĂN THỬ"),
        ("<HoVaTen>TRA&#x302;&#x300;N V&#258;N TH&#7916;</HoVaTen>", "TRẦN VĂN THỬ"),
    ],
)
def test_a_name_may_be_split_or_flat(
    a_record: RecordBuilder, an_answer: AnswerBuilder, element: str, name: str
) -> None:
    citizen = read_citizen(an_answer(a_record(f"<SoDinhDanh>1</SoDinhDanh>{element}")))

    assert citizen is not None
    assert citizen.full_name == name


def test_a_relatives_name_may_be_split_too(a_record: RecordBuilder, an_answer: AnswerBuilder) -> None:
    mother = "<Me><HoVaTen><Ho>LÊ</Ho><ChuDem>THỊ</ChuDem><Ten>NĂM</Ten></HoVaTen></Me>"

    citizen = read_citizen(an_answer(a_record(NAME_AND_NUMBER + mother)))

    assert citizen is not None
    assert citizen.mother == Person("LÊ THỊ NĂM")


@pytest.mark.parametrize(
    ("inside", "birth_date"),
    [
        ("<Nam>1990</Nam><NgayThangNam>19900509</NgayThangNam>", BirthDate(1990, 5, 9)),
        ("<NgayThangNam>1990-05-09</NgayThangNam>", BirthDate(1990, 5, 9)),
        ("<Nam>1945</Nam>", BirthDate(1945)),
        ("<Nam>1945</Nam><NgayThangNam/>", BirthDate(1945)),
        ("<NgayThangNam>20000229</NgayThangNam>", BirthDate(2000, 2, 29)),
        ("", None),
        ("<Nam/>", None),
    ],
)
def test_a_birth_date_is_a_day_or_a_year_or_unknown(
    a_record: RecordBuilder, an_answer: AnswerBuilder, inside: str, birth_date: BirthDate | None
) -> None:
    element = f"<NgayThangNamSinh>{inside}</NgayThangNamSinh>"

    citizen = read_citizen(an_answer(a_record(NAME_AND_NUMBER + element)))

    assert citizen is not None
    assert citizen.birth_date == birth_date


@pytest.mark.parametrize(("code", "sex"), [("1", "male"), ("2", "female"), ("0", None), ("", None)])
def test_only_known_sex_codes_are_told(
    a_record: RecordBuilder, an_answer: AnswerBuilder, code: str, sex: str | None
) -> None:
    citizen = read_citizen(an_answer(a_record(f"{NAME_AND_NUMBER}<GioiTinh>{code}</GioiTinh>")))

    assert citizen is not None
    assert citizen.sex == sex


def test_an_address_without_district_is_whole(a_record: RecordBuilder, an_answer: AnswerBuilder) -> None:
    address = "<ThuongTru><MaTinhThanh>01</MaTinhThanh><MaPhuongXa>00004</MaPhuongXa></ThuongTru>"

    citizen = read_citizen(an_answer(a_record(NAME_AND_NUMBER + address)))

    assert citizen is not None
    assert citizen.permanent_residence == Address(commune_code="00004", province_code="01")


def test_empty_structures_are_nothing(a_record: RecordBuilder, an_answer: AnswerBuilder) -> None:
    empty = "<ThuongTru><ChiTiet/></ThuongTru><ChuHo> </ChuHo><Cha><HoVaTen><Ten/></HoVaTen></Cha>"

    citizen = read_citizen(an_answer(a_record(NAME_AND_NUMBER + empty)))

    assert citizen == Citizen("099190000017", "TRẦN VĂN THỬ", None)


def test_elements_nobody_told_us_about_are_passed_over(
    a_record: RecordBuilder, an_answer: AnswerBuilder
) -> None:
    more = '<TrangThai>1</TrangThai><SoDinhDanh xmlns="urn:other">2</SoDinhDanh>'

    citizen = read_citizen(an_answer(a_record(NAME_AND_NUMBER + more)))

    assert citizen == Citizen("099190000017", "TRẦN VĂN THỬ", None)


@pytest.mark.parametrize(
    "elements",
    [
        "",
        "<SoDinhDanh>099190000017</SoDinhDanh>",
        "<SoDinhDanh>099190000017</SoDinhDanh><HoVaTen><Ho/><ChuDem/><Ten/></HoVaTen>",
        "<HoVaTen>TRẦN VĂN THỬ</HoVaTen>",
        "<SoDinhDanh/><SoCMND/><HoVaTen>TRẦN VĂN THỬ</HoVaTen>",
        NAME_AND_NUMBER + "<NgayThangNamSinh><NgayThangNam>19900230</NgayThangNam></NgayThangNamSinh>",
        NAME_AND_NUMBER + "<NgayThangNamSinh><NgayThangNam>19900000</NgayThangNam></NgayThangNamSinh>",
        NAME_AND_NUMBER + "<NgayThangNamSinh><NgayThangNam>00000101</NgayThangNam></NgayThangNamSinh>",
        NAME_AND_NUMBER + "<NgayThangNamSinh><NgayThangNam>1990-0509</NgayThangNam></NgayThangNamSinh>",
        NAME_AND_NUMBER + "<NgayThangNamSinh><NgayThangNam>09/05/1990</NgayThangNam></NgayThangNamSinh>",
        NAME_AND_NUMBER
        + "<NgayThangNamSinh><NgayThangNam>１９９００５０９</NgayThangNam></NgayThangNamSinh>",
        NAME_AND_NUMBER + "<NgayThangNamSinh><Nam>90</Nam></NgayThangNamSinh>",
        NAME_AND_NUMBER + "<NgayThangNamSinh><Nam>0000</Nam></NgayThangNamSinh>",
        NAME_AND_NUMBER
        + "<NgayThangNamSinh><Nam>1991</Nam><NgayThangNam>19900509</NgayThangNam></NgayThangNamSinh>",
        NAME_AND_NUMBER + "<NgayThangNamSinh>19900509</NgayThangNamSinh>",
        NAME_AND_NUMBER + "<SoDinhDanh>099190000018</SoDinhDanh>",
        NAME_AND_NUMBER + "<ThuongTru>SỐ 5 ĐƯỜNG THỬ</ThuongTru>",
        NAME_AND_NUMBER + "<ThuongTru><ChiTiet/>SỐ 5 ĐƯỜNG THỬ</ThuongTru>",
        NAME_AND_NUMBER + "<DanToc><MaDanToc>01</MaDanToc></DanToc>",
        "<SoDinhDanh>1</SoDinhDanh><HoVaTen>TRẦN<Ten>THỬ</Ten></HoVaTen>",
    ],
)
def test_a_record_that_must_be_guessed_at_is_refused_whole(
    a_record: RecordBuilder, an_answer: AnswerBuilder, elements: str
) -> None:
    with pytest.raises(SourceConfusedError) as caught:
        read_citizen(an_answer(a_record(elements)))

    assert caught.value.reason == Reason.UNREADABLE_RECORD


@pytest.mark.parametrize("field", [field for field in Field if field not in WHO_IT_IS])
def test_only_what_is_wanted_is_read_of_a_record(
    sample: Sample, an_answer: AnswerBuilder, field: Field
) -> None:
    answer = an_answer(sample("037-soap-found-full.xml"))
    whole = read_citizen(answer)
    one = read_citizen(answer, frozenset({field}))

    assert whole is not None
    assert one == Citizen(
        **{name.value: getattr(whole, name) for name in WHO_IT_IS}, **{field.value: getattr(whole, field)}
    )


def test_an_element_of_no_namespace_or_another_is_no_field(
    a_record: RecordBuilder, an_answer: AnswerBuilder
) -> None:
    others = '<SoDinhDanh xmlns="">1</SoDinhDanh>' * 2 + '<HoVaTen xmlns="urn:x">B</HoVaTen>' * 2
    whole = read_citizen(an_answer(a_record(NAME_AND_NUMBER)))

    assert read_citizen(an_answer(a_record(others + NAME_AND_NUMBER + others))) == whole


def test_what_is_not_wanted_is_not_looked_at_but_stands_only_once(
    a_record: RecordBuilder, an_answer: AnswerBuilder
) -> None:
    wanted = frozenset({Field.CURRENT_RESIDENCE})
    read_citizen(an_answer(a_record(f"{NAME_AND_NUMBER}<Cha>text</Cha>")), wanted)

    with pytest.raises(SourceConfusedError):
        read_citizen(an_answer(a_record(f"{NAME_AND_NUMBER}<Cha/><Cha/>")), wanted)
