"""Mutants of dossiers, their deliveries and the answers of registries."""

from tests.mutants.mutant import mutant

LEDGER = "tests/connectors/test_ledger.py"
JOURNEYS = "tests/journeys"
DELIVERIES = "tests/connectors/test_deliveries.py"
CONTRACT = "tests/connectors/test_contract.py"
STATES = "schemas/states.py"
DELIVERY = "schemas/delivery.py"
CLAIMS = "connectors/ledger/claims.py"
OUTCOMES = "connectors/ledger/deliveries.py"
ARRIVALS = "connectors/ledger/arrivals.py"
EXAMINATIONS = "connectors/ledger/examinations.py"
PLANS = "connectors/ledger/plans.py"
SENDING = "dags/steps/delivering.py"
REGISTERED = "connectors/paper/registration.py"
JUDGED = "dags/steps/judging.py"

DELIVERING = (
    # Moves
    mutant(
        "answer_counts_twice",
        "a delivery that is registered can be registered once more",
        f"{DELIVERIES}::test_an_answer_that_comes_twice_counts_once",
        STATES,
        " move(_LE.REGISTERED, UNDER_WAY,",
        " move(_LE.REGISTERED, UNDER_WAY | {_L.REGISTERED},",
    ),
    mutant(
        "doubt_is_ready",
        "what was perhaps sent is sent again without asking the registry",
        f"{DELIVERIES}::test_a_request_that_the_registry_knows_is_not_sent_again",
        STATES,
        " move(_LE.UNANSWERED, IN_DOUBT, _L.UNANSWERED,",
        " move(_LE.UNANSWERED, IN_DOUBT, _L.READY,",
    ),
    mutant(
        "sending_is_untouched",
        "a dossier that a registry may have counts as one that none has",
        f"{LEDGER}::test_a_dossier_withdrawn_after_sending_is_held_for_a_person",
        STATES,
        "TOUCHED_STATES = UNDER_WAY | {_L.REGISTERED}",
        "TOUCHED_STATES = frozenset({_L.REGISTERED})",
    ),
    # Keys
    mutant(
        "key_of_all_registries",
        "one delivery key is used for every registry of a dossier",
        f"{DELIVERIES}::test_each_step_of_a_chain_waits_for_the_one_before",
        DELIVERY,
        "parts = [registry_code, dossier.portal_code",
        "parts = [dossier.portal_code",
    ),
    mutant(
        "key_of_all_contents",
        "a changed dossier keeps the key of what was planned before",
        f"{LEDGER}::test_a_change_before_sending_replaces_what_was_to_be_sent",
        DELIVERY,
        "dossier.dossier_code, content_sha256.hex()]",
        "dossier.dossier_code]",
    ),
    # Claims and answers
    mutant(
        "attempt_guard",
        "an answer to an earlier attempt counts for the one under way",
        f"{DELIVERIES}::test_a_late_answer_changes_nothing_and_is_remembered",
        OUTCOMES,
        " AND d.attempt_number = u.attempt_number",
        "",
    ),
    mutant(
        "attempt_not_counted",
        "a second attempt has the number of the first",
        f"{DELIVERIES}::test_a_late_answer_changes_nothing_and_is_remembered",
        CLAIMS,
        "attempt_number = attempt_number + 1",
        "attempt_number = greatest(attempt_number, 1)",
    ),
    mutant(
        "state_guard",
        "an answer is applied in whatever state the delivery is",
        f"{DELIVERIES}::test_an_answer_that_comes_twice_counts_once",
        OUTCOMES,
        " AND d.state = ANY(:allowed)",
        "",
    ),
    mutant(
        "claim_without_locks",
        "two workers may claim one delivery",
        f"{DELIVERIES}::test_workers_that_claim_together_claim_each_delivery_once",
        CLAIMS,
        "FOR UPDATE OF d SKIP LOCKED FOR SHARE OF s SKIP LOCKED",
        "",
    ),
    mutant(
        "claim_leaves_the_dossier",
        "a new version does not wait for a claim under way, so that both versions are sent",
        f"{LEDGER}::test_a_claim_under_way_is_seen_by_the_change_that_comes_meanwhile",
        CLAIMS,
        " FOR SHARE OF s SKIP LOCKED",
        "",
    ),
    mutant(
        "lease_ignored",
        "what another worker is still sending is asked about, and sent again",
        f"{DELIVERIES}::test_an_expired_lease_is_asked_about_before_anything_is_sent",
        CLAIMS,
        "leased_until + make_interval(secs => :settles) < clock_timestamp()",
        "leased_until IS NOT NULL",
    ),
    mutant(
        "settling_ignored",
        "a registry is asked before it can know",
        f"{DELIVERIES}::test_an_expired_lease_is_asked_about_before_anything_is_sent",
        CLAIMS,
        "leased_until + make_interval(secs => :settles) <",
        "leased_until <",
    ),
    mutant(
        "next_without_needs",
        "the next registry is sent a dossier without the number that it needs",
        f"{DELIVERIES}::test_a_chain_waits_for_the_number_and_goes_on_when_it_comes",
        OUTCOMES,
        "n.needs <@ ARRAY(",
        "ARRAY[]::text[] <@ ARRAY(",
    ),
    mutant(
        "next_out_of_order",
        "the third registry does not wait for the second",
        f"{DELIVERIES}::test_each_step_of_a_chain_waits_for_the_one_before",
        OUTCOMES,
        "p.step_number < n.step_number",
        "p.step_number < 1",
    ),
    mutant(
        "refusal_stops_nothing",
        "the steps after a refused one stay open",
        f"{DELIVERIES}::test_a_refusal_stops_the_steps_after_it_and_is_reported_to_the_portal",
        OUTCOMES,
        'connection.execute(STOP_NEXT, {"ids": refused})',
        "pass",
    ),
    mutant(
        "one_unreadable_dossier_stops_all",
        "a dossier that cannot be read keeps the others of its claim from being sent",
        f"{DELIVERIES}::test_a_dossier_that_cannot_be_read_keeps_no_other_from_being_sent",
        SENDING,
        "stops_sending=False)  # it is about one dossier, the others",
        ")  # the others",
    ),
    mutant(
        "unreadable_doubt_is_forgotten",
        "an attempt in doubt whose dossier cannot be read leaves the lease as if it had been asked about",
        f"{DELIVERIES}::test_an_attempt_in_doubt_whose_dossier_cannot_be_read_stays_in_doubt",
        SENDING,
        "unchanged = [outcome.claimed for outcome in read.outcomes]",
        "unchanged: list[Claimed] = []",
    ),
    # Arrivals and examinations
    mutant(
        "cursor_before_page",
        "the cursor moves before its page is saved",
        f"{LEDGER}::test_the_cursor_moves_with_its_page_or_not_at_all",
        ARRIVALS,
        'connection.execute(LOCK, {"portal_code": portal_code})',
        "with ledger.engine.begin() as before:\n"
        '            before.execute(MOVE_CURSOR, {"portal_code": portal_code, "stream": stream, "position": position})',
    ),
    mutant(
        "every_arrival_is_new",
        "a dossier that comes again unchanged becomes a new version",
        f"{LEDGER}::test_a_dossier_that_comes_twice_unchanged_is_one_version_and_one_event",
        ARRIVALS,
        "if digest != known.content_sha256:",
        "if True:",
    ),
    mutant(
        "cursor_past_what_is_missing",
        "the cursor passes dossiers that could not be fetched",
        f"{JOURNEYS}/test_bad_input.py::test_the_cursor_stays_before_details_that_did_not_come",
        "dags/steps/pulling.py",
        "if not missed:",
        "if True:",
    ),
    mutant(
        "overtaken_examination",
        "an examination of an old version settles the new one",
        f"{DELIVERIES}::test_an_examination_that_the_next_version_overtook_is_dropped",
        EXAMINATIONS,
        " AND d.version_number = u.version_number",
        "",
    ),
    mutant(
        "plan_resets_what_was_sent",
        "planning anew makes a registered delivery ready again",
        f"{LEDGER}::test_a_change_back_to_what_was_sent_lets_the_chain_go_on",
        PLANS,
        "WHERE deliveries.state IN ({listed(DELIVERY.before(DeliveryEvent.PLANNED))})",
        "",
    ),
    mutant(
        "all_steps_ready",
        "all registries of a route are sent at once",
        f"{DELIVERIES}::test_each_step_of_a_chain_waits_for_the_one_before",
        PLANS,
        "w.step_number = 1 AND",
        "w.step_number >= 1 AND",
    ),
    mutant(
        "changed_after_sending_unseen",
        "a dossier that changed after it was sent goes on as if nothing had happened",
        f"{LEDGER}::test_a_change_after_sending_is_held_and_nothing_more_is_sent",
        JUDGED,
        "is_closed or (changed and subject.resolution is not Act.CORRECTED)",
        "is_closed",
    ),
    mutant(
        "withdrawn_after_sending_closed",
        "a dossier that a registry has is closed when its portal withdraws it",
        f"{LEDGER}::test_a_dossier_withdrawn_after_sending_is_held_for_a_person",
        JUDGED,
        "Admission.CLOSED and not subject.standing:",
        "Admission.CLOSED:",
    ),
    # Answers of registries
    mutant(
        "answer_of_another_change",
        "the land database's row about another change under one GUID counts as ours",
        "tests/connectors/test_land_twin.py::test_changed_content_under_the_same_guid_is_a_conflict",
        "connectors/registries/**/*.py",
        ' or xml.text(row, "dangKyThayDoiId") != submission.request_code',
        "",
    ),
    mutant(
        "answer_about_another_request",
        "the residence registry's answer about another request counts as ours",
        f"{CONTRACT}::test_a_recorded_reply_is_read_as_expected",
        "connectors/registries/**/*.py",
        '_text(root, "MaYeuCau") != submission.request_code',
        "False",
    ),
    mutant(
        "results_of_others",
        "health insurance's results are taken although some are missing, doubled or of others",
        f"{CONTRACT}::test_a_recorded_reply_is_read_as_expected",
        "connectors/registries/**/*.py",
        "if came != sent:",
        "if False:",
    ),
)
