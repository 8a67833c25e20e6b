"""Keying at the desk: two keyers and a third person through its web pages; nobody sees what they must not see."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO

import pytest
from PIL import Image

from connectors.ledger import Ledger
from connectors.ledger.keyings import keyed_columns
from tests.support.desk import Browser, DeskHouse
from tests.support.desk_keyers import OpenPage, open_page, send, typed
from tests.support.keyed_books import RECOGNISER, KeyedBook, open_book, truth_of

COLUMNS = keyed_columns("KS", None)
REASON = "Đã xem đủ mẫu"
NO_KEYING = "Mục này không giao cho bạn"


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    """Two keyers (an, binh), one who may key and decide (chi), an archivist (kim), a second one (ly)."""
    house = DeskHouse(ledger)
    for user in ("an", "binh"):
        house.grant(user, "keyer", place="24")
    house.grant("chi", "keyer", "adjudicator", place="24")
    for user in ("kim", "ly"):
        house.grant(user, "archivist", place="24")
    house.grant("lan", "steward", place="24")
    house.grant("xa", "keyer", "adjudicator", "archivist", place="01")
    return house


@pytest.fixture
def book(ledger: Ledger) -> KeyedBook:
    return open_book(ledger)


def take(browser: Browser) -> OpenPage:
    page = send(browser, "/keying/next")
    assert page.status == 200
    return page


def number_of(book: KeyedBook, page: OpenPage) -> int:
    return next(number for number, page_id in book.pages.items() if page_id == page.page_id)


def key_next(browser: Browser, book: KeyedBook, change: Mapping[str, str] | None = None) -> OpenPage:
    page = take(browser)
    return send(browser, page.path, typed(page, truth_of(number_of(book, page)) | dict(change or {})))


def keyed_by_two(house: DeskHouse, book: KeyedBook, change: Mapping[str, str] | None = None) -> None:
    for user, differs in (("an", None), ("binh", change)):
        with house.visitor(user) as browser:
            for _ in book.records:
                key_next(browser, book, differs)


# Two keyers


def test_two_keyers_who_type_the_same_agree_and_the_book_waits_for_acceptance(
    house: DeskHouse, book: KeyedBook
) -> None:
    book.add(7, COLUMNS)
    with house.visitor("an") as an:
        page = key_next(an, book)
        assert "Đã lưu. Không còn mục nào cho bạn lúc này." in page.html
        assert "Hôm nay bạn đã lưu 1 mục" in page.html
    with house.visitor("binh") as binh:
        key_next(binh, book, {"nksHoTen": "NGUYỄN AN AN LAN"})
    assert book.states() == {"agreed": 1}
    assert book.state() == "sampling"
    assert book.values(book.records[7])["nksHoTen"] == {"text": "Nguyễn AN AN LAN"}


def test_neither_the_machines_text_nor_the_others_key_is_in_the_page(house: DeskHouse, book: KeyedBook) -> None:
    book.add(7, COLUMNS, {RECOGNISER: truth_of(7) | {"meHoTen": "Bí Mật Của Máy"}})
    with house.visitor("an") as an:
        page = take(an)
        assert "Bí Mật Của Máy" not in page.html
        assert re.findall(r'name="value\.\w+" value="([^"]+)"', page.html) == []
        send(an, page.path, typed(page, truth_of(7) | {"chaHoTen": "Chỉ An Biết"}))
        assert "Chỉ An Biết" not in open_page(an, page.path).html, "what is kept is shown to nobody"
    with house.visitor("binh") as binh:
        page = take(binh)
        assert "Chỉ An Biết" not in page.html
        assert "Bí Mật Của Máy" not in page.html
        assert truth_of(7)["nksHoTen"] not in page.html
        assert "an" not in re.findall(r"<b>(\w+)</b>", page.html)


def test_a_field_without_text_and_without_a_mark_is_not_kept_and_nothing_typed_is_lost(
    house: DeskHouse, book: KeyedBook
) -> None:
    book.add(7, COLUMNS)
    with house.visitor("an") as an:
        page = take(an)
        values = typed(page, truth_of(7)) | {"mark.ghiChu": ""}
        answer = send(an, page.path, values)
        assert answer.status == 422
        assert "Gõ nội dung, hoặc chọn để trống hay không đọc được." in answer.html
        assert 'value="Nguyễn AN AN LAN"' in answer.html
        assert answer.html.count('aria-invalid="true"') == 1
        assert send(an, page.path, values | {"value.ghiChu": "x", "mark.ghiChu": "blank"}).status == 422
        assert send(an, page.path, values | {"mark.ghiChu": "nothing"}).status == 422
        assert book.states() == {"unkeyed": 1}
        assert send(an, page.path, values | {"mark.ghiChu": "illegible"}).status == 200
    assert book.states() == {"first_keyed": 1}


def test_a_record_is_lent_to_one_keyer_and_the_other_cannot_open_it(house: DeskHouse, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    with house.visitor("an") as an, house.visitor("binh") as binh:
        page = take(an)
        assert "Không còn mục nào cho bạn nhập lúc này." in take(binh).html
        assert NO_KEYING in open_page(binh, page.path).html
        answer = send(binh, page.path, typed(page, truth_of(7)))
        assert (answer.status, NO_KEYING in answer.html) == (404, True)
        assert send(binh, f"{page.path}/give-back").status == 404
        send(an, f"{page.path}/give-back")
        assert take(binh).page_id == page.page_id
    assert book.states() == {"unkeyed": 1}


def test_an_abandoned_record_goes_to_another_keyer_and_the_first_is_told_what_to_do(
    house: DeskHouse, book: KeyedBook
) -> None:
    book.add(7, COLUMNS)
    with house.visitor("an") as an, house.visitor("binh") as binh:
        left = take(an)
        book.execute("UPDATE keyings SET leased_until = clock_timestamp() - interval '1 second'")
        taken = take(binh)
        assert taken.page_id == left.page_id
        assert NO_KEYING in send(an, left.path, typed(left, truth_of(7))).html
        send(binh, taken.path, typed(taken, truth_of(7)))
        answer = send(binh, taken.path, typed(taken, truth_of(8)))
        assert "Chưa lưu gì" in answer.html, "a form that is sent twice counts once"
    assert len(book.events("record_keyed")) == 1


def test_many_keyers_at_once_get_a_record_each(house: DeskHouse, book: KeyedBook) -> None:
    for number in range(12):
        book.add(number, COLUMNS)
    users = [f"user{number}" for number in range(6)]
    for user in users:
        house.grant(user, "keyer", place="24")

    with ExitStack() as open_browsers, ThreadPoolExecutor(len(users)) as workers:
        browsers = [open_browsers.enter_context(house.visitor(user)) for user in users]
        taken = list(workers.map(lambda browser: take(browser).page_id, browsers))
    assert len(set(taken)) == len(users)


def test_a_form_without_our_token_keeps_nothing(house: DeskHouse, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    with house.visitor("an") as an:
        page = take(an)
        assert an.post(page.path, typed(page, truth_of(7))).status_code == 403
    assert book.states() == {"unkeyed": 1}


# Reach


@pytest.mark.parametrize("path", ["/keying", "/adjudicating", "/accepting"])
def test_each_page_is_for_its_role(house: DeskHouse, path: str) -> None:
    with house.visitor("lan") as steward:
        assert open_page(steward, path).status == 403
    allowed = {"/keying": "an", "/adjudicating": "chi", "/accepting": "kim"}[path]
    with house.visitor(allowed) as user:
        assert open_page(user, path).status == 200


def test_who_may_work_elsewhere_only_gets_nothing_of_this_book(house: DeskHouse, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    with house.visitor("an") as an:
        page = take(an)
    with house.visitor("xa") as other:
        assert "Không còn mục nào" in take(other).html
        assert open_page(other, page.path).status == 404
        assert open_page(other, f"/accepting/{book.book_id}").status == 404
        assert open_page(other, f"/books/pages/{book.pages[7]}/image").status == 404
        assert send(other, f"/keying/records/{book.records[7]}/want").status == 404


# Images


def test_the_page_and_the_crop_of_a_field_are_shown_and_each_look_is_logged(house: DeskHouse, book: KeyedBook) -> None:
    record_id = book.add(7, COLUMNS, {RECOGNISER: {}})
    page_id = book.pages[7]
    with house.visitor("an") as an:
        page = take(an)
        assert page.html.count("/crop/") == len(COLUMNS)
        whole = an.client.get(f"/books/pages/{page_id}/image")
        assert whole.headers["content-type"] == "image/jpeg"
        assert Image.open(BytesIO(whole.content)).size == (800, 1100)
        crop = an.client.get(f"/books/pages/{page_id}/crop/{record_id}/so")
        assert Image.open(BytesIO(crop.content)).size == (312, 30), "300 x 18 pixels and a margin of six on each side"
        assert an.client.get(f"/books/pages/{page_id}/crop/{record_id}/khongCo").status_code == 404
        assert an.client.get(f"/books/pages/{page_id}/crop/{record_id + 1}/so").status_code == 404
    looks = house.rows("SELECT actor, what, subject_kind, subject_id FROM accesses WHERE was_allowed ORDER BY 1, 2")
    assert [tuple(look) for look in looks] == [
        ("an", "keying", "record", record_id),
        ("an", "page_image", "page", page_id),
    ]


def test_a_page_that_no_machine_has_read_shows_crops_where_its_form_lies(house: DeskHouse, book: KeyedBook) -> None:
    record_id = book.add(7, COLUMNS)
    book.execute("""UPDATE pages SET fit = '{"boxes_px": {"0": {"so": [10, 20, 100, 40]}}}'""")
    with house.visitor("an") as an:
        assert take(an).html.count("/crop/") == 1
        crop = an.client.get(f"/books/pages/{book.pages[7]}/crop/{record_id}/so")
        assert Image.open(BytesIO(crop.content)).size == (124, 68), "cut at the left edge of the page"


def test_a_page_without_a_copy_has_no_image(house: DeskHouse, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    book.execute("UPDATE pages SET sealed_copy = NULL")
    with house.visitor("an") as an:
        assert an.client.get(f"/books/pages/{book.pages[7]}/image").status_code == 404


# What somebody needs


def test_who_needs_a_record_has_it_keyed_first(house: DeskHouse, book: KeyedBook) -> None:
    for number in (1, 2, 3):
        book.add(number, COLUMNS)
    with house.visitor("lan") as lan:
        assert "Mục này được nhập trước" in send(lan, f"/keying/records/{book.records[2]}/want").html
    with house.visitor("an") as an:
        assert number_of(book, take(an)) == 2
    with house.visitor("binh") as binh:
        page = send(binh, f"/keying/records/{book.records[3]}/want")
        assert number_of(book, page) == 3, "a keyer who needs it begins at once"


# The third person


DIFFERENCE = {"meHoTen": "Trần Thị AN KHANH"}


def take_difference(browser: Browser) -> OpenPage:
    return send(browser, "/adjudicating/next")


def key_difference(browser: Browser, text: str) -> OpenPage:
    """Takes a difference in the mother's name and keys it blind."""
    page = take_difference(browser)
    return send(browser, page.path, typed(page, {"meHoTen": text}))


