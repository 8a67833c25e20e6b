"""A page that cannot be read as it is: why, and what helps. Nothing here imports a library of images."""

from enum import StrEnum


class SetAsideReason(StrEnum):
    """Why a page is set aside. A person scans it again, corrects its form, or decides that it is not of the book."""

    NO_FRAME = "no_frame"  # no printed frame is found: cut off, blank, too dark, or no register page
    OTHER_FORM = "other_form"  # a frame, but no form of the book fits the lines in it; or the page is crumpled
    TWO_FORMS = "two_forms"  # two forms fit equally well: one of them is drawn wrongly
    TWO_PAGES = "two_pages"  # two pages of the book in one image: only one of them could be kept
    UPSIDE_DOWN = "upside_down"
    SIDEWAYS = "sideways"
    ROW_NUMBERS = "row_numbers"  # the numbers printed in a table's rows are not those that its form says
    FACING_MISSING = "facing_missing"  # its records go on over the facing page, which is not beside it in the book
    FACING_ASIDE = "facing_aside"  # the facing page is set aside, for a reason of its own
    FACING_ROWS = "facing_rows"  # the rows of both pages have different numbers: the pages are not of one another


class PageSetAside(Exception):
    """No value is taken from a page, since it could be another's. `reason_code` is one of `SetAsideReason`."""

    def __init__(self, reason_code: SetAsideReason) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
