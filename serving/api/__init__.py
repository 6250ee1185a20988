"""The contract over HTTP: what comes in, what goes out, problems, examples, versions and cursors."""
