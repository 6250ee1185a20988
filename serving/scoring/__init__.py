"""From a case to a score by the model that serves, and why it was scored so."""
