"""An endpoint that repeats the key that it is sent, in each way that a server, a gateway or a broken one might."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.unit.secret_table import echoes
from videotutor_renderer.speech.endpoint import LONGEST_ERROR

Behaviour = Callable[[str], bytes]
"""Bytes that go back, from the Authorization header that came."""


def _response(status: int, body: str, headers: str = "") -> bytes:
    data = body.encode()
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n{headers}Connection: close\r\n\r\n".encode() + data


def _error(status: int, message: str) -> bytes:
    return _response(status, json.dumps({"error": {"message": message}}), "Content-Type: application/json\r\n")


def _echoing(status: int, way: str) -> Behaviour:
    return lambda header: _error(status, f"Incorrect API key: {echoes(header)[way]}")


BEHAVIOURS: dict[str, Behaviour] = {
    **{f"401, key {way}": _echoing(401, way) for way in echoes()},
    **{f"{status}, key in JSON": _echoing(status, "in JSON") for status in (400, 403, 404, 422, 429, 500, 503)},
    "401 without JSON": lambda header: _response(401, f"<p>{header}</p>"),
    "400 cut off inside of the key": lambda header: _response(400, " " * (LONGEST_ERROR - 25) + header),
    "400 in the shape of no error": lambda header: _response(400, json.dumps([{header: header}])),
    "200 that is none of its answers": lambda header: _response(200, json.dumps({"key": header})),
    "200 that is no JSON": lambda header: _response(200, header),
    "200 with the key as its kind": lambda header: _response(200, "{}", f"Content-Type: {header[7:20]}\r\n"),
    "redirect": lambda header: _response(307, header, f"Location: http://127.0.0.1:9/?key={header}\r\n"),
    "no HTTP": lambda header: f"SSH-2.0 {header}\r\n\r\n".encode(),
    "a status that is none": lambda header: f"HTTP/1.1 {header}\r\n\r\n".encode(),
    "a broken header": lambda header: f"HTTP/1.1 200 OK\r\nContent-Length: {header}\r\n\r\n".encode(),
    "cut off": lambda header: f"HTTP/1.1 401 X\r\nContent-Length: 9999\r\n\r\n{header}".encode(),
    "silence": lambda _: b"",
}


@contextmanager
def echoing(behaviour: Behaviour) -> Iterator[str]:
    """Serve; the value is the address of the API."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            headers = {}
            while line := self.rfile.readline().decode("latin-1").strip():
                name, _, value = line.partition(": ")
                headers[name.lower()] = value
            self.rfile.read(int(headers["content-length"]))
            self.wfile.write(behaviour(headers.get("authorization", "")))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
        thread.join()
