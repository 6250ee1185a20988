"""The BentoML service, the HTTP API and who may call it."""
