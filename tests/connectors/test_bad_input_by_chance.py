"""Good documents spoilt in thousands of ways: reading them never fails, and none of a page is lost."""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.ledger import Ledger
from connectors.portals.provinces import PROVINCES
from dags.steps.pulling import read_arrival
from tests.support.tampering import DETAIL, FORM, ITEM, listed, numbers, opened

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]))
    | st.sampled_from(["", "\x00", "\ud800", "9" * 400, 10**30, "31/02/2026 25:00:00", "9999-12-31T23:59:59+07:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places_in(content: Any) -> list[tuple[Any, Any]]:
    """Every container of a document with each of its keys."""
    keys = content.keys() if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()
    return [place for key in keys for place in [(content, key), *places_in(content[key])]]


@st.composite
def spoilt(draw: st.DrawFn, good: Mapping[str, Any]) -> bytes:
    """A good document in which a field or three are gone, something else, or too many."""
    content = deepcopy(dict(good)) | {"maHoSo": f"H05.12.34-261120-{next(numbers)}", "techId": f"t{next(numbers)}"}
    for _ in range(draw(st.integers(1, 3))):
        if not (places := places_in(content)):
            break
        container, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(("drop", "change", "insert"))):
            case "drop":
                del container[key]
            case "insert" if isinstance(container, dict):
                container[draw(st.text(st.characters(exclude_categories=[]), max_size=8))] = draw(JUNK)
            case _:
                container[key] = draw(JUNK)
    return json.dumps(content).encode()


@st.composite
def spoilt_detail(draw: st.DrawFn) -> bytes:
    """A detail of the hub that is spoilt in its JSON, or anywhere in its XML."""
    if draw(st.booleans()):
        return b'{"value":' + draw(spoilt(DETAIL)) + b"}"
    first, last = sorted((draw(st.integers(0, len(FORM))), draw(st.integers(0, len(FORM)))))
    last = min(last, first + draw(st.integers(0, 20)))
    marks = st.sampled_from(["<", "&", "]]>", "<la/>", "<!--", "<?la ?>", "&#0;"])
    junk = draw(st.text(st.characters(exclude_categories=[])) | marks)
    return json.dumps({"value": {**DETAIL, "data": FORM[:first] + junk + FORM[last:]}}).encode()


@settings(max_examples=300, deadline=None)
@given(spoilt(ITEM) | st.binary())
def test_reading_an_item_of_a_list_never_fails(original: bytes) -> None:
    arrival = read_arrival(PROVINCES["24"].platform, "24", "H05.12.34-261120-0001", original)
    assert arrival.original == original
    assert len(arrival.content_sha256) == 32


@settings(max_examples=300, deadline=None)
@given(spoilt_detail() | st.binary())
def test_reading_a_detail_never_fails_nor_does_taking_its_papers_out(original: bytes) -> None:
    arrival = read_arrival(PROVINCES["22"].platform, "22", "H49.12.34-261120-0001", original)
    assert arrival.original == original
    assert len(arrival.content_sha256) == 32
    if arrival.dossier and (inside := PROVINCES["22"].platform.papers_inside):
        assert len(inside(original)) == len(arrival.dossier.papers)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(spoilt(ITEM), min_size=1, max_size=12, unique=True))
def test_no_spoilt_item_of_a_page_is_lost(ledger: Ledger, items: list[bytes]) -> None:
    with opened(ledger, "24") as onestop:
        onestop.twisted.twist = listed(*items)
        onestop.pull()
        assert set(items) <= onestop.versions().keys()
        assert onestop.good().items() <= onestop.states().items()
        assert set(onestop.states().values()) <= {"cleared", "held", "waiting", "closed"}
