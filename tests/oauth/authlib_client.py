"""Authlib signs in, refreshes, revokes and discovers; run by run.py in an environment that has Authlib.

Prints one JSON line per step; exit code 1 where a step failed.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # type: ignore[import-untyped]
from authlib.oauth2.rfc8414 import (  # type: ignore[import-untyped]
    AuthorizationServerMetadata,
    get_well_known_url,
)

ISSUER, CLIENT_ID, CLIENT_SECRET = (os.environ[name] for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"))
OFFICER = {"username": os.environ["OFFICER"], "password": os.environ["OFFICER_PASSWORD"]}
AUDITOR = {"username": os.environ["AUDITOR"], "password": os.environ["AUDITOR_PASSWORD"]}
DEATH_SECONDS = 3.0  # every process knows within one that a session ended

failures = 0


def step(name: str, work: Callable[[], Any]) -> Any:
    """Run one step and say how it went."""
    global failures  # noqa: PLW0603 - a script's count
    try:
        result = work()
        print(json.dumps({"step": name, "ok": True, "detail": ""}), flush=True)  # noqa: T201
    except Exception as error:  # noqa: BLE001 - whatever the library raises is the finding
        failures += 1
        detail = f"{type(error).__name__}: {error}"[:300]
        print(json.dumps({"step": name, "ok": False, "detail": detail}), flush=True)  # noqa: T201
        return None
    return result


def a_client(secret: str = CLIENT_SECRET) -> Any:
    return OAuth2Client(CLIENT_ID, secret, token_endpoint_auth_method="client_secret_basic", trust_env=False)


def a_client_with_a_key(metadata: Any, seconds: int = 30) -> Any:
    """Return a client that proves itself by `private_key_jwt`; Authlib's own life of an hour is too long."""
    claims = {"exp": int(time.time()) + seconds}
    method = PrivateKeyJWT(metadata["token_endpoint"], claims=claims)
    key = os.environ["CLIENT_KEY"]
    return OAuth2Client(CLIENT_ID, key, token_endpoint_auth_method=method, trust_env=False)


def discover() -> Any:
    answer = httpx.get(get_well_known_url(ISSUER, external=True), trust_env=False).raise_for_status()
    metadata = AuthorizationServerMetadata(answer.json())
    if metadata["issuer"] != ISSUER:
        raise ValueError("another issuer")
    return metadata


def sign_in(metadata: Any, **form: str) -> Any:
    client = a_client()
    client.fetch_token(metadata["token_endpoint"], grant_type="password", **form)
    return client


def a_keyed_copy(client: Any, metadata: Any) -> Any:
    copy = a_client_with_a_key(metadata)
    copy.token = client.token
    return copy


def call(client: Any, login_name: str) -> None:
    profile = client.get(f"{ISSUER}/v1/me").raise_for_status().json()
    if profile["login_name"] != login_name:
        raise ValueError("somebody else's profile")


def refresh(client: Any, metadata: Any) -> str:
    """Refresh and return the token that was used up."""
    used: str = client.token["refresh_token"]
    client.refresh_token(metadata["token_endpoint"], refresh_token=used)
    if client.token["refresh_token"] == used:
        raise ValueError("the refresh token did not change")
    return used


def is_refused(work: Callable[[], Any], *errors: str) -> None:
    """Pass where the library raises one of the errors of RFC 6749 named."""
    try:
        work()
    except AuthlibBaseError as error:
        if error.error not in errors:
            raise
        return
    raise ValueError("not refused")


def dies(access_token: str) -> None:
    """Pass once a call with *access_token* answers 401."""
    deadline = time.monotonic() + DEATH_SECONDS
    headers = {"Authorization": f"Bearer {access_token}"}
    while (
        httpx.get(f"{ISSUER}/v1/me", headers=headers, trust_env=False).status_code != httpx.codes.UNAUTHORIZED
    ):
        if time.monotonic() > deadline:
            raise ValueError("still served")
        time.sleep(0.1)


def stays_refused(url: str, token: str) -> None:
    """Pass where *token* gives no new tokens."""
    is_refused(lambda: a_client().refresh_token(url, refresh_token=token), "invalid_grant")


def revoke(client: Any, url: str, kind: str) -> None:
    client.revoke_token(url, token=client.token[kind], token_type_hint=kind).raise_for_status()


def main() -> int:
    metadata = step("discovers (RFC 8414)", discover)
    step("finds the document whole", metadata.validate)
    token_url, revoke_url = metadata["token_endpoint"], metadata["revocation_endpoint"]
    wrong = OFFICER | {"password": "not-the-password"}
    step(
        "a wrong password is invalid_grant",
        lambda: is_refused(lambda: sign_in(metadata, **wrong), "invalid_grant"),
    )
    stranger = a_client("not-the-secret")
    step(
        "a wrong client secret is invalid_client",
        lambda: is_refused(
            lambda: stranger.fetch_token(token_url, grant_type="password", **OFFICER), "invalid_client"
        ),
    )
    client = step("signs in (password, client_secret_basic)", lambda: sign_in(metadata, **OFFICER))
    step("calls /v1/me", lambda: call(client, OFFICER["username"]))
    used = step("refreshes, and the token rotates", lambda: refresh(client, metadata))
    step("calls /v1/me with the new token", lambda: call(client, OFFICER["username"]))
    access, latest = client.token["access_token"], client.token["refresh_token"]
    step("the used refresh token is refused", lambda: stays_refused(token_url, used))
    step("its successor, after that, is refused", lambda: stays_refused(token_url, latest))
    step("the session's access token dies", lambda: dies(access))
    for kind in ("refresh_token", "access_token"):
        client = step("signs in again", lambda: sign_in(metadata, **OFFICER))
        step(f"revokes by {kind} (RFC 7009)", partial(revoke, client, revoke_url, kind))
        step("the revoked session's calls are refused", partial(dies, client.token["access_token"]))
        step("and its refresh token", partial(stays_refused, token_url, client.token["refresh_token"]))
    url = metadata["token_endpoint"]
    keyed = a_client_with_a_key(metadata)
    step(
        "signs in (password, private_key_jwt)",
        lambda: keyed.fetch_token(url, grant_type="password", **OFFICER),
    )
    step("calls /v1/me with that token", lambda: call(keyed, OFFICER["username"]))
    step("refreshes by private_key_jwt", lambda: refresh(a_keyed_copy(keyed, metadata), metadata))
    lasting = a_client_with_a_key(metadata, seconds=3600)
    step(
        "an assertion that lives an hour is invalid_client",
        lambda: is_refused(
            lambda: lasting.fetch_token(url, grant_type="password", **OFFICER), "invalid_client"
        ),
    )
    auditor = step(
        "signs in with a one-time code", lambda: sign_in(metadata, **AUDITOR, otp=os.environ["OTP"])
    )
    step("calls /v1/me as an auditor", lambda: call(auditor, AUDITOR["username"]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
