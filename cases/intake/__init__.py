"""Takes reports and past decisions in from files and databases of others. docs/intake.md is the user's account.

`readers` yields raw rows, `columns` says which column feeds which field, `rows` makes a report of a row or refuses
it without repeating its words, `load` streams the lot into the store.
"""
