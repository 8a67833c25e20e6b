"""The desk's pages, a file per subject."""

from quality.desk.pages import (
    accesses,
    acts,
    answers,
    batches,
    bulk,
    checks,
    confirm,
    dossier,
    likenesses,
    overview,
    papers,
    queue,
)

ROUTERS = tuple(
    module.router for module in (
        overview, queue, bulk, confirm, papers, acts, dossier, likenesses, answers, batches, checks, accesses,
    )
)  # fmt: skip
