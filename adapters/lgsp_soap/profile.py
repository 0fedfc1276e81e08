"""How one LGSP wants to be spoken to: configuration, not code."""

import base64
import json
from dataclasses import dataclass
from typing import Literal, Self

from app.errors import ConfigurationError
from app.settings import UpstreamSettings

# The order real clients have sent since 2021; the other side validates an xs:sequence.
ELEMENT_ORDER_2021 = (
    "MaYeuCau",
    "MaDVC",
    "MaTichHop",
    "MaCanBo",
    "SoDinhDanh",
    "SoCMND",
    "HoVaTen",
    "NgayThangNamSinh",
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One service of the national side: its element, its path, its integration code (MaTichHop)."""

    name: str
    path: str
    integration_code: str


@dataclass(frozen=True, slots=True)
class LgspSoapProfile:
    """Names, order and notations of one installation."""

    find: Operation
    confirm: Operation
    token_path: str
    names_without_accents: bool
    birth_date_format: Literal["yyyymmdd", "yyyy-mm-dd"]
    element_order: tuple[str, ...] = ELEMENT_ORDER_2021

    def __post_init__(self) -> None:
        if sorted(self.element_order) != sorted(ELEMENT_ORDER_2021):
            raise ConfigurationError("element_order must name each request element once")

    @classmethod
    def from_settings(cls, settings: UpstreamSettings) -> Self:
        """Return the profile the operator set."""
        return cls(
            find=Operation("TraCuuThongTinCongDan", settings.find_path, "037"),
            confirm=Operation("XacThucThongTinCongDan", settings.confirm_path, "003"),
            token_path=settings.token_path,
            names_without_accents=settings.names_without_accents,
            birth_date_format=settings.birth_date_format,
        )


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """The two header values that stay the same for every call; never printed."""

    lgsp_access_token: str
    auth_hash: str

    @classmethod
    def from_settings(cls, settings: UpstreamSettings) -> Self:
        """Return the headers' values; `AuthHash` is no hash despite its name."""
        keys = {
            "AccessKey": settings.access_key.get_secret_value(),
            "SecretKey": settings.secret_key.get_secret_value(),
            "AppName": settings.app_name,
            "PartnerCode": settings.partner_code,
            "PartnerCodeCus": settings.partner_code_customer,
        }
        pair = f"{settings.key_name.get_secret_value()}:{settings.key_password.get_secret_value()}"
        return cls(
            lgsp_access_token=_base64(json.dumps(keys, separators=(",", ":"), ensure_ascii=False)),
            auth_hash=_base64(pair),
        )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
