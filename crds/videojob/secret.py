"""Secrets of the environment: read without the white space around them, and redacted in all output of a process.

Each process calls `redact_output` first. From then on, it writes no line with a secret that it has read; other
output (a status, a report, an HTTP response) goes through `redact`.
"""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterable, Mapping
from html.entities import html5
from typing import Annotated, TextIO, cast

from pydantic import BeforeValidator, SecretStr

VARIABLES = frozenset(
    {
        "ADMIN_KEY",
        "CALLBACK_SECRET",
        "CALLBACK_SECRET_PREVIOUS",
        "VIDEOTUTOR_LLM_KEY",
        "VIDEOTUTOR_SPEECH_KEY",
        "WEBHOOK_SECRET",
        "WEBHOOK_SECRET_PREVIOUS",
    }
)
"""Every environment variable of the project that holds a secret."""

REDACTED = "[redacted]"
SHORTEST = 8
"""Fewest characters of a value that is redacted; a shorter one may be an ordinary word."""

_WHITE_SPACE = " \t\n\v\f\r"
_USABLE = re.compile(r"[\x20-\x7e]*")
"""What an HTTP header can carry (RFC 9110, section 5.5)."""
_PRINTABLE = re.compile(r"[\x21-\x7e][\x20-\x7e]*")
_UNUSABLE = (
    "must be one line of printable ASCII. White space around it is removed, but inside it there is a line break, "
    "a control character or a letter outside ASCII"
)
_SPELLED = 64
"""Characters of a secret that are matched one by one; the rest of a longer one is all that follows without a gap."""
_CREDENTIALS = re.compile(r"(?<=://)[^\s/?#@\"'\\]+(?=@)|(?i:(?<=\bbearer )|(?<=\bbasic ))[\w.~+/=-]{16,}")
"""Credentials that no variable holds: user and password in a URL, and tokens of an Authorization header."""

_entities = {text: name for name, text in html5.items() if name.endswith(";") and len(text) == 1}
_known: dict[str, re.Pattern[str]] = {}


class BadSecretError(ValueError):
    """A secret cannot be used; the message names its variable, never its value."""


def read_secret(environment: Mapping[str, str], name: str) -> SecretStr:
    """The secret in a variable without white space around it; empty where it is not set.

    Raises:
        BadSecretError: it has characters that an HTTP header cannot carry.
    """
    try:
        return SecretStr(_clean(environment.get(name, "")))
    except ValueError as error:
        raise BadSecretError(f"{name}: {error}.") from None


def _clean(value: str) -> str:
    plain = value.strip(_WHITE_SPACE)
    _learn(plain)
    if not _USABLE.fullmatch(plain):
        raise ValueError(_UNUSABLE)
    return plain


def _validate_secret(value: object) -> object:
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return _clean(plain) if isinstance(plain, str) else plain


Secret = Annotated[SecretStr, BeforeValidator(_validate_secret)]
"""Type of a field that holds a secret, cleaned and redacted as by `read_secret`."""


def redact(text: str) -> str:
    """The text without the secrets that this process has read, and without credentials in URLs and headers.

    A secret is found as it is, escaped as in JSON, a URL or HTML, and in base64; also where the text was cut off inside
    of it, so shorten a text after it was redacted. Linear in the length of the text for each secret.
    """
    for pattern in _known.values():
        text = pattern.sub(REDACTED, text)
    for secret in _known:
        text = _without_start_of(secret, text)
    return _CREDENTIALS.sub(REDACTED, text)


def redact_output(environment: Mapping[str, str]) -> None:
    """Redact everything that is written to standard output and error from now on, tracebacks included."""
    for name in VARIABLES:
        _learn(environment.get(name, "").strip(_WHITE_SPACE))
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, _RedactedStream):
            setattr(sys, name, cast("TextIO", _RedactedStream(stream)))


class _RedactedStream:
    """A text stream that redacts what is written to it; the rest is delegated to the stream below."""

    def __init__(self, below: TextIO) -> None:
        self._below = below

    def write(self, text: str) -> int:
        """Write the text redacted; returns the length of what was given."""
        self._below.write(redact(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each text redacted."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        return getattr(self._below, name)


def _learn(secret: str) -> None:
    """Redact a secret from now on; of an unusable one also its parts, since the rest is escaped in many ways."""
    for text in {secret, *_PRINTABLE.findall(secret)} - _known.keys():
        if len(text) >= SHORTEST:
            _known[text] = re.compile("|".join(_spelling(form) for form in (text, *_base64_forms(text))))


def _spelling(form: str) -> str:
    """A pattern for a text with any escapes of its characters."""
    rest = r"[^\s\"'<>,;]*" if len(form) > _SPELLED else ""
    return "".join(map(_spelling_of, form[:_SPELLED])) + rest


def _spelling_of(character: str) -> str:
    code = f"{ord(character):02x}"
    ways = [
        rf"\\{{0,8}}{re.escape(character)}",  # JSON in JSON in a Python literal
        rf"(?i:%{code}|\\{{1,8}}(?:x|u00){code}|&\#x0*{code};)",
        f"&#0*{ord(character)};",
    ]
    if entity := _entities.get(character):
        ways.append(f"&{entity}")
    if character == " ":
        ways.append(r"\+")
    return f"(?:{'|'.join(ways)})"


def _base64_forms(secret: str) -> set[str]:
    """The base64 forms of a secret within a longer text, without the characters shared with its neighbours."""
    data, forms = secret.encode(errors="surrogateescape"), set()
    for before, shared in enumerate((0, 2, 3)):
        text = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        inner = text[shared : len(text) - bool((before + len(data)) % 3)]
        forms |= {inner, inner.translate(str.maketrans("+/", "-_"))}
    return forms


def _without_start_of(secret: str, text: str) -> str:
    """The text without a partial secret at its end."""
    for length in range(min(len(secret), len(text)), SHORTEST - 1, -1):
        if text.endswith(secret[:length]):
            return text[:-length] + REDACTED
    return text
