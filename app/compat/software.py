"""Which registered client software a call in the old way comes from."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.accounts.client_check import bound_certificate, check_client
from app.accounts.clients import Client, ClientKind, secret_digest
from app.accounts.compatible_credentials import CompatibleCredential
from app.accounts.request import Request
from app.accounts.store import Accounts
from app.audit.coalescing import Coalescer
from app.audit.record import Draft, RecordKind, Value
from app.audit.sealing import RootKey
from app.clock import Clock
from app.compat.directory import FaceDirectory
from app.compat.guard import WrongProofs
from app.compat.proofs import Pair, basic_pair, is_signed, lgsp_pair
from app.compat.tokens import FaceTokens
from app.database.live import LiveView
from app.errors import GatewayError, NotAuthenticatedError, ProblemCode

_NOBODYS: Final = secret_digest("")


@dataclass(frozen=True, slots=True)
class Software:
    """A client software, and by which of its credentials it is known."""

    client: Client
    credential: CompatibleCredential


class SoftwareDesk:
    """Knows software by `lgspaccesstoken`, `Auth`, a token of the face, or a VDXP user's signature."""

    def __init__(
        self,
        accounts: LiveView[Accounts],
        face: LiveView[FaceDirectory],
        tokens: FaceTokens,
        wrong: WrongProofs,
        refusals: Coalescer,
        root: RootKey,
        public_url: str,
        clock: Clock,
    ) -> None:
        """Judge by *accounts* and *face* as they stand at each call; *root* opens what VDXP hashes with."""
        self._accounts = accounts
        self._face = face
        self._tokens = tokens
        self._wrong = wrong
        self._refusals = refusals
        self._root = root
        self._public_url = public_url.rstrip("/")
        self._clock = clock

    async def token(self, headers: Mapping[str, str], request: Request) -> tuple[str, datetime]:
        """Return a token for the software and when it ends; raises as `known` does."""
        given = headers.get("lgspaccesstoken")
        pair = lgsp_pair(given) if given is not None else basic_pair(headers.get("auth", ""))
        software = self._software(await self._by_pair(pair, request))
        await self._check(software, request)
        facts: dict[str, Value] = {
            "client_id": software.client.client_id,
            "address": request.address,
            "request_id": request.request_id,
        }
        # Some software fetches a token for every lookup: one record a minute.
        mark = ("face token", software.client.client_id, request.address)
        await self._refusals.append(mark, Draft(RecordKind.CLIENT_SIGNED_IN, self._clock.now(), facts))
        return self._tokens.issue(software.credential.credential_id)

    async def known(self, headers: Mapping[str, str], path: str, request: Request) -> Software:
        """Return whose call it is.

        Raises NotAuthenticatedError, NotAllowedError (suspended, address, certificate; on record),
        TooManyError and AuditUnavailableError.
        """
        authorization = headers.get("authorization", "")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "basic":
            credential = await self._by_signature(authorization, headers, path, request)
        else:
            credential = await self._by_lgsp(headers, scheme, token, request)
        software = self._software(credential)
        await self._check(software, request)
        return software

    async def _by_lgsp(
        self, headers: Mapping[str, str], scheme: str, token: str, request: Request
    ) -> CompatibleCredential:
        """Return the credential of a token, of `lgspaccesstoken` or `Auth`; where several came, of each."""
        found: list[CompatibleCredential] = []
        if scheme.lower() == "bearer":
            credential = self._face.current.credentials.get(self._tokens.read(token.strip()))
            if credential is None:
                raise NotAuthenticatedError(ProblemCode.TOKEN_INVALID)
            found.append(credential)
        if (given := headers.get("lgspaccesstoken")) is not None:
            found.append(await self._by_pair(lgsp_pair(given), request))
        elif not found:
            found.append(await self._by_pair(basic_pair(headers.get("auth", "")), request))
        if len({one.credential_id for one in found}) != 1:
            raise NotAuthenticatedError(ProblemCode.SOFTWARE_CREDENTIAL_REFUSED)
        return found[0]

    async def _by_pair(self, pair: Pair | None, request: Request) -> CompatibleCredential:
        error = NotAuthenticatedError(ProblemCode.SOFTWARE_CREDENTIAL_REFUSED)
        if pair is None:
            raise error
        credential = self._face.current.by_name.get(pair.name)
        digest = credential.digest if credential is not None else None
        is_right = hmac.compare_digest(digest or _NOBODYS, _digest(pair.secret))
        if credential is None or digest is None or not is_right:
            await self._refuse(pair.name, credential, error, request)
            raise error
        return credential

    async def _by_signature(
        self, authorization: str, headers: Mapping[str, str], path: str, request: Request
    ) -> CompatibleCredential:
        error = NotAuthenticatedError(ProblemCode.SOFTWARE_CREDENTIAL_REFUSED)
        pair = basic_pair(authorization)
        if pair is None:
            raise error
        credential = self._face.current.by_name.get(pair.name)
        secret = credential.secret(self._root) if credential is not None else None
        addresses: tuple[str, ...] = (path, self._public_url + path)
        if credential is not None and credential.signed_addresses:
            addresses = credential.signed_addresses
        timestamp, now = headers.get("timestamp", ""), self._clock.now()
        is_right = is_signed(pair, timestamp, secret or "", addresses, now)
        if credential is None or secret is None or not is_right:
            await self._refuse(pair.name, credential, error, request)
            raise error
        return credential

    async def _refuse(
        self, name: str, credential: CompatibleCredential | None, error: GatewayError, request: Request
    ) -> None:
        client_id = credential.client_id if credential is not None else ""
        if credential is not None:
            await self._wrong.record(error, _facts(client_id, request))
        await self._wrong.note(name, client_id, request)

    def _software(self, credential: CompatibleCredential) -> Software:
        client = self._accounts.current.clients.get(credential.client_id)
        if client is None or client.kind is not ClientKind.SERVICE:
            raise NotAuthenticatedError(ProblemCode.SOFTWARE_CREDENTIAL_REFUSED)
        return Software(client, credential)

    async def _check(self, software: Software, request: Request) -> None:
        """Refuse, on record, a client that is suspended, elsewhere or without its certificate."""
        now, client = self._clock.now(), software.client
        try:
            if not software.credential.is_valid(now):
                raise NotAuthenticatedError(ProblemCode.SOFTWARE_CREDENTIAL_REFUSED)
            check_client(client, bound_certificate(client, request), request, now)
        except GatewayError as error:
            await self._wrong.record(error, _facts(client.client_id, request))
            raise


def _facts(client_id: str, request: Request) -> dict[str, Value]:
    return {"client_id": client_id, "address": request.address, "request_id": request.request_id}


def _digest(secret: str) -> bytes:
    return secret_digest(secret.encode("utf-8", "replace").decode())
