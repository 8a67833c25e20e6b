"""The mutants: which guard is taken away, where, and which test must notice.

`anchor` stands exactly once in the files that `files` names: a path, or a pattern where a file may move. Keep it short:
the guard itself, not its neighbours. A mutant of two places has a second pair.
"""

from dataclasses import dataclass

LEDGER, JOURNEYS = "tests/connectors/test_ledger.py", "tests/journeys"
DELIVERIES, DECISIONS, GATES = (f"tests/connectors/test_{name}.py" for name in ("deliveries", "decisions", "gates"))
VAULT, CONTRACT = "tests/connectors/test_vault.py", "tests/connectors/test_contract.py"
ROWS_TESTS, FILES, WORKBOOKS, LOADS = (
    "tests/connectors/test_record_rows.py", "tests/connectors/test_keyed_files.py",
    "tests/connectors/test_keyed_workbooks.py", "tests/dags/test_backfill_load.py",
)  # fmt: skip
BOOKS, EXTRACTS = "tests/journeys/test_books.py", "tests/dags/test_extracts.py"
HANDOVER, BAG = "tests/connectors/test_handover.py", "tests/connectors/test_bag.py"
DESK, CORRECTIONS = "tests/dags/test_desk_security.py", "tests/journeys/test_corrections.py"


@dataclass(frozen=True)
class Change:
    """A text that stands once in `files`, and what takes its place."""

    files: str
    anchor: str
    replacement: str


@dataclass(frozen=True)
class Mutant:
    """A planted bug: what is wrong in it, and the test (a pytest id) that must fail."""

    name: str
    bug: str
    changes: tuple[Change, ...]
    caught_by: str


def _mutant(name: str, bug: str, caught_by: str, files: str, *texts: str) -> Mutant:
    """`texts`: an anchor and its replacement, then perhaps another such pair."""
    pairs = zip(texts[::2], texts[1::2], strict=True)
    return Mutant(name, bug, tuple(Change(files, anchor, replacement) for anchor, replacement in pairs), caught_by)


SEARCH, SEARCHING = "tests/connectors/test_search.py", "connectors/ledger/search.py"
STATES, DELIVERY = "schemas/states.py", "schemas/delivery.py"
CLAIMS, OUTCOMES = "connectors/ledger/claims.py", "connectors/ledger/deliveries.py"
ARRIVALS, EXAMINATIONS = "connectors/ledger/arrivals.py", "connectors/ledger/examinations.py"
PLANS, SENDING = "connectors/ledger/plans.py", "dags/steps/delivering.py"
ACCEPTED, FORM = "connectors/ledger/accepted_records.py", "connectors/paper/handover.py"
HANDING = "dags/steps/handing_over.py"
REGISTERED, PAPER_PAGES = "connectors/paper/registration.py", "tests/connectors/test_paper_pages.py"
PAPER_READ = "tests/connectors/test_paper_reading.py"
JUDGED, DECIDED = "dags/steps/judging.py", "quality/decisions.py"

KEYINGS = "tests/connectors/test_keyings.py"
LENDING, SAMPLING = "connectors/ledger/keyings.py", "connectors/ledger/samples.py"
PAPER, READINGS = "tests/connectors/", "connectors/ledger/page_readings.py"
INTAKE, MASTERS = "connectors/paper/intake.py", "connectors/paper/masters.py"

