"""Asking the model: a typed reply, sent back while it is invalid, within limits of time, tokens and cost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from openai import AsyncOpenAI
from pydantic_ai import Agent, ModelRetry, NativeOutput, PromptedOutput, RunContext, ToolOutput
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model as LanguageModel
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer, OpenAIModelProfile
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RunUsage, UsageLimits

from videojob.base import Model
from videojob.llm import LlmSettings, ReplyMode
from videotutor_renderer.log import log
from videotutor_renderer.plan.llm.failures import model_failed
from videotutor_renderer.plan.llm.prompt import prompt_version

Reply = TypeVar("Reply", bound=Model)

MODES = {ReplyMode.TOOL: ToolOutput, ReplyMode.NATIVE: NativeOutput, ReplyMode.PROMPTED: PromptedOutput}


@dataclass(frozen=True)
class Question(Generic[Reply]):
    """What is asked: `system` is ours, `data` the user's; `problems` finds what is wrong with a reply of that type."""

    system: str
    data: Mapping[str, object]
    wanted: type[Reply]
    problems: Callable[[Reply], list[str]]


@dataclass(frozen=True)
class Answer(Generic[Reply]):
    """A reply that fits its type; its last problems, if the model could not mend them; what it took, in words."""

    reply: Reply
    problems: list[str]
    note: str


def ask(question: Question[Reply], settings: LlmSettings) -> Answer[Reply]:
    """Put a question to the model that the settings name.

    Raises:
        ModelFailedError: it cannot be reached, refuses, reaches a limit, or never gives a valid reply.
    """
    return asyncio.run(_through_client(question, settings))


async def _through_client(question: Question[Reply], settings: LlmSettings) -> Answer[Reply]:
    """Through a client that sends a request again after 408, 409, 429, 5xx and no answer.

    It waits longer each time, or as long as Retry-After says, up to two minutes.
    """
    client = AsyncOpenAI(
        base_url=settings.url,
        api_key=settings.key.get_secret_value() or "none",  # the client insists on one, a local server does not
        max_retries=settings.retries,
        timeout=settings.timeout_seconds,
    )
    async with client:
        profile = OpenAIModelProfile(json_schema_transformer=_PlainSchema)
        provider = OpenAICompatibleProvider("videotutor", openai_client=client, profile=profile)
        return await _put(question, settings, OpenAIChatModel(settings.model, provider=provider))


class _PlainSchema(OpenAIJsonSchemaTransformer):
    """A schema without the rules for the API server, which tell a model nothing and which strict endpoints refuse."""

    def transform(self, schema: dict[str, Any]) -> dict[str, Any]:
        plain = {name: value for name, value in schema.items() if not name.startswith("x-kubernetes-")}
        return super().transform(plain)


async def _put(question: Question[Reply], settings: LlmSettings, model: LanguageModel) -> Answer[Reply]:
    usage = RunUsage()
    limits = UsageLimits(total_tokens_limit=settings.max_tokens, cost_limit=settings.max_cost)
    try:
        result = await _agent(question, settings, model).run(
            # JSON, for no text can pose as the end of a JSON string and go on as something else
            json.dumps(question.data, ensure_ascii=False),
            usage=usage,
            usage_limits=limits,
            timeout=settings.deadline_seconds,
        )
    except AgentRunError as error:
        # not `from error`: what an endpoint echoes in it may hold the key
        raise model_failed(error, settings, usage) from None
    log("the model has answered", model=settings.model, requests=usage.requests, tokens=usage.total_tokens)
    return Answer(result.output, question.problems(result.output), _note(settings, usage))


def _agent(question: Question[Reply], settings: LlmSettings, model: LanguageModel) -> Agent[object, Reply]:
    agent = Agent(
        _Priced(model, settings),
        output_type=MODES[settings.mode](question.wanted),
        instructions=question.system,
        retries=settings.repairs,
        model_settings=ModelSettings(max_tokens=settings.reply_tokens),
    )

    @agent.output_validator
    def _has_no_problems(context: RunContext[object], reply: Reply) -> Reply:
        """Problems go back to the model; those of the last reply go to the caller, who may mend them."""
        if not context.last_attempt and (found := question.problems(reply)):
            raise ModelRetry("\n".join(found))
        return reply

    return agent


class _Priced(WrapperModel):
    """The model with the prices of the settings, so that the limit of the cost counts by them."""

    def __init__(self, wrapped: LanguageModel, settings: LlmSettings) -> None:
        super().__init__(wrapped)
        self._prices = settings

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        response = await super().request(messages, model_settings, model_request_parameters)
        response.usage.cost = self._prices.cost(response.usage.input_tokens, response.usage.output_tokens)
        return response


def _note(settings: LlmSettings, usage: RunUsage) -> str:
    cost = settings.cost(usage.input_tokens, usage.output_tokens)
    priced = "" if cost is None else f", cost {cost:.4f}"
    return f"Written by the model {settings.model} (prompt {prompt_version()}): {usage.total_tokens} tokens{priced}."
