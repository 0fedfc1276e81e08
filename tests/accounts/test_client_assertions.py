"""`private_key_jwt`: client software proves itself with an assertion of its own (RFC 7523 section 2.2)."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from app.accounts.client_desk import ASSERTION_TYPE
from app.accounts.client_store import add_key
from app.cli import invented
from tests.accounts.calls import fetch, turnable_gateway
from tests.accounts.client_software import (
    ISSUER,
    RSA_KEY,
    TOKEN_URL,
    Software,
    a_p256_key,
    change_client,
    hmac_signature,
    public_pem,
    registered,
    registering,
    reloaded,
    some_software,
)
from tests.accounts.forging import encoded
from tests.gateway import Gateway
from tests.world import TurnableClock, World

OTHER_KEY = a_p256_key()


@pytest.fixture
async def software(gateway: Gateway) -> Software:
    return await some_software(gateway)


@pytest.mark.parametrize("audience", [ISSUER, TOKEN_URL, [ISSUER]])
async def test_a_key_proves_a_client(software: Software, audience: Any) -> None:
    answer = await software.with_assertion(software.sign(software.own_claims(aud=audience)))
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in", "refresh_token"}


async def test_an_rsa_key_proves_a_client_and_may_name_itself(gateway: Gateway) -> None:
    software = await some_software(gateway, key=RSA_KEY)
    header = {"kid": registered(RSA_KEY).kid}
    token = software.sign(software.own_claims(), header=header)
    assert (await software.with_assertion(token, client_id=software.client_id)).status_code == 200


async def test_a_key_refreshes_and_revokes_too(software: Software) -> None:
    tokens = (await software.with_assertion(software.sign(software.own_claims()))).json()
    proof = {"client_assertion_type": ASSERTION_TYPE}
    turn = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    renewed = await software.post(proof | turn | {"client_assertion": software.sign(software.own_claims())})
    assert renewed.status_code == 200
    end = {"token": renewed.json()["refresh_token"], "client_assertion": software.sign(software.own_claims())}
    assert (await software.post(proof | end, "/v1/auth/revoke")).status_code == 200
    replayed = await software.post(proof | end, "/v1/auth/revoke")
    assert replayed.json()["error"] == "invalid_client"


def _claims(**changes: Any) -> Callable[[Software], str]:
    return lambda at: at.sign(at.own_claims(**changes))


def _later(name: str, seconds: int) -> Callable[[Software], str]:
    return lambda at: at.sign(at.own_claims(**{name: at.seconds(ahead=seconds)}))


def _header(**header: Any) -> Callable[[Software], str]:
    return lambda at: at.sign(at.own_claims(), header=header)


def _unsigned(at: Software) -> str:
    return at.sign(at.own_claims(), header={"alg": "none"}, sign_with=lambda _: b"")


def _twice_named(at: Software) -> str:
    claims = json.dumps(at.own_claims())
    doubled = f'{claims[:-1]},"sub":"{at.client_id}"}}'
    head = encoded(json.dumps({"alg": "ES256"}).encode())
    token = at.sign(at.own_claims())
    return f"{head}.{encoded(doubled.encode())}.{token.rpartition('.')[2]}"


def _own_jwk() -> dict[str, Any]:
    return dict(json.loads(registered(OTHER_KEY).jwk))


def _strayed(at: Software) -> str:
    """Change the last character's bits that no byte takes part in."""
    token = at.sign(at.own_claims())
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


