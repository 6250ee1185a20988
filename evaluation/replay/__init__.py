"""Replay: recorded arrivals under different orders of work, and the harm that each lets happen."""
