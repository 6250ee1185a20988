"""The words for a decision: drafts to each side and of the statement of reasons, and a lint. Nothing is ever sent."""
