"""A fake of an OpenAI-compatible endpoint: real HTTP on loopback, chat completions as OpenAI has them, no model."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

READ, WRITTEN = 1000, 500
"""Tokens that every reply of the fake claims to have cost."""


@dataclass(frozen=True)
class Says:
    """A completion: JSON as a tool call where tools are offered, else as text; `cut`: the reply was too long."""

    value: Any
    cut: bool = False


@dataclass(frozen=True)
class Fails:
    """An HTTP error in OpenAI's form."""

    status: int
    message: str = "no"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hangs:
    """No answer until the test is over."""


Turn = Says | Fails | Hangs


class FakeEndpoint:
    """Plays its turns one after the other, the last one again and again; keeps every request."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def messages(self, role: str) -> list[str]:
        """The texts of one role in the newest request."""
        return [str(message["content"]) for message in self.requests[-1]["messages"] if message["role"] == role]

    def stop(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append({"path": self.path, **body})
                endpoint.keys.append(str(self.headers["Authorization"]))
                turn = endpoint.turns.pop(0) if len(endpoint.turns) > 1 else endpoint.turns[0]
                if isinstance(turn, Hangs):
                    endpoint._over.wait()
                    return
                if isinstance(turn, Fails):
                    self._send(turn.status, {"error": {"message": turn.message}}, turn.headers)
                    return
                self._send(200, completion(body, turn), {})

            def _send(self, status: int, value: object, headers: dict[str, str]) -> None:
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, text in headers.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


def completion(body: dict[str, Any], says: Says) -> dict[str, Any]:
    """A chat completion object."""
    text = json.dumps(says.value)[: 20 if says.cut else None]
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if body.get("tools"):
        function = {"name": body["tools"][0]["function"]["name"], "arguments": text}
        calls = [{"id": "c1", "type": "function", "function": function}]
        message = {"role": "assistant", "content": None, "tool_calls": calls}
    usage = {"prompt_tokens": READ, "completion_tokens": WRITTEN, "total_tokens": READ + WRITTEN}
    made = {"id": "x", "object": "chat.completion", "created": 1, "model": body["model"]}
    choice = {"index": 0, "message": message, "finish_reason": "length" if says.cut else "stop"}
    return {**made, "choices": [choice], "usage": usage}
