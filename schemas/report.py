"""Reports: the statuses of a dossier that are sent to its portal, in order."""

from datetime import datetime
from enum import StrEnum

from schemas.fields import Model
from schemas.registries import Given


class Milestone(StrEnum):
    """The progress that a report states; each platform has its own status for it, or none."""

    RECEIVED = "received"  # the dossier is in our ledger
    ACCEPTED = "accepted"  # the checks cleared it
    FORWARDED = "forwarded"  # the first registry of its route has it
    REGISTERED = "registered"  # the first registry gave its result
    RETURNED = "returned"  # every registry of its route gave its result
    WITH_STEWARD = "with_steward"  # a registry said no: a person decides what the citizen is to read
    SUPPLEMENT_ASKED = "supplement_asked"  # a person asks the citizen for more, in `words`
    REJECTED = "rejected"  # a person ended it, for the reason in `words`


LONGEST_WORDS = 1000
"""Characters that a portal shows of a person's words. Assumed: the sync service's limit for an abstract (TrichYeuHoSo);
none is known for a progress text (NoiDungXuLy)."""


class Report(Model):
    """One milestone of one dossier. `given`: what the registries gave so far; `words`: a person's text for the
    citizen, empty where there is none."""

    dossier_code: str
    national_code: str | None = None
    technical_id: str | None = None
    procedure_as_written: str
    milestone: Milestone
    happened_at: datetime
    given: Given = Given()
    words: str = ""


class ReportOutcome(StrEnum):
    """A portal's answer to a report."""

    ACKNOWLEDGED = "acknowledged"  # taken, or already known
    LATER = "later"  # an earlier status is missing, or the portal is busy
    REFUSED = "refused"  # it will never take it: a person must look
