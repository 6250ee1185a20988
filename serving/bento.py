"""The service for BentoML's own commands: `bentoml serve serving.bento:Caseload`, `bentoml build`. Settings come
from the environment.
"""

from __future__ import annotations

from cases.errors import InvalidInputError
from cases.settings import load_settings
from serving.service import build_service

_settings = load_settings()
if _settings.proxy_networks:
    # BentoML's server takes the peer's address from a header that anybody behind this machine's proxy may set.
    raise InvalidInputError(
        "'CASELOAD_TRUSTED_PROXIES' must be unset here (got some); run `caseload serve`, which knows who connects",
        field="CASELOAD_TRUSTED_PROXIES",
    )

Caseload = build_service(_settings)
