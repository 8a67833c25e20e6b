"""The desk's pages, a file per subject."""

from dags.desk.pages import (
    accepting,
    accesses,
    acts,
    adjudicating,
    answers,
    batches,
    book_places,
    books,
    bulk,
    checks,
    confirm,
    correcting,
    dossier,
    duplicates,
    extract,
    keying,
    loads,
    overview,
    page_images,
    papers,
    queue,
    search,
)

ROUTERS = tuple(
    module.router
    for module in (
        overview,
        queue,
        bulk,
        confirm,
        correcting,
        papers,
        acts,
        dossier,
        duplicates,
        extract,
        answers,
        batches,
        book_places,
        books,
        loads,
        checks,
        accesses,
        page_images,
        keying,
        adjudicating,
        accepting,
        search,
    )
)
