"""The examples of docs/api.md work as they stand."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.integration.api.conftest import SECRET, Api

DOCUMENT = Path(__file__).parents[3] / "docs" / "api.md"


def test_the_examples_of_the_documentation_run_one_after_the_other(api: Api, tmp_path: Path) -> None:
    examples = re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    environment = {**os.environ, "API": str(api.http.base_url), "WEBHOOK_SECRET": SECRET}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(examples)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    answers = done.stdout.replace(" ", "")
    assert '{"status":"ok","kubernetes":"ok"' in answers
    assert '"message":"Hello,Ada!"' in answers
    assert answers.count('"status":"accepted"') == 2
    assert '"prompt":"Explainthechainrule"' in answers
    assert '"errors":[{' not in answers
