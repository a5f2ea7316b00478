"""A speech endpoint: `POST {base}/audio/speech`, as OpenAI defined it and many servers speak it.

Text leaves the machine only for it, and only when `narration.voice` asks for one of its voices.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from pydantic import SecretStr

from videojob.addresses import plain_http
from videojob.secret import BadSecretError, read_secret, redact
from videojob.spec import REMOTE_VOICE
from videojob.speech import KEY_VARIABLE, MODEL_VARIABLE, URL_VARIABLE
from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError, bad_scene
from videotutor_renderer.log import log

DEFAULT_MODEL = "tts-1"
SECONDS = 60.0
"""How long the endpoint may be silent."""
MOST_TRIES = 4
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds between two tries: twice as long each time, or what Retry-After says, up to the longest."""
LARGEST = 32 * 2**20
"""Bytes of a sound: three minutes of 16-bit stereo at 48 kHz, and a beat has 1000 characters."""
LONGEST_ERROR, MOST_WORDS = 10_000, 200
"""Bytes of an error that are read, and characters of it that are shown."""

_USERS_FAULT = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}


@dataclass(frozen=True)
class Endpoint:
    """Where it is, which model it uses, and the key, empty where it asks for none."""

    url: str
    model: str
    key: SecretStr

    @classmethod
    def configured(cls) -> Endpoint | None:
        """The endpoint that the environment names; None when it names none.

        Raises:
            TaskError: its address or its key is unusable; the message names the variable, not the value.
        """
        if not (address := os.environ.get(URL_VARIABLE, "").strip()):
            return None
        try:
            url = plain_http(address, KEY_VARIABLE)
        except ValueError as error:
            raise TaskError(FailureClass.INTERNAL, f"{URL_VARIABLE}: {error}.") from None
        try:
            key = read_secret(os.environ, KEY_VARIABLE)
        except BadSecretError as error:
            raise TaskError(FailureClass.INTERNAL, str(error)) from None
        return cls(url, os.environ.get(MODEL_VARIABLE, "").strip() or DEFAULT_MODEL, key)


@dataclass(frozen=True)
class Answer:
    """What came back; status 0: nothing did, and the body says why."""

    status: int
    body: bytes
    retry_after: str = ""


def synthesise(text: str, voice: str, endpoint: Endpoint, sleep: Callable[[float], None] = time.sleep) -> bytes:
    """A WAV file of the text.

    Raises:
        TaskError: the endpoint refuses the voice or the text, which is the scene's fault; or it does not answer, or
            not with a sound, which is not.
    """
    for left in reversed(range(MOST_TRIES)):
        answer = _ask(text, voice, endpoint)
        again = answer.status in {0, HTTPStatus.TOO_MANY_REQUESTS} or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if not again or not left:
            break
        wait = _wait(answer, MOST_TRIES - 1 - left)
        log("the speech endpoint is asked again", status=answer.status, seconds=wait)
        sleep(wait)
    return _sound(answer, voice)


def _ask(text: str, voice: str, endpoint: Endpoint) -> Answer:
    """One request. Redirects are not followed: the key is for this host only."""
    url = urlsplit(f"{endpoint.url}/audio/speech")
    connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = connect(url.hostname or "", url.port, timeout=SECONDS)
    body = json.dumps({"model": endpoint.model, "input": text, "voice": voice, "response_format": "wav"})
    key = endpoint.key.get_secret_value()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        connection.request("POST", url.path, body, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return Answer(response.status, response.read(LARGEST + 1), response.getheader("Retry-After", ""))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, type(error).__name__.encode())
    finally:
        connection.close()


def _wait(answer: Answer, tried: int) -> float:
    """Seconds until the next try; a Retry-After that is a date counts as none."""
    asked = float(answer.retry_after) if answer.retry_after.isdecimal() else FIRST_WAIT * 2**tried
    return min(asked, LONGEST_WAIT)


def _sound(answer: Answer, voice: str) -> bytes:
    if answer.status == HTTPStatus.OK and len(answer.body) <= LARGEST:
        return answer.body
    if answer.status == HTTPStatus.OK:
        raise TaskError(FailureClass.INTERNAL, f"The speech endpoint sent more than {LARGEST} bytes.")
    words = _words(answer.body)
    if answer.status in _USERS_FAULT:
        message = f"narration.voice: the speech endpoint refuses {REMOTE_VOICE}{voice} ({answer.status}): {words}"
        raise bad_scene(message)
    said = f"answered {answer.status}: {words}" if answer.status else f"did not answer: {words}"
    raise TaskError(FailureClass.INTERNAL, f"The speech endpoint {said}")


def _words(body: bytes) -> str:
    """What the endpoint says is wrong, in one line; redacted, since some repeat the key."""
    text = body[:LONGEST_ERROR].decode(errors="replace")
    with contextlib.suppress(ValueError, KeyError, TypeError):  # not every server answers as OpenAI does
        text = json.loads(text)["error"]["message"]
    plain = " ".join(redact(str(text)).split())
    return "".join(filter(str.isprintable, plain))[:MOST_WORDS] or "it does not say why"
