"""A fake of the Kubernetes API: the custom-objects REST protocol over real HTTP, for VideoJobs only.

It keeps what the protocol promises (names are unique, versions rise, a patch of an old version is a conflict, pages
continue); it validates nothing, so what a real API server refuses is told to it by `refuse`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import certifi
from aiohttp import web
from kubernetes.aio import client

NAMESPACE = "videos"
COLLECTION = f"/apis/videotutor.dev/v1alpha1/namespaces/{NAMESPACE}/videojobs"

END = "-----END CERTIFICATE-----\n"
ONE_AUTHORITY = certifi.contents().split(END)[0] + END
"""Instead of the system's hundreds, which each client would load again: half the time of these tests."""


class FakeKubernetes:
    """Holds VideoJobs by name; tests read and change them directly."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.refusals: list[web.Response] = []
        self.writes = 0
        self.before_patch: list[Callable[[], None]] = []
        self.hang = False
        self._version = 0
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        app = web.Application(client_max_size=1 << 22)
        app.router.add_post(COLLECTION, self._create)
        app.router.add_get(COLLECTION, self._list)
        app.router.add_get(COLLECTION + "/{name}", self._get)
        app.router.add_patch(COLLECTION + "/{name}", self._patch)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    @property
    def access(self) -> client.Configuration:
        """How a client reaches this fake."""
        access = client.Configuration(host=f"http://127.0.0.1:{self.port}")
        access.ca_cert_data = ONE_AUTHORITY
        return access

    def refuse(self, status: int, body: dict[str, Any] | str = "", headers: dict[str, str] | None = None) -> None:
        """Answer the next request with this."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.refusals.append(web.Response(status=status, text=text, headers=headers, content_type="application/json"))

    def add(self, name: str, spec: dict[str, Any], status: dict[str, Any] | None = None) -> dict[str, Any]:
        """Put a VideoJob there."""
        metadata = {"name": name, "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"}
        made = {"metadata": metadata, "spec": spec, **({"status": status} if status else {})}
        self.objects[name] = made
        self.touch(name)
        return made

    def touch(self, name: str) -> None:
        """Raise a VideoJob's version, as another writer would."""
        self._version += 1
        self.objects[name]["metadata"]["resourceVersion"] = str(self._version)

    async def _create(self, request: web.Request) -> web.Response:
        if self.refusals:
            return self.refusals.pop(0)
        body = await request.json()
        name = body["metadata"]["name"]
        if name in self.objects:
            return _status(409, "AlreadyExists", f'videojobs "{name}" already exists')
        self.writes += 1
        defaults = {"planner": "auto", "output": {}, "narration": {}, "suspend": False, "cancel": False}
        made = self.add(name, {**defaults, **body["spec"]})
        made["metadata"]["labels"] = body["metadata"].get("labels", {})
        return web.json_response(made, status=201)

    async def _get(self, request: web.Request) -> web.Response:
        if self.hang:
            await asyncio.Event().wait()
        if self.refusals:
            return self.refusals.pop(0)
        found = self.objects.get(request.match_info["name"])
        return web.json_response(found) if found else _not_found(request)

    async def _list(self, request: web.Request) -> web.Response:
        if self.refusals:
            return self.refusals.pop(0)
        wanted = [term for term in request.query.get("fieldSelector", "").split(",") if term]
        label = request.query.get("labelSelector", "")
        names = [
            name
            for name, found in sorted(self.objects.items())
            if all(_fits(found, term) for term in wanted)
            and (not label or label in found["metadata"].get("labels", {}))
            and name > request.query.get("continue", "")
        ]
        limit = int(request.query.get("limit", len(names) or 1))
        page = names[:limit]
        token = page[-1] if len(names) > limit else ""
        return web.json_response({"metadata": {"continue": token}, "items": [self.objects[name] for name in page]})

    async def _patch(self, request: web.Request) -> web.Response:
        if self.refusals:
            return self.refusals.pop(0)
        if self.before_patch:
            self.before_patch.pop(0)()
        name = request.match_info["name"]
        if not (found := self.objects.get(name)):
            return _not_found(request)
        assert request.content_type == "application/merge-patch+json"
        body = await request.json()
        if body["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
            return _status(409, "Conflict", "the object has been modified")
        self.writes += 1
        changed = {**found["spec"], **body["spec"]}
        found["metadata"]["generation"] += changed != found["spec"]
        found["spec"] = changed
        found["metadata"].setdefault("annotations", {}).update(body["metadata"].get("annotations", {}))
        self.touch(name)
        return web.json_response(found)


def _fits(found: dict[str, Any], term: str) -> bool:
    """Whether a term of a field selector holds: path=value or path!=value."""
    path, value = term.split("=", 1)
    return bool(_at(found, path.removesuffix("!")) == value) != path.endswith("!")


def _at(found: dict[str, Any], path: str) -> Any:
    value: Any = found
    for part in path.split("."):
        value = value.get(part, {})
    return value


def _status(code: int, reason: str, message: str) -> web.Response:
    return web.json_response({"kind": "Status", "code": code, "reason": reason, "message": message}, status=code)


def _not_found(request: web.Request) -> web.Response:
    return _status(404, "NotFound", f'videojobs "{request.match_info["name"]}" not found')
