"""The settings of the language model: what an environment may say, and that the key stays out of everything."""

from __future__ import annotations

from decimal import Decimal

import pytest

from videojob.llm import BadLlmSettingsError, LlmSettings, ReplyMode, settings_of

LEAST = {"VIDEOTUTOR_LLM_URL": "https://models.example/v1/", "VIDEOTUTOR_LLM_MODEL": "teacher-1"}
PRICED = {
    **LEAST,
    "VIDEOTUTOR_LLM_INPUT_PRICE": "0.25",
    "VIDEOTUTOR_LLM_OUTPUT_PRICE": "2",
    "VIDEOTUTOR_LLM_MAX_COST": "0.5",
    "VIDEOTUTOR_LLM_MODE": "prompted",
    "VIDEOTUTOR_LLM_REPAIRS": "0",
}


def test_an_environment_without_any_of_the_variables_names_no_model() -> None:
    assert settings_of({}) is None
    assert settings_of(dict.fromkeys(LEAST, "")) is None


def test_an_address_and_a_model_are_enough() -> None:
    settings = settings_of(LEAST)
    assert settings is not None
    assert (settings.url, settings.model, settings.mode) == ("https://models.example/v1", "teacher-1", ReplyMode.TOOL)
    assert settings.cost(1000, 1000) is None


def test_settings_travel_as_variables_and_the_key_does_not() -> None:
    settings = settings_of({**PRICED, "VIDEOTUTOR_LLM_KEY": "sk-secret"})
    assert settings is not None
    assert "sk-secret" not in f"{settings.variables()} {settings!r} {settings.to_json_object()}"
    assert settings_of(settings.variables()) == settings_of(PRICED)


def test_a_key_from_a_file_may_end_with_its_line() -> None:
    settings = settings_of({**LEAST, "VIDEOTUTOR_LLM_KEY": "sk-secret\n"})
    assert settings is not None
    assert settings.key.get_secret_value() == "sk-secret"


def test_tokens_cost_what_the_prices_of_a_million_say() -> None:
    settings = settings_of(PRICED)
    assert settings is not None
    assert settings.cost(read=1_000_000, written=500_000) == Decimal("1.25")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"VIDEOTUTOR_LLM_URL": ""}, "VIDEOTUTOR_LLM_URL: Field required. Address of an OpenAI-compatible API"),
        ({"VIDEOTUTOR_LLM_MODEL": ""}, "VIDEOTUTOR_LLM_MODEL: Field required. The model's name at the endpoint."),
        ({"VIDEOTUTOR_LLM_URL": "models.example"}, "VIDEOTUTOR_LLM_URL: it must begin with http:// or https://"),
        ({"VIDEOTUTOR_LLM_URL": "https://me:hunter2@models.example"}, "a key belongs into VIDEOTUTOR_LLM_KEY"),
        ({"VIDEOTUTOR_LLM_URL": "https://models.example?key=hunter2"}, "a key belongs into VIDEOTUTOR_LLM_KEY"),
        ({"VIDEOTUTOR_LLM_MODE": "magic"}, "VIDEOTUTOR_LLM_MODE: Input should be 'tool', 'native' or 'prompted'"),
        ({"VIDEOTUTOR_LLM_RETRIES": "many"}, "VIDEOTUTOR_LLM_RETRIES: Input should be a valid integer"),
        ({"VIDEOTUTOR_LLM_OUTPUT_PRICE": ""}, "INPUT_PRICE and OUTPUT_PRICE belong together"),
        (dict.fromkeys(PRICED.keys() & {"VIDEOTUTOR_LLM_INPUT_PRICE", "VIDEOTUTOR_LLM_OUTPUT_PRICE"}, ""), "MAX_COST"),
    ],
)
def test_a_wrong_setting_is_named_with_what_belongs_there_and_without_its_value(
    change: dict[str, str], told: str
) -> None:
    with pytest.raises(BadLlmSettingsError) as caught:
        settings_of({**PRICED, **change})
    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_operator_reads_them_as_json_with_the_charts_names() -> None:
    settings = LlmSettings.model_validate_json('{"url": "http://models:8000/v1", "model": "m", "timeoutSeconds": 5}')
    assert settings.variables()["VIDEOTUTOR_LLM_TIMEOUT_SECONDS"] == "5.0"
