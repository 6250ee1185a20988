"""What `--json` answers: a versioned contract, a model for each command that has the option."""
