"""How one installation wants to be spoken to: a profile of its adapter's folder, changed by the settings."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, with_config

from app.errors import ConfigurationError
from app.settings import UpstreamSettings

OFFICER_ELEMENTS = frozenset({"MaCanBo", "TaiKhoan", "UserNameService"})
"""Where a code of whoever asks can stand; profiles say in which of them the officer's own stands."""

_NUMBERS = frozenset({"SoDinhDanh", "SoCMND"})
_BIRTH_DATES = frozenset({"NgayThangNamSinh", "NgayThangNam"})
_OTHERS = frozenset(
    {"Nam", "MaYeuCau", "MaDVC", "MaTichHop", "MaDichVu", "MaDonVi", "SoDienThoai", "HoVaTen"}
)
_KNOWN = OFFICER_ELEMENTS | _NUMBERS | _BIRTH_DATES | _OTHERS
# Settings that stand in place of what a profile says, where they are set at all.
_OVERRIDES = (
    "birth_date_format",
    "names_without_accents",
    "officer_code_in",
    "element_order",
    "token_path",
    "timestamp_unit",
    "signed_address",
    "success_codes",
)
_PATHS = {"find": "find_path", "confirm": "confirm_path", "household": "household_path"}


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Operation:
    """One service of the national side: its element, its path, its integration code (MaTichHop).

    `element_order` stands only where it differs from the profile's.
    """

    name: str
    path: str
    integration_code: str
    element_order: tuple[str, ...] = ()


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Profile:
    """Names, order and notations of one installation, by the national side's own element names.

    `household` (034) is unverified: nobody outside has seen a request or an answer. An empty
    `token_path` means that the platform gives out no tokens. `success_codes` are the `error_code`s
    with which a JSON platform may say "nobody".
    """

    find: Operation
    element_order: tuple[str, ...]
    birth_date_format: Literal["yyyymmdd", "yyyy-mm-dd"]
    names_without_accents: bool
    officer_code_in: tuple[str, ...]
    confirm: Operation | None = None
    household: Operation | None = None
    birth_date_is_flat: bool = False
    prefix: str = "qldc"
    token_path: str = ""
    success_codes: tuple[str, ...] = ()
    timestamp_unit: Literal["seconds", "milliseconds"] = "milliseconds"
    signed_address: str = "{base_url}{path}"
    agency_code: str = ""
    service_account: str = ""

    def order_of(self, operation: Operation) -> tuple[str, ...]:
        """Return the elements that *operation* is asked with, in their order."""
        return operation.element_order or self.element_order

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation this installation offers."""
        return tuple(each for each in (self.find, self.confirm, self.household) if each is not None)


_PROFILE = TypeAdapter(Profile)


def load_profile(file: Path, settings: UpstreamSettings) -> Profile:
    """Return the profile that *settings* name out of *file*, with what they set in place of what it says.

    Raises ConfigurationError, naming the variable, for an order that cannot carry a question, a path
    that is none, and a value that an element of the order needs.
    """
    written: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))[settings.profile]
    for name in _OVERRIDES:
        if (value := getattr(settings, name)) is not None:
            written[name] = value
    for operation, variable in _PATHS.items():
        if (path := getattr(settings, variable)) is not None and operation in written:
            written[operation]["path"] = path
    codes = {"agency_code": settings.agency_code, "service_account": settings.service_account}
    profile = _PROFILE.validate_python(written | codes)
    _check(profile)
    return profile


def _check(profile: Profile) -> None:
    paths = [operation.path for operation in profile.operations] + [profile.token_path or "/"]
    if not all(_is_plain_path(path) for path in paths):
        raise ConfigurationError("DANCU_UPSTREAM_…_PATH must start with a slash and hold no ?, # or \\")
    _check_order(profile.element_order)
    if not OFFICER_ELEMENTS.issuperset(profile.officer_code_in) or set(profile.officer_code_in).isdisjoint(
        profile.element_order
    ):
        raise ConfigurationError(
            "DANCU_UPSTREAM_OFFICER_CODE_IN must name elements that are sent, out of"
            f" {', '.join(sorted(OFFICER_ELEMENTS))}"
        )
    for operation in profile.operations:
        _check_filled(set(profile.order_of(operation)), profile)


def _check_order(order: tuple[str, ...]) -> None:
    named = set(order)
    needed = (_NUMBERS, OFFICER_ELEMENTS, {"MaYeuCau"}, {"HoVaTen"}, _BIRTH_DATES)
    if len(named) != len(order) or named - _KNOWN or any(named.isdisjoint(each) for each in needed):
        raise ConfigurationError(
            "DANCU_UPSTREAM_ELEMENT_ORDER must name known elements once each, among them MaYeuCau, an"
            " officer's, a number, HoVaTen and the birth date"
        )


def _check_filled(named: set[str], profile: Profile) -> None:
    """Raise unless there is a value for each element that only the operator can fill."""
    missing = []
    if "MaDonVi" in named and not profile.agency_code:
        missing.append("DANCU_UPSTREAM_AGENCY_CODE")
    others = (named & OFFICER_ELEMENTS).difference(profile.officer_code_in)
    if others and not named.isdisjoint(profile.officer_code_in) and not profile.service_account:
        missing.append("DANCU_UPSTREAM_SERVICE_ACCOUNT")
    if missing:
        raise ConfigurationError(f"the road to the national side is not set up: {', '.join(missing)}")


def _is_plain_path(path: str) -> bool:
    return path.startswith("/") and not path.startswith("//") and not set(path) & set("?#\\")
