"""Mutants of persons: corrections, gates, rights, reports and secrets."""

from tests.mutants.mutant import mutant

LEDGER = "tests/connectors/test_ledger.py"
JOURNEYS = "tests/journeys"
DELIVERIES = "tests/connectors/test_deliveries.py"
DECISIONS = "tests/connectors/test_decisions.py"
GATES = "tests/connectors/test_gates.py"
VAULT = "tests/connectors/test_vault.py"
DESK = "tests/dags/test_desk_security.py"
CORRECTIONS = "tests/journeys/test_corrections.py"
DELIVERY = "schemas/delivery.py"
OUTCOMES = "connectors/ledger/deliveries.py"
SENDING = "dags/steps/delivering.py"
JUDGED = "dags/steps/judging.py"
DECIDED = "quality/decisions.py"

DECIDING = (
    # Corrections
    mutant(
        "correction_overtakes",
        "a correction is sent while another of its entry is under way",
        f"{DELIVERIES}::test_a_second_correction_of_an_entry_waits_for_the_first",
        OUTCOMES,
        "(p.entry_id = n.entry_id AND p.delivery_id < n.delivery_id)",
        "false",
    ),
    mutant(
        "correction_has_the_key_of_its_original",
        "a correction back to the first content is taken for the registration that was sent",
        f"{CORRECTIONS}::test_a_name_corrected_and_corrected_back_is_two_corrections",
        DELIVERY,
        "if operation is not Operation.REGISTER:",
        "if False:",
    ),
    mutant(
        "nothing_is_parked",
        "a correction is sent to a registry that takes none",
        f"{CORRECTIONS}::test_a_correction_walks_the_registries_in_order_and_is_parked_where_none_is_taken",
        OUTCOMES,
        "CASE WHEN n.is_taken THEN",
        "CASE WHEN n.is_taken IS NOT NULL THEN",
    ),
    mutant(
        "annulled_entry_is_waited_for",
        "what an annulled entry still lacks is asked for every ten minutes, for ever",
        f"{CORRECTIONS}::test_for_what_an_annulled_entry_still_lacks_nobody_waits",
        OUTCOMES,
        "WHERE d.entry_id = annulled.entry_id AND d.lacks <> '{}'",
        "WHERE false",
    ),
    mutant(
        "correction_promises_a_number",
        "a correction waits for the numbers that a registration brings",
        f"{CORRECTIONS}::test_a_number_that_comes_after_a_correction_is_the_registrations",
        SENDING,
        "if is_new else ()",
        "if submission else ()",
    ),
    mutant(
        "half_a_correction_is_kept",
        "the others never learn what civil status was sent, when a newer correction is given up",
        f"{CORRECTIONS}::test_what_civil_status_was_sent_reaches_the_others_though_a_newer_correction_is_given_up",
        OUTCOMES,
        "ELSE n.decision_id = changed.decision_id END",
        "ELSE false END",
    ),
    mutant(
        "later_registries_hear_of_what_was_given_up",
        "a registry that comes later registers what civil status does not hold",
        f"{CORRECTIONS}::test_registries_that_come_later_are_sent_what_civil_status_keeps",
        OUTCOMES,
        "THEN n.version_number = first.version_number",
        "THEN false",
    ),
    mutant(
        "void_birth_is_insured",
        "registries that have no entry yet register what civil status has annulled",
        f"{CORRECTIONS}::test_what_civil_status_annulled_is_registered_nowhere_else",
        OUTCOMES,
        "AND NOT first.is_annulled",
        "",
    ),
    mutant(
        "history_is_registered",
        "the record of a paper book is registered as if it had happened today",
        "tests/journeys/test_books.py::test_the_record_of_a_book_is_planned_as_history_and_nothing_is_reported",
        JUDGED,
        "number, step.operation, key, step.needs,",
        "number, Operation.REGISTER, key, step.needs,",
    ),
    # Gates and batches
    mutant(
        "open_batch_is_sent",
        "a dossier is sent before its batch was judged",
        f"{GATES}::test_a_page_goes_into_its_portals_open_batch_and_nothing_of_it_is_sent",
        "connectors/ledger/batches.py",
        "(BatchState.OPEN, BatchState.STOPPED)",
        "(BatchState.STOPPED,)",
    ),
    mutant(
        "stopped_batch_is_sent",
        "a dossier is sent although its batch was stopped",
        f"{GATES}::test_nothing_of_a_stopped_batch_is_sent_before_a_person_decides",
        "connectors/ledger/batches.py",
        "(BatchState.OPEN, BatchState.STOPPED)",
        "(BatchState.OPEN,)",
    ),
    mutant(
        "batch_closed_twice",
        "two gates at once both close a batch",
        f"{GATES}::test_two_gates_at_once_close_a_batch_once",
        "connectors/ledger/gates.py",
        " AND state = '{_OPEN}' RETURNING",
        " RETURNING",
    ),
    mutant(
        "unseen_passes",
        "what came while a gate was judging passes with the batch",
        f"{GATES}::test_an_unread_page_that_comes_while_a_gate_looks_is_not_let_through",
        "connectors/ledger/gates.py",
        "(d.state = 'pulled' OR u.dossier_id IS NULL)",
        "(d.state = 'pulled')",
    ),
    # Persons
    mutant(
        "maker_confirms",
        "who made an edit confirms it too",
        f"{DECISIONS}::test_an_edited_identity_waits_for_another_person",
        DECIDED,
        "RejectionReason.OWN if context.decided_by == actor else None",
        "None",
    ),
    mutant(
        "identity_needs_no_second",
        "an edit of who someone is counts at once",
        f"{DECISIONS}::test_an_edited_identity_waits_for_another_person",
        "schemas/decision.py",
        "in IDENTITY_FIELDS",
        "in ()",
    ),
    mutant(
        "declined_edit_counts",
        "an edit that a second person declined is sent",
        f"{DECISIONS}::test_a_declined_edit_never_counts",
        "connectors/ledger/sealed.py",
        " AND u.act <> 'confirmed')",
        " AND u.act = 'undone')",
        "WHERE c.of_decision_id = m.decision_id))",
        "WHERE c.of_decision_id = m.decision_id OR true))",
    ),
    mutant(
        "overtaken_decision",
        "a decision about a version that is no longer the newest holds for the newest",
        f"{DECISIONS}::test_an_edit_of_what_the_source_changed_meanwhile_is_not_taken",
        DECIDED,
        "if context.current_version != context.seen_version:",
        "if False:",
    ),
    mutant(
        "edit_under_way",
        "a dossier is edited while a registry works on it",
        f"{DECISIONS}::test_an_edit_is_not_taken_while_a_registry_works_on_the_dossier",
        DECIDED,
        "if context.is_under_way:",
        "if False:",
    ),
    mutant(
        "undo_of_what_was_sent",
        "an edit is undone after it was sent",
        f"{DECISIONS}::test_what_was_sent_is_not_undone",
        DECIDED,
        "if context.is_sent:",
        "if False:",
    ),
    mutant(
        "two_decide_at_once",
        "two persons decide about one dossier at once, and both decisions count",
        f"{DECISIONS}::test_of_two_who_decide_at_once_one_wins_and_the_other_gets_the_reason",
        "connectors/ledger/decisions.py",
        'connection.execute(LOCK, {"ids": list(by_id)})',
        "pass",
    ),
    mutant(
        "every_place_is_ours",
        "a grant for one commune holds for every other",
        f"{DESK}::test_another_communes_dossier_is_as_if_it_were_not_there",
        "schemas/roles.py",
        'return "" in places',
        "return bool(places)",
    ),
    # Reports
    mutant(
        "reports_out_of_order",
        "a portal is sent the next milestone before it acknowledged the one before",
        f"{DELIVERIES}::test_reports_reach_a_portal_in_their_order_one_at_a_time",
        "connectors/ledger/reports.py",
        "DISTINCT ON (r.dossier_id) ",
        "",
    ),
    mutant(
        "stale_question",
        "the citizen is asked about a version that is no longer the newest",
        f"{JOURNEYS}/test_supplements.py::test_nobody_is_asked_about_a_version_that_is_no_longer_the_newest",
        "connectors/ledger/reports.py",
        "m.version_number <> d.version_number",
        "m.version_number > d.version_number",
    ),
    # Secrets
    mutant(
        "purpose_not_sealed",
        "a sealed text can take the place of another under the key of its dossier",
        f"{VAULT}::test_a_seal_opens_for_its_purpose_only",
        "connectors/vault.py",
        "zlib.compress(content, 1), purpose.encode())",
        "zlib.compress(content, 1), None)",
        "sealed[NONCE_BYTES:], purpose.encode())",
        "sealed[NONCE_BYTES:], None)",
    ),
    mutant(
        "owner_not_sealed",
        "a dossier's key opens as the key of another",
        f"{VAULT}::test_a_key_opens_for_its_dossier_only",
        "connectors/vault.py",
        "encrypt(nonce, key, owner.encode())",
        "encrypt(nonce, key, None)",
        "decrypt(nonce, rest, owner.encode())",
        "decrypt(nonce, rest, None)",
    ),
    mutant(
        "versions_interchangeable",
        "one version of a dossier opens in the place of another",
        f"{LEDGER}::test_what_cannot_be_read_is_kept_and_held",
        "connectors/ledger/sealed.py",
        '"version/{}"',
        '"version"',
    ),
    mutant(
        "erased_before_reported",
        "a dossier is erased while its portal waits for a report",
        f"{LEDGER}::test_what_is_on_its_way_or_not_acknowledged_is_not_erased",
        "connectors/ledger/erasure.py",
        "r.state = '{ReportState.PENDING}')",
        "false)",
    ),
)
