"""Word lists from which invented people and places are put together."""

FAMILY_NAMES = (
    "NGUYỄN",
    "TRẦN",
    "LÊ",
    "PHẠM",
    "HOÀNG",
    "PHAN",
    "VŨ",
    "ĐẶNG",
    "BÙI",
    "ĐỖ",
    "NGÔ",
    "DƯƠNG",
)
MALE_MIDDLE_NAMES = ("VĂN", "HỮU", "ĐỨC", "QUANG", "MINH", "THẾ", "XUÂN", "CÔNG")
FEMALE_MIDDLE_NAMES = ("THỊ", "NGỌC", "THU", "THANH", "KIM", "BÍCH", "MỸ", "HỒNG")
MALE_GIVEN_NAMES = (
    "MẪU",
    "NHÁP",
    "THỬ",
    "HAI",
    "BA",
    "TƯ",
    "BẢY",
    "TÁM",
    "CHÍN",
    "MƯỜI",
    "GIẢ",
    "TƯỞNG",
    "VÍ",
    "DỤ",
    "BỊA",
    "ĐẶT",
)
FEMALE_GIVEN_NAMES = (
    "MẪU",
    "NHÁP",
    "THỬ",
    "HAI",
    "BA",
    "TƯ",
    "BẢY",
    "TÁM",
    "CHÍN",
    "MƯỜI",
    "MƠ",
    "MỘNG",
    "ẢO",
    "ẢNH",
    "TƯỢNG",
    "VẼ",
)
STREETS = ("ĐƯỜNG THỬ", "ĐƯỜNG MẪU", "ĐƯỜNG NHÁP", "ẤP GIẢ ĐỊNH", "KHU PHỐ VÍ DỤ", "TỔ 12, ẤP TƯỞNG TƯỢNG")

PROVINCE_CODE = "99"
PROVINCE_NAME = "TỈNH MẪU"
# Legacy district code, commune code, and the words that the address line repeats.
PLACES = (
    ("991", "99111", "XÃ MẪU", "HUYỆN MẪU"),
    ("991", "99112", "XÃ THỬ", "HUYỆN MẪU"),
    ("991", "99113", "THỊ TRẤN VÍ DỤ", "HUYỆN MẪU"),
    ("992", "99221", "XÃ NHÁP", "HUYỆN THỬ"),
    ("992", "99222", "XÃ GIẢ ĐỊNH", "HUYỆN THỬ"),
    ("993", "99331", "PHƯỜNG BỊA ĐẶT", "THÀNH PHỐ VÍ DỤ"),
    ("993", "99332", "PHƯỜNG TƯỞNG TƯỢNG", "THÀNH PHỐ VÍ DỤ"),
)