REFUSED: dict[str, Callable[[Software], str]] = {
    "no JWT": lambda _: "a.b",
    "four parts": lambda at: at.sign(at.own_claims()) + ".x",
    "padding": lambda at: at.sign(at.own_claims()) + "==",
    "a stray bit": _strayed,
    "a line break": lambda at: at.sign(at.own_claims()) + "\n",
    "endless": lambda at: at.sign(at.own_claims(more="x" * 4000)),
    "a header that is no object": lambda _: f"{encoded(b'[]')}.{encoded(b'{}')}.{encoded(b'x')}",
    "a header that is no JSON": lambda _: f"{encoded(b'{')}.{encoded(b'{}')}.{encoded(b'x')}",
    "deep": lambda _: f"{encoded(b'[' * 1200)}.{encoded(b'{}')}.{encoded(b'x')}",
    "a claim named twice": _twice_named,
    "alg none": _unsigned,
    "no alg": lambda at: at.sign(at.own_claims(), header={"alg": None}),
    "HS256 under the public key": lambda at: at.sign(
        at.own_claims(), header={"alg": "HS256"}, sign_with=hmac_signature(public_pem(at.key))
    ),
    "HS256 under the secret": lambda at: at.sign(
        at.own_claims(), header={"alg": "HS256"}, sign_with=hmac_signature(at.secret)
    ),
    "RS256 over an ES256 key": _header(alg="RS256"),
    "RS256 by a key nobody registered": lambda at: at.sign(at.own_claims(), key=RSA_KEY),
    "ES384 named": _header(alg="ES384"),
    "signed by another key": lambda at: at.sign(at.own_claims(), key=OTHER_KEY),
    "another key brought along": lambda at: at.sign(
        at.own_claims(), key=OTHER_KEY, header={"jwk": _own_jwk()}
    ),
    "a right signature and a jwk": lambda at: at.sign(
        at.own_claims(), header={"jwk": json.loads(registered(at.key).jwk)}
    ),
    "jku": _header(jku="http://127.0.0.1:9/keys"),
    "x5u": _header(x5u="http://127.0.0.1:9/c.pem"),
    "x5c": _header(x5c=["AAAA"]),
    "crit": _header(crit=["exp"]),
    "b64": _header(b64=False),
    "a foreign kid": _header(kid="another"),
    "kid a list": _header(kid=["another"]),
    "kid as SQL": _header(kid="' or 1=1 --"),
    "wrong aud": _claims(aud="https://elsewhere.example"),
    "no aud": _claims(aud=None),
    "two audiences": _claims(aud=[ISSUER, "https://elsewhere.example"]),
    "aud a number": _claims(aud=[1]),
    "aud almost": _claims(aud=ISSUER + "/"),
    "iss another": _claims(iss=invented.CLIENT_ID),
    "iss nobody": _claims(iss="nobody"),
    "no iss": _claims(iss=None),
    "iss a list": _claims(iss=["phan-mem"]),
    "sub another": _claims(sub=invented.CLIENT_ID),
    "no sub": _claims(sub=None),
    "expired": _later("exp", -1),
    "expires now": _later("exp", 0),
    "lives too long": _later("exp", 62),
    "no exp": _claims(exp=None),
    "exp as text": lambda at: at.sign(at.own_claims(exp=str(at.seconds(ahead=30)))),
    "exp true": _claims(exp=True),
    "exp endless": _claims(exp=10**30),
    "issued in the future": _later("iat", 20),
    "not before later": _later("nbf", 20),
    "iat as text": _claims(iat="now"),
    "no jti": _claims(jti=None),
    "a short jti": _claims(jti="x" * 15),
    "a long jti": _claims(jti="x" * 129),
    "jti a number": _claims(jti=10**20),
    "an officer's assertion": lambda at: at.sign(at.officer_claims()),
}


@pytest.mark.parametrize("forge", REFUSED.values(), ids=REFUSED)
async def test_anything_else_is_a_stranger(software: Software, forge: Callable[[Software], str]) -> None:
    answer = await software.with_assertion(forge(software))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert await software.gateway.records("sign_in.succeeded") == []
    good = await software.with_assertion(software.sign(software.own_claims()))
    assert good.status_code == 200


async def test_a_token_of_ours_proves_no_client(software: Software) -> None:
    tokens = (await software.with_assertion(software.sign(software.own_claims()))).json()
    answer = await software.with_assertion(tokens["access_token"])
    assert answer.json()["error"] == "invalid_client"


async def test_an_assertion_counts_once_on_all_processes(world: World, software: Software) -> None:
    token = software.sign(software.own_claims())
    assert (await software.with_assertion(token)).status_code == 200
    async with turnable_gateway(world, TurnableClock()) as second:
        elsewhere = Software(second, software.client_id, software.secret, software.key)
        for at in (software, elsewhere):
            assert (await at.with_assertion(token)).json()["error"] == "invalid_client"


async def test_two_clients_may_use_the_same_jti(gateway: Gateway, software: Software) -> None:
    other = await some_software(gateway, "khac")
    jti = uuid4().hex
    for at in (software, other):
        assert (await at.with_assertion(at.sign(at.own_claims(jti=jti)))).status_code == 200


async def test_the_store_does_not_hold_the_jti(software: Software) -> None:
    claims = software.own_claims()
    await software.with_assertion(software.sign(claims))
    (row,) = await fetch(software.gateway, "select digest, expires_at from used_assertion")
    assert claims["jti"].encode() not in row["digest"]
    assert int(row["expires_at"].timestamp()) == claims["exp"]


@pytest.mark.parametrize(
    "form",
    [
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"client_id": invented.CLIENT_ID},
    ],
    ids=["another type", "another client_id"],
)
async def test_what_contradicts_the_assertion_is_a_stranger(software: Software, form: dict[str, str]) -> None:
    answer = await software.with_assertion(software.sign(software.own_claims()), **form)
    assert answer.json()["error"] == "invalid_client"


