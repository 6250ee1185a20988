"""The learned parts, as scikit-learn estimators; priority as a pure function; the artifact."""
