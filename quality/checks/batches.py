"""What came together: a fault that a person finds with a whole batch."""

from quality.check import HOLDS, Who, declare

declare(
    "batch_rejected",
    weight=HOLDS,
    who=Who.STEWARD,
    source="Nguyên tắc của lienthong: cả đợt được xem trước khi gửi đi",
    says_vi="Đợt dữ liệu chứa hồ sơ này đã bị từ chối khi xem cả đợt.",
    do_vi="Mở Đợt dữ liệu xem lý do; hồ sơ đúng thì chấp nhận, sai thì chờ cổng gửi lại.",
    says_en="The batch that brought this dossier was rejected as a whole.",
    do_en="Open the batch for the reason; accept a sound dossier, else wait until the portal sends it again.",
)
