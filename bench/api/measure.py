"""The measurements, each a part of its own."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median, quantiles

import aiohttp

from bench.api.attack import DRIPPING, PAUSED, SILENT, attacking
from bench.api.installation import NAMESPACE, Installation
from bench.common.errors import BenchError
from bench.common.figures import Figure
from bench.operator.api import VIDEOJOBS, Api
from bench.operator.large import storyboard
from dev.cluster.progress import say

MEGA = 1_000_000
LABEL = "videotutor.dev/bench"
_PER_SECOND = 50
_TIMEOUT = aiohttp.ClientTimeout(total=5)
_VIDEO = "bench-api-watched"


@dataclass(frozen=True)
class Sizes:
    """How long and how much."""

    calm_seconds: float = 20
    attack_seconds: float = 120
    large: int = 100
    viewers: int = 100
    viewing_seconds: float = 30


QUICK = Sizes(3, 10, 5, 20, 5)


@dataclass
class Polled:
    """Responses to the same request, sent at intervals: seconds of the good ones, and reasons of the others."""

    seconds: list[float]
    failures: list[str]

    @property
    def p95(self) -> float:
        """In milliseconds."""
        return quantiles(self.seconds, n=20)[-1] * 1000

    @property
    def failed(self) -> float:
        """In percent."""
        return 100 * len(self.failures) / max(1, len(self.seconds) + len(self.failures))


def command(part: str) -> str:
    """What measures a part alone."""
    return f"make bench-api ONLY={part}"


async def poll(request: Callable[[], Awaitable[float]], seconds: float, interval: float) -> Polled:
    """Send a request at intervals, each without waiting for the former."""
    polled, tasks = Polled([], []), set[asyncio.Task[None]]()

    async def send() -> None:
        try:
            polled.seconds.append(await request())
        except (BenchError, aiohttp.ClientError, TimeoutError, OSError) as error:
            polled.failures.append(str(error) or type(error).__name__)

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        tasks.add(asyncio.create_task(send()))
        await asyncio.sleep(interval)
    await asyncio.gather(*tasks)
    return polled


async def get(session: aiohttp.ClientSession, url: str) -> float:
    """Seconds of a GET.

    Raises:
        BenchError: it was refused.
    """
    begun = time.perf_counter()
    async with session.get(url) as response:
        await response.read()
        if not response.ok:
            raise BenchError(f"{url} got {response.status}")
    return time.perf_counter() - begun


@asynccontextmanager
async def fresh_connections() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that opens a connection for each request, as strangers do."""
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session:
        yield session


async def hostile(here: Installation, video: str, sizes: Sizes) -> list[Figure]:
    """Probes and webhooks under attack, beside the same without one, and beside uvicorn with a limit of connections."""
    here.install()
    say(f"== {SILENT} silent, {DRIPPING} dripping, {PAUSED} paused connections for {sizes.attack_seconds:.0f} s")
    restarts = here.restarts()
    async with fresh_connections() as session:
        calm = await poll(lambda: here.webhook(session), sizes.calm_seconds, 0.1)
        async with attacking(here.url, video):
            health, webhooks = await asyncio.gather(
                poll(lambda: get(session, f"{here.url}/health"), sizes.attack_seconds, 0.1),
                poll(lambda: here.webhook(session), sizes.attack_seconds, 0.1),
            )
    say(f"  /health: {len(health.seconds)} good, {len(health.failures)} failed {health.failures[:1]}")
    say(f"  webhooks: {len(webhooks.seconds)} good, {len(webhooks.failures)} failed {webhooks.failures[:1]}")
    if health.failures or here.restarts() != restarts:
        raise BenchError(f"/health failed {len(health.failures)} times, {here.restarts() - restarts} restarts")
    peer = await _peer_failures(sizes)
    say(f"  uvicorn with a limit of connections: {peer:.0f} % of its responses failed")
    about = f"under {SILENT} silent, {DRIPPING} dripping and {PAUSED} paused connections"
    return [
        Figure(
            "webhooks-failed",
            f"signed webhooks that failed {about} (uvicorn with limit_concurrency=512: {peer:.0f} %)",
            "%",
            webhooks.failed,
            1,
            command=command("hostile"),
        ),
        Figure("webhook-p95", f"p95 of a webhook {about}", "ms", webhooks.p95, 500, command=command("hostile")),
        Figure(
            "webhook-p95-ratio",
            f"p95 of a webhook {about}, beside the same without them",
            "ms",
            webhooks.p95,
            20,
            calm.p95,
            command=command("hostile"),
        ),
    ]


