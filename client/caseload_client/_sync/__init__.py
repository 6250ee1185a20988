"""The synchronous client, made of `_async` by `make_sync.py`: edit there."""
