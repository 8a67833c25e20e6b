"""A fault of a whole batch: it is not looked for, a person finds it."""

from quality.check import HOLDS, Actor, declare

declare(
    "batch_rejected",
    weight=HOLDS,
    who=Actor.STEWARD,
    source="Nguyên tắc của lienthong: cả lô được xem trước khi gửi đi",
    says_vi="Lô hồ sơ chứa hồ sơ này đã bị từ chối khi xem xét cả lô.",
    do_vi="Mở mục Lô hồ sơ để xem lý do; hồ sơ đúng thì chấp nhận, sai thì chờ cổng gửi lại.",
    says_en="The batch that brought this dossier was rejected as a whole.",
    do_en="Open the batch to read the reason; accept a sound dossier, otherwise wait until the portal sends it again.",
)
