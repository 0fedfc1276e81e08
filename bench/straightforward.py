"""The yardstick from below: a lookup as one would first write it, with what each library does by itself.

A token read by python-jose at every request, an ORM session, a commit for each record, httpx as it comes,
xmltodict, a response model. It does less than the gateway: no chain, no encryption, no narrowing by
procedure, no limits. Frozen, so that ratios stay comparable. It is started as a program:
`python bench/straightforward.py PORT UPSTREAM_URL`, with DATABASE_URL and PUBLIC_KEY in its environment.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import uvicorn
import xmltodict
from fastapi import Depends, FastAPI, Header, HTTPException
from jose import JWTError, jwt
from pydantic import BaseModel
from sqlalchemy import DateTime, ForeignKey, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PROCEDURE = "1.004194"
_QUESTION = """<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
xmlns:qldc="http://dancuquocgia.bca"><soapenv:Header/><soapenv:Body><qldc:TraCuuThongTinCongDan>
<qldc:MaYeuCau>{request_id}</qldc:MaYeuCau><qldc:SoDinhDanh>{id_number}</qldc:SoDinhDanh>
<qldc:HoVaTen>{full_name}</qldc:HoVaTen></qldc:TraCuuThongTinCongDan></soapenv:Body></soapenv:Envelope>"""


class Base(DeclarativeBase):
    """The tables."""


class Officer(Base):
    """Who may sign in."""

    __tablename__ = "officer"
    login: Mapped[str] = mapped_column(primary_key=True)
    is_active: Mapped[bool]


class Grant(Base):
    """Which officer may look up for which procedure."""

    __tablename__ = "officer_procedure"
    login: Mapped[str] = mapped_column(ForeignKey("officer.login"), primary_key=True)
    procedure_code: Mapped[str] = mapped_column(primary_key=True)


class AuditRow(Base):
    """What was asked, and what came of it."""

    __tablename__ = "audit"
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    lookup_id: Mapped[UUID]
    kind: Mapped[str]
    login: Mapped[str]
    dossier_code: Mapped[str]
    outcome: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Citizen(BaseModel):
    """Whom the question is about."""

    id_number: str
    full_name: str
    birth_date: str


class Question(BaseModel):
    """The body of a lookup."""

    citizen: Citizen
    procedure_code: str
    dossier_code: str
    verification_method: str
    reception_channel: str


class Answer(BaseModel):
    """What the officer gets."""

    lookup_id: UUID
    outcome: str
    citizen: dict[str, Any] | None


def create_app(upstream_url: str, database_url: str, public_key: str) -> FastAPI:
    """Return the application; its tables and officers are made when it starts."""
    engine = create_async_engine(database_url)
    sessions = async_sessionmaker(engine)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await _prepare(engine)
        async with httpx.AsyncClient() as client:
            app.state.client = client
            yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    async def session() -> AsyncIterator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    def login(authorization: Annotated[str, Header()]) -> str:
        try:
            claims = jwt.decode(authorization.removeprefix("Bearer "), public_key, algorithms=["ES256"])
        except JWTError:
            raise HTTPException(401) from None
        return str(claims["sub"])

    @app.post("/lookups")
    async def look_up(
        question: Question,
        who: Annotated[str, Depends(login)],
        database: Annotated[AsyncSession, Depends(session)],
    ) -> Answer:
        permitted = select(Grant).join(Officer, Officer.login == Grant.login)
        permitted = permitted.where(
            Grant.login == who, Grant.procedure_code == question.procedure_code, Officer.is_active
        )
        if (await database.execute(permitted)).scalar_one_or_none() is None:
            raise HTTPException(403)
        lookup_id = uuid4()
        database.add(_row(lookup_id, "intent", who, question.dossier_code, None))
        await database.commit()
        citizen = await _ask(app.state.client, upstream_url, lookup_id, question.citizen)
        outcome = "found" if citizen is not None else "not_found"
        database.add(_row(lookup_id, "outcome", who, question.dossier_code, outcome))
        await database.commit()
        return Answer(lookup_id=lookup_id, outcome=outcome, citizen=citizen)

    return app


async def _prepare(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with async_sessionmaker(engine).begin() as database:
        logins = [f"canbo.{number:03d}" for number in range(200)]
        database.add_all(Officer(login=login, is_active=True) for login in logins)
        await database.flush()
        database.add_all(Grant(login=login, procedure_code=PROCEDURE) for login in logins)


def _row(lookup_id: UUID, kind: str, login: str, dossier_code: str, outcome: str | None) -> AuditRow:
    return AuditRow(
        row_id=uuid4(),
        lookup_id=lookup_id,
        kind=kind,
        login=login,
        dossier_code=dossier_code,
        outcome=outcome,
    )


async def _ask(
    client: httpx.AsyncClient, url: str, lookup_id: UUID, citizen: Citizen
) -> dict[str, Any] | None:
    content = _QUESTION.format(
        request_id=lookup_id.hex, id_number=citizen.id_number, full_name=citizen.full_name
    )
    answer = await client.post(url, content=content.encode(), headers={"Content-Type": "application/xml"})
    answer.raise_for_status()
    body = xmltodict.parse(answer.content)["soapenv:Envelope"]["soapenv:Body"]
    record = body["ns1:CongdanCollection"].get("ns1:CongDan")
    if record is None:
        return None
    home = record["ns1:ThuongTru"]
    return {"full_name": record["ns1:HoVaTen"]["ns1:Ten"], "permanent_residence": home["ns1:ChiTiet"]}


def main() -> None:
    """Serve until terminated."""
    port, upstream_url = sys.argv[1:]
    uvicorn.run(
        create_app(upstream_url, os.environ["DATABASE_URL"], os.environ["PUBLIC_KEY"]),
        host="127.0.0.1",
        port=int(port),
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
