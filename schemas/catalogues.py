"""Code lists. Ethnic codes differ between registries, so the name is the key and each registry has its own table."""

import unicodedata

ETHNIC_GROUPS = (
    "Kinh", "Tày", "Thái", "Hoa", "Khmer", "Mường", "Nùng", "H'Mông", "Dao", "Gia Rai", "Ê Đê", "Ba Na", "Xơ Đăng",
    "Sán Chay", "Cơ Ho", "Chăm", "Sán Dìu", "Hrê", "Mnông", "Ra Glai", "Xtiêng", "Bru-Vân Kiều", "Thổ", "Giáy", "Cơ Tu",
    "Gié Triêng", "Mạ", "Khơ Mú", "Co", "Tà Ôi", "Chơ Ro", "Kháng", "Xinh Mun", "Hà Nhì", "Chu Ru", "Lào", "La Chí",
    "La Ha", "Phù Lá", "La Hủ", "Lự", "Ngái", "Chứt", "Lô Lô", "Mảng", "Pà Thẻn", "Cơ Lao", "Cống", "Bố Y", "Si La",
    "Pu Péo", "Brâu", "Ơ Đu", "Rơ Măm",
)  # fmt: skip
"""The 54 groups in the order of the land system's list, whose codes are the positions 1-54."""

ETHNIC_VARIANTS = {
    "khơ me": "Khmer", "hmông": "H'Mông", "hơmông": "H'Mông", "mèo": "H'Mông", "raglay": "Ra Glai", "raglai": "Ra Glai",
    "stiêng": "Xtiêng", "x'tiêng": "Xtiêng", "giẻ-triêng": "Gié Triêng", "giẻ triêng": "Gié Triêng",
    "cờ lao": "Cơ Lao", "co lao": "Cơ Lao", "ta ôi": "Tà Ôi", "cil": "Cơ Ho", "cill": "Cơ Ho",
}  # fmt: skip
"""Spellings seen in dossiers, lower case."""

ETHNIC_CODES: dict[str, dict[str, str]] = {
    "land": {name: str(position) for position, name in enumerate(ETHNIC_GROUPS, 1)},
    # VSS export list (D02), only the codes that were seen; for the others the name is sent and the code left empty.
    "health_insurance": {
        "Kinh": "01", "Mường": "04", "H'Mông": "06", "Nùng": "07", "Hoa": "08", "Rơ Măm": "51", "Ơ Đu": "53",
        "Ngái": "54",
    },
}  # fmt: skip

RELATIONS = ("Cha", "Mẹ", "Ông", "Bà", "Anh", "Chị", "Em", "Con", "Cháu", "Vợ", "Chồng", "Người giám hộ", "Khác")
"""Relation of the applicant to the person registered."""

LAND_PURPOSES = frozenset(
    "LUC LUK LUN BHK NHK CLN RSX RPH RDD NTS LMU NKH ONT ODT TSC DTS DVH DXH DYT DGD DTT DKH DNG DSK CQP CAN SKK SKT"
    " SKN TMD SKC SKS SKX DGT DTL DNL DBV DSH DKV DCH DDT DDL DRA DCK TON TIN NTD SON MNC PNK BCS DCS NCS".split()
)
"""Land-use codes of TT 25/2014 and 75/2015; the Land Law of 2024 changed the list, not yet confirmed here."""

NATIONALITIES = frozenset(
    {"VN", "CN", "KR", "JP", "US", "TW", "LA", "KH", "FR", "DE", "AU", "CA", "GB", "RU", "SG", "MY", "TH"}
)
"""ISO 3166-1 codes met in dossiers; others are asked about, never guessed."""

_BY_KEY = {name.lower(): name for name in ETHNIC_GROUPS} | ETHNIC_VARIANTS


def ethnic_group(as_written: str | None) -> str | None:
    """The group's name as in the list of 54, whatever its known spelling; None when it is not known.

    A subgroup in brackets belongs to its group: `Cơ Ho (Chil)` is `Cơ Ho`. The literal `Null` of the ministry's list
    means missing.
    """
    if not as_written:
        return None
    name = unicodedata.normalize("NFC", as_written).split("(")[0].replace("’", "'").strip().lower()
    return _BY_KEY.get(" ".join(name.split()))


def ethnic_code(registry_code: str, as_written: str | None) -> str | None:
    """A registry's own code for a group; None when the group or its code is not known."""
    name = ethnic_group(as_written)
    return ETHNIC_CODES[registry_code].get(name) if name else None
