"""Records of paper books. What was keyed from a page is the original: a `Dossier` as JSON, with its book."""

from pydantic import ValidationError

from connectors.errors import Unrecognised
from schemas.dossier import Dossier


def read_record(original: bytes, source_code: str) -> Dossier:
    """The record in the original. Raises Unrecognised when it is no record, names no book, or is of another source."""
    try:
        dossier = Dossier.model_validate_json(original)
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False)})
        raise Unrecognised(f"the record of a book cannot be read: {', '.join(fields)}", original) from None
    if dossier.book is None or dossier.portal_code != source_code:
        raise Unrecognised("the record of a book names its book, and no portal", original)
    return dossier
