"""The one person whose whole record is fixed: the invented citizen of the captured-looking sample."""

from mock_c06.citizen import Address, Citizen, HouseholdHead, Marital, Relative
from mock_c06.personas import THU

_HOME = Address("99", "991", "99111", "SỐ 5 ĐƯỜNG THỬ, XÃ MẪU, HUYỆN MẪU, TỈNH MẪU")
_FATHER = Relative("TRẦN VĂN BỐN", "099060000018", "990000018")
_OLD_ID_NUMBER = "990000017"

SAMPLE_CITIZEN = Citizen(
    citizen_id=THU.citizen_id,
    old_id_number=_OLD_ID_NUMBER,
    full_name=THU.full_name,
    sex=THU.sex,
    birth_date=THU.birth_date,
    birth_registration=_HOME,
    origin=_HOME,
    permanent_residence=_HOME,
    # The sample gives other codes with the same words.
    current_residence=Address("99", "992", "99222", _HOME.address_line),
    marital=Marital.MARRIED,
    father=_FATHER,
    mother=Relative("LÊ THỊ NĂM", "099162000019", "990000019"),
    spouse=Relative("PHẠM THỊ SÁU", "099192000020", "990000020"),
    representative=_FATHER,
    household_head=HouseholdHead("CH01", THU.citizen_id, _OLD_ID_NUMBER, THU.full_name),
    residence_file_number="hk-test-01",
)
