"""Duplicates: dossiers about one birth that were handed in twice, told apart from twins, siblings and namesakes.

For many dossiers `batch.pairs` finds them with Splink; for a single new one `crossing.look` compares it, by the same
levels and weights, with those that share a blind_index with it. Neither decides: a person does.
"""
