"""Writes cases, decisions and scores to files that others open. docs/intake.md is the user's account."""
