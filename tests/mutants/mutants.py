"""The mutants: which guard is taken away, where, and which test must notice.

`anchor` stands exactly once in the files that `files` names: a path, or a pattern where a file may move. Keep it short:
the guard itself, not its neighbours. A mutant of two places has a second pair.
"""

from dataclasses import dataclass

LEDGER, JOURNEYS = "tests/connectors/test_ledger.py", "tests/journeys"
DELIVERIES, DECISIONS, GATES = (f"tests/connectors/test_{name}.py" for name in ("deliveries", "decisions", "gates"))
VAULT, CONTRACT = "tests/connectors/test_vault.py", "tests/connectors/test_contract.py"
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


STATES, DELIVERY = "schemas/states.py", "schemas/delivery.py"
CLAIMS, OUTCOMES = "connectors/ledger/claims.py", "connectors/ledger/deliveries.py"
ARRIVALS, EXAMINATIONS = "connectors/ledger/arrivals.py", "connectors/ledger/examinations.py"
PLANS, SENDING = "connectors/ledger/plans.py", "dags/steps/delivering.py"
REGISTERED, PAPER_PAGES = "connectors/paper/registration.py", "tests/connectors/test_paper_pages.py"
PAPER_READ = "tests/connectors/test_paper_reading.py"
JUDGED, DECIDED = "dags/steps/judging.py", "quality/decisions.py"

MUTANTS = (
    # Moves
    _mutant(
        "answer_counts_twice",
        "a delivery that is registered can be registered once more",
        f"{DELIVERIES}::test_an_answer_that_comes_twice_counts_once",
        STATES, "_move(_LE.REGISTERED, UNDER_WAY,", "_move(_LE.REGISTERED, UNDER_WAY | {_L.REGISTERED},",
    ),
    _mutant(
        "doubt_is_ready",
        "what was perhaps sent is sent again without asking the registry",
        f"{DELIVERIES}::test_a_request_that_the_registry_knows_is_not_sent_again",
        STATES, "_move(_LE.UNANSWERED, IN_DOUBT, _L.UNANSWERED,", "_move(_LE.UNANSWERED, IN_DOUBT, _L.READY,",
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
        SENDING, "if submission.operation.makes_entry else ()", "if submission else ()",
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
        "connectors/paper/recognisers/asternet.py", "if sha256(path.read_bytes()).hexdigest() != digest:", "if not digest:",
    ),
)  # fmt: skip