MUTANTS = (
    # Moves
    _mutant(
        "answer_counts_twice",
        "a delivery that is registered can be registered once more",
        f"{DELIVERIES}::test_an_answer_that_comes_twice_counts_once",
        STATES, " move(_LE.REGISTERED, UNDER_WAY,", " move(_LE.REGISTERED, UNDER_WAY | {_L.REGISTERED},",
    ),
    _mutant(
        "doubt_is_ready",
        "what was perhaps sent is sent again without asking the registry",
        f"{DELIVERIES}::test_a_request_that_the_registry_knows_is_not_sent_again",
        STATES, " move(_LE.UNANSWERED, IN_DOUBT, _L.UNANSWERED,", " move(_LE.UNANSWERED, IN_DOUBT, _L.READY,",
    ),
    _mutant(
        "sending_is_untouched",
        "a dossier that a registry may have counts as one that none has",
        f"{LEDGER}::test_a_dossier_withdrawn_after_sending_is_held_for_a_person",
        STATES, "TOUCHED_STATES = UNDER_WAY | {_L.REGISTERED}", "TOUCHED_STATES = frozenset({_L.REGISTERED})",
    ),
    # Keys
    _mutant(
        "key_of_all_registries",
        "one delivery key is used for every registry of a dossier",
        f"{DELIVERIES}::test_each_step_of_a_chain_waits_for_the_one_before",
        DELIVERY, "parts = [registry_code, dossier.portal_code", "parts = [dossier.portal_code",
    ),
    _mutant(
        "key_of_all_contents",
        "a changed dossier keeps the key of what was planned before",
        f"{LEDGER}::test_a_change_before_sending_replaces_what_was_to_be_sent",
        DELIVERY, "dossier.dossier_code, content_sha256.hex()]", "dossier.dossier_code]",
    ),
    # Claims and answers
    _mutant(
        "attempt_guard",
        "an answer to an earlier attempt counts for the one under way",
        f"{DELIVERIES}::test_a_late_answer_changes_nothing_and_is_remembered",
        OUTCOMES, " AND d.attempt_number = u.attempt_number", "",
    ),
    _mutant(
        "attempt_not_counted",
        "a second attempt has the number of the first",
        f"{DELIVERIES}::test_a_late_answer_changes_nothing_and_is_remembered",
        CLAIMS, "attempt_number = attempt_number + 1", "attempt_number = greatest(attempt_number, 1)",
    ),
    _mutant(
        "state_guard",
        "an answer is applied in whatever state the delivery is",
        f"{DELIVERIES}::test_an_answer_that_comes_twice_counts_once",
        OUTCOMES, " AND d.state = ANY(:allowed)", "",
    ),
    _mutant(
        "claim_without_locks",
        "two workers may claim one delivery",
        f"{DELIVERIES}::test_workers_that_claim_together_claim_each_delivery_once",
        CLAIMS, "FOR UPDATE OF d SKIP LOCKED FOR SHARE OF s SKIP LOCKED", "",
    ),
    _mutant(
        "claim_leaves_the_dossier",
        "a new version does not wait for a claim under way, so that both versions are sent",
        f"{LEDGER}::test_a_claim_under_way_is_seen_by_the_change_that_comes_meanwhile",
        CLAIMS, " FOR SHARE OF s SKIP LOCKED", "",
    ),
    _mutant(
        "lease_ignored",
        "what another worker is still sending is asked about, and sent again",
        f"{DELIVERIES}::test_an_expired_lease_is_asked_about_before_anything_is_sent",
        CLAIMS, "leased_until + make_interval(secs => :settles) < clock_timestamp()", "leased_until IS NOT NULL",
    ),
    _mutant(
        "settling_ignored",
        "a registry is asked before it can know",
        f"{DELIVERIES}::test_an_expired_lease_is_asked_about_before_anything_is_sent",
        CLAIMS, "leased_until + make_interval(secs => :settles) <", "leased_until <",
    ),
    _mutant(
        "next_without_needs",
        "the next registry is sent a dossier without the number that it needs",
        f"{DELIVERIES}::test_a_chain_waits_for_the_number_and_goes_on_when_it_comes",
        OUTCOMES, "n.needs <@ ARRAY(", "ARRAY[]::text[] <@ ARRAY(",
    ),
    _mutant(
        "next_out_of_order",
        "the third registry does not wait for the second",
        f"{DELIVERIES}::test_each_step_of_a_chain_waits_for_the_one_before",
        OUTCOMES, "p.step_number < n.step_number", "p.step_number < 1",
    ),
    _mutant(
        "refusal_stops_nothing",
        "the steps after a refused one stay open",
        f"{DELIVERIES}::test_a_refusal_stops_the_steps_after_it_and_is_reported_to_the_portal",
        OUTCOMES, 'connection.execute(STOP_NEXT, {"ids": refused})', "pass",
    ),
    _mutant(
        "one_unreadable_dossier_stops_all",
        "a dossier that cannot be read keeps the others of its claim from being sent",
        f"{DELIVERIES}::test_a_dossier_that_cannot_be_read_keeps_no_other_from_being_sent",
        SENDING, "stops_sending=False)  # it is about one dossier, the others", ")  # the others",
    ),
    _mutant(
        "unreadable_doubt_is_forgotten",
        "an attempt in doubt whose dossier cannot be read leaves the lease as if it had been asked about",
        f"{DELIVERIES}::test_an_attempt_in_doubt_whose_dossier_cannot_be_read_stays_in_doubt",
        SENDING, "unchanged = [outcome.claimed for outcome in read.outcomes]", "unchanged: list[Claimed] = []",
    ),
    # Arrivals and examinations
    _mutant(
        "cursor_before_page",
        "the cursor moves before its page is saved",
        f"{LEDGER}::test_the_cursor_moves_with_its_page_or_not_at_all",
        ARRIVALS, 'connection.execute(LOCK, {"portal_code": portal_code})',
        "with ledger.engine.begin() as before:\n"
        '            before.execute(MOVE_CURSOR, {"portal_code": portal_code, "stream": stream, "position": position})',
    ),
    _mutant(
        "every_arrival_is_new",
        "a dossier that comes again unchanged becomes a new version",
        f"{LEDGER}::test_a_dossier_that_comes_twice_unchanged_is_one_version_and_one_event",
        ARRIVALS, "if digest != known.content_sha256:", "if True:",
    ),
    _mutant(
        "cursor_past_what_is_missing",
        "the cursor passes dossiers that could not be fetched",
        f"{JOURNEYS}/test_bad_input.py::test_the_cursor_stays_before_details_that_did_not_come",
        "dags/steps/pulling.py", "if not missed:", "if True:",
    ),
    _mutant(
        "overtaken_examination",
        "an examination of an old version settles the new one",
        f"{DELIVERIES}::test_an_examination_that_the_next_version_overtook_is_dropped",
        EXAMINATIONS, " AND d.version_number = u.version_number", "",
    ),
    _mutant(
        "plan_resets_what_was_sent",
        "planning anew makes a registered delivery ready again",
        f"{LEDGER}::test_a_change_back_to_what_was_sent_lets_the_chain_go_on",
        PLANS, "WHERE deliveries.state IN ({listed(DELIVERY.before(DeliveryEvent.PLANNED))})", "",
    ),
    _mutant(
        "all_steps_ready",
        "all registries of a route are sent at once",
        f"{DELIVERIES}::test_each_step_of_a_chain_waits_for_the_one_before",
        PLANS, "w.step_number = 1 AND", "w.step_number >= 1 AND",
    ),
    _mutant(
        "changed_after_sending_unseen",
        "a dossier that changed after it was sent goes on as if nothing had happened",
        f"{LEDGER}::test_a_change_after_sending_is_held_and_nothing_more_is_sent",
        JUDGED, "is_closed or (changed and subject.resolution is not Act.CORRECTED)", "is_closed",
    ),
    _mutant(
        "withdrawn_after_sending_closed",
        "a dossier that a registry has is closed when its portal withdraws it",
        f"{LEDGER}::test_a_dossier_withdrawn_after_sending_is_held_for_a_person",
        JUDGED, "Admission.CLOSED and not subject.standing:", "Admission.CLOSED:",
    ),
    # Corrections
    _mutant(
        "correction_overtakes",
        "a correction is sent while another of its entry is under way",
        f"{DELIVERIES}::test_a_second_correction_of_an_entry_waits_for_the_first",
        OUTCOMES, "(p.entry_id = n.entry_id AND p.delivery_id < n.delivery_id)", "false",
    ),
    _mutant(
        "correction_has_the_key_of_its_original",
        "a correction back to the first content is taken for the registration that was sent",
        f"{CORRECTIONS}::test_a_name_corrected_and_corrected_back_is_two_corrections",
        DELIVERY, "if operation is not Operation.REGISTER:", "if False:",
    ),
    _mutant(
        "nothing_is_parked",
        "a correction is sent to a registry that takes none",
        f"{CORRECTIONS}::test_a_correction_walks_the_registries_in_order_and_is_parked_where_none_is_taken",
        OUTCOMES, "CASE WHEN n.is_taken THEN", "CASE WHEN n.is_taken IS NOT NULL THEN",
    ),
    _mutant(
        "annulled_entry_is_waited_for",
        "what an annulled entry still lacks is asked for every ten minutes, for ever",
        f"{CORRECTIONS}::test_for_what_an_annulled_entry_still_lacks_nobody_waits",
        OUTCOMES, "WHERE d.entry_id = annulled.entry_id AND d.lacks <> '{}'", "WHERE false",
    ),
    _mutant(
        "correction_promises_a_number",
        "a correction waits for the numbers that a registration brings",
        f"{CORRECTIONS}::test_a_number_that_comes_after_a_correction_is_the_registrations",
        SENDING, "if is_new else ()", "if submission else ()",
    ),
    _mutant(
        "half_a_correction_is_kept",
        "the others never learn what civil status was sent, when a newer correction is given up",
        f"{CORRECTIONS}::test_what_civil_status_was_sent_reaches_the_others_though_a_newer_correction_is_given_up",
        OUTCOMES, "ELSE n.decision_id = changed.decision_id END", "ELSE false END",
    ),
    _mutant(
        "later_registries_hear_of_what_was_given_up",
        "a registry that comes later registers what civil status does not hold",
        f"{CORRECTIONS}::test_registries_that_come_later_are_sent_what_civil_status_keeps",
        OUTCOMES, "THEN n.version_number = first.version_number", "THEN false",
    ),
    _mutant(
        "void_birth_is_insured",
        "registries that have no entry yet register what civil status has annulled",
        f"{CORRECTIONS}::test_what_civil_status_annulled_is_registered_nowhere_else",
        OUTCOMES, "AND NOT first.is_annulled", "",
    ),
    _mutant(
        "history_is_registered",
        "the record of a paper book is registered as if it had happened today",
        "tests/journeys/test_books.py::test_the_record_of_a_book_is_planned_as_history_and_nothing_is_reported",
        JUDGED, "number, step.operation, key, step.needs,", "number, Operation.REGISTER, key, step.needs,",
    ),
    # Gates and batches
    _mutant(
        "open_batch_is_sent",
        "a dossier is sent before its batch was judged",
        f"{GATES}::test_a_page_goes_into_its_portals_open_batch_and_nothing_of_it_is_sent",
        "connectors/ledger/batches.py", "(BatchState.OPEN, BatchState.STOPPED)", "(BatchState.STOPPED,)",
    ),
    _mutant(
        "stopped_batch_is_sent",
        "a dossier is sent although its batch was stopped",
        f"{GATES}::test_nothing_of_a_stopped_batch_is_sent_before_a_person_decides",
        "connectors/ledger/batches.py", "(BatchState.OPEN, BatchState.STOPPED)", "(BatchState.OPEN,)",
    ),
    _mutant(
        "batch_closed_twice",
        "two gates at once both close a batch",
        f"{GATES}::test_two_gates_at_once_close_a_batch_once",
        "connectors/ledger/gates.py", " AND state = '{_OPEN}' RETURNING", " RETURNING",
    ),
    _mutant(
        "unseen_passes",
        "what came while a gate was judging passes with the batch",
        f"{GATES}::test_an_unread_page_that_comes_while_a_gate_looks_is_not_let_through",
        "connectors/ledger/gates.py", "(d.state = 'pulled' OR u.dossier_id IS NULL)", "(d.state = 'pulled')",
    ),
    # Persons
    _mutant(
        "maker_confirms",
        "who made an edit confirms it too",
        f"{DECISIONS}::test_an_edited_identity_waits_for_another_person",
        DECIDED, "RejectionReason.OWN if context.decided_by == actor else None", "None",
    ),
    _mutant(
        "identity_needs_no_second",
        "an edit of who someone is counts at once",
        f"{DECISIONS}::test_an_edited_identity_waits_for_another_person",
        "schemas/decision.py", "in IDENTITY_FIELDS", "in ()",
    ),
    _mutant(
        "declined_edit_counts",
        "an edit that a second person declined is sent",
        f"{DECISIONS}::test_a_declined_edit_never_counts",
        "connectors/ledger/sealed.py", " AND u.act <> 'confirmed')", " AND u.act = 'undone')",
        "WHERE c.of_decision_id = m.decision_id))", "WHERE c.of_decision_id = m.decision_id OR true))",
    ),
    _mutant(
        "overtaken_decision",
        "a decision about a version that is no longer the newest holds for the newest",
        f"{DECISIONS}::test_an_edit_of_what_the_source_changed_meanwhile_is_not_taken",
        DECIDED, "if context.current_version != context.seen_version:", "if False:",
    ),
    _mutant(
        "edit_under_way",
        "a dossier is edited while a registry works on it",
        f"{DECISIONS}::test_an_edit_is_not_taken_while_a_registry_works_on_the_dossier",
        DECIDED, "if context.is_under_way:", "if False:",
    ),
    _mutant(
        "undo_of_what_was_sent",
        "an edit is undone after it was sent",
        f"{DECISIONS}::test_what_was_sent_is_not_undone",
        DECIDED, "if context.is_sent:", "if False:",
    ),
    _mutant(
        "two_decide_at_once",
        "two persons decide about one dossier at once, and both decisions count",
        f"{DECISIONS}::test_of_two_who_decide_at_once_one_wins_and_the_other_gets_the_reason",
        "connectors/ledger/decisions.py", 'connection.execute(LOCK, {"ids": list(by_id)})', "pass",
    ),
    _mutant(
        "every_place_is_ours",
        "a grant for one commune holds for every other",
        f"{DESK}::test_another_communes_dossier_is_as_if_it_were_not_there",
        "schemas/roles.py", 'return "" in places', "return bool(places)",
    ),
    # Reports
    _mutant(
        "reports_out_of_order",
        "a portal is sent the next milestone before it acknowledged the one before",
        f"{DELIVERIES}::test_reports_reach_a_portal_in_their_order_one_at_a_time",
        "connectors/ledger/reports.py", "DISTINCT ON (r.dossier_id) ", "",
    ),
    _mutant(
        "stale_question",
        "the citizen is asked about a version that is no longer the newest",
        f"{JOURNEYS}/test_supplements.py::test_nobody_is_asked_about_a_version_that_is_no_longer_the_newest",
        "connectors/ledger/reports.py", "m.version_number <> d.version_number", "m.version_number > d.version_number",
    ),
    # Secrets
    _mutant(
        "purpose_not_sealed",
        "a sealed text can take the place of another under the key of its dossier",
        f"{VAULT}::test_a_seal_opens_for_its_purpose_only",
        "connectors/vault.py", "zlib.compress(content, 1), purpose.encode())", "zlib.compress(content, 1), None)",
        "sealed[NONCE_BYTES:], purpose.encode())", "sealed[NONCE_BYTES:], None)",
    ),
    _mutant(
        "owner_not_sealed",
        "a dossier's key opens as the key of another",
        f"{VAULT}::test_a_key_opens_for_its_dossier_only",
        "connectors/vault.py", "encrypt(nonce, key, owner.encode())", "encrypt(nonce, key, None)",
        "decrypt(nonce, rest, owner.encode())", "decrypt(nonce, rest, None)",
    ),
    _mutant(
        "versions_interchangeable",
        "one version of a dossier opens in the place of another",
        f"{LEDGER}::test_what_cannot_be_read_is_kept_and_held",
        "connectors/ledger/sealed.py", '"version/{}"', '"version"',
    ),
    _mutant(
        "erased_before_reported",
        "a dossier is erased while its portal waits for a report",
        f"{LEDGER}::test_what_is_on_its_way_or_not_acknowledged_is_not_erased",
        "connectors/ledger/erasure.py", "r.state = '{ReportState.PENDING}')", "false)",
    ),
    # Paper books: entered, handed over, given out
    _mutant(
        "record_code_of_a_number_alone",
        "two entries of one number in a book become versions of one dossier",
        f"{BOOKS}::test_one_entry_in_two_records_holds_the_second_and_twins_hold_nobody",
        "connectors/books.py", """ if code)}-{record_id}\"""", """ if code)}\"""",
    ),
    _mutant(
        "keyed_when_entered",
        "a record that is entered again after a kill is another version of its dossier",
        f"{BOOKS}::test_entering_that_is_killed_and_run_again_makes_no_second_dossier",
        ACCEPTED, "l.load_id = r.load_id), b.opened_at) AS", "l.load_id = r.load_id), clock_timestamp()) AS",
    ),
    _mutant(
        "unaccepted_record_is_entered",
        "a record that nobody accepted is sent to civil status",
        f"{BOOKS}::test_only_accepted_records_of_kinds_that_a_registry_takes_are_entered",
        ACCEPTED, "WHERE r.state IN ({listed(RECORD.before(RecordEvent.ENTERED))}) AND b.", "WHERE b.",
    ),
    _mutant(
        "book_without_commune",
        "a record is sent although nobody knows which commune of today keeps its book",
        f"{BOOKS}::test_a_record_of_a_book_whose_commune_is_not_known_waits_and_is_counted",
        "dags/steps/entering.py", "for record in records if record.commune_code]", "for record in records]",
    ),
    _mutant(
        "book_without_place",
        "a record is sent although no code says which unit registered it",
        f"{BOOKS}::test_a_record_of_a_book_whose_place_of_then_has_no_code_waits_and_is_counted",
        "dags/steps/entering.py", "for record in kept if record.book.place_code]", "for record in kept]",
    ),
    _mutant(
        "any_unit_of_that_name",
        "a book gets the code of one of several units that may be meant",
        "tests/connectors/test_book_places.py::test_a_cover_gets_the_code_of_the_one_unit_that_is_meant",
        "connectors/paper/book_places.py", "and tone_key(unit.name_vi) == written", "",
    ),
    _mutant(
        "history_cites_nothing",
        "a historical submission does not cite the entry of its book",
        f"{BOOKS}::test_what_is_sent_cites_the_entry_as_the_book_has_it",
        "dags/steps/preparing.py", "dossier.book_entry if delivery", "None if delivery",
    ),
    _mutant(
        "old_birth_awaits_a_number",
        "the personal number of a child of 1962 is asked for again and again",
        f"{BOOKS}::test_records_of_an_accepted_book_stand_at_civil_status_once_with_the_entry_of_the_book",
        SENDING, "submission.operation is Operation.REGISTER\n", "submission.operation.makes_entry\n",
    ),
    _mutant(
        "poll_of_a_book",
        "the result of a book's record is asked for in the province `book`",
        f"{BOOKS}::test_what_is_sent_cites_the_entry_as_the_book_has_it",
        "connectors/registries/civil_status/wire.py", "if dossier.portal_province:", "if True:",
        "        return dossier.portal_province\n", "        return dossier.portal_code\n",
    ),
    _mutant(
        "book_cited_as_of_today",
        "a correction cites the entry of an old book under the commune of today",
        f"{BOOKS}::test_records_of_an_accepted_book_stand_at_civil_status_once_with_the_entry_of_the_book",
        JUDGED, "return dossier.book_entry.place_code if dossier.book_entry else dossier.commune_code",
        "return dossier.commune_code",
    ),
    _mutant(
        "merged_communes_share_a_book",
        "two communes that became one cannot both have had a book of one number",
        f"{BOOKS}::test_two_communes_that_became_one_may_each_have_a_book_of_one_number",
        "quality/duplicates/blind_indexes.py", "place = book.place_code or search_fold(book.place_as_written)",
        "place = dossier.commune_code or search_fold(book.place_as_written)",
    ),
    _mutant(
        "one_entry_twice",
        "two records of one entry of a book are both sent",
        f"{BOOKS}::test_one_entry_in_two_records_holds_the_second_and_twins_hold_nobody",
        "quality/duplicates/contradictions.py", "if first.book_entry and first.book_entry == second.book_entry:",
        "if False:",
    ),
    _mutant(
        "books_of_another_province",
        "a steward of one province sees the records of another's books",
        f"{BOOKS}::test_a_refused_record_comes_back_to_the_desk_of_the_province_that_keeps_the_book",
        "connectors/ledger/grants.py", " AND {alias}.commune_code = ANY(:_book_communes))", ")",
    ),
    _mutant(
        "two_files_of_one_name",
        "two cases go into the archive under one name",
        f"{HANDOVER}::test_two_records_of_one_name_are_refused_before_anything_is_written",
        FORM, "if clashes:", "if False:",
    ),
    _mutant(
        "text_is_a_formula",
        "a note that begins with = is a formula in the sheet that is handed over",
        f"{HANDOVER}::test_cells_are_texts_as_they_were_keyed",
        FORM, 'cell.data_type = "s"', "pass",
    ),
    _mutant(
        "path_in_a_name",
        "an entry's number leads out of the folder that an archive is unpacked in",
        f"{HANDOVER}::test_a_path_in_a_number_stays_in_the_archive",
        FORM, 'return NOT_IN_NAMES.sub("-", number).strip("-") or', "return number or",
    ),
    _mutant(
        "book_is_not_accepted",
        "a book is handed over before it is accepted",
        f"{HANDOVER}::test_only_an_accepted_book_is_handed_over",
        HANDING, "if book.state != BookState.ACCEPTED:", "if False:",
    ),
    _mutant(
        "record_is_not_accepted",
        "a record is handed over that nobody accepted",
        f"{HANDOVER}::test_a_record_that_is_not_accepted_keeps_its_book_here",
        HANDING, "if left := unaccepted(ledger, book_id):", "if left := 0:",
    ),
    _mutant(
        "written_over",
        "what was handed over yesterday is written over",
        f"{HANDOVER}::test_what_is_there_is_not_written_over",
        HANDING, "if (folder / name).exists()]", "if False]",
    ),
    _mutant(
        "others_may_read",
        "everybody on the machine can read what is handed over",
        f"{HANDOVER}::test_only_who_handed_over_may_read_the_files",
        HANDING, "os.umask(0o077)", "os.umask(0o022)", "mkdir(mode=0o700)", "mkdir()",
    ),
    _mutant(
        "another_master",
        "a scan that is not the one that came goes into an archive",
        f"{BAG}::test_a_master_that_is_not_the_one_that_came_is_not_handed_over",
        "connectors/paper/bag.py", "if payload.digests[path] != master.sha256.hex():", "if False:",
    ),
    _mutant(
        "whole_book_in_memory",
        "all masters of a book are held in memory at once",
        f"{BAG}::test_a_book_need_not_fit_into_memory",
        "connectors/ledger/handed_over.py", "FILES_AT_ONCE = 100, 1\n", "FILES_AT_ONCE = 100, 100\n",
    ),
    _mutant(
        "unaccepted_is_given_out",
        "a copy is made of a record that was given back to be keyed again",
        f"{EXTRACTS}::test_a_record_that_is_returned_meanwhile_gives_nothing",
        "connectors/ledger/extracts.py", "WHERE record_id = :record_id AND state IN ({listed(GIVEN_OUT)}) FOR SHARE",
        "WHERE record_id = :record_id FOR SHARE",
    ),
    _mutant(
        "extract_elsewhere",
        "an archivist gives out records of another province",
        f"{EXTRACTS}::test_only_who_may_give_out_extracts_of_the_place_sees_one",
        "dags/desk/pages/extract.py", "if not visit.reach.may(May.EXTRACT, record.province_code, record.commune_code):",
        "if False:",
    ),
    _mutant(
        "neighbours_are_shown",
        "the evidence of one record shows the persons of the rows beside it",
        f"{EXTRACTS}::test_the_page_is_the_evidence_and_of_a_table_the_row_alone",
        "dags/desk/pages/extract.py", "copy if record.row_px is None else", "copy if True else",
    ),
    _mutant(
        "extract_for_nobody",
        "a copy is given out without a reason",
        f"{EXTRACTS}::test_nothing_is_given_without_a_reason_and_for_nobody",
        "dags/desk/pages/extract.py", "if not asked_for.strip() or not reason.strip() or", "if",
    ),
    _mutant(
        "no_citizen_answers",
        "the citizen is asked about the record of a book, which then waits for ever",
        f"{BOOKS}::test_a_held_record_is_edited_at_the_desk_of_its_province_and_no_portal_is_told",
        "connectors/ledger/grants.py", "if portal_code == BOOKS and act in OF_PORTALS:", "if False:",
    ),
    # Answers of registries
    _mutant(
        "answer_of_another_change",
        "the land database's row about another change under one GUID counts as ours",
        "tests/connectors/test_land_twin.py::test_changed_content_under_the_same_guid_is_a_conflict",
        "connectors/registries/**/*.py", ' or xml.text(row, "dangKyThayDoiId") != submission.request_code', "",
    ),
    _mutant(
        "answer_about_another_request",
        "the residence registry's answer about another request counts as ours",
        f"{CONTRACT}::test_a_recorded_reply_is_read_as_expected",
        "connectors/registries/**/*.py", '_text(root, "MaYeuCau") != submission.request_code', "False",
    ),
    _mutant(
        "results_of_others",
        "health insurance's results are taken although some are missing, doubled or of others",
        f"{CONTRACT}::test_a_recorded_reply_is_read_as_expected",
        "connectors/registries/**/*.py", "if came != sent:", "if False:",
    ),
    # Keyed files of paper registers
    _mutant(
        "loaded_without_its_position",
        "a load that was killed begins again and counts its rows twice",
        f"{LOADS}::test_a_load_that_is_killed_again_and_again_ends_in_the_same_state",
        "connectors/ledger/records.py", "        _advance(load, rows.count, counts)\n", "",
    ),
    _mutant(
        "repeated_row_is_new",
        "a row that is in its book already comes in once more",
        f"{LOADS}::test_rows_that_came_in_another_file_are_repeated_and_only_new_ones_come_in",
        "connectors/ledger/records.py", "if digest in book.digests:", "if False:",
    ),
    _mutant(
        "repeated_number_passes",
        "two entries of a book with one number are both agreed on",
        f"{LOADS}::test_two_entries_with_one_number_are_both_held",
        "connectors/ledger/records.py", "if number in book.numbers:", "if False:",
    ),
    _mutant(
        "two_loads_at_once",
        "a file is loaded while another one is",
        f"{LOADS}::test_only_one_file_is_loaded_at_a_time",
        "connectors/ledger/records.py", "        if is_ours:", "        if True:",
    ),
    _mutant(
        "records_interchangeable",
        "the values of one record open in the place of another",
        f"{LOADS}::test_a_row_becomes_a_record_of_its_book_that_can_be_searched",
        "connectors/ledger/paper_sealed.py", 'RECORD_PURPOSE, READING_PURPOSE, KEYING_PURPOSE = "record/{}"',
        'RECORD_PURPOSE, READING_PURPOSE, KEYING_PURPOSE = "record"',
    ),
    _mutant(
        "row_of_another_province",
        "a row that was registered in another province is loaded into this one",
        f"{LOADS}::test_rows_that_are_no_entry_are_held_with_their_reason_and_the_rest_goes_on",
        "dags/steps/loading.py", "if provinces and self.plan.province_code not in provinces:", "if False:",
    ),
    _mutant(
        "held_checks_pass",
        "a record with a fault that holds it is agreed on",
        f"{LOADS}::test_checks_in_force_at_its_day_hold_a_record_and_its_book_waits",
        "dags/steps/row_checking.py", "faults |= holding_checks(", "holding_checks(",
    ),
    _mutant(
        "cells_fall_apart",
        "a cell with the sign that stands between cells on their way becomes two",
        f"{LOADS}::test_cells_are_the_same_on_the_other_side",
        "dags/steps/row_checking.py", "if text.count(BETWEEN_CELLS) == len(cells) - 1 else cells", "",
    ),
    _mutant(
        "checks_of_other_times",
        "a check judges a dossier of a day on which it is not in force",
        "tests/quality/test_checks.py::test_a_rule_holds_for_events_of_its_time_only",
        "quality/check.py", "if look.check.holds_on(on)]", "]",
    ),
    _mutant(
        "one_word_decides_an_encoding",
        "a column is read in another encoding because of one word",
        f"{FILES}::test_one_word_does_not_decide_an_encoding",
        "connectors/paper/keyed_layout.py", "FEWEST_WORDS, LEAST_SHARE, LEAST_LEAD = 3,",
        "FEWEST_WORDS, LEAST_SHARE, LEAST_LEAD = 1,",
    ),
    _mutant(
        "quotation_mark_swallows_rows",
        "rows behind an open quotation mark are lost in one cell",
        f"{FILES}::test_a_quotation_mark_too_many_costs_one_row",
        "connectors/paper/keyed_csv.py", " or _has_swallowed(taken, separator, width)", "",
    ),
    _mutant(
        "shifted_cells_pass",
        "values of a row with a cell too few land in other columns",
        f"{FILES}::test_a_row_with_a_cell_too_few_or_too_many_is_set_aside",
        "connectors/paper/keyed_files.py", "if not width or _fits(row, width)", "if True",
    ),
    _mutant(
        "bomb_is_opened",
        "a workbook that unpacks without end is unpacked",
        f"{WORKBOOKS}::test_a_bomb_is_refused_before_it_is_unpacked",
        "connectors/paper/keyed_xlsx.py", "max(ratios, default=0) > MOST_RATIO", "False",
    ),
    _mutant(
        "empty_formula_is_blank",
        "a formula that was never calculated is an empty cell",
        f"{WORKBOOKS}::test_merged_cells_and_formulas_without_a_value_cost_their_rows",
        "connectors/paper/keyed_xlsx.py", "if _has_uncalculated(element):", "if False:",
    ),
    _mutant(
        "year_becomes_a_day",
        "a date of which the sheet shows the year becomes the first of January",
        f"{WORKBOOKS}::test_a_workbook_is_read_with_its_dates_as_they_are_shown",
        "connectors/paper/keyed_xlsx.py", "SheetDate(forms.get(parts,", 'SheetDate(forms.get("",',
    ),
    _mutant(
        "lost_zero_passes",
        "the number of an identity paper without its leading zero is kept",
        f"{WORKBOOKS}::test_what_a_spreadsheet_destroyed_is_set_aside",
        "connectors/paper/keyed_layout.py", 'problems.append("leading_zero_lost")', "pass",
    ),
    _mutant(
        "loose_place_has_codes",
        "a place whose name fits only loosely gets codes",
        f"{ROWS_TESTS}::test_a_place_that_is_not_certain_has_no_codes",
        "connectors/paper/rows.py", " or not _SURE.issuperset(resolved.loosened)", "",
    ),
    _mutant(
        "lunar_year_unsettled",
        "the year of the book settles no year of the cycle",
        f"{ROWS_TESTS}::test_a_year_of_the_cycle_is_settled_by_the_year_of_the_book",
        "connectors/paper/rows.py", "lunar.settle(opened_year, within_years)", "lunar",
    ),
    # Keying of paper registers
    _mutant(
        "both_keys_by_one",
        "a keyer is lent a record of which the other key is theirs",
        f"{KEYINGS}::test_nobody_keys_both_keys_of_a_record",
        LENDING, "({_LIVE} OR k.keyed_by = :actor AND k.kept_at IS NOT NULL)", "({_LIVE})",
    ),
    _mutant(
        "other_key_not_asked_again",
        "the transaction that keeps a keying does not ask who has the other key",
        f"{KEYINGS}::test_nobody_keys_both_keys_of_a_record",
        LENDING, " or row.keyed_another", "",
    ),
    _mutant(
        "lease_taken_over",
        "a record that another worker has just been lent is lent once more",
        f"{KEYINGS}::test_a_worker_that_saw_no_lease_yet_does_not_write_over_one",
        LENDING, "     WHERE keyings.kept_at IS NULL AND keyings.leased_until <= clock_timestamp()\n", "",
    ),
    _mutant(
        "kept_after_another_took_it",
        "who left a record may keep it although it was lent to somebody else",
        f"{KEYINGS}::test_an_abandoned_record_comes_back_and_the_first_person_cannot_keep_it_any_more",
        LENDING, "row.keyed_by != actor or ", "",
    ),
    _mutant(
        "kept_twice",
        "a keying that comes twice is kept twice",
        f"{KEYINGS}::test_a_keying_that_comes_twice_counts_once",
        LENDING, "or row.kept_at is not None ", "",
        "if held is None or held.state != _STATE_OF_SLOT.get(held.slot):", "if held is None:",
    ),
    _mutant(
        "reading_with_a_hole",
        "a reading that lacks columns is taken for a second key",
        f"{KEYINGS}::test_a_record_that_the_machine_has_not_read_waits_for_two_persons",
        LENDING, "if read and values.keys() <= read.keys() else None", "if read else None",
    ),
    _mutant(
        "machine_where_two_persons_key",
        "a reading is the second key although the book's figures ask for two persons",
        f"{KEYINGS}::test_readings_count_for_nothing_where_two_persons_key",
        LENDING, "row.design != KeyingDesign.PERSON_AND_MACHINE or ", "",
    ),
    _mutant(
        "machine_measures_itself",
        "a machine has a say in the known records that it is measured by",
        f"{KEYINGS}::test_a_known_record_is_keyed_by_two_persons_whatever_the_design",
        LENDING, "row.is_known or ", "",
    ),
    _mutant(
        "third_is_one_of_two",
        "a record is lent for decision to one of its two keyers",
        f"{KEYINGS}::test_neither_of_the_two_may_be_the_third",
        "connectors/ledger/differences.py", "OR k.keyed_by = :actor AND k.kept_at IS NOT NULL))", "))",
    ),
    _mutant(
        "third_decides_anything",
        "a third person may change fields on which the keys agree",
        f"{KEYINGS}::test_a_third_person_decides_the_differing_fields_and_no_others",
        "connectors/ledger/differences.py", "set(decided) != set(compared.differing)", "False",
    ),
    _mutant(
        "own_sample",
        "who keyed a record looks at it in the sample",
        f"{KEYINGS}::test_who_keyed_a_record_does_not_look_at_it_again",
        SAMPLING, "or _keyed_by(connection, actor, [place[0]])", "",
    ),
    _mutant(
        "own_difference_settled",
        "who looked at a sampled field settles the difference as well",
        f"{KEYINGS}::test_a_difference_is_settled_by_another_person_than_the_one_who_looked",
        SAMPLING, " or sampled.checked_by == actor", "",
    ),
    _mutant(
        "accepted_against_the_sample",
        "a book is accepted although its sample does not allow it",
        f"{KEYINGS}::test_a_book_whose_sample_is_right_is_accepted_with_all_its_records",
        SAMPLING, "and not is_acceptable(current.is_tightened, current.fields)", "and False",
    ),
    _mutant(
        "decided_twice",
        "two persons decide about one book",
        f"{KEYINGS}::test_of_two_decisions_at_once_one_wins",
        SAMPLING, "if book.state != _SAMPLING or connection.execute(LOCK_SAMPLE", "if connection.execute(LOCK_SAMPLE",
        "s.sample_id = :sample_id AND s.decided_as IS NULL AND", "s.sample_id = :sample_id AND",
    ),
    _mutant(
        "old_sample",
        "a sample of before new pages came decides about the book",
        f"{KEYINGS}::test_a_sample_of_before_new_pages_came_does_not_speak_for_the_book",
        SAMPLING, "s.decided_as IS NULL AND NOT coalesce({_OUTDATED}, FALSE) FOR", "s.decided_as IS NULL FOR",
    ),
    _mutant(
        "tones_ignored",
        "two names that differ in a tone are taken for one",
        "tests/quality/test_adjudication.py::test_what_can_change_a_value_is_a_difference",
        "quality/adjudication.py", "return tone_key(_COMMA.sub", "return search_fold(_COMMA.sub",
        "import clean, tone_key", "import clean, search_fold, tone_key",
    ),
    _mutant(
        "blank_is_anything",
        "a mark agrees with a text",
        "tests/quality/test_adjudication.py::test_blank_and_illegible_are_values_of_their_own",
        "quality/adjudication.py", "    if one.mark or other.mark:\n        return one.mark == other.mark\n", "",
    ),
    _mutant(
        "unfinished_sample_passes",
        "a book passes before every field of the sample was looked at",
        "tests/quality/test_acceptance.py::test_nothing_passes_before_every_field_was_looked_at",
        "quality/acceptance.py", "bool(fields) and all(field.verdict is not None for field in fields)", "True",
    ),
    _mutant(
        "keys_of_a_workbook",
        "a workbook is taken in although its rows were moved",
        "tests/dags/test_offline_keying.py::test_a_workbook_that_was_changed_in_its_keys_is_refused",
        "connectors/paper/keying_workbook.py", "not hmac.compare_digest(seal(_sealed_text(facts, keys)).hex(), signed)",
        "False",
    ),
    _mutant(
        "workbook_twice",
        "a workbook that was imported before is not refused",
        "tests/dags/test_offline_keying.py::test_a_workbook_that_comes_twice_is_refused_and_changes_nothing",
        "dags/steps/offline_keying.py", "if kept_of(ledger, [row.keying_id for row in workbook.rows]):", "if False:",
    ),
    _mutant(
        "task_of_another",
        "a keyer opens a record that is lent to another",
        "tests/dags/test_desk_keying.py::test_a_record_is_lent_to_one_keyer_and_the_other_cannot_open_it",
        "dags/desk/pages/keying.py", "        or task.keyed_by != visit.user_name\n", "",
    ),
    _mutant(
        "image_out_of_reach",
        "the image of a page is shown to a user of another province",
        "tests/dags/test_desk_keying.py::test_who_may_work_elsewhere_only_gets_nothing_of_this_book",
        "dags/desk/pages/page_images.py",
        "head is None or not any(visit.reach.may(act, head.province_code, head.commune_code) for act in SEES_PAGES)",
        "head is None",
    ),
    # Search
    _mutant(
        "search_beyond_places",
        "a search finds persons of places where the user may not search",
        f"{SEARCH}::test_only_what_lies_within_the_readers_places_is_found",
        SEARCHING, 'if "" not in places:', "if False:",
    ),
    _mutant(
        "search_not_logged",
        "a search leaves no line that says who searched",
        f"{SEARCH}::test_every_search_is_logged_with_its_words_sealed",
        "dags/steps/searching.py", "note_search(ledger, reach.user_name, query, hits)", "pass",
    ),
    _mutant(
        "erased_still_found",
        "an erased dossier is still found",
        f"{SEARCH}::test_an_erased_dossier_is_not_found_any_more_and_not_indexed_again",
        "connectors/ledger/erasure.py", "if erased:", "if False:",
    ),
    _mutant(
        "erased_indexed_again",
        "a dossier that was erased while it was examined is made searchable again",
        f"{SEARCH}::test_an_erased_dossier_is_not_found_any_more_and_not_indexed_again",
        SEARCHING, "WHERE k.wrapped IS NOT NULL ORDER", "WHERE TRUE ORDER",
    ),
    _mutant(
        "older_version_indexed",
        "what an older version of a dossier says takes the place of the newer one",
        f"{SEARCH}::test_an_older_version_does_not_take_the_place_of_a_newer_one",
        SEARCHING, " AND u.version_number = d.version_number", "",
    ),
    _mutant(
        "reading_beside_record",
        "a machine's reading is still found when persons have agreed on the record",
        f"{SEARCH}::test_what_a_machine_read_is_found_and_what_persons_agreed_on_takes_its_place",
        SEARCHING, 'if row[0] == "record"]', "if False]",
    ),
    _mutant(
        "search_without_form",
        "another site's page can search in a user's name",
        "tests/dags/test_desk_search.py::test_a_search_that_no_form_of_ours_sent_is_refused",
        "dags/desk/pages/search.py", "def hits(visit: PostDep", "def hits(visit: VisitDep",
    ),
    _mutant(
        "search_by_anybody",
        "who has no role that searches is shown hits",
        "tests/dags/test_desk_search.py::test_who_may_not_search_is_refused_and_that_is_logged",
        "dags/desk/pages/search.py", 'visit.need(May.SEARCH, "search")\n    if asked', "if asked",
    ),
    # Pages of paper registers
    _mutant(
        "row_numbers_are_not_read",
        "a value of a table lands in the row of another person",
        f"{PAPER_PAGES}::test_a_table_whose_printed_numbers_are_of_other_rows_is_set_aside",
        "connectors/paper/row_numbers.py", "if agreeing < AGREEING * fit.form.rows:", "if agreeing < 0:",
    ),
    _mutant(
        "any_form_fits",
        "a page of another form is read by a form that it is not of",
        f"{PAPER_PAGES}::test_a_page_of_another_form_is_set_aside",
        REGISTERED, "if any(fit.evidence >= EVIDENCE for fit in fits):", "if fits:",
    ),
    _mutant(
        "turned_page_is_read",
        "a page that lies upside down is read as if it did not",
        f"{PAPER_PAGES}::test_a_turned_page_is_set_aside",
        REGISTERED, "    if turns:\n", "    if turns > 3:\n",
    ),
    _mutant(
        "first_form_wins",
        "of two forms that a page fits one is taken by chance",
        f"{PAPER_PAGES}::test_a_page_that_two_forms_fit_is_set_aside",
        REGISTERED, "if max(others, default=0.0) > best.evidence - CLEARLY_BETTER:", "if False:",
    ),
    _mutant(
        "nang_is_a_leaders_dot",
        "the dot of a tone goes with the dotted line below it",
        f"{PAPER_READ}::test_the_dots_of_the_tone_nang_stay_when_the_dotted_line_goes",
        "connectors/paper/leader_removal.py", "is_dot = ~is_letter & (darkness <= most)", "is_dot = ~is_letter",
    ),
    _mutant(
        "seal_is_writing",
        "what a seal covers is read as written",
        f"{PAPER_READ}::test_a_red_seal_is_no_writing",
        "connectors/paper/crops.py", "    red[is_seal] = 255\n", "    red[is_seal] = 100\n",
    ),
    _mutant(
        "any_weights",
        "weights that nobody has measured are run",
        f"{PAPER_READ}::test_weights_with_another_digest_are_refused",
        "connectors/paper/recognisers/asternet.py",
        "if sha256(path.read_bytes()).hexdigest() != digest:", "if not digest:",
    ),
    # Paper registers
    _mutant(
        "huge_image_is_decoded",
        "an image of any number of pixels is decoded",
        f"{PAPER}test_intake.py::test_an_image_of_too_many_pixels_inside_a_pdf_is_refused",
        MASTERS, "if any(width * height > MOST_PIXELS for width, height in sizes):", "if False:",
    ),
    _mutant(
        "truncated_pdf_is_repaired",
        "a PDF that is cut short is repaired, and has silently lost pages",
        f"{PAPER}test_intake.py::test_what_cannot_be_opened_is_refused_when_it_is_opened",
        MASTERS, "attempt_recovery=False", "attempt_recovery=True",
    ),
    _mutant(
        "orientation_is_ignored",
        "a photograph lies as the sensor saw it",
        f"{PAPER}test_intake.py::test_the_orientation_that_a_phone_writes_down_is_applied_to_the_copy_and_not_to_the_master",
        MASTERS, "upright = ImageOps.exif_transpose(image)", "upright = image",
    ),
    _mutant(
        "bomb_is_unpacked",
        "an archive is unpacked whatever its directory says",
        f"{PAPER}test_intake.py::test_what_is_no_scan_or_wants_to_do_harm_is_refused_before_it_is_opened",
        INTAKE, "if _is_bomb(members, size):", "if False:",
    ),
    _mutant(
        "name_leads_outside",
        "a file in an archive may be called ../../etc",
        f"{PAPER}test_intake.py::test_a_file_beside_a_refused_one_goes_on",
        INTAKE, ' or ".." in path.parts', "",
    ),
    _mutant(
        "book_is_guessed",
        "a file of no known book goes to the first book of its folder",
        f"{PAPER}test_intake.py::test_two_books_in_one_folder_are_told_apart_and_what_belongs_to_none_is_listed",
        "connectors/paper/book_names.py", "if own != BookFacts() or not groups:", "if True:",
    ),
    _mutant(
        "attempts_are_not_counted",
        "a page that ends its reader is tried for ever",
        f"{PAPER}test_pages.py::test_a_page_whose_reader_ends_three_times_is_set_aside",
        READINGS, "SET attempts = attempts + 1", "SET attempts = attempts",
    ),
    _mutant(
        "page_is_read_twice_at_once",
        "two workers read one page",
        f"{PAPER}test_pages.py::test_two_workers_share_a_book_and_never_a_page",
        READINGS, "LIMIT 1 FOR UPDATE SKIP LOCKED)", "LIMIT 1)", "FOR UPDATE OF p SKIP LOCKED", "",
    ),
    _mutant(
        "keyed_reading_is_replaced",
        "a page that is read again changes what a keyer was compared with",
        f"{PAPER}test_pages.py::test_a_page_that_is_read_again_replaces_no_reading_that_a_person_was_compared_with",
        READINGS, "if before is not None and before.state != RecordState.UNKEYED:", "if False:",
    ),
    _mutant(
        "page_aside_is_found",
        "what was read on a page that is set aside is still found",
        "tests/dags/test_digitising.py::test_a_page_that_is_tried_again_keeps_its_records",
        "connectors/ledger/pages.py", 'connection.execute(UNFIND, {"page_id": page_id})', "pass",
    ),
    _mutant(
        "accepted_book_grows",
        "pages come into a book that was accepted",
        f"{PAPER}test_pages.py::test_an_accepted_book_takes_no_more_pages",
        "connectors/ledger/pages.py", "raise BookClosed(book_id)", "pass",
    ),
    _mutant(
        "upload_anywhere",
        "an archivist brings books into any place",
        "tests/dags/test_desk_books.py::test_who_does_not_digitise_there_brings_nothing_in_and_moves_nothing",
        "dags/desk/pages/books.py", "if not visit.reach.may(May.DIGITISE, province, commune or None):", "if False:",
    ),
    _mutant(
        "page_of_another_book",
        "a page is moved under the address of another book",
        "tests/dags/test_desk_books.py::test_a_page_of_another_book_is_not_moved_under_the_name_of_this_one",
        "dags/desk/pages/books.py",
        "if all(page.page_id != page_id for page in pages_of(visit.ledger, book_id)):", "if False:",
    ),
    _mutant(
        "link_is_followed",
        "a link in a drop folder brings in any file of the machine",
        "tests/dags/test_drop_folder.py::test_a_link_in_a_folder_is_not_followed",
        "dags/steps/drop_folder.py", " and not path.is_symlink()", "",
    ),
    _mutant(
        "half_copied_file_is_taken",
        "a file is taken while it is still being copied",
        "tests/dags/test_drop_folder.py::test_while_photographs_of_a_book_still_come_the_settled_ones_are_taken",
        "dags/steps/drop_folder.py", "lambda file: file.changed_at <= newest", "lambda file: True",
    ),
    _mutant(
        "copied_pages_are_taken_out_of_order",
        "pages are numbered in the order in which a disk copied them",
        "tests/dags/test_drop_folder.py::test_a_book_that_is_copied_in_another_order_is_taken_as_a_whole",
        "dags/steps/drop_folder.py", "and times != sorted(times)", "and False",
    ),
    _mutant(
        "changed_file_is_skipped",
        "a page that was photographed once more under its old name is never seen",
        "tests/dags/test_drop_folder.py::test_a_file_that_the_book_has_is_not_read_again_and_one_that_changed_since_is",
        "dags/steps/digitising.py", " or file.changed_at > received.timestamp() - CLOCKS_S", "",
    ),
    _mutant(
        "joined_words_are_one_syllable",
        "a name whose words a recogniser joined is not found",
        f"{PAPER}test_search.py::test_words_that_a_recogniser_joined_are_apart_and_names_in_capitals_stay",
        "dags/steps/searching.py", "if letter.isupper() and before.islower() else", "if False else",
    ),
    _mutant(
        "nonsense_is_searched",
        "what a recogniser made of a hand that it cannot read is searched as a name",
        f"{PAPER}test_search.py::test_another_reading_adds_names_that_can_be_and_years_and_changes_nothing_shown",
        "dags/steps/searching.py", " and _may_be(name)", "",
    ),
)  # fmt: skip
