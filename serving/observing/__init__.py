"""The service seen from outside: logs, metrics, alarms, spans; none of it names a case's text."""
