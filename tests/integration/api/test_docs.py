"""The examples of docs/api.md work as they stand."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.integration.api.conftest import SECRET, Api
from tests.integration.api.local_convex import LocalConvex, local_convex

DOCUMENT = Path(__file__).parents[3] / "docs" / "api.md"


@pytest.fixture
def convex() -> Iterator[LocalConvex]:
    with local_convex(SECRET) as running:
        yield running


@pytest.fixture
def connected(start: Callable[..., AbstractContextManager[Api]], convex: LocalConvex) -> Iterator[Api]:
    """An API that asks Convex for sessions, as that of the demo does."""
    with start(CONVEX_SITE_URL=convex.site_url) as running:
        yield running


def test_the_examples_of_the_documentation_run_one_after_the_other(
    connected: Api, convex: LocalConvex, tmp_path: Path
) -> None:
    examples = re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    environment = {**os.environ, "API": str(connected.http.base_url), "CONVEX": convex.url, "WEBHOOK_SECRET": SECRET}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(examples)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    answers = done.stdout.replace(" ", "")
    assert '{"status":"ok","kubernetes":"ok"' in answers
    assert '"message":"Hello,Ada!"' in answers
    assert answers.count('"status":"accepted"') == 3
    assert '"format":"PNG","width":8,"height":6' in answers
    assert '"prompt":"Explainthechainrule"' in answers
    assert '"errors":[{' not in answers
