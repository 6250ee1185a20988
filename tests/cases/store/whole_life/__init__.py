"""Random lives of cases: one model of what should happen, and each kind of step in a module of its own."""
