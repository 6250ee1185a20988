"""The asynchronous client. `_sync` is made of it by `make_sync.py`, so edit here."""