async def _peer_failures(sizes: Sizes) -> float:
    """Percent of requests that uvicorn with a limit of connections does not answer under the same attack."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.api.peer", str(port))
    url = f"http://127.0.0.1:{port}"
    try:
        async with fresh_connections() as session:
            async with asyncio.timeout(30):
                while (await poll(lambda: get(session, url), 0.1, 0.2)).failures:
                    pass
            async with attacking(url, "/videos/x"):
                await asyncio.sleep(2)  # until all are connected
                return (await poll(lambda: get(session, url), min(20, sizes.attack_seconds), 0.1)).failed
    finally:
        process.terminate()
        await process.wait()


async def rolling(here: Installation) -> list[Figure]:
    """Two replicas replaced twice under load; a refused request is an error of the run."""
    here.install(replicas=2)
    say(f"== two rolling updates of two replicas at {_PER_SECOND} requests/s")
    rolled = asyncio.create_task(_roll_twice(here))
    async with fresh_connections() as session:
        polls = [Polled([], [])]
        while not rolled.done():
            polls.append(await poll(lambda: get(session, f"{here.url}/videos?limit=1"), 5, 1 / _PER_SECOND))
    await rolled
    here.install()
    good, failures = sum(len(p.seconds) for p in polls), [reason for p in polls for reason in p.failures]
    say(f"  {good} good, {len(failures)} refused {failures[:2]}")
    if failures:
        raise BenchError(f"{len(failures)} of {good + len(failures)} requests were refused: {failures[0]}")
    slowest = max(second for p in polls for second in p.seconds)
    title = f"slowest of {good} requests over two rolling updates of two replicas (none refused)"
    return [Figure("rolling-slowest", title, "s", slowest, 5, command=command("rolling"))]


async def _roll_twice(here: Installation) -> None:
    for _ in range(2):
        await here.roll()


async def large_list(here: Installation, api: Api, sizes: Sizes) -> list[Figure]:
    """A list of large VideoJobs: seconds, beside the API server's own list, and memory."""
    say(f"== a list of {sizes.large} VideoJobs of 0.9 MB")
    here.install()
    await here.roll()
    videojobs = f"{VIDEOJOBS}/namespaces/{NAMESPACE}/videojobs"
    async with fresh_connections() as session:
        url = f"{here.url}/videos?limit=100"
        await get(session, url)
        before = here.peak_bytes()
        spec = {"storyboard": storyboard(beats=20), "suspend": True}
        for number in range(sizes.large):
            metadata = {"name": f"bench-large-{number:03}", "labels": {LABEL: "large"}}
            kind = {"apiVersion": "videotutor.dev/v1alpha1", "kind": "VideoJob"}
            await api.call("POST", videojobs, {**kind, "metadata": metadata, "spec": spec})
        ours, floor = list[float](), list[float]()
        for _ in range(5):
            ours.append(await get(session, url))
            begun = time.perf_counter()
            await api.call("GET", videojobs, query={"limit": "100"})
            floor.append(time.perf_counter() - begun)
        more = (here.peak_bytes() - before) / MEGA
    say(f"  {median(ours) * 1000:.0f} ms, the API server's {median(floor) * 1000:.0f} ms; {more:.0f} MB more")
    about, alone = f"{sizes.large} VideoJobs of 0.9 MB", command("list")
    samples = {"ours": ours, "floor": floor}
    return [
        Figure("list", f"list of {about}", "ms", max(ours) * 1000, 300, command=alone),
        Figure("list-ratio", "the same, beside the API server", "s", median(ours), 1, median(floor), samples, alone),
        Figure("list-memory", f"peak of memory with {about}, more than before", "MB", more, 60, command=alone),
    ]


async def viewers(here: Installation, api: Api, video: str, sizes: Sizes) -> list[Figure]:
    """Viewers of live playlists; a read at the API server is an error of the run."""
    say(f"== {sizes.viewers} viewers for {sizes.viewing_seconds:.0f} s")
    here.install()
    name = video.split("/")[2]
    with here.without_operator():
        return await _viewers(here, api, name, sizes)


async def _viewers(here: Installation, api: Api, name: str, sizes: Sizes) -> list[Figure]:
    async with fresh_connections() as session:
        master = await _text(session, f"{here.url}/videos/{name}/live.m3u8")
        playlist = f"{here.url}/videos/{name}/{master.splitlines()[-1]}"
        await get(session, playlist)
        before = await _reads(api)
        polled = await asyncio.gather(
            *(poll(lambda: get(session, playlist), sizes.viewing_seconds, 1.0) for _ in range(sizes.viewers))
        )
        reads = await _reads(api) - before
    seconds = [second for one in polled for second in one.seconds]
    failures = [reason for one in polled for reason in one.failures]
    say(f"  {len(seconds)} playlists, {len(failures)} failed, {reads} reads of VideoJobs at the API server")
    if failures or reads:
        raise BenchError(f"{len(failures)} playlists failed, {reads} reads at the API server")
    p95 = Polled(seconds, []).p95
    title = f"p95 of {len(seconds)} live playlists for {sizes.viewers} viewers (0 reads at the API server)"
    return [Figure("viewers-p95", title, "ms", p95, 300, command=command("viewers"))]


async def _text(session: aiohttp.ClientSession, url: str) -> str:
    async with session.get(url) as response:
        return await response.text()


async def _reads(api: Api) -> int:
    """GETs and LISTs of VideoJobs that the API server has served so far."""
    metrics = await api.text("metrics")
    return sum(
        int(float(line.rpartition(" ")[2]))
        for line in metrics.splitlines()
        if line.startswith("apiserver_request_total{")
        and 'resource="videojobs"' in line
        and any(f'verb="{verb}"' in line for verb in ("GET", "LIST"))
    )


def watched_video(here: Installation) -> str:
    """Path of a finished video's file, which is made where it is missing."""
    spec = {"prompt": "Explain the chain rule", "sceneCount": 3, "output": {"draft": True}}
    kind = {"apiVersion": "videotutor.dev/v1alpha1", "kind": "VideoJob", "metadata": {"name": _VIDEO}}
    here.kubectl("apply", "-f", "-", stdin=json.dumps({**kind, "spec": spec}))
    here.kubectl("wait", "--for=condition=Ready", f"videojob/{_VIDEO}", "--timeout=300s")
    return f"/videos/{_VIDEO}/video"


def sweep(here: Installation) -> None:
    """Remove what the measurements made."""
    here.kubectl("delete", "videojobs", "-l", LABEL, "--wait=true")
    here.kubectl("delete", "videojob", _VIDEO, "--ignore-not-found")
