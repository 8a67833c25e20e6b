"""Mutants of scans and pages of paper registers."""

from tests.mutants.mutant import mutant

REGISTERED = "connectors/paper/registration.py"
PAPER_PAGES = "tests/connectors/test_paper_pages.py"
PAPER_READ = "tests/connectors/test_paper_reading.py"
PAPER = "tests/connectors/"
READINGS = "connectors/ledger/page_readings.py"
INTAKE = "connectors/paper/intake.py"
MASTERS = "connectors/paper/masters.py"

SCANNING = (
    # Pages of paper registers
    mutant(
        "row_numbers_are_not_read",
        "a value of a table lands in the row of another person",
        f"{PAPER_PAGES}::test_a_table_whose_printed_numbers_are_of_other_rows_is_set_aside",
        "connectors/paper/row_numbers.py",
        "if agreeing < AGREEING * fit.form.rows:",
        "if agreeing < 0:",
    ),
    mutant(
        "any_form_fits",
        "a page of another form is read by a form that it is not of",
        f"{PAPER_PAGES}::test_a_page_of_another_form_is_set_aside",
        REGISTERED,
        "if any(fit.evidence >= EVIDENCE for fit in fits):",
        "if fits:",
    ),
    mutant(
        "turned_page_is_read",
        "a page that lies upside down is read as if it did not",
        f"{PAPER_PAGES}::test_a_turned_page_is_set_aside",
        REGISTERED,
        "    if turns:\n",
        "    if turns > 3:\n",
    ),
    mutant(
        "first_form_wins",
        "of two forms that a page fits one is taken by chance",
        f"{PAPER_PAGES}::test_a_page_that_two_forms_fit_is_set_aside",
        REGISTERED,
        "if max(others, default=0.0) > best.evidence - CLEARLY_BETTER:",
        "if False:",
    ),
    mutant(
        "nang_is_a_leaders_dot",
        "the dot of a tone goes with the dotted line below it",
        f"{PAPER_READ}::test_the_dots_of_the_tone_nang_stay_when_the_dotted_line_goes",
        "connectors/paper/leader_removal.py",
        "is_dot = ~is_letter & (darkness <= most)",
        "is_dot = ~is_letter",
    ),
    mutant(
        "seal_is_writing",
        "what a seal covers is read as written",
        f"{PAPER_READ}::test_a_red_seal_is_no_writing",
        "connectors/paper/crops.py",
        "    red[is_seal] = 255\n",
        "    red[is_seal] = 100\n",
    ),
    mutant(
        "any_weights",
        "weights that nobody has measured are run",
        f"{PAPER_READ}::test_weights_with_another_digest_are_refused",
        "connectors/paper/recognisers/asternet.py",
        "if sha256(path.read_bytes()).hexdigest() != digest:",
        "if not digest:",
    ),
    # Paper registers
    mutant(
        "huge_image_is_decoded",
        "an image of any number of pixels is decoded",
        f"{PAPER}test_intake.py::test_an_image_of_too_many_pixels_inside_a_pdf_is_refused",
        MASTERS,
        "if any(width * height > MOST_PIXELS for width, height in sizes):",
        "if False:",
    ),
    mutant(
        "truncated_pdf_is_repaired",
        "a PDF that is cut short is repaired, and has silently lost pages",
        f"{PAPER}test_intake.py::test_what_cannot_be_opened_is_refused_when_it_is_opened",
        MASTERS,
        "attempt_recovery=False",
        "attempt_recovery=True",
    ),
    mutant(
        "orientation_is_ignored",
        "a photograph lies as the sensor saw it",
        f"{PAPER}test_intake.py::test_the_orientation_that_a_phone_writes_down_is_applied_to_the_copy_and_not_to_the_master",
        MASTERS,
        "upright = ImageOps.exif_transpose(image)",
        "upright = image",
    ),
    mutant(
        "bomb_is_unpacked",
        "an archive is unpacked whatever its directory says",
        f"{PAPER}test_intake.py::test_what_is_no_scan_or_wants_to_do_harm_is_refused_before_it_is_opened",
        INTAKE,
        "if _is_bomb(members, size):",
        "if False:",
    ),
    mutant(
        "name_leads_outside",
        "a file in an archive may be called ../../etc",
        f"{PAPER}test_intake.py::test_a_file_beside_a_refused_one_goes_on",
        INTAKE,
        ' or ".." in path.parts',
        "",
    ),
    mutant(
        "book_is_guessed",
        "a file of no known book goes to the first book of its folder",
        f"{PAPER}test_intake.py::test_two_books_in_one_folder_are_told_apart_and_what_belongs_to_none_is_listed",
        "connectors/paper/book_names.py",
        "if own != BookFacts() or not groups:",
        "if True:",
    ),
    mutant(
        "attempts_are_not_counted",
        "a page that ends its reader is tried for ever",
        f"{PAPER}test_pages.py::test_a_page_whose_reader_ends_three_times_is_set_aside",
        READINGS,
        "SET attempts = attempts + 1",
        "SET attempts = attempts",
    ),
    mutant(
        "page_is_read_twice_at_once",
        "two workers read one page",
        f"{PAPER}test_pages.py::test_two_workers_share_a_book_and_never_a_page",
        READINGS,
        "LIMIT 1 FOR UPDATE SKIP LOCKED)",
        "LIMIT 1)",
        "FOR UPDATE OF p SKIP LOCKED",
        "",
    ),
    mutant(
        "keyed_reading_is_replaced",
        "a page that is read again changes what a keyer was compared with",
        f"{PAPER}test_pages.py::test_a_page_that_is_read_again_replaces_no_reading_that_a_person_was_compared_with",
        READINGS,
        "if before is not None and before.state != RecordState.UNKEYED:",
        "if False:",
    ),
    mutant(
        "page_aside_is_found",
        "what was read on a page that is set aside is still found",
        "tests/dags/test_digitising.py::test_a_page_that_is_tried_again_keeps_its_records",
        "connectors/ledger/pages.py",
        'connection.execute(UNFIND, {"page_id": page_id})',
        "pass",
    ),
    mutant(
        "accepted_book_grows",
        "pages come into a book that was accepted",
        f"{PAPER}test_pages.py::test_an_accepted_book_takes_no_more_pages",
        "connectors/ledger/pages.py",
        "raise BookClosed(book_id)",
        "pass",
    ),
    mutant(
        "upload_anywhere",
        "an archivist brings books into any place",
        "tests/dags/test_desk_books.py::test_who_does_not_digitise_there_brings_nothing_in_and_moves_nothing",
        "dags/desk/pages/books.py",
        "if not visit.reach.may(May.DIGITISE, province, commune or None):",
        "if False:",
    ),
    mutant(
        "page_of_another_book",
        "a page is moved under the address of another book",
        "tests/dags/test_desk_books.py::test_a_page_of_another_book_is_not_moved_under_the_name_of_this_one",
        "dags/desk/pages/books.py",
        "if all(page.page_id != page_id for page in pages_of(visit.ledger, book_id)):",
        "if False:",
    ),
    mutant(
        "link_is_followed",
        "a link in a drop folder brings in any file of the machine",
        "tests/dags/test_drop_folder.py::test_a_link_in_a_folder_is_not_followed",
        "dags/steps/drop_folder.py",
        " and not path.is_symlink()",
        "",
    ),
)
