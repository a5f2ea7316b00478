"""A renderer without pictures: reads tasks and answers them in the contract of the release that PYTHONPATH names.

A line of standard input is a container's environment as JSON; the line that answers it has the exit code and the
termination message. So what a container of that release accepts and says is what its own code accepts and says.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from typing import Any

from tests.integration.operator.fake_kubelet import success
from videojob import tasks
from videojob.digest import RENDERER_VERSION
from videojob.results import AnyResult, FailureResult, encode_result
from videojob.status import Failure, FailureClass

EXIT_FAILED = 1


def answer(environment: Mapping[str, str]) -> tuple[int, AnyResult]:
    """The exit code and the result of one container."""
    versioned = len(inspect.signature(tasks.decode_env).parameters) > 1
    decode: Any = tasks.decode_env  # its parameters differ from release to release
    try:
        return 0, success(decode(environment, RENDERER_VERSION) if versioned else decode(environment))
    except Exception as error:  # noqa: BLE001 -- whatever it refuses a task for, the operator must get an answer
        message = f"{type(error).__name__}: {error}"[:500]
        return EXIT_FAILED, FailureResult(error=Failure(class_=FailureClass.INTERNAL, message=message))


def main() -> None:
    """Answer until standard input ends."""
    for line in sys.stdin:
        code, result = answer(json.loads(line))
        sys.stdout.write(json.dumps({"exitCode": code, "message": encode_result(result)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
