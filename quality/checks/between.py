"""Faults that a single dossier does not show. They are declared here; the step that compares dossiers finds them."""

from quality.check import HOLDS, NOTES, Actor, declare

declare(
    "number_used_by_another",
    "personal_id",
    weight=HOLDS,
    who=Actor.STEWARD,
    source="Luật Căn cước công dân 59/2014/QH13; Luật Căn cước 26/2023/QH15, Điều 12: mỗi người một số",
    says_vi="Số định danh này đã được hồ sơ khác ghi cho một người khác tên.",
    do_vi="Mở cả hai hồ sơ, đối chiếu thẻ căn cước rồi sửa hồ sơ ghi sai.",
    says_en="Another dossier gives this personal number to a person with another name.",
    do_en="Open both dossiers, compare the identity cards and edit the wrong dossier.",
)

declare(
    "births_too_close",
    "child.born_on",
    "mother",
    weight=HOLDS,
    who=Actor.STEWARD,
    source="Ngưỡng nghiệp vụ của lienthong (giả định): hai lần sinh cách nhau dưới chín tháng",
    says_vi="Người mẹ này đã có hồ sơ khai sinh khác với ngày sinh cách chưa đầy chín tháng.",
    do_vi="Đối chiếu hai giấy chứng sinh; nếu sinh đôi thì ghi thứ tự sinh.",
    says_en="This mother has another birth within less than nine months.",
    do_en="Compare both birth notices; for twins enter the order of birth.",
)

declare(
    "entry_registered_twice",
    "entry_number",
    "book_code",
    weight=HOLDS,
    who=Actor.STEWARD,
    source="Quy tắc số hóa hộ tịch: không trùng số, quyển số, nơi đăng ký",
    says_vi="Số, quyển số và nơi đăng ký này đã được cấp cho một hồ sơ khác.",
    do_vi="Tra sổ hộ tịch với công chức hộ tịch, sửa số ghi sai trước khi chuyển tiếp.",
    says_en="This number, book and place of registration were given to another dossier.",
    do_en="Look the entry up with the registrar and edit the wrong number before it goes on.",
)

declare(
    "possible_duplicate",
    "case",
    weight=HOLDS,
    who=Actor.STEWARD,
    source="Nguyên tắc của lienthong: người quyết định hai hồ sơ có phải của một người, một sự kiện",
    says_vi="Hồ sơ có vẻ trùng với một hồ sơ khác về cùng người và cùng sự kiện.",
    do_vi="So sánh hai hồ sơ rồi chọn: trùng, anh chị em sinh đôi, hoặc khác nhau.",
    says_en="The dossier seems to be about the person and the event of another dossier.",
    do_en="Compare both dossiers, then choose: duplicate, twins, or different.",
)

declare(
    "name_differs_by_tone",
    "full_name",
    weight=NOTES,
    who=Actor.STEWARD,
    source="Cơ sở dữ liệu quốc gia về dân cư; quy tắc đặt dấu thanh khác nhau (hòa, hoà)",
    says_vi="Họ tên chỉ khác dấu so với hồ sơ khác ghi cùng số định danh.",
    do_vi="Đối chiếu thẻ căn cước; sửa theo thẻ nếu khác tên, bỏ qua nếu khác cách đặt dấu.",
    says_en="The name differs only by marks from the name that another dossier gives for this number.",
    do_en="Compare with the identity card; edit the name if it is another, ignore another way to place marks.",
)
