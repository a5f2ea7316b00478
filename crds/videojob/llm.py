"""The language model that planners call: the operator passes these settings to the containers that may call it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator

from videojob.addresses import plain_http
from videojob.base import Model
from videojob.secret import Secret

ENV_PREFIX = "VIDEOTUTOR_LLM_"
KEY_VARIABLE = "VIDEOTUTOR_LLM_KEY"
"""Holds the endpoint's key, from a Secret; the settings travel without it."""

Price = Annotated[Decimal, Field(gt=0, le=1_000_000)]


class ReplyMode(StrEnum):
    """How a typed reply is requested from the model."""

    TOOL = "tool"
    NATIVE = "native"
    PROMPTED = "prompted"


class BadLlmSettingsError(Exception):
    """The environment has no valid settings of a model; the message names each variable at fault and its fix."""


class LlmSettings(Model):
    """A model behind an OpenAI-compatible endpoint, and the limits of its use."""

    url: str = Field(description="Address of an OpenAI-compatible API, for example https://api.openai.com/v1.")
    model: Annotated[str, Field(min_length=1, max_length=200)] = Field(description="The model's name at the endpoint.")
    key: Secret = Field(default=SecretStr(""), exclude=True, description="The endpoint's key, if it needs one.")
    mode: ReplyMode = Field(
        default=ReplyMode.TOOL,
        description="tool: the reply is a tool call; native: the endpoint holds the model to a JSON schema; "
        "prompted: the schema is in the prompt, for models that can do neither.",
    )
    repairs: Annotated[int, Field(ge=0, le=10)] = Field(
        default=2, description="How often a reply that is not valid goes back to the model, 0 to 10."
    )
    retries: Annotated[int, Field(ge=0, le=10)] = Field(
        default=4, description="How often a request is sent again after 408, 409, 429, 5xx or no answer, 0 to 10."
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=120, description="How long one request may take, in seconds."
    )
    deadline_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=600, description="How long everything together may take, in seconds."
    )
    reply_tokens: Annotated[int, Field(ge=100, le=1_000_000)] = Field(
        default=16_000, description="Longest reply in tokens; not more than the model can write."
    )
    max_tokens: Annotated[int, Field(ge=100, le=100_000_000)] = Field(
        default=100_000, description="Most tokens read and written for one plan or one edit, repairs included."
    )
    input_price: Price | None = Field(default=None, description="Price of a million tokens read, in any currency.")
    output_price: Price | None = Field(default=None, description="Price of a million tokens written.")
    max_cost: Price | None = Field(
        default=None, description="Most that one plan or one edit may cost; needs both prices."
    )

    @field_validator("url")
    @classmethod
    def _is_plain_http(cls, url: str) -> str:
        return plain_http(url, KEY_VARIABLE)

    @model_validator(mode="after")
    def _check_prices(self) -> LlmSettings:
        if (self.input_price is None) != (self.output_price is None):
            raise ValueError("INPUT_PRICE and OUTPUT_PRICE belong together: give both or none")
        if self.max_cost is not None and self.input_price is None:
            raise ValueError("MAX_COST needs INPUT_PRICE and OUTPUT_PRICE")
        return self

    def cost(self, read: int, written: int) -> Decimal | None:
        """Cost of a number of tokens, None without prices."""
        if self.input_price is None or self.output_price is None:
            return None
        return (read * self.input_price + written * self.output_price) / 1_000_000

    def variables(self) -> dict[str, str]:
        """The environment that `settings_of` reads again, without the key."""
        fields = self.model_dump(mode="json", exclude_none=True)
        return {ENV_PREFIX + name.upper(): str(value) for name, value in fields.items()}


def settings_of(environment: Mapping[str, str]) -> LlmSettings | None:
    """The model that an environment names; None where none of its variables is set.

    Raises:
        BadLlmSettingsError: a variable is missing or wrong. No value is in the message, it may be secret.
    """
    names = {name: ENV_PREFIX + name.upper() for name in LlmSettings.model_fields}
    values = {name: environment.get(variable, "").strip() for name, variable in names.items()}
    given = {name: value for name, value in values.items() if value}
    if not given:
        return None
    try:
        return LlmSettings.model_validate(given)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        raise BadLlmSettingsError(" ".join(_message(problem["loc"], problem["msg"]) for problem in problems)) from None


def _message(place: tuple[int | str, ...], message: str) -> str:
    """A problem with the name and meaning of its variable; a message about several fields names them itself."""
    words = message.removeprefix("Value error, ")
    if not place:
        return f"{ENV_PREFIX}…: {words}."
    name = str(place[0])
    return f"{ENV_PREFIX}{name.upper()}: {words}. {LlmSettings.model_fields[name].description}"
