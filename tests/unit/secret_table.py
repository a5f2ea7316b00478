"""Every secret of the project, which parts read it, how it may be given, and how to find it in what a part puts out."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import TextIO
from urllib.parse import quote

from videojob import secret
from videojob.secret import redact_output

READ_BY = {
    "ADMIN_KEY": {"convex-local"},
    "CALLBACK_SECRET": {"operator", "convex"},
    "CALLBACK_SECRET_PREVIOUS": {"convex"},
    "VIDEOTUTOR_LLM_KEY": {"renderer"},
    "VIDEOTUTOR_SPEECH_KEY": {"renderer"},
    "WEBHOOK_SECRET": {"api", "convex"},
    "WEBHOOK_SECRET_PREVIOUS": {"api"},
}

CORE = "S3cr3tC0re"
"""In every secret, and in every way of escaping one, since it needs no escapes."""
VALUE = f"sk-{CORE}/with\"signs'&+\\"

FORMS = {
    "plain": VALUE,
    "newline": f"{VALUE}\n",
    "CRLF": f"{VALUE}\r\n",
    "leading blank": f" {VALUE}",
    "tab and newlines": f"\t{VALUE}\n\n",
}
GIVEN = FORMS["newline"]
"""The form in which failures are tested. Each part's tests assert that it knows every form as the same value."""
UNUSABLE = {
    "two lines": f"{VALUE}\nsecond line",
    "control character": f"{VALUE}\x07",
    "not ASCII": f"é{VALUE}",
    "byte order mark": f"\ufeff{VALUE}",
    "not UTF-8": f"\udcff{VALUE}",
}


def read_by(part: str) -> list[str]:
    """The secrets that a part reads."""
    return sorted(name for name, parts in READ_BY.items() if part in parts)


def echoes(text: str = VALUE) -> dict[str, str]:
    """The ways in which a server may repeat what it was sent."""
    return {
        "as it is": text,
        "in JSON": json.dumps({"authorization": text}),
        "in JSON in JSON": json.dumps(json.dumps({"authorization": text})),
        "as Python shows it": repr(text.encode()),
        "percent-encoded": quote(text, safe=""),
        "base64": base64.b64encode(text.encode()).decode(),
        "base64 for URLs, behind a user": base64.urlsafe_b64encode(f"user:{text}".encode()).decode(),
        "HTML": text.replace("&", "&amp;").replace('"', "&quot;").replace("'", "&#x27;"),
    }


def assert_known(*others: str) -> None:
    """All that the process redacts is the secret without white space, and these."""
    assert secret._known.keys() == {VALUE, *others}


def assert_hidden(*texts: object) -> None:
    """No text holds the secret, in clear or in base64."""
    hidden = [CORE, *(base64.b64encode(b"x" * lead + CORE.encode()).decode()[4:12] for lead in range(3))]
    for text in map(str, texts):
        assert [found for found in hidden if found in text] == [], text


@contextlib.contextmanager
def watched(handler: Callable[[TextIO], logging.Handler]) -> Iterator[io.StringIO]:
    """What the block writes and logs, as a process does that redacts its output."""
    out, root = io.StringIO(), logging.getLogger()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        redact_output({})
        logged = handler(sys.stderr)
        root.addHandler(logged)
        try:
            yield out
        finally:
            root.removeHandler(logged)
