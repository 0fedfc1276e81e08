"""The population by its places: any size, one seed, the same people over every profile, nothing stored."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_c06.census import LARGEST, Census
from mock_c06.personas import PERSONAS
from mock_c06.population import citizen_for
from mock_c06.wards import MERGED, Wards, with_wards
from tests.mock_c06.national_side import OFFICER, PARTNER, NationalSide, a_question, records, start
from tests.mock_c06.partners import a_json_question, ask_in_json, ask_over_vdxp

PLACES = st.integers(0, LARGEST - 1)


@given(PLACES, PLACES)
def test_two_places_never_have_one_person(one: int, other: int) -> None:
    census = Census(LARGEST, "mau")
    assert (census.number_at(one) == census.number_at(other)) == (one == other)


@given(PLACES)
def test_nobody_in_the_row_misbehaves(place: int) -> None:
    assert Census(LARGEST, "mau").number_at(place) not in PERSONAS


@given(st.integers(0, 4_999))
def test_the_same_place_has_the_same_person_however_large_the_population(place: int) -> None:
    numbers = {Census(size, "mau").number_at(place) for size in (5_000, 5_000_000, LARGEST)}
    assert len(numbers) == 1


def test_another_seed_has_others_at_the_same_places() -> None:
    first = [[one.citizen_id for one in Census(5_000, seed).people(0, 50)] for seed in ("a", "b")]
    assert set(first[0]).isdisjoint(first[1])


def test_a_population_ends_with_its_last_place() -> None:
    census = Census(10, "mau")
    assert len(list(census.people(7, 50))) == 3
    with pytest.raises(IndexError):
        census.number_at(10)


@pytest.mark.parametrize("size", [0, -1, LARGEST + 1])
def test_a_population_that_cannot_be_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="population"):
        Census(size, "mau")


async def named(side: NationalSide, **where: int) -> list[dict[str, str]]:
    answer = await side.http.get("/mock/citizens", params=where)
    return list(answer.raise_for_status().json()["citizens"])


async def test_whom_to_ask_about_is_told_by_place(national_side: NationalSide) -> None:
    first, last = await named(national_side, count=3), await named(national_side, first=4_999_998)
    assert len(first) == 3
    assert len(last) == 2
    assert (await named(national_side, first=1, count=1)) == first[1:2]


@pytest.mark.parametrize("query", ["first=-1", "count=0", "count=1001", "first=x"])
async def test_places_that_are_none_are_refused(national_side: NationalSide, query: str) -> None:
    assert (await national_side.http.get(f"/mock/citizens?{query}")).status_code == 422


async def test_one_person_is_the_same_over_every_profile_and_in_every_process_of_the_seed() -> None:
    found: list[list[dict[str, str]]] = []
    for _ in range(2):
        async with (side := start(seed="hai", profile="vdxp-soap")).http:
            found += [await over_every_profile(side, one) for one in await named(side, count=3)]
    assert found[:3] == found[3:]
    for same in found:
        assert len(same) == 3
        assert same[0] == same[1] == same[2]
    assert len({same[0]["SoDinhDanh"] for same in found}) == 3


async def over_every_profile(side: NationalSide, one: dict[str, str]) -> list[dict[str, str]]:
    number, name, born = one["citizen_id"], one["full_name"], one["birth_date"]
    headers = await lgsp_headers(side)
    lgsp = await side.http.post(
        "/lgsp-soap/TraCuuThongTinCongDan", content=a_question(number, name, born), headers=headers
    )
    vdxp = await ask_over_vdxp(side, a_question(number, name, born.replace("-", "")))
    json_asked = a_json_question(soDinhDanh=number, hoVaTen=name, ngayThangNam=born)
    wrapped = await ask_in_json(side, json_asked, "TraCuuThongTinCongDan")
    return [one_record(lgsp.content), one_record(vdxp.content), one_record(message_of(wrapped.json()))]


async def lgsp_headers(side: NationalSide) -> dict[str, str]:
    form = {"grant_type": "client_credentials"}
    answer = await side.http.post("/lgsp-soap/token", data=form, headers={"lgspaccesstoken": PARTNER})
    return {
        "Authorization": f"Bearer {answer.json()['access_token']}",
        "lgspaccesstoken": PARTNER,
        "AuthHash": OFFICER,
        "Content-Type": "application/xml",
    }


def message_of(wire: dict[str, Any]) -> bytes:
    return str(wire["message"]).encode()


def one_record(content: bytes) -> dict[str, str]:
    (record,) = records(httpx.Response(200, content=content))
    return record


NUMBERS = [one.citizen_id for one in Census(5_000, "mau").people(0, 40)]


def test_after_the_merger_no_record_has_a_district_or_a_former_ward() -> None:
    for number in NUMBERS:
        home = with_wards(citizen_for(number), Wards.AFTER, "mau").permanent_residence
        assert home.legacy_district_code is None
        assert home.commune_code in {code for code, _ in MERGED.values()}
        assert not any(word in home.address_line for word in ("HUYỆN", "THÀNH PHỐ"))
        assert home.address_line.split(", ")[0] in citizen_for(number).permanent_residence.address_line


def test_on_a_mixed_side_some_households_have_moved_on_and_each_as_a_whole() -> None:
    moved = set()
    for number in NUMBERS:
        citizen = with_wards(citizen_for(number), Wards.MIXED, "mau")
        has_moved = citizen.permanent_residence.legacy_district_code is None
        moved.add(has_moved)
        if citizen.spouse:
            spouse = with_wards(citizen_for(citizen.spouse.citizen_id), Wards.MIXED, "mau")
            assert spouse.permanent_residence == citizen.permanent_residence
    assert moved == {True, False}


async def test_wards_are_switched_at_run_time(national_side: NationalSide) -> None:
    (one,) = await named(national_side, count=1)
    question = a_question(one["citizen_id"], one["full_name"], one["birth_date"])
    (before,) = records(await national_side.ask(question))
    await national_side.http.post("/mock/troubles", content=json.dumps({"wards": "after"}))
    (after,) = records(await national_side.ask(question))

    assert before["ThuongTru/MaQuanHuyen"]
    assert "ThuongTru/MaQuanHuyen" not in after
    assert MERGED[before["ThuongTru/MaPhuongXa"]][0] == after["ThuongTru/MaPhuongXa"]


async def test_a_name_may_stand_in_three_parts(national_side: NationalSide) -> None:
    await national_side.http.post("/mock/troubles", json={"behaviour": "split_name"})
    (record,) = records(await national_side.ask(a_question()))

    parts = [record[f"HoVaTen/{part}"] for part in ("Ho", "ChuDem", "Ten")]
    assert parts == ["TRẦN", "VĂN", "THỬ"]
