"""What is looked for in a draft before a person sends it: what must not be told, tone, gaps."""
