"""What things are: the glossary of lienthong. Below here are no network, clock, database connection or Airflow.

    A **portal** gives a **dossier**. **Checks** find faults in it or clear it. A cleared dossier becomes
    **deliveries**. Each **registry** answers with a **receipt** and holds an **entry**. The portal gets **reports** of
    the outcome.

    A **book** holds **pages**. A page gets two **transcriptions**, and **adjudication** decides where they differ. The
    **record** then passes the same checks and deliveries as a dossier.

Where a dossier comes from

| noun | Vietnamese | what it is |
|---|---|---|
| source | nguồn hồ sơ | a portal or a paper book |
| portal | cổng dịch vụ công | where citizens and one-stop desks enter dossiers; one for each province |
| book | sổ hộ tịch giấy | one paper register book, known by kind, place, year of opening and number |
| page | trang sổ | one page of a book, as scanned |
| transcription | bản nhập liệu | what one person keyed from a page; each page gets two |
| adjudication | đối soát hai bản nhập | a third person's decision where two transcriptions differ |
| record | bản ghi từ sổ giấy | one registered event of a book, as adjudicated; it is a dossier with a book |
| dossier | hồ sơ | one application, known by its portal and its dossier code; a change makes a new version |
| version | phiên bản hồ sơ | the bytes of a dossier as its source gave them at one moment, sealed |
| batch | lô hồ sơ | what a portal gave in one pull, judged as a whole before anything of it is sent |
| case | nội dung hồ sơ | what a dossier asks for: birth, death, marriage, residence, change of land |
| multiple birth | sinh đôi, sinh ba | children of one birth; each has a dossier and a birth order of its own |
| paper | giấy tờ đính kèm | a file that belongs to a version |

Whether it is right

| noun | Vietnamese | what it is |
|---|---|---|
| check | quy tắc kiểm tra | a function that looks for one fault, in force while its laws are |
| finding | lỗi phát hiện | a fault that a check saw in a version |
| expectation | kỳ vọng đối với lô | a rule about a whole batch, book or day |
| duplicate candidate | cặp hồ sơ nghi trùng | two dossiers that may be about one person or event; a person decides |
| blind index | chỉ mục ẩn danh | a keyed digest by which duplicate candidates are found; useless without the key |
| edit | chỉnh sửa trước khi gửi | a steward gives a field another value before anything is sent |
| decision | quyết định xử lý | what a person decided about one version: edit, release, reject, correct ... |
| steward | cán bộ liên thông | the person who decides about held dossiers |

Where it goes

| noun | Vietnamese | what it is |
|---|---|---|
| registry | cơ sở dữ liệu | civil status, residence, health insurance, land |
| route | lộ trình liên thông | the registries that a procedure or a book must reach, in order; a row in force |
| operation | thao tác đăng ký | what a registry is asked to do: register, correct, annul, or enter history |
| correction | cải chính, bổ sung | the legal act that changes an entry at a registry; an edit is not one |
| annulment | thu hồi, hủy bỏ | the legal act after which an entry is void |
| submission | nội dung gửi đi | what a connector is given to write for one registry |
| delivery | lượt gửi | one dossier on its way to one registry for one operation; at most one takes effect |
| attempt | lần gửi | one request of a delivery, recorded before it is sent |
| acknowledgement | xác nhận đã nhận | the reply that a registry or a portal has what was sent |
| receipt | kết quả đăng ký | what a registry gave back: number, book, page, personal number, card |
| entry | mục đăng ký | what a registry holds afterwards, as corrections and copies cite it |
| report | thông báo kết quả | one status that is sent to the portal, in order |
| twin | hệ thống mô phỏng | a program of the sandbox that behaves as a registry or a portal does |

By which rules

| noun | Vietnamese | what it is |
|---|---|---|
| law | văn bản pháp luật | a law, decree, circular or decision, with its first and its last day |
| row in force | dòng có hiệu lực | a row that holds from a day until a day; the event day chooses it |
| event day | ngày áp dụng quy định | the day of receipt of a portal's dossier, the day of the event of a record |
| unit | đơn vị hành chính | a province, district or commune, while it held its code and name |
| crosswalk | đối chiếu đơn vị hành chính | the way from a unit on one day to the units on another day |
| agency | cơ quan | who receives a dossier, decides it, or returns its result |

Where it is kept

| noun | Vietnamese | what it is |
|---|---|---|
| ledger | sổ liên thông | our database: events are appended, states are derived from them |
| vault | kho niêm phong | where bytes with personal data are kept, with one key for each dossier |
"""
