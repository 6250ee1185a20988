"""The record: what a case, a decision and a policy are; the store, the queue, intake and export."""
