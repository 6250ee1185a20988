from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from cases.errors import InvalidInputError
from cases.settings import Settings, load_settings

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
ROWS = {
    name: (default, meaning)
    for name, default, meaning in re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", PAGE, flags=re.MULTILINE)
}


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in os.environ if name.startswith("CASELOAD_")]:
        monkeypatch.delenv(name)


def test_each_setting_is_documented_and_no_other():
    assert sorted(ROWS) == sorted(f"CASELOAD_{name.upper()}" for name in Settings.model_fields)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_settings_row_has_its_default_and_its_meaning(name: str):
    field = Settings.model_fields[name]
    default, meaning = ROWS[f"CASELOAD_{name.upper()}"]
    unset = field.default in (None, "", Path(), SecretStr(""))
    assert default == ("empty" if unset else f"`{field.default}`")
    assert meaning.startswith(field.description or "nothing")


def test_what_has_no_place_of_its_own_is_under_home(tmp_path: Path):
    settings = load_settings(home=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/cases.db"
    assert settings.tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert Path(settings.artifact_root) == tmp_path / "mlartifacts"
    assert (settings.models_dir, settings.cache_dir) == (tmp_path / "models", tmp_path / "cache")


def test_paths_are_absolute_whatever_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASELOAD_MODELS_DIR", "elsewhere")
    settings = load_settings(home=Path("here"))
    assert (settings.home, settings.models_dir) == (tmp_path / "here", tmp_path / "elsewhere")


def test_an_option_wins_over_the_environment_and_an_unset_option_does_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASELOAD_PORT", "4000")
    monkeypatch.setenv("CASELOAD_HOST", "0.0.0.0")  # noqa: S104  only read
    settings = load_settings(port=5000, host=None)
    assert (settings.port, settings.host) == (5000, "0.0.0.0")  # noqa: S104


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch):
    for name in ("TAXONOMY", "ENCODER", "DATABASE_URL"):
        monkeypatch.setenv(f"CASELOAD_{name}", "")
    settings = load_settings()
    assert (settings.taxonomy, settings.encoder) == (None, None)
    assert settings.database_url.startswith("sqlite:///")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "eighty"), ("PORT", "0"), ("PORT", "65536"), ("LEASE_SECONDS", "0"), ("MODEL_NAME", "")],
)
def test_a_value_that_cannot_be_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    monkeypatch.setenv(f"CASELOAD_{name}", value)
    with pytest.raises(InvalidInputError, match=f"'CASELOAD_{name}' must be valid") as caught:
        load_settings()
    assert caught.value.field == f"CASELOAD_{name}"


NUMBERS = [name for name, field in Settings.model_fields.items() if field.annotation in (int, float)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in NUMBERS for value in ("inf", "nan", "-1")),
        # How much may come in for each decision has no greatest value.
        *((name, "1e300") for name in NUMBERS if name != "alarm_load"),
    ],
)
def test_a_number_outside_its_range_is_refused_with_the_range(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    variable = f"CASELOAD_{name.upper()}"
    monkeypatch.setenv(variable, value)
    told = rf"'{variable}' must be valid \(.+\); set it to a (whole )?number (from|above) \d.*, or unset it"
    with pytest.raises(InvalidInputError, match=told):
        load_settings()


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("GATHER_HOURS", "a number from 0 to 8760"),
        ("UNDO_SECONDS", "a whole number from 0 to 86400"),
        ("LEASE_SECONDS", "a whole number from 1 to 86400"),
        ("ALARM_OLDEST_HOURS", "a number above 0 and at most 876600"),
        ("ALARM_LOAD", "a number above 0"),
    ],
)
def test_the_range_named_is_the_one_that_holds(monkeypatch: pytest.MonkeyPatch, name: str, allowed: str):
    monkeypatch.setenv(f"CASELOAD_{name}", "-1")
    with pytest.raises(InvalidInputError, match=f"set it to {allowed}, or unset it"):
        load_settings()


def test_settings_do_not_change_once_they_are_made():
    settings: Any = load_settings()
    with pytest.raises(ValidationError):
        settings.port = 1


def test_nothing_is_created_by_reading_settings(tmp_path: Path):
    load_settings(home=tmp_path / "home")
    assert list(tmp_path.iterdir()) == []


SECRET = "s3" * 16


def test_trusted_proxies_are_networks_and_prove_themselves_by_a_secret(monkeypatch: pytest.MonkeyPatch):
    assert load_settings().proxy_networks == ()
    monkeypatch.setenv("CASELOAD_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1,fd00::/8")
    monkeypatch.setenv("CASELOAD_PROXY_SECRET", SECRET)
    assert [str(network) for network in load_settings().proxy_networks] == ["10.0.0.0/8", "192.0.2.1/32", "fd00::/8"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"TRUSTED_PROXIES": "10.0.0.0/33"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8,"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "proxy.example.org"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "0.0.0.0/0"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8,::/0"}, "TRUSTED_PROXIES"),
        ({"PROXY_SECRET": ""}, "PROXY_SECRET"),
        ({"PROXY_SECRET": "s3" * 15}, "PROXY_SECRET"),
        ({"PROXY_SECRET": SECRET + " "}, "PROXY_SECRET"),
        ({"PERSON_HEADER": ""}, "PERSON_HEADER"),
        ({"PERSON_HEADER": "X_Person"}, "PERSON_HEADER"),
        ({"PERSON_HEADER": "X-Person\n"}, "PERSON_HEADER"),
        ({"PERSON_HEADER": "AUTHORIZATION"}, "PERSON_HEADER"),
        ({"PERSON_HEADER": "X-Caseload-Proxy-Secret"}, "PERSON_HEADER"),
    ],
)
def test_a_proxy_setting_that_would_let_anybody_in_is_refused_by_name_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str], named: str
):
    for name, value in ({"TRUSTED_PROXIES": "10.0.0.0/8", "PROXY_SECRET": SECRET} | wrong).items():
        monkeypatch.setenv(f"CASELOAD_{name}", value)
    with pytest.raises(InvalidInputError, match=f"'CASELOAD_{named}' must be valid") as refused:
        load_settings()
    assert SECRET[:20] not in str(refused.value)