def shown(page: OpenPage) -> list[str]:
    return re.findall(r'<span class="data">([^<]+)</span>', page.html)


def test_a_third_person_keys_what_differs_before_seeing_either_value(house: DeskHouse, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    keyed_by_two(house, book, DIFFERENCE)
    assert book.states() == {"differs": 1}
    with house.visitor("chi") as chi:
        page = take_difference(chi)
        assert page.columns == ["meHoTen"], "only what differs is keyed"
        assert "Trần Thị" not in page.html
        assert "choice." not in page.html
        assert send(chi, page.path, {"choice.meHoTen": "0"}).status == 422, "there is nothing to choose from"
        assert send(chi, page.path, {"mark.meHoTen": ""}).status == 422
        answer = send(chi, page.path, typed(page, {"meHoTen": "Trần Thị AN LAN"}))
        assert "Đã lưu. Không còn mục nào cho bạn lúc này." in answer.html
    assert book.values(book.records[7])["meHoTen"] == {"text": "Trần Thị AN LAN"}
    assert book.state() == "sampling"


def test_who_agrees_with_neither_looks_again_without_learning_whose_the_values_are(
    house: DeskHouse, book: KeyedBook
) -> None:
    book.add(7, COLUMNS)
    keyed_by_two(house, book, DIFFERENCE)
    with house.visitor("chi") as chi:
        page = key_difference(chi, "Trần Thị AN LÂN")
        assert "bản của bạn không khớp bản nào" in page.html
        assert sorted(shown(page)) == ["Trần Thị AN KHANH", "Trần Thị AN LAN", "Trần Thị AN LÂN"]
        assert not re.search(r"\b(an|binh)\b", page.html.replace("chi", ""))
        right = shown(page).index("Trần Thị AN LAN")
        assert send(chi, page.path, {"choice.meHoTen": "3"}).status == 422, "three are shown"
        assert send(chi, page.path, {"choice.meHoTen": str(right)}).status == 200
    assert book.values(book.records[7])["meHoTen"] == {"text": "Trần Thị AN LAN"}
    assert book.state() == "sampling"


def test_a_third_person_may_write_what_nobody_wrote(house: DeskHouse, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    keyed_by_two(house, book, DIFFERENCE)
    with house.visitor("chi") as chi:
        page = key_difference(chi, "Trần Thị AN LÂN")
        assert "Chưa lưu: mỗi ô phải chọn một giá trị" in (unchosen := send(chi, page.path)).html
        assert 'id="wrong-meHoTen"' not in unchosen.html, "who has chosen nothing is not asked to type"
        assert 'id="wrong-meHoTen"' in send(chi, page.path, {"choice.meHoTen": "other"}).html
        assert send(chi, page.path, {"choice.meHoTen": "other"}).status == 422
        send(chi, page.path, {"choice.meHoTen": "other", "value.meHoTen": "Trần Thị Ẩn", "mark.meHoTen": ""})
    assert book.values(book.records[7])["meHoTen"] == {"text": "Trần Thị Ẩn"}


def test_a_keyer_cannot_be_the_third_person_of_their_own_record(house: DeskHouse, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    house.grant("binh", "adjudicator", place="24")
    house.grant("dung", "adjudicator", place="24")
    keyed_by_two(house, book, DIFFERENCE)
    with house.visitor("binh") as binh:
        assert "Không còn mục nào cho bạn đối chiếu lúc này." in take_difference(binh).html
    with house.visitor("chi") as chi, house.visitor("dung") as dung, house.visitor("binh") as binh:
        page = take_difference(chi)
        values = typed(page, DIFFERENCE)
        assert "Không còn mục nào" in take_difference(dung).html, "it is lent to one third person"
        assert open_page(binh, page.path).status == 404
        assert send(binh, page.path, values).status == 404
        book.execute("UPDATE keyings SET keyed_by = 'binh' WHERE slot = 'third'")
        assert "Chưa lưu gì" in send(binh, page.path, values).html, "the transaction asks again"
    assert book.states() == {"differs": 1}


def test_a_machines_value_is_shown_at_a_look_like_any_other_and_not_before(house: DeskHouse, ledger: Ledger) -> None:
    book = open_book(ledger, design="person_and_machine", recogniser_code=RECOGNISER)
    book.add(7, COLUMNS, {RECOGNISER: truth_of(7) | {"meHoTen": "Trần Thị AN LÀN"}})
    with house.visitor("an") as an:
        key_next(an, book)
    with house.visitor("chi") as chi:
        assert "Trần Thị" not in take_difference(chi).html
        page = key_difference(chi, "Trần Thị AN LÂN")
    assert sorted(shown(page)) == ["Trần Thị AN LAN", "Trần Thị AN LÀN", "Trần Thị AN LÂN"]
    assert RECOGNISER not in page.html


# Figures of persons


def test_each_keyer_sees_their_own_figures_and_the_archivist_those_of_all(house: DeskHouse, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    keyed_by_two(house, book, DIFFERENCE)
    with house.visitor("chi") as chi:
        assert "Chưa có mục nào có kết quả." in open_page(chi, "/keyer-figures").html
        key_difference(chi, "Trần Thị AN LAN")
    with house.visitor("an") as an:
        assert 'href="/keyer-figures"' in open_page(an, "/keying").html
        page = open_page(an, "/keyer-figures")
        assert named(page) == ["an"]
        assert "100 %" in page.html
    with house.visitor("chi") as chi:
        assert named(open_page(chi, "/keyer-figures")) == ["chi"]
    with house.visitor("kim") as kim:
        assert named(open_page(kim, "/keyer-figures")) == ["an", "binh", "chi"]
        assert named(open_page(kim, f"/accepting/{book.book_id}")) == ["an", "binh", "chi"]
    with house.visitor("xa") as xa:
        assert named(open_page(xa, "/keyer-figures")) == []
    house.grant("an", "archivist", place="01")
    with house.visitor("an") as an:
        assert named(open_page(an, "/keyer-figures")) == ["an"], "who digitises elsewhere still sees themselves"
    with house.visitor("lan") as steward:
        assert open_page(steward, "/keyer-figures").status == 403


def named(page: OpenPage) -> list[str]:
    return re.findall(r'<td class="main">(\w+)</td>', page.html)


# Acceptance


def sampled(house: DeskHouse, book: KeyedBook, wrong: str = "") -> None:
    """Kim draws the sample and types each of its fields again; in one column she reads something else."""
    with house.visitor("kim") as kim:
        send(kim, f"/accepting/{book.book_id}/draw")
        page = open_page(kim, f"/accepting/{book.book_id}/look")
        while page.path.endswith("/look"):
            (column,) = page.columns
            truth = truth_of(number_of(book, page))
            found = re.search(r'name="record" value="(\d+)"', page.html)
            assert found
            if column.endswith("HoTen"):
                assert truth.get(column, "\0") not in page.html, "what the book holds is not shown"
            texts = {column: "khác"} if column == wrong else truth
            values = typed(page, texts) | {"record": found[1], "column": column}
            page = send(kim, f"/accepting/{book.book_id}/look", values)
        assert page.status == 200


def test_a_book_is_sampled_blind_and_a_named_person_accepts_it(house: DeskHouse, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    keyed_by_two(house, book)
    path = f"/accepting/{book.book_id}"
    with house.visitor("kim") as kim:
        page = open_page(kim, path)
        assert "Rút 200 ô trong cả sổ; nghiệm thu khi sai không quá 3 ô." in page.html
        assert "Chưa đo máy đọc trên các mục mẫu của sổ này" in page.html
        assert send(kim, f"{path}/decide", {"decision": "accepted", "reason": REASON}).html.count("đã có người") == 1
    sampled(house, book)
    with house.visitor("ly") as ly:
        page = open_page(ly, path)
        assert "Mẫu đạt: có thể nghiệm thu." in page.html
        assert "an</td>" in page.html
        assert send(ly, f"{path}/decide", {"decision": "accepted", "reason": "x"}).status == 422
        page = send(ly, f"{path}/decide", {"decision": "accepted", "reason": REASON})
        assert "Sổ đã được nghiệm thu." in page.html
        assert REASON in page.html
    with house.visitor("kim") as kim:
        page = send(kim, f"{path}/decide", {"decision": "rejected", "reason": REASON})
        assert "đã có người quyết định về sổ này" in page.html
    assert (book.state(), book.states()) == ("accepted", {"accepted": 1})
    assert [event.actor for event in book.events("book_accepted")] == ["ly"]
    for (sealed,) in book.rows("SELECT sealed FROM samples"):
        assert REASON.encode() not in sealed


def test_a_book_with_too_many_errors_cannot_be_accepted_and_goes_back_whole(house: DeskHouse, book: KeyedBook) -> None:
    for number in (1, 2):
        book.add(number, COLUMNS)
    keyed_by_two(house, book)
    sampled(house, book, wrong="nksHoTen")
    path = f"/accepting/{book.book_id}"
    with house.visitor("kim") as kim:
        page = open_page(kim, path)
        assert "Số ô sai vượt mức: trả lại sổ." in page.html
        assert "Chờ một người khác kết luận" in page.html, "she looked herself"
        page = send(kim, f"{path}/decide", {"decision": "accepted", "reason": REASON})
        assert "Chưa nghiệm thu được" in page.html
        send(kim, f"{path}/decide", {"decision": "rejected", "reason": REASON})
    assert (book.state(), book.states()) == ("keying", {"unkeyed": 2})


def test_another_person_upholds_the_book_where_the_second_look_was_wrong(house: DeskHouse, book: KeyedBook) -> None:
    for number in (1, 2):
        book.add(number, COLUMNS)
    keyed_by_two(house, book)
    sampled(house, book, wrong="nksHoTen")
    path = f"/accepting/{book.book_id}"
    place = {"record": str(book.records[1]), "column": "nksHoTen", "upheld": "true"}
    with house.visitor("kim") as kim:
        assert "Chưa ghi gì" in send(kim, f"{path}/settle", place).html
    with house.visitor("ly") as ly:
        assert "Đã ghi kết luận về ô này." in send(ly, f"{path}/settle", place).html
        assert "Mẫu đạt" in open_page(ly, path).html
