"""The seed corpus: cases written for this project one by one, good for starting and for demonstration.

`written/` holds the cases to learn from, a file per category; `test_part/` those to measure with, by other
writers, frozen by hash; `incoming/` the undecided ones of the demonstration. `corpus` reads them, `history` draws
when they came, who decided them and how, from a stated model of a team with habits.
"""
