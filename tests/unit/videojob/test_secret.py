"""Reading secrets, and redacting them."""

from __future__ import annotations

import base64
import io
import logging
import sys
import traceback

import pytest

from tests.unit.secret_table import FORMS, READ_BY, UNUSABLE, VALUE, assert_hidden, echoes
from videojob import secret
from videojob.secret import REDACTED, BadSecretError, read_secret, redact, redact_output


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret, "_known", {})
    read_secret({"WEBHOOK_SECRET": VALUE}, "WEBHOOK_SECRET")


@pytest.mark.parametrize("form", FORMS)
def test_white_space_around_a_secret_is_no_part_of_it(form: str) -> None:
    assert read_secret({"WEBHOOK_SECRET": FORMS[form]}, "WEBHOOK_SECRET").get_secret_value() == VALUE


@pytest.mark.parametrize("environment", [{}, {"WEBHOOK_SECRET": ""}, {"WEBHOOK_SECRET": " \r\n"}])
def test_a_secret_of_nothing_but_white_space_is_not_set(environment: dict[str, str]) -> None:
    assert not read_secret(environment, "WEBHOOK_SECRET")


@pytest.mark.parametrize("name", READ_BY)
@pytest.mark.parametrize("form", UNUSABLE)
def test_an_unusable_secret_is_refused_by_the_name_of_its_variable(name: str, form: str) -> None:
    with pytest.raises(BadSecretError, match=f"^{name}: must be one line of printable ASCII") as caught:
        read_secret({name: UNUSABLE[form]}, name)
    assert_hidden(caught.value, "".join(traceback.format_exception(caught.value)))


@pytest.mark.parametrize("echo", echoes())
def test_a_known_secret_is_redacted_however_it_is_written(echo: str) -> None:
    text = redact(f"before {echoes()[echo]} after")
    assert_hidden(text)
    assert REDACTED in text
    assert text.startswith("before ")
    assert text.endswith(" after")


@pytest.mark.parametrize("lead", range(6))
def test_base64_is_redacted_wherever_the_secret_is_in_the_encoded_text(lead: int) -> None:
    assert_hidden(redact(base64.b64encode(b"x" * lead + VALUE.encode() + b"tail").decode()))


@pytest.mark.parametrize("kept", range(8, len(VALUE)))
def test_the_start_of_a_secret_at_the_end_of_a_cut_text_is_redacted(kept: int) -> None:
    assert redact(f"key {VALUE[:kept]}") == f"key {REDACTED}"


def test_a_long_secret_is_redacted_whole() -> None:
    token = "eyJ" + "a1B2" * 700
    read_secret({"VIDEOTUTOR_LLM_KEY": token}, "VIDEOTUTOR_LLM_KEY")
    assert redact(f"Invalid header value b'{token}'") == f"Invalid header value b'{REDACTED}'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://user:pass%40word@proxy:3128/x", f"http://{REDACTED}@proxy:3128/x"),
        ("Bearer eyJhbGciOiJSUzI1NiJ9.e30.abc", f"Bearer {REDACTED}"),
        ("{'authorization': 'bearer eyJhbGciOiJSUzI1NiJ9'}", f"{{'authorization': 'bearer {REDACTED}'}}"),
        ("Basic geometry and the bearer of news, at http://host/@home", None),
    ],
)
def test_credentials_that_no_variable_holds_are_redacted_and_words_are_kept(text: str, expected: str | None) -> None:
    assert redact(text) == (expected or text)


def test_an_ordinary_text_stays_as_it_is() -> None:
    read_secret({"VIDEOTUTOR_LLM_KEY": "none"}, "VIDEOTUTOR_LLM_KEY")
    assert redact("none of the formulas could be set") == "none of the formulas could be set"


@pytest.mark.parametrize("form", [*FORMS.values(), *UNUSABLE.values()])
def test_output_is_redacted_from_the_start_tracebacks_and_logs_included(
    monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr(secret, "_known", {})
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    redact_output({"VIDEOTUTOR_SPEECH_KEY": form})
    redact_output({})
    print("the key is", form.strip())  # noqa: T201 -- what is tested
    sys.stdout.writelines([f"{form!r}\n"])
    logging.StreamHandler(sys.stderr).handle(logging.LogRecord("n", 40, "p", 1, "key %r", (form,), None))
    traceback.print_exception(ValueError(f"Invalid header value b'Bearer {form}'"))

    assert_hidden(out.getvalue(), err.getvalue())
    assert out.getvalue().startswith("the key is ")
    assert "ValueError: Invalid header value b'Bearer " in err.getvalue()
