"""The routes of the API, a module for each thing that they are about."""

from serving.routes import batch, bulk, cases, fires, handling, inbound, model, privacy, queue, scores, webhooks

# In the order in which the API's description names them.
KEYED = tuple(part.router for part in (scores, batch, cases, handling, bulk, queue, fires, webhooks, privacy, model))
# These ask for no key of ours: whether we are well, and what is signed.
KEYLESS = (model.health, inbound.router)
