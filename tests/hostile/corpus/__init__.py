"""What hostile, broken or only odd senders send, as data: by name, so that a failure says what it was.

Each text holds `WORD`, by which it is known again wherever it must not be: in a problem, a header, a log line.
"""
