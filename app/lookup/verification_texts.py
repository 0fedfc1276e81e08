"""What the officer reads about a claim, Vietnamese first."""

from collections.abc import Mapping
from typing import Final

from app.lookup.texts import Words
from app.lookup.verdicts import Verdict

VERDICTS: Final[Mapping[Verdict, Words]] = {
    Verdict.YES: {
        "vi": "Đúng với dữ liệu quốc gia.",
        "en": "The national record says so.",
    },
    Verdict.NO: {
        "vi": "Khác với dữ liệu quốc gia.",
        "en": "The national record says otherwise.",
    },
    Verdict.UNKNOWN: {
        "vi": "Chưa xác định được từ dữ liệu quốc gia; không có nghĩa là sai.",
        "en": "The national record does not settle it; that does not make it wrong.",
    },
}
