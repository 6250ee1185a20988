"""The one settings object, built at the entry point from the environment (`CASELOAD_…`) and handed down.

docs/settings.md lists each of these; a test holds the two together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cases.durations import GATHER_HOURS, MOST_GATHER_HOURS, MOST_HOURS, MOST_UNDO_SECONDS, UNDO_SECONDS
from cases.errors import InvalidInputError
from cases.proxy_settings import PROXY_SECRET, TAKEN_HEADERS, Network, networks
from cases.seals import SealKey

LogFormat = Literal["text", "json"]
# A hundred years.
MOST_RETAIN_DAYS = 36_525
# No report is answered later, whatever is waited for.
MOST_MODEL_SECONDS = 10


class Settings(BaseSettings):
    """Where things are kept and how the service behaves. Paths are made absolute; nothing is created here."""

    # Inputs are hidden, since an error's traceback would show a secret that is not as it must be.
    model_config = SettingsConfigDict(env_prefix="CASELOAD_", extra="forbid", frozen=True, hide_input_in_errors=True)

    home: Path = Field(
        default=Path(".caseload"), description="The folder that holds all that has no place of its own."
    )
    database_url: str = Field(
        default="",
        description="The record, as an SQLAlchemy URL; empty: SQLite in `home`/cases.db.",
        examples=["postgresql+psycopg://caseload@localhost/caseload", "mysql+pymysql://caseload@localhost/caseload"],
    )
    tracking_uri: str = Field(default="", description="MLflow's tracking URI; empty: SQLite in `home`/mlflow.db.")
    artifact_root: str = Field(
        default="", description="Where MLflow keeps runs' files when it is not a server; empty: `home`/mlartifacts."
    )
    models_dir: Path = Field(default=Path(), description="Promoted models, a folder each; empty: `home`/models.")
    cache_dir: Path = Field(
        default=Path(), description="Compiled encoders and cached embeddings; empty: `home`/cache. Safe to delete."
    )
    taxonomy: Path | None = Field(default=None, description="The policy file; empty: the packaged default.")
    weights: Path | None = Field(
        default=None, description="What the queue's order weighs, a file; empty: the packaged default."
    )
    letters: Path | None = Field(
        default=None, description="The words of letters, a folder; empty: the packaged default."
    )
    encoder: str | None = Field(
        default=None,
        description="A sentence-transformers model by directory or name; empty: the embedded all-MiniLM-L6-v2.",
    )
    model_name: str = Field(default="caseload-default", description="The registered model that serves.", min_length=1)
    host: str = Field(default="127.0.0.1", description="The address that the service binds to.")
    port: int = Field(default=3000, description="The port that the service listens on.", ge=1, le=65535)
    lease_seconds: int = Field(
        default=900, description="How long a claim lasts unless renewed, in seconds.", ge=1, le=86_400
    )
    undo_seconds: int = Field(
        default=UNDO_SECONDS,
        description="How old a decision may be to be undone, in seconds.",
        ge=0,
        le=MOST_UNDO_SECONDS,
    )
    session_hours: float = Field(
        default=12.0,
        description="How long somebody who signed in to the console with a code stays signed in, in hours.",
        gt=0,
        le=720,
    )
    blind_share: float = Field(
        default=0.05,
        description="On which share of cases the console hides the suggestion until the associate has decided.",
        ge=0,
        le=1,
    )
    gather_hours: float = Field(
        default=GATHER_HOURS,
        description="How far apart two reports over HTTP that say the same may be received to be one case, in hours.",
        ge=0,
        le=MOST_GATHER_HOURS,
        allow_inf_nan=False,
    )

    alarm_oldest_hours: float = Field(
        default=72.0,
        description="How long a case may wait untouched before an alarm is raised, in hours.",
        gt=0,
        le=MOST_HOURS,
    )
    alarm_load: float = Field(
        default=1.1,
        description="How many reports may come in for each decision before an alarm is raised.",
        gt=0,
        allow_inf_nan=False,
    )
    alarm_window_hours: float = Field(
        default=24.0,
        description="Over how many hours reports and decisions are counted for that.",
        gt=0,
        le=MOST_HOURS,
    )
    log_format: LogFormat = Field(
        default="text", description="How the service logs: `text`, or `json`, an object a line and a line a request."
    )
    webhook_url: str = Field(
        default="", description="Where alarms are posted to, beside the receivers that were added; empty: nowhere."
    )
    webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="What these are signed with, `whsec_…`, two with a blank between while one is changed; "
        "empty: unsigned.",
    )
    webhook_networks: str = Field(
        default="",
        description="Networks not public in which receivers of events may be, CIDRs between commas; empty: none.",
    )
    webhook_keep_days: float = Field(
        default=7.0, description="How long what was delivered is kept, in days.", gt=0, le=3_650
    )
    audit_key: SecretStr = Field(
        default=SecretStr(""),
        description="What the log of events is sealed with, base64 of at least 32 random bytes; empty: no key.",
    )
    audit_seconds: float = Field(
        default=60.0, description="How often the service seals the log of events, in seconds.", ge=1, le=86_400
    )
    fire_seconds: float = Field(
        default=300.0, description="How often the service looks for new fires, in seconds.", ge=1, le=86_400
    )

    retain_days_text: int = Field(
        default=0,
        description="How many days after its decision a case's text is erased, with the notes on it; 0: kept.",
        ge=0,
        le=MOST_RETAIN_DAYS,
    )
    retain_days_identity: int = Field(
        default=0,
        description="How many days after a report was received it is forgotten who reported; 0: kept.",
        ge=0,
        le=MOST_RETAIN_DAYS,
    )

    trusted_proxies: str = Field(
        default="",
        description="Networks whose proxies are believed about who is signed in, CIDRs between commas; empty: none.",
    )
    person_header: str = Field(
        default="X-Caseload-Person",
        description="The header in which such a proxy names the person.",
        pattern=r"^[A-Za-z][A-Za-z0-9-]{0,99}$",
    )
    proxy_secret: SecretStr = Field(
        default=SecretStr(""),
        description="What such a proxy sends in `X-Caseload-Proxy-Secret` to prove itself; needed with proxies.",
        validate_default=True,
    )

    idempotency_hours: float = Field(
        default=24.0,
        description="How long the answer to a request with an Idempotency-Key is kept, in hours.",
        gt=0,
        le=MOST_HOURS,
    )
    model_seconds: float = Field(
        default=2.0,
        description="How long the model may be at one batch before reports are answered without a score, in seconds.",
        gt=0,
        le=MOST_MODEL_SECONDS,
    )
    requests_per_second: float = Field(
        default=1_000.0,
        description="How many requests a second each key or person may send for long.",
        gt=0,
        le=1_000_000,
    )
    requests_at_once: int = Field(
        default=256,
        description="How many requests of each key or person may be answered at one time.",
        ge=1,
        le=1_000_000,
    )

    failed_sign_ins_per_minute: int = Field(
        default=300,
        description="How many sign-ins may fail from one address within a minute before those to come are refused.",
        ge=1,
        le=1_000_000,
    )

    @property
    def proxy_networks(self) -> tuple[Network, ...]:
        """Where trusted proxies connect from."""
        return networks(self.trusted_proxies)

    @property
    def receivers_networks(self) -> tuple[Network, ...]:
        """Where receivers of events may be, beside public addresses."""
        return networks(self.webhook_networks)

    @field_validator("trusted_proxies", "webhook_networks")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        networks(value)
        return value

    @field_validator("person_header")
    @classmethod
    def _is_of_its_own(cls, value: str) -> str:
        if value.lower() in TAKEN_HEADERS:
            raise ValueError("another header's name")
        return value

    @field_validator("proxy_secret")
    @classmethod
    def _proves_a_proxy(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        secret = value.get_secret_value()
        if (secret or info.data.get("trusted_proxies")) and not PROXY_SECRET.fullmatch(secret):
            raise ValueError("32 or more visible ASCII characters, which only the proxy and the service know")
        return value

    @field_validator("taxonomy", "weights", "letters", "encoder", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("audit_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        SealKey.of_text(value.get_secret_value())
        return value

    @property
    def seal_key(self) -> SealKey | None:
        """What seals are made with; None where no key is set."""
        return SealKey.of_text(self.audit_key.get_secret_value())

    @model_validator(mode="after")
    def _fill_in_from_home(self) -> Self:
        home = self.home.expanduser().absolute()
        derived: dict[str, object] = {"home": home}
        if not self.database_url:
            derived["database_url"] = f"sqlite:///{home / 'cases.db'}"
        if not self.tracking_uri:
            derived["tracking_uri"] = f"sqlite:///{home / 'mlflow.db'}"
        if not self.artifact_root:
            derived["artifact_root"] = str(home / "mlartifacts")
        for name, folder in (("models_dir", "models"), ("cache_dir", "cache")):
            path: Path = getattr(self, name)
            derived[name] = home / folder if path == Path() else path.expanduser().absolute()
        for name, value in derived.items():
            # The object is frozen for its users; it is not finished yet here.
            object.__setattr__(self, name, value)
        return self


def load_settings(**overrides: object) -> Settings:
    """The settings from the environment, `overrides` (of options on the command line) winning.

    Raises:
        InvalidInputError: A variable does not hold what it must; names the variable.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        setting = "_".join(str(part) for part in first["loc"])
        name = f"CASELOAD_{setting.upper()}"
        raise InvalidInputError(
            f"{name!r} must be valid ({first['msg']}); {_advice(setting)} or unset it", field=name
        ) from error


def _advice(setting: str) -> str:
    """What to do about a setting that is not valid: of a number, with the range that its field allows."""
    field = Settings.model_fields.get(setting)
    if field is None or field.annotation not in (int, float):
        return "correct"
    limits = {
        name: getattr(part, name) for part in field.metadata for name in ("ge", "gt", "le") if hasattr(part, name)
    }
    kind = "a whole number" if field.annotation is int else "a number"
    if "gt" in limits:
        most = f" and at most {limits['le']:g}" if "le" in limits else ""
        return f"set it to {kind} above {limits['gt']:g}{most},"
    return f"set it to {kind} from {limits['ge']:g} to {limits['le']:g},"
