"""Fees: the number of copies, each of which is paid for. A dossier says nothing else about money."""

from quality.check import HOLDS, Saw, check_each

MOST_COPIES = 50


@check_each(
    "copies",
    weight=HOLDS,
    source="TT 281/2016/TT-BTC: phí theo số bản sao; ngưỡng 50 bản của lienthong (giả định)",
    says_vi="Số bản sao là số âm hoặc trên 50, trong khi mỗi bản đều thu phí.",
    do_vi="Ghi lại số bản sao theo tờ khai rồi gửi lại.",
    says_en="The number of copies is negative or above fifty, though each is paid for.",
    do_en="Enter the number of copies from the form again, then send again.",
)
def copies_implausible(copies: int) -> Saw:
    return None if 0 <= copies <= MOST_COPIES else "negative or above fifty"
