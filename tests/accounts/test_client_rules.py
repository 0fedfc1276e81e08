"""What client software is and may do, judged without a database."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from uuid import UUID

import pytest

from app.accounts.clients import (
    KIND_GRANTS,
    WARNING,
    Client,
    ClientCredential,
    ClientKind,
    CredentialKind,
    Ending,
    GrantType,
    endings,
    secret_digest,
)
from app.errors import ProblemCode
from app.units.store import UnitRegister
from app.units.values import Unit, UnitKind, UnitLevel

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ABOVE, BELOW, BESIDE = (UUID(int=number) for number in range(1, 4))
UNITS = UnitRegister(
    {
        unit_id: Unit(unit_id, "Đơn vị", "H99", UnitLevel.COMMUNE, UnitKind.COMMUNE, frozenset(), parent)
        for unit_id, parent in ((ABOVE, None), (BELOW, ABOVE), (BESIDE, None))
    }
)
CLIENT = Client(
    client_id="mot-cua",
    name="Một cửa",
    is_active=True,
    kind=ClientKind.SERVICE,
    grants=frozenset({GrantType.PASSWORD}),
    networks=(ip_network("10.0.0.0/8"),),
)


def a_credential(
    kind: CredentialKind = CredentialKind.SECRET, expires_at: datetime | None = None, number: int = 1
) -> ClientCredential:
    return ClientCredential(UUID(int=number), kind, b"digest of it", NOON, expires_at)


def test_a_client_speaks_for_officers_or_for_itself_and_never_both() -> None:
    assert {
        ClientKind.SERVICE: {GrantType.PASSWORD, GrantType.JWT_BEARER},
        ClientKind.TECHNICAL: {GrantType.CLIENT_CREDENTIALS},
    } == KIND_GRANTS


def test_a_credential_counts_until_its_end_and_not_at_it() -> None:
    assert a_credential().is_valid(NOON)
    assert a_credential(expires_at=NOON + SECOND).is_valid(NOON)
    assert not a_credential(expires_at=NOON).is_valid(NOON)


def test_a_credential_prints_no_digest() -> None:
    assert "digest of it" not in repr(a_credential())
    assert "key=" not in repr(a_credential())


def test_a_suspended_client_is_refused_whether_it_ran_out_or_not() -> None:
    for expires_at in (None, NOON - DAY):
        suspended = replace(CLIENT, is_active=False, expires_at=expires_at)
        assert suspended.refusal(NOON) is ProblemCode.CLIENT_SUSPENDED


def test_a_client_is_refused_from_its_end_on() -> None:
    assert CLIENT.refusal(NOON) is None
    assert replace(CLIENT, expires_at=NOON + SECOND).refusal(NOON) is None
    assert replace(CLIENT, expires_at=NOON).refusal(NOON) is ProblemCode.CLIENT_EXPIRED


def test_only_credentials_of_the_kind_asked_for_that_are_in_force_count() -> None:
    secret, key = a_credential(), a_credential(CredentialKind.KEY, NOON + SECOND)
    over = a_credential(CredentialKind.KEY, NOON)
    client = replace(CLIENT, credentials=(secret, over, key))
    assert client.valid(CredentialKind.KEY, NOON) == [key]
    assert client.valid(CredentialKind.SECRET, NOON) == [secret]
    assert client.valid(CredentialKind.CERTIFICATE, NOON) == []


def test_a_certificate_that_ran_out_is_still_asked_for() -> None:
    assert not replace(CLIENT, credentials=(a_credential(),)).needs_certificate
    over = a_credential(CredentialKind.CERTIFICATE, NOON - DAY)
    assert replace(CLIENT, credentials=(a_credential(), over)).needs_certificate


@pytest.mark.parametrize("unit_id", [ABOVE, BELOW, BESIDE, None])
def test_software_of_the_province_serves_every_unit(unit_id: UUID | None) -> None:
    assert CLIENT.serves(unit_id, UNITS)


def test_software_of_a_unit_serves_it_and_what_stands_below() -> None:
    of_the_unit = replace(CLIENT, unit_id=ABOVE)
    served = [unit_id for unit_id in (ABOVE, BELOW, BESIDE, None) if of_the_unit.serves(unit_id, UNITS)]
    assert served == [ABOVE, BELOW]
    assert not replace(CLIENT, unit_id=BELOW).serves(ABOVE, UNITS)


def test_software_may_use_the_procedures_it_is_named_for_and_none_where_it_is_named_for_none() -> None:
    assert CLIENT.may_use("1.000001")
    named = replace(CLIENT, procedures=frozenset({"1.000001"}))
    assert named.may_use("1.000001")
    assert not named.may_use("1.000002")
    assert not replace(CLIENT, procedures=frozenset()).may_use("1.000001")


def test_what_ends_within_thirty_days_is_named() -> None:
    assert timedelta(days=30) == WARNING
    for ends_at in (NOON - DAY, NOON, NOON + WARNING):
        assert endings([replace(CLIENT, expires_at=ends_at)], NOON) == [Ending("mot-cua", ends_at)]
    for ends_later in (None, NOON + WARNING + SECOND):
        assert endings([replace(CLIENT, expires_at=ends_later)], NOON) == []


def test_of_credentials_those_that_end_soon_are_named_and_not_those_that_have_ended() -> None:
    ends = (None, NOON - DAY, NOON, NOON + SECOND, NOON + WARNING, NOON + WARNING + SECOND)
    credentials = tuple(a_credential(expires_at=at, number=number) for number, at in enumerate(ends))
    assert endings([replace(CLIENT, credentials=credentials)], NOON) == [
        Ending("mot-cua", NOON + SECOND, credentials[3]),
        Ending("mot-cua", NOON + WARNING, credentials[4]),
    ]


def test_of_a_suspended_client_nothing_is_named() -> None:
    soon = (a_credential(expires_at=NOON + DAY),)
    assert endings([replace(CLIENT, is_active=False, expires_at=NOON + DAY, credentials=soon)], NOON) == []


def test_the_soonest_end_stands_first_and_names_decide_between_equals() -> None:
    late, early, same = (
        replace(CLIENT, client_id=client_id, expires_at=NOON + DAY * days)
        for client_id, days in (("a", 2), ("c", 1), ("b", 1))
    )
    with_secret = replace(late, expires_at=None, credentials=(a_credential(expires_at=NOON),))
    named = endings([late, early, same, with_secret], NOON - DAY)
    assert [(ending.client_id, ending.ends_at) for ending in named] == [
        ("a", NOON),
        ("b", NOON + DAY),
        ("c", NOON + DAY),
        ("a", NOON + DAY * 2),
    ]


def test_of_a_secret_its_sha_256_is_stored() -> None:
    assert secret_digest("bí mật") == hashlib.sha256("bí mật".encode()).digest()
