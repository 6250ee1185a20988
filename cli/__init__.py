"""The one command, `caseload`: each sub-command calls one function."""
