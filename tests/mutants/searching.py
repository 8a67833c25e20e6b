"""Mutants of search."""

from tests.mutants.mutant import mutant

SEARCH = "tests/connectors/test_search.py"
SEARCHING = "connectors/ledger/search.py"

SEARCHING = (
    mutant(
        "search_beyond_places",
        "a search finds persons of places where the user may not search",
        f"{SEARCH}::test_only_what_lies_within_the_readers_places_is_found",
        SEARCHING,
        'if "" not in places:',
        "if False:",
    ),
    mutant(
        "search_not_logged",
        "a search leaves no line that says who searched",
        f"{SEARCH}::test_every_search_is_logged_with_its_words_sealed",
        "dags/steps/searching.py",
        "note_search(ledger, reach.user_name, query, hits)",
        "pass",
    ),
    mutant(
        "erased_still_found",
        "an erased dossier is still found",
        f"{SEARCH}::test_an_erased_dossier_is_not_found_any_more_and_not_indexed_again",
        "connectors/ledger/erasure.py",
        "if erased:",
        "if False:",
    ),
    mutant(
        "erased_indexed_again",
        "a dossier that was erased while it was examined is made searchable again",
        f"{SEARCH}::test_an_erased_dossier_is_not_found_any_more_and_not_indexed_again",
        SEARCHING,
        "WHERE k.wrapped IS NOT NULL ORDER",
        "WHERE TRUE ORDER",
    ),
    mutant(
        "older_version_indexed",
        "what an older version of a dossier says takes the place of the newer one",
        f"{SEARCH}::test_an_older_version_does_not_take_the_place_of_a_newer_one",
        SEARCHING,
        " AND u.version_number = d.version_number",
        "",
    ),
    mutant(
        "reading_beside_record",
        "a machine's reading is still found when persons have agreed on the record",
        f"{SEARCH}::test_what_a_machine_read_is_found_and_what_persons_agreed_on_takes_its_place",
        SEARCHING,
        'if row[0] == "record"]',
        "if False]",
    ),
    mutant(
        "search_without_form",
        "another site's page can search in a user's name",
        "tests/dags/test_desk_search.py::test_a_search_that_no_form_of_ours_sent_is_refused",
        "dags/desk/pages/search.py",
        "def hits(visit: PostDep",
        "def hits(visit: VisitDep",
    ),
    mutant(
        "search_by_anybody",
        "who has no role that searches is shown hits",
        "tests/dags/test_desk_search.py::test_who_may_not_search_is_refused_and_that_is_logged",
        "dags/desk/pages/search.py",
        'visit.need(May.SEARCH, "search")\n    if asked',
        "if asked",
    ),
    mutant(
        "joined_words_are_one_syllable",
        "a name whose words a recogniser joined is not found",
        "tests/connectors/test_search.py::test_words_that_a_recogniser_joined_are_apart_and_names_in_capitals_stay",
        "dags/steps/searching.py",
        "if letter.isupper() and before.islower() else",
        "if False else",
    ),
    mutant(
        "nonsense_is_searched",
        "what a recogniser made of a hand that it cannot read is searched as a name",
        "tests/connectors/test_search.py::"
        "test_another_reading_adds_names_that_can_be_and_years_and_changes_nothing_shown",
        "dags/steps/searching.py",
        " and _may_be(name)",
        "",
    ),
)
