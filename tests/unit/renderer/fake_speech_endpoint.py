"""A fake of an OpenAI-compatible speech endpoint on the loopback, which says what a test tells it to."""

from __future__ import annotations

import io
import json
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from numpy.typing import NDArray


def a_wav(rate: int = 24_000, channels: int = 1, width: int = 2, seconds: float = 0.5) -> bytes:
    """A tone of 440 Hz."""
    tone = np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    samples = (tone * 0.5 * (2 ** (8 * width - 1) - 1)).astype(f"<i{width}")
    return a_wav_of(np.repeat(samples, channels), rate, channels)


def a_wav_of(samples: NDArray[np.signedinteger[Any]], rate: int, channels: int) -> bytes:
    """A file of these samples, those of the channels in turn."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setparams((channels, samples.itemsize, rate, 0, "NONE", "not compressed"))
        file.writeframes(samples.tobytes())
    return target.getvalue()


@dataclass
class FakeSpeechEndpoint:
    """The answers still to be given, the last one again and again; and what was asked."""

    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=lambda: [(200, {}, a_wav())])
    requests: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(fake: FakeSpeechEndpoint) -> Iterator[FakeSpeechEndpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.requests.append({"path": self.path, "key": self.headers["Authorization"], **body})
            status, headers, answer = fake.answers.pop(0) if len(fake.answers) > 1 else fake.answers[0]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
