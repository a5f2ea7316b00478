"""A video that is made while it is watched: rendered scenes, the API that serves them, and a page in Chromium.

The API is as in production but for Kubernetes, whose fake the unit tests have. The page is of another origin, and its
player is the one that docs/live.md shows.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from tests.browser.chromium import Page, opened
from tests.unit.api.fake_kubernetes import NAMESPACE, FakeKubernetes
from videojob.spec import Narration, Output, Resolution
from videojob.storyboard import Beat, SceneContent
from videotutor_api.http.app import create_app
from videotutor_api.settings import Settings
from videotutor_renderer.scene.captions import Caption, read_web_vtt
from videotutor_renderer.scene.images import Look
from videotutor_renderer.scene.render import render
from videotutor_renderer.stream import write_stream

ROOT = Path(__file__).parents[2]
NAME = "video-1"
LONG = (
    "Numbers are things that we count with, and letters are not.",
    "So it is, and so it stays.",
)


@dataclass(frozen=True)
class Scene:
    """A rendered scene."""

    digest: str
    frames: int
    captions: Sequence[Caption]


@dataclass
class Video:
    """A VideoJob whose scenes are ready when the test says so, and the page that plays it."""

    kubernetes: FakeKubernetes
    page: Page

    def has(self, *scenes: Scene, ready: int) -> None:
        """Say in its status that it has these scenes, so many of them ready."""
        described = [
            {"id": f"scene-{i}", "phase": "Succeeded" if i <= ready else "Running", "digest": scene.digest}
            for i, scene in enumerate(scenes, 1)
        ]
        plan = {"key": "k", "storyboard": "k.json", "title": "Numbers"}
        self.kubernetes.add(NAME, {"prompt": "Numbers"}, {"phase": "Rendering", "plan": plan, "scenes": described})
        self.kubernetes.publish()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="session")
def scenes(store: Path) -> list[Scene]:
    """Four scenes, the first of two segments."""
    told: list[tuple[str, ...]] = [LONG, ("One.",), ("Two.",), ("One and a half.",)]
    return [_rendered(store, f"{number:016x}", says) for number, says in enumerate(told)]


def _rendered(store: Path, digest: str, says: Sequence[str]) -> Scene:
    folder = store / NAMESPACE / "scenes" / digest
    folder.mkdir(parents=True)
    content = SceneContent(title=says[0], beats=tuple(Beat(say=say) for say in says))
    made = render(content, Look(Output(resolution=Resolution.P480)), Narration(voice="espeak"), "en", folder)
    write_stream(folder)
    return Scene(digest, made.frames, read_web_vtt((folder / "captions.vtt").read_text()))


@pytest.fixture
async def kubernetes() -> AsyncIterator[FakeKubernetes]:
    fake = FakeKubernetes()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def video(store: Path, kubernetes: FakeKubernetes) -> AsyncIterator[Video]:
    """A video without scenes yet; the page asks for it already."""
    async with _served(Starlette(routes=[Route("/{file}", _page_file)])) as pages:
        variables = {
            "VIDEOTUTOR_NAMESPACE": NAMESPACE,
            "WEBHOOK_SECRET": "the-secret-of-these-tests",
            "VIDEOTUTOR_STORE": f"file://{store}",
            "VIDEOTUTOR_WEB_ORIGINS": pages,
        }
        app = create_app(Settings.model_validate(variables), kubernetes.access)
        async with _served(app) as api, opened(f"{pages}/player.html") as page:
            watched = Video(kubernetes, page)
            watched.has(ready=0)
            await page.run(f"watch(video, (address = '{api}/videos/{NAME}/live.m3u8'))")
            yield watched


async def _page_file(request: Request) -> Response:
    """The page, hls.js, or the player of the documentation."""
    match request.path_params["file"]:
        case "player.html":
            return FileResponse(Path(__file__).with_name("player.html"))
        case "hls.js":
            return FileResponse(ROOT / "node_modules/hls.js/dist/hls.min.js")
        case "watch.js":
            (script,) = re.findall(r"^```js\n(.+?)^```$", (ROOT / "docs/live.md").read_text(), re.MULTILINE | re.DOTALL)
            return Response(script, media_type="text/javascript")
        case _:
            return Response(status_code=404)


@asynccontextmanager
async def _served(app: Starlette) -> AsyncIterator[str]:
    """The origin of a server of this application."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
        running = asyncio.create_task(server.serve([listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
