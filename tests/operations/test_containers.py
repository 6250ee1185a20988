"""The shape of what containers are made from; they cannot be run here."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml

from cases.settings import Settings
from serving.serve import _FINISH_WITHIN_SECONDS
from tests.operations.page import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "serving" / "container" / "Dockerfile").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
SERVICES = COMPOSE["services"]
KNOWN = {f"CASELOAD_{name.upper()}" for name in Settings.model_fields}
# What the images themselves, libpq and MLflow read.
OTHERS = {
    "POSTGRES_USER",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD",
    "PGPASSWORD",
    "MLFLOW_DISABLE_TELEMETRY",
    "DO_NOT_TRACK",
}


@pytest.mark.parametrize("name", SERVICES)
def test_each_image_is_pinned_by_version(name: str) -> None:
    assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", SERVICES[name]["image"])


def test_the_images_of_ours_are_of_this_version() -> None:
    ours = {name: service["image"] for name, service in SERVICES.items() if "build" in service}
    assert set(ours) == {"mlflow", "migrate", "caseload"}
    assert set(ours.values()) == {f"caseload:{VERSION}"}
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE) == ["python:3.11.13-slim-bookworm"] * 2


@pytest.mark.parametrize("name", SERVICES)
def test_each_variable_is_one_that_somebody_reads_and_no_secret_stands_there(name: str) -> None:
    environment = SERVICES[name].get("environment", {})
    assert environment.keys() <= KNOWN | OTHERS
    for variable, value in environment.items():
        if re.search(r"PASSWORD|SECRET|_KEY", variable):
            # Asked of whoever starts it; without, compose stops and says what to do.
            assert re.fullmatch(r"\$\{\w+:\?.+\}", value), variable
        else:
            assert "$" not in value
            assert not re.search(r"://[^/@]*:[^/@]*@", value), variable


def test_what_the_dockerfile_sets_is_known_too() -> None:
    assert set(re.findall(r"\b(CASELOAD_\w+)=", DOCKERFILE)) <= KNOWN


def test_only_nginx_is_reached_from_outside_and_nobody_within_reaches_out() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"nginx"}
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == {"nginx"}
    assert all("inside" in service["networks"] for service in SERVICES.values())
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_the_service_starts_on_a_migrated_record_and_has_time_to_finish() -> None:
    assert SERVICES["migrate"]["command"] == ["db", "upgrade"]
    assert SERVICES["caseload"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert SERVICES["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert int(SERVICES["caseload"]["stop_grace_period"].removesuffix("s")) > _FINISH_WITHIN_SECONDS


def test_volumes_and_files_that_are_named_are_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (ROOT / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"]
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
    ignored = (ROOT / "serving" / "container" / "Dockerfile.dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert kept == copied


def test_the_image_runs_as_nobody_special_and_installs_the_lock_alone() -> None:
    assert re.search(r"^USER 10001$", DOCKERFILE, flags=re.MULTILINE)
    installs = re.findall(r"uv pip install .*", DOCKERFILE)
    assert len(installs) == 3
    assert all("--no-deps" in line for line in installs)
    [makes] = re.findall(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert f"ARG UV_VERSION={makes}" in DOCKERFILE
