"""The schema's history. A revision that has shipped is never edited; a change is a new revision."""
