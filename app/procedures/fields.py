"""The fields of a citizen's record that a procedure can be permitted to see."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Field(StrEnum):
    """Names used in JSON, in the catalogue and in records (glossary of the requirements)."""

    ID_NUMBER = "id_number"
    OLD_ID_NUMBER = "old_id_number"
    FULL_NAME = "full_name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    PERMANENT_RESIDENCE = "permanent_residence"
    CURRENT_RESIDENCE = "current_residence"
    HOUSEHOLD_HEAD = "household_head"
    RELATION_TO_HEAD = "relation_to_head"
    RESIDENCE_FILE_NUMBER = "residence_file_number"
    NATIONALITY = "nationality"
    BIRTH_REGISTRATION_PLACE = "birth_registration_place"
    HOME_PLACE = "home_place"
    ETHNICITY = "ethnicity"
    RELIGION = "religion"
    MARITAL_STATUS = "marital_status"
    BLOOD_GROUP = "blood_group"
    FATHER = "father"
    MOTHER = "mother"
    SPOUSE = "spouse"
    REPRESENTATIVE = "representative"


DEFAULT_FIELDS = frozenset(
    {
        Field.ID_NUMBER,
        Field.FULL_NAME,
        Field.BIRTH_DATE,
        Field.PERMANENT_RESIDENCE,
        Field.CURRENT_RESIDENCE,
    }
)
"""What a residence procedure sees unless its catalogue entry says otherwise (R48, R91)."""

SENSITIVE_FIELDS: Final = frozenset(
    {
        Field.ETHNICITY,
        Field.RELIGION,
        Field.BLOOD_GROUP,
        Field.MARITAL_STATUS,
        Field.FATHER,
        Field.MOTHER,
        Field.SPOUSE,
    }
)
"""What no procedure sees unless its entry names a legal basis for that very field (R48, R91)."""

FIELD_TITLES: Final[Mapping[Field, str]] = {
    Field.ID_NUMBER: "Số định danh cá nhân",
    Field.OLD_ID_NUMBER: "Số chứng minh nhân dân",
    Field.FULL_NAME: "Họ, chữ đệm và tên",
    Field.BIRTH_DATE: "Ngày, tháng, năm sinh",
    Field.SEX: "Giới tính",
    Field.PERMANENT_RESIDENCE: "Nơi thường trú",
    Field.CURRENT_RESIDENCE: "Nơi ở hiện tại",
    Field.HOUSEHOLD_HEAD: "Chủ hộ",
    Field.RELATION_TO_HEAD: "Quan hệ với chủ hộ",
    Field.RESIDENCE_FILE_NUMBER: "Số hồ sơ cư trú",
    Field.NATIONALITY: "Quốc tịch",
    Field.BIRTH_REGISTRATION_PLACE: "Nơi đăng ký khai sinh",
    Field.HOME_PLACE: "Quê quán",
    Field.ETHNICITY: "Dân tộc",
    Field.RELIGION: "Tôn giáo",
    Field.MARITAL_STATUS: "Tình trạng hôn nhân",
    Field.BLOOD_GROUP: "Nhóm máu",
    Field.FATHER: "Cha",
    Field.MOTHER: "Mẹ",
    Field.SPOUSE: "Vợ hoặc chồng",
    Field.REPRESENTATIVE: "Người đại diện",
}
"""How lists and papers call each field."""
