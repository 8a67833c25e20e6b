"""What things are. The glossary of lienthong; no network, no clock, no database connection, no Airflow below here.

    A **portal** gives a **dossier**; **checks** find fault with it or clear it; a cleared dossier becomes
    **deliveries**; each **registry** answers with a **receipt**; the portal hears the **outcome**.

    A **scan** holds **pages**; a page gets two **transcriptions**; **adjudication** settles them; the **record** then
    goes through checks and delivery as a dossier does.

| noun     | Vietnamese            | what it is                                                                        |
|----------|-----------------------|-----------------------------------------------------------------------------------|
| portal   | cổng dịch vụ công     | where citizens and one-stop desks enter dossiers; one per province                |
| dossier  | hồ sơ                 | one application, known by its portal and its dossier code; changes make versions  |
| version  | phiên bản hồ sơ       | the bytes of a dossier as the portal gave them at one moment, sealed              |
| case     | nội dung hồ sơ        | what a dossier asks for: a birth, a death, a marriage, a move, a land change      |
| paper    | giấy tờ đính kèm      | a file that belongs to a version                                                  |
| check    | quy tắc kiểm tra      | one function that looks for one fault                                             |
| finding  | lỗi phát hiện         | a fault that a check saw in a version                                             |
| route    | lộ trình liên thông   | the registries a procedure must reach, in order, valid from-until                 |
| delivery | lượt gửi              | one dossier on its way to one registry; at most one takes effect                  |
| attempt  | lần gửi               | one request of a delivery, written down before it leaves                          |
| registry | cơ sở dữ liệu         | civil status, residence, health insurance, land                                   |
| receipt  | kết quả đăng ký       | what a registry gave back: registration number, book, page, personal number, card |
| report   | thông báo kết quả     | one status that the portal must hear, in order                                    |
| ledger   | sổ liên thông         | our database: events appended, states derived                                     |
| vault    | kho niêm phong        | where bytes with personal data lie, a key per dossier                             |
"""
