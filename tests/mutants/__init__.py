"""Planted bugs, each of which a named test must catch: whoever takes a guard away sees a test fail.

    uv run python -m tests.mutants              all of them, two at a time
    uv run python -m tests.mutants NAME ...     these

A mutant is a row of `mutants.py`. A quick test (`tests/test_house_tests.py`) holds that each still fits the source.
"""
