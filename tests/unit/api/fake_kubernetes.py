"""A fake of the Kubernetes API: the custom-objects REST protocol over real HTTP, for VideoJobs only.

It keeps what the protocol promises (names are unique, versions rise, a patch of an old version is a conflict, pages
continue, a watch sends every change in order); it validates nothing, so what a real API server refuses is set by
`refuse`. Tests change objects directly; `publish` turns that into changes of the protocol.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
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
        self.list_refusal: tuple[int, str] | None = None
        self.requests: Counter[str] = Counter()
        self.page_bytes: list[int] = []
        self.writes = 0
        self.before_patch: list[Callable[[], None]] = []
        self.before_delete: list[Callable[[], None]] = []
        self.silent = False
        """Whether watches send nothing from now on."""
        self.hang = False
        self.end_watches = False
        self._version = 0
        self._published: dict[str, str] = {}
        self._changes: list[tuple[int, dict[str, Any]]] = []
        self._changed = asyncio.Event()
        self._epoch = 0
        self.expired = 0
        self.raw: list[bytes] = []
        """Lines that the watches send beside the changes."""
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        app = web.Application(client_max_size=1 << 22)
        app.router.add_post(COLLECTION, self._create)
        app.router.add_get(COLLECTION, self._list)
        app.router.add_get(COLLECTION + "/{name}", self._get)
        app.router.add_patch(COLLECTION + "/{name}", self._patch)
        app.router.add_delete(COLLECTION + "/{name}", self._delete)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self.end_watches = True
        self._changed.set()
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
        """Respond to the next request about one object with this."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.refusals.append(web.Response(status=status, text=text, headers=headers, content_type="application/json"))

    def refuse_lists(self, status: int, body: dict[str, Any]) -> None:
        """Respond to all lists and watches from now on with this."""
        self.list_refusal = status, json.dumps(body)

    def add(self, name: str, spec: dict[str, Any], status: dict[str, Any] | None = None) -> dict[str, Any]:
        """Put a VideoJob there."""
        metadata = {"name": name, "uid": f"uid-{name}", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"}
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
        self.publish()
        return web.json_response(made, status=201)

    async def _delete(self, request: web.Request) -> web.Response:
        self.requests["delete"] += 1
        if self.refusals:
            return self.refusals.pop(0)
        name = request.match_info["name"]
        if name not in self.objects:
            return _not_found(request)
        if self.before_delete:
            self.before_delete.pop(0)()
        wanted = (await request.json())["preconditions"]["resourceVersion"]
        if wanted != self.objects[name]["metadata"]["resourceVersion"]:
            return _status(409, "Conflict", "the precondition failed")
        del self.objects[name]
        return web.json_response({"kind": "Status", "status": "Success"})

    async def _get(self, request: web.Request) -> web.Response:
        self.requests["get"] += 1
        if self.hang:
            await asyncio.Event().wait()
        if self.refusals:
            return self.refusals.pop(0)
        found = self.objects.get(request.match_info["name"])
        return web.json_response(found) if found else _not_found(request)

    def publish(self) -> int:
        """Record what tests changed as changes of the watch. Returns the newest version."""
        for name in [*self._published.keys() - self.objects.keys(), *sorted(self.objects, key=self._version_of)]:
            found = self.objects.get(name)
            before = self._published.get(name)
            if found is None:
                assert before is not None
                self._version += 1
                gone = json.loads(before)
                gone["metadata"]["resourceVersion"] = str(self._version)
                self._record("DELETED", gone)
                del self._published[name]
            elif json.dumps(found) != before:
                if before and json.loads(before)["metadata"]["resourceVersion"] == found["metadata"]["resourceVersion"]:
                    self.touch(name)
                self._published[name] = json.dumps(found)
                self._record("MODIFIED" if before else "ADDED", json.loads(self._published[name]))
        return self._version

    def _version_of(self, name: str) -> int:
        return int(self.objects[name]["metadata"]["resourceVersion"])

    def forget(self, change: Callable[[], object]) -> None:
        """Make a change that no watch sends, and end the watches with 410 as after a compaction of etcd."""
        change()
        self._published = {name: text for name, text in self._published.items() if name in self.objects}
        self._version += 1
        self._changes.clear()
        self.expired = self._version
        self.close_watches()

    def close_watches(self) -> None:
        """End every open watch."""
        self._epoch += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def bookmark(self) -> int:
        """Publish, and send the newest version to the watches. Returns it."""
        version = self.publish()
        self._record("BOOKMARK", {"metadata": {"resourceVersion": str(version)}})
        return version

    def _record(self, kind: str, found: dict[str, Any]) -> None:
        self._changes.append((int(found["metadata"]["resourceVersion"]), {"type": kind, "object": found}))
        self._changed.set()
        self._changed = asyncio.Event()

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("watch") == "true":
            return await self._watch(request)
        self.requests["list"] += 1
        if self.list_refusal:
            status, text = self.list_refusal
            return web.Response(status=status, text=text, content_type="application/json")
        version = self.publish()
        names = [name for name in sorted(self.objects) if name > request.query.get("continue", "")]
        page = names[: int(request.query.get("limit", len(names) or 1))]
        token = page[-1] if len(names) > len(page) else ""
        metadata = {"continue": token, "resourceVersion": str(version)}
        text = json.dumps({"metadata": metadata, "items": [self.objects[name] for name in page]})
        self.page_bytes.append(len(text))
        return web.Response(text=text, content_type="application/json")

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        self.requests["watch"] += 1
        if self.list_refusal:
            status, text = self.list_refusal
            return web.Response(status=status, text=text, content_type="application/json")
        since, sent, epoch = int(request.query["resourceVersion"]), 0, self._epoch
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        if since < self.expired:
            expired = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
            await response.write(json.dumps({"type": "ERROR", "object": expired}).encode() + b"\n")
            return response
        while not self.end_watches and epoch == self._epoch:
            changed = self._changed
            batch = self._changes[sent:]
            sent += len(batch)
            while self.raw:
                await response.write(self.raw.pop(0) + b"\n")
            for version, change in batch:
                if not self.silent and (version > since or change["type"] == "BOOKMARK"):
                    await response.write(json.dumps(change).encode() + b"\n")
            await changed.wait()
        return response

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
        self.publish()
        return web.json_response(found)


def _status(code: int, reason: str, message: str, **details: str) -> web.Response:
    document = {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}
    return web.json_response(document, status=code)


def _not_found(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    return _status(404, "NotFound", f'videojobs "{name}" not found', kind="videojobs", name=name)
