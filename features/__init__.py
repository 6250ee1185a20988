"""A case becomes numbers: cleaning, redaction, language, assembly, encoder and its cache."""
