"""Multiple births: each child has a dossier, a birth notice and an order of birth of its own."""

import re

from quality.check import HOLDS, NOTES, Saw, check
from schemas.cases import BirthCase, Case
from schemas.dossier import Dossier
from schemas.text import clean

MOST_CHILDREN = 6
BIRTH_NOTICE_KINDS = frozenset({"KS-GCS"})
"""Kind codes of papers differ by province; these are the sandbox's."""
_AND = re.compile(r"\s+(?:VÀ|và|Và)\s+|[,;/&+]")


@check(
    "birth_order",
    weight=HOLDS,
    source="TT 17/2012/TT-BYT; TT 22/2025/TT-BYT: giấy chứng sinh ghi thứ tự con trong ca sinh đôi, sinh ba",
    says_vi="Thứ tự sinh không phải là số từ 1 đến 6.",
    do_vi="Ghi thứ tự của trẻ trong ca sinh theo giấy chứng sinh, hoặc để trống nếu sinh một.",
    says_en="The order of birth is not a number from one to six.",
    do_en="Enter the child's order from the birth notice, or leave it empty for a single birth.",
)
def birth_order_implausible(case: BirthCase) -> Saw:
    return None if case.birth_order is None or 1 <= case.birth_order <= MOST_CHILDREN else "not from 1 to 6"


@check(
    "child.full_name",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 14: mỗi trẻ một đăng ký khai sinh",
    says_vi="Họ tên của trẻ có vẻ là tên của hai trẻ ghi chung một hồ sơ.",
    do_vi="Tách mỗi trẻ sinh đôi thành một hồ sơ riêng trên cổng.",
    says_en="The child's name looks like the names of two children in one dossier.",
    do_en="Create a dossier for each of the twins at the portal.",
)
def two_children_in_one_case(case: BirthCase) -> Saw:
    name = case.child.full_name
    if _AND.search(name) is None:
        return None
    parts = [clean(part).split() for part in _AND.split(name)]
    is_two = len(parts) > 1 and all(len(part) > 1 and part[0] == parts[0][0] for part in parts)
    return "two names" if is_two else None


@check(
    "papers",
    weight=NOTES,
    source="TT 17/2012/TT-BYT; TT 22/2025/TT-BYT: mỗi trẻ một giấy chứng sinh, một số",
    says_vi="Hồ sơ đính kèm hai giấy chứng sinh nhưng không ghi thứ tự sinh.",
    do_vi="Xem có phải sinh đôi không; nếu đúng, mỗi trẻ phải có hồ sơ riêng.",
    says_en="Two birth notices are attached, but no order of birth is given.",
    do_en="Check whether these are twins; if so, each child needs a dossier of its own.",
)
def two_birth_notices(dossier: Dossier) -> Saw:
    if not _is_birth_without_order(dossier.case):
        return None
    notices = sum(paper.kind_code in BIRTH_NOTICE_KINDS for paper in dossier.papers)
    return f"{notices} notices" if notices > 1 else None


def _is_birth_without_order(case: Case) -> bool:
    return isinstance(case, BirthCase) and case.birth_order is None
