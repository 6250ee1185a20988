"""Snapshot, split, fit, track, register, promote, roll back: where MLflow lives."""
