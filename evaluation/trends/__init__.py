"""What the stream of cases does: bursts, and new kinds of case."""
