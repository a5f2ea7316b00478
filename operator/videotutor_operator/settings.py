"""Settings of the operator, from the environment, checked before anything starts."""

from __future__ import annotations

import secrets
import socket
from typing import Annotated, Literal

from pydantic import (
    Field,
    Json,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from videojob.addresses import plain_http
from videojob.digest import RENDERER_VERSION
from videojob.llm import LlmSettings
from videojob.secret import Secret
from videojob.status import Renderer
from videotutor_operator.core.allowance import Allowance, Limits
from videotutor_operator.core.model import Site
from videotutor_operator.manifests.job import Runtime
from videotutor_operator.manifests.llm import Access
from videotutor_operator.manifests.pod_defaults import PodDefaults
from videotutor_operator.manifests.speech import Speech
from videotutor_operator.reports.convex import Receiver

NAME = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"
"""Name of an object of Kubernetes (RFC 1123 subdomain)."""
NAMESPACE = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
"""Name of a namespace (RFC 1123 label)."""

MIN_SECRET = 16
"""Fewest characters of a secret that signs: shorter ones can be found by trying. The API has the same bound."""


def unique_name() -> str:
    """A name for this process, unique on the host, where there is no pod name."""
    return f"{socket.gethostname()}-{secrets.token_hex(4)}"


class BadSettingsError(Exception):
    """The environment is invalid; the message names every variable at fault."""


class Settings(BaseSettings):
    """One field for each environment variable."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", validate_default=False, hide_input_in_errors=True
    )

    namespace: Annotated[str, Field(alias="VIDEOTUTOR_NAMESPACE", pattern=NAMESPACE)]
    scope: Annotated[Literal["namespace", "cluster"], Field(alias="VIDEOTUTOR_SCOPE")] = "namespace"
    namespaces: Annotated[
        tuple[Annotated[str, Field(pattern=NAMESPACE)], ...], NoDecode, Field(alias="VIDEOTUTOR_NAMESPACES")
    ] = ()
    lease: Annotated[str, Field(alias="VIDEOTUTOR_LEASE", pattern=NAME)] = ""
    lease_seconds: Annotated[int, Field(alias="VIDEOTUTOR_LEASE_SECONDS", ge=3, le=300)] = 15
    identity: Annotated[str, Field(alias="POD_NAME", max_length=128, default_factory=unique_name)]
    renderer_image: Annotated[str, Field(alias="VIDEOTUTOR_RENDERER_IMAGE", min_length=1)]
    pull_policy: Annotated[
        Literal["Always", "IfNotPresent", "Never"], Field(alias="VIDEOTUTOR_RENDERER_PULL_POLICY")
    ] = "IfNotPresent"
    artifacts_claim: Annotated[str, Field(alias="VIDEOTUTOR_ARTIFACTS_CLAIM", min_length=1)]
    job_service_account: Annotated[str, Field(alias="VIDEOTUTOR_JOB_SERVICE_ACCOUNT", pattern=NAME)] = ""
    job_ttl: Annotated[int, Field(alias="VIDEOTUTOR_JOB_TTL_SECONDS", ge=60, le=31_536_000)] = 86_400
    public_url: Annotated[str, Field(alias="VIDEOTUTOR_PUBLIC_URL")] = ""
    convex_site_url: Annotated[str, Field(alias="CONVEX_SITE_URL")] = ""
    callback_secret: Annotated[Secret, Field(alias="CALLBACK_SECRET")] = SecretStr("")
    pod_defaults: Annotated[Json[PodDefaults], Field(alias="VIDEOTUTOR_POD_DEFAULTS")] = PodDefaults()
    allowed: Annotated[Json[Allowance], Field(alias="VIDEOTUTOR_ALLOWED")] = Allowance()
    max_active_jobs: Annotated[int, Field(alias="VIDEOTUTOR_MAX_ACTIVE_JOBS", ge=0)] = 50
    max_active_jobs_per_namespace: Annotated[int, Field(alias="VIDEOTUTOR_MAX_ACTIVE_JOBS_PER_NAMESPACE", ge=0)] = 0
    llm: Annotated[Json[LlmSettings] | None, Field(alias="VIDEOTUTOR_LLM")] = None
    llm_secret: Annotated[str, Field(alias="VIDEOTUTOR_LLM_CREDENTIALS", pattern=NAME)] = ""
    voices_claim: Annotated[str, Field(alias="VIDEOTUTOR_VOICES_CLAIM", pattern=NAME)] = ""
    speech_url: Annotated[str, Field(alias="VIDEOTUTOR_SPEECH_URL")] = ""
    speech_model: Annotated[str, Field(alias="VIDEOTUTOR_SPEECH_MODEL", max_length=200)] = "tts-1"
    speech_secret: Annotated[str, Field(alias="VIDEOTUTOR_SPEECH_CREDENTIALS", pattern=NAME)] = ""
    health_port: Annotated[int, Field(alias="VIDEOTUTOR_HEALTH_PORT", ge=0, le=65535)] = 8081
    workers: Annotated[int, Field(alias="VIDEOTUTOR_WORKERS", ge=1, le=64)] = 8
    writes_per_second: Annotated[float, Field(alias="VIDEOTUTOR_WRITES_PER_SECOND", ge=1, le=10_000)] = 50
    watch_inactivity: Annotated[float, Field(alias="VIDEOTUTOR_WATCH_INACTIVITY_SECONDS", ge=2, le=3600)] = 70
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(alias="VIDEOTUTOR_LOG_LEVEL")] = "INFO"

    @field_validator("namespaces", mode="before")
    @classmethod
    def _names(cls, text: object) -> object:
        names = [name.strip() for name in text.split(",")] if isinstance(text, str) else text
        return tuple(dict.fromkeys(names)) if isinstance(names, list) else names

    @field_validator("public_url", "convex_site_url", "speech_url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        return plain_http(url) if url else ""

    @field_validator("callback_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret) < MIN_SECRET:
            raise ValueError(f"must have at least {MIN_SECRET} characters; `openssl rand -hex 32` makes one")
        return secret

    @model_validator(mode="after")
    def _check_secret(self) -> Settings:
        if self.convex_site_url and not self.callback_secret.get_secret_value():
            raise ValueError("CONVEX_SITE_URL is set, so CALLBACK_SECRET is needed to sign reports")
        return self

    @model_validator(mode="after")
    def _check_scope(self) -> Settings:
        if self.scope == "cluster" and self.namespaces:
            raise ValueError("VIDEOTUTOR_NAMESPACES is set, so VIDEOTUTOR_SCOPE must be namespace")
        return self

    @property
    def served_namespaces(self) -> tuple[str, ...] | None:
        """The namespaces whose VideoJobs are reconciled; None for all namespaces."""
        return None if self.scope == "cluster" else self.namespaces or (self.namespace,)

    def site(self) -> Site:
        """The settings of `decide`."""
        renderer = Renderer(self.renderer_image, RENDERER_VERSION)
        return Site(self.public_url, bool(self.convex_site_url), renderer, self.allowed)

    def limits(self) -> Limits:
        """Active Jobs at most."""
        return Limits(self.max_active_jobs, self.max_active_jobs_per_namespace)

    def runtime(self) -> Runtime:
        """The settings of pods."""
        return Runtime(
            image=self.renderer_image,
            pull_policy=self.pull_policy,
            artifacts_claim=self.artifacts_claim,
            pod=self.pod_defaults,
            service_account=self.job_service_account,
            job_ttl=self.job_ttl,
            llm=Access(self.llm, self.llm_secret),
            speech=Speech(self.voices_claim, self.speech_url, self.speech_model, self.speech_secret),
        )

    def receiver(self) -> Receiver:
        """The receiver of reports; `site` says whether there are any."""
        return Receiver(self.convex_site_url, self.callback_secret.get_secret_value())


def load() -> Settings:
    """The settings of this process.

    Raises:
        BadSettingsError: naming each variable and what is wrong with it, but no value, which may be secret.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        lines = [f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in problems]
        raise BadSettingsError("; ".join(line.removeprefix(": Value error, ") for line in lines)) from None
