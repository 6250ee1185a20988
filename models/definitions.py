"""What the policy says of each category, as a text that an encoder can hold against a case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cases.taxonomy import Taxonomy
from cases.taxonomy_parts import Category
from features.encoder.protocol import Encoder, Vectors


def definition(category: Category) -> str:
    """One sentence: the category's name and its clauses' names, in words.

    What it is *not* is left out: an encoder hears the words and not the "not".
    """
    clauses = [_words(clause.name) for clause in category.sub_policies]
    return f"{_words(category.name)}: {', '.join(clauses)}" if clauses else _words(category.name)


def definition_vectors(taxonomy: Taxonomy, labels: Sequence[str], encoder: Encoder) -> Vectors:
    """The embedding of each label's definition, shape (len(labels), d), float32, unit length.

    Raises:
        UnknownPolicyError: A label is not of the taxonomy.
    """
    vectors = encoder.encode([definition(taxonomy.category(label)) for label in labels])
    return np.ascontiguousarray(vectors)


def _words(name: str) -> str:
    """`card_arrival` and `CardArrival` as a person would write them."""
    apart = "".join(
        f" {letter}" if letter.isupper() and place and name[place - 1].islower() else letter
        for place, letter in enumerate(name)
    )
    return " ".join(apart.replace("_", " ").replace("-", " ").split())