async def test_one_request_proves_its_client_in_one_way(software: Software) -> None:
    token = software.sign(software.own_claims())
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}
    asked = {"grant_type": "refresh_token", "refresh_token": "x"}
    answers = [
        await software.with_secret(asked | proof),
        await software.with_secret(asked | {"client_secret": software.secret}),
        await software.post(asked | proof | {"client_secret": software.secret}),
        await software.post(asked | {"client_assertion": token}),
        await software.post(asked | {"client_assertion_type": ASSERTION_TYPE}),
        await software.post(asked | proof | {"client_assertion": [token, token]}),
    ]
    assert [answer.json()["error"] for answer in answers] == ["invalid_request"] * len(answers)
    in_the_body = await software.post(
        asked | {"client_id": software.client_id, "client_secret": software.secret}
    )
    another = await software.with_secret(asked | {"client_id": invented.CLIENT_ID})
    assert [at.json()["error"] for at in (in_the_body, another)] == ["invalid_client"] * 2


async def test_a_key_that_ended_proves_nothing(software: Software) -> None:
    await software.gateway.execute("update client_credential set ended_at = now() where kind = 'key'")
    await reloaded(software.gateway)
    answer = await software.with_assertion(software.sign(software.own_claims()))
    assert answer.json()["error"] == "invalid_client"


async def test_a_key_that_ran_out_proves_nothing(software: Software) -> None:
    await software.gateway.execute(
        "update client_credential set expires_at = now() - interval '1 s' where kind = 'key'"
    )
    await reloaded(software.gateway)
    answer = await software.with_assertion(software.sign(software.own_claims()))
    assert answer.json()["error"] == "invalid_client"


async def test_while_two_keys_are_registered_either_proves_the_client(software: Software) -> None:
    second = a_p256_key()
    await registering(
        software.gateway.world,
        lambda connection: add_key(connection, software.client_id, registered(second), software.now, None),
    )
    await reloaded(software.gateway)
    for key in (software.key, second):
        for header in ({}, {"kid": registered(key).kid}):
            token = software.sign(software.own_claims(), key=key, header=header)
            assert (await software.with_assertion(token)).status_code == 200
    crossed = software.sign(software.own_claims(), key=second, header={"kid": registered(software.key).kid})
    assert (await software.with_assertion(crossed)).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("assignment", "error"),
    [
        ("status = 'suspended'", "invalid_client"),
        ("expires_at = now() - interval '1 s'", "invalid_client"),
        ("networks = '{10.9.9.0/24}'", "unauthorized_client"),
        ("grants = '{jwt_bearer}'", "unauthorized_client"),
    ],
)
async def test_a_client_that_may_not_learns_nothing_of_officers(
    software: Software, assignment: str, error: str
) -> None:
    await change_client(software.gateway, software.client_id, assignment)
    by_key = await software.with_assertion(software.sign(software.own_claims()))
    form = {"grant_type": "password", "username": invented.RECEPTION, "password": "x"}
    by_secret = await software.with_secret(form)
    assert [by_key.json()["error"], by_secret.json()["error"]] == [error, error]


async def test_an_assertion_refused_for_its_place_is_not_used_up(software: Software) -> None:
    token = software.sign(software.own_claims())
    await change_client(software.gateway, software.client_id, "networks = '{10.9.9.0/24}'")
    await software.with_assertion(token)
    await change_client(software.gateway, software.client_id, "networks = '{127.0.0.0/8}'")
    assert (await software.with_assertion(token)).status_code == 200


async def test_the_serving_role_cannot_read_which_assertions_were_used(software: Software) -> None:
    rows = await fetch(
        software.gateway,
        "select privilege_type from information_schema.role_table_grants"
        " where table_name = 'used_assertion' and grantee = 'dancu_serving' order by 1",
    )
    assert [row[0] for row in rows] == ["DELETE", "INSERT"]
    (has,) = await fetch(
        software.gateway, "select has_table_privilege('dancu_serving', 'client_credential', 'update, delete')"
    )
    assert not has[0]


async def test_discovery_names_what_is_served(gateway: Gateway) -> None:
    said = (await gateway.http.get("/.well-known/oauth-authorization-server")).json()
    assert said["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "private_key_jwt"]
    assert said["token_endpoint_auth_signing_alg_values_supported"] == ["ES256", "RS256"]
    assert said["revocation_endpoint_auth_signing_alg_values_supported"] == ["ES256", "RS256"]
    assert said["tls_client_certificate_bound_access_tokens"] is True
    assert said["grant_types_supported"] == [
        "password",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ]
