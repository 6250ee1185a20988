"""The service for BentoML's own commands: `bentoml serve serving.bento:Caseload`, `bentoml build`. Settings come
from the environment.
"""

from __future__ import annotations

from cases.settings import load_settings
from serving.service import build_service

Caseload = build_service(load_settings())
