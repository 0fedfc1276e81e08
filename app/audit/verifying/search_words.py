"""What lists for Vietnamese readers call outcomes, missing dossiers and fields.

Plain words below everything else, because the single-file verifier says them too; tests hold them to the
catalogue's and the lookup's own (tests/auditing/test_search_words.py).
"""

from collections.abc import Iterable, Mapping
from typing import Final

OUTCOME_TITLES: Final[Mapping[str, str]] = {
    "found": "Tìm thấy",
    "not_found": "Không tìm thấy",
    "mismatch": "Không khớp",
    "upstream_unavailable": "CSDLQG không trả lời",
    "upstream_confused": "Câu trả lời không hiểu được",
    "not_permitted": "Không được phép tra cứu",
    "unknown": "Không hoàn tất",
}
NO_DOSSIER_TITLES: Final[Mapping[str, str]] = {
    "guidance_before_receipt": "Hướng dẫn công dân trước khi tiếp nhận hồ sơ",
    "one_stop_software_down": "Phần mềm một cửa không hoạt động nên chưa cấp được mã hồ sơ",
    "completing_papers": "Công dân đến trực tiếp đang bổ sung giấy tờ, hồ sơ chưa đủ để tiếp nhận",
}
DISCLOSED_TITLES: Final[Mapping[str, str]] = {
    "id_number": "Số định danh cá nhân",
    "old_id_number": "Số chứng minh nhân dân",
    "full_name": "Họ, chữ đệm và tên",
    "birth_date": "Ngày, tháng, năm sinh",
    "sex": "Giới tính",
    "permanent_residence": "Nơi thường trú",
    "current_residence": "Nơi ở hiện tại",
    "household_head": "Chủ hộ",
    "relation_to_head": "Quan hệ với chủ hộ",
    "residence_file_number": "Số hồ sơ cư trú",
    "nationality": "Quốc tịch",
    "birth_registration_place": "Nơi đăng ký khai sinh",
    "home_place": "Quê quán",
    "ethnicity": "Dân tộc",
    "religion": "Tôn giáo",
    "marital_status": "Tình trạng hôn nhân",
    "blood_group": "Nhóm máu",
    "father": "Cha",
    "mother": "Mẹ",
    "spouse": "Vợ hoặc chồng",
    "representative": "Người đại diện",
}


_PLACES: Final[Mapping[str, int]] = {name: place for place, name in enumerate(DISCLOSED_TITLES)}


def in_usual_order(names: Iterable[str]) -> list[str]:
    """Return names of fields as forms have them, number and name first; what is unknown here comes last."""
    return sorted(names, key=lambda name: (_PLACES.get(name, len(_PLACES)), name))


def disclosed_titles(names: str) -> str:
    """Return the fields *names* has with blanks between, by their titles; a name unknown here as it is."""
    return "; ".join(DISCLOSED_TITLES.get(name, name) for name in in_usual_order(names.split()))
