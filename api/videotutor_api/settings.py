"""The settings from the environment, read once at start: an invalid variable stops the API with its name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from videojob.addresses import HttpAddress
from videojob.secret import Secret

MIN_SECRET = 16
"""Fewest characters of a secret: shorter ones can be guessed."""

FILE_SCHEME = "file://"

ORIGIN = r"https?://[a-z0-9.-]+(:[0-9]+)?"
"""As browsers write it (RFC 6454, section 6.1): no path, and no slash at the end."""


class SettingsError(Exception):
    """The environment is invalid; the message names each variable and what is wrong with it."""


class Settings(BaseSettings):
    """The API's settings; the aliases are the names of environment variables. An empty variable counts as absent."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    host: str = Field(default="0.0.0.0", validation_alias="HOST")  # noqa: S104 - a pod serves its cluster
    port: Annotated[int, Field(ge=0, le=65535)] = Field(default=8000, validation_alias="PORT")
    probe_port: Annotated[int, Field(ge=0, le=65535)] = Field(default=8081, validation_alias="PROBE_PORT")
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = Field(
        default="INFO", validation_alias="LOG_LEVEL"
    )
    namespace: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")] = Field(
        validation_alias="VIDEOTUTOR_NAMESPACE"
    )
    webhook_secret: Secret = Field(validation_alias="WEBHOOK_SECRET")
    webhook_secret_previous: Secret = Field(default=SecretStr(""), validation_alias="WEBHOOK_SECRET_PREVIOUS")
    convex_site_url: HttpAddress | None = Field(default=None, validation_alias="CONVEX_SITE_URL")
    store: str = Field(default="file:///artifacts", validation_alias="VIDEOTUTOR_STORE")
    public_url: HttpAddress | None = Field(default=None, validation_alias="VIDEOTUTOR_PUBLIC_URL")
    web_origins: Annotated[str, Field(pattern=rf"^({ORIGIN}( {ORIGIN})*|\*)$")] | None = Field(
        default=None, validation_alias="VIDEOTUTOR_WEB_ORIGINS"
    )
    test_endpoints: bool = Field(default=False, validation_alias="VIDEOTUTOR_TEST_ENDPOINTS")

    @field_validator("webhook_secret")
    @classmethod
    def _given(cls, secret: SecretStr) -> SecretStr:
        if not secret:
            raise ValueError("Field required")
        return secret

    @field_validator("webhook_secret", "webhook_secret_previous")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret) < MIN_SECRET:
            raise ValueError(f"must have at least {MIN_SECRET} characters; `openssl rand -hex 32` makes one")
        return secret

    @field_validator("store")
    @classmethod
    def _absolute_file_store(cls, store: str) -> str:
        if not store.startswith(f"{FILE_SCHEME}/"):
            raise ValueError("must be file:// and an absolute path, for example file:///artifacts")
        return store

    @property
    def store_root(self) -> Path:
        """Directory of the artifact store."""
        return Path(self.store.removeprefix(FILE_SCHEME))

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Secrets of webhooks, the current one first; all of them sign a check at Convex."""
        secrets = (self.webhook_secret, self.webhook_secret_previous)
        return tuple(secret.get_secret_value() for secret in secrets if secret)


def load_settings() -> Settings:
    """The settings from the environment.

    Raises:
        SettingsError: a variable is missing or invalid. Its value is not repeated: it may be a secret.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = (_line(entry["loc"], entry["msg"]) for entry in error.errors(include_input=False, include_url=False))
        raise SettingsError("\n".join(lines)) from None


def _line(location: tuple[int | str, ...], message: str) -> str:
    name = ".".join(str(part) for part in location)
    plain = message.removeprefix("Value error, ")
    return f"{name}: {plain}" if name else plain
