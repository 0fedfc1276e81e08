"""The element orders that a request may have, as seen in clients and documents of different years."""

from collections.abc import Mapping
from dataclasses import dataclass

# Of these two at least one must be there; everything else in a sequence is compulsory.
NUMBERS = frozenset({"SoDinhDanh", "SoCMND"})

# Lengths and emptiness as the NGSP document has them.
LONGEST: Mapping[str, int] = {
    "MaYeuCau": 40,
    "MaDVC": 20,
    "MaTichHop": 20,
    "MaDichVu": 20,
    "MaDonVi": 35,
    "MaCanBo": 20,
    "HoVaTen": 100,
}


@dataclass(frozen=True, slots=True)
class ElementSequence:
    """One order of elements; a flat birth date is a text instead of a wrapped Nam or NgayThangNam."""

    elements: tuple[str, ...]
    may_have_flat_birth_date: bool = False

    def fits(self, names: tuple[str, ...]) -> bool:
        """Tell whether these names, in this order, are the sequence."""
        present = tuple(name for name in self.elements if name not in NUMBERS or name in names)
        return present == names and not NUMBERS.isdisjoint(names)


def _sequence(about_the_request: str, about_the_citizen: str, **options: bool) -> ElementSequence:
    return ElementSequence((*about_the_request.split(), *about_the_citizen.split()), **options)


SEQUENCES: Mapping[str, ElementSequence] = {
    "2021": _sequence("MaYeuCau MaDVC MaTichHop MaCanBo", "SoDinhDanh SoCMND HoVaTen NgayThangNamSinh"),
    "2025": _sequence(
        "MaYeuCau MaDVC MaTichHop MaCanBo MaDonVi TaiKhoan SoDienThoai",
        "SoDinhDanh HoVaTen NgayThangNamSinh",
    ),
    "gtel": _sequence(
        "MaYeuCau MaDVC MaTichHop MaDonVi MaCanBo",
        "SoDinhDanh SoCMND HoVaTen NgayThangNamSinh",
        may_have_flat_birth_date=True,
    ),
    "033": _sequence("MaYeuCau MaDichVu MaCanBo", "SoDinhDanh SoCMND HoVaTen"),
}
