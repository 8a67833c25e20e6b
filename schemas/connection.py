"""What the form of a connection asks besides address, login and password; the values lie in the connection's extra."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ConnectionField:
    """One field of a form.

    `name`: its key in the connection's extra. `blank`: what stands in its place where a request is only shown and not
    sent; empty for a field that no request carries.
    """

    name: str
    label_vi: str
    description_vi: str
    is_secret: bool = False
    blank: str = "-"


PROVINCE = ConnectionField(
    "province_code", "Mã tỉnh", "Hai chữ số, như trong tên kết nối: 24 của portal_24; nút Test cần mã này"
)
AGENCY = ConnectionField("agency_code", "Mã đơn vị", "Mã định danh của đơn vị gửi, do nơi quản lý hệ thống cấp")
OFFICER = ConnectionField(
    "officer_id", "Cán bộ thực hiện", "Số định danh 12 chữ số của cán bộ đứng tên từng yêu cầu", blank="0" * 12
)
CLIENT = ConnectionField(
    "x_road_client", "X-Road-Client", "Định danh trên trục liên thông: quốc gia/loại/đơn vị/hệ thống"
)
API_KEY = ConnectionField("api_key", "Khóa API", "Khóa do cơ quan quản lý cư trú cấp", is_secret=True)
PACE = ConnectionField("per_second", "Số yêu cầu mỗi giây", "Để trống để dùng mức mặc định của hệ thống", blank="")
