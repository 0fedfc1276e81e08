"""One citizen as the CongDan element of a 037 answer, in the element order of the live side."""

from lxml import etree

from mock_c06.citizen import Address, BirthDate, Citizen, HouseholdHead, Relative

RECORD_NAMESPACE = "http://www.mic.gov.vn/dancu/1.0"

# What an element holds: a text, elements of its own, or None when it is left out.
Leaves = dict[str, str | None]
Tree = dict[str, str | Leaves | None]


def add_record(collection: etree._Element, citizen: Citizen) -> None:
    """Append the citizen's CongDan to a collection."""
    record = etree.SubElement(collection, f"{{{RECORD_NAMESPACE}}}CongDan")
    for name, content in _record(citizen).items():
        if isinstance(content, dict):
            branch = etree.SubElement(record, f"{{{RECORD_NAMESPACE}}}{name}")
            for leaf_name, text in content.items():
                _add_text(branch, leaf_name, text)
        else:
            _add_text(record, name, content)


def _add_text(parent: etree._Element, name: str, text: str | None) -> None:
    if text is not None:
        # An empty text would be written as <x></x>, where the live side has <x/>.
        etree.SubElement(parent, f"{{{RECORD_NAMESPACE}}}{name}").text = text or None


def _record(citizen: Citizen) -> Tree:
    return {
        "SoDinhDanh": citizen.citizen_id,
        "SoCMND": citizen.old_id_number,
        "HoVaTen": _name(citizen),
        "GioiTinh": citizen.sex.value,
        "DanToc": citizen.ethnicity,
        "TonGiao": citizen.religion,
        "TinhTrangHonNhan": citizen.marital.value,
        "NhomMau": citizen.blood_group,
        "NgayThangNamSinh": _birth_date(citizen.birth_date),
        "NoiDangKyKhaiSinh": _address(citizen.birth_registration),
        "QuocTich": citizen.nationality,
        "QueQuan": _address(citizen.origin),
        "ThuongTru": _address(citizen.permanent_residence),
        "NoiOHienTai": _address(citizen.current_residence),
        "Cha": _relative(citizen.father),
        "Me": _relative(citizen.mother),
        "VoChong": _relative(citizen.spouse),
        "NguoiDaiDien": _relative(citizen.representative),
        "ChuHo": _household_head(citizen.household_head),
        "SoSoHoKhau": citizen.residence_file_number,
    }


def _name(citizen: Citizen) -> Leaves:
    if not citizen.has_split_name:
        # The live side leaves the first two empty and puts the whole name into the third.
        return {"Ho": "", "ChuDem": "", "Ten": citizen.full_name}
    family, *middle, given = (
        citizen.full_name.split() if " " in citizen.full_name else ("", citizen.full_name)
    )
    return {"Ho": family, "ChuDem": " ".join(middle), "Ten": given}


def _birth_date(birth_date: BirthDate) -> Leaves:
    day = birth_date.day
    return {"Nam": f"{birth_date.year:04d}", "NgayThangNam": f"{day:%Y%m%d}" if day else None}


def _address(address: Address) -> Leaves:
    return {
        "MaTinhThanh": address.province_code,
        "MaQuanHuyen": address.legacy_district_code,
        "MaPhuongXa": address.commune_code,
        "ChiTiet": address.address_line,
        "QuocGia": address.country,
    }


def _relative(relative: Relative | None) -> Leaves | None:
    if relative is None:
        return None
    return {
        "HoVaTen": relative.full_name,
        "QuocTich": relative.nationality,
        "SoDinhDanh": relative.citizen_id,
        "SoCMND": relative.old_id_number,
    }


def _household_head(head: HouseholdHead | None) -> Leaves | None:
    if head is None:
        return None
    if head == HouseholdHead():
        return {}
    return {
        "QuanHe": head.relation_to_head,
        "SoDinhDanh": head.citizen_id,
        "SoCMND": head.old_id_number,
        "HoVaTen": head.full_name,
    }
