"""Duplicates: dossiers about one birth that were submitted twice, told apart from twins, siblings and namesakes.

For many dossiers `all_pairs.pairs` finds them with Splink. A single new dossier is compared by
`contradictions.compare_dossiers`, with the same levels and weights, with those that share a blind index with it.
Neither decides: a person does.
"""
