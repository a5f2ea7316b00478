"""`python -m videotutor_operator`: the operator, until SIGTERM."""

from __future__ import annotations

import gc
import logging
import os
import sys

import uvloop

from videojob.secret import redact_output
from videotutor_operator import app, logs
from videotutor_operator.errors import ClusterError
from videotutor_operator.settings import BadSettingsError, load

GARBAGE_THRESHOLD = 50_000
"""How many containers are new, and not freed, before a garbage collection. JSON from the API server has no cycles, and
is most of what is made: at Python's default of 700, collections are 3 % of the processor time."""


def main() -> int:
    """Run; the exit code is 0 after SIGTERM, 2 for bad settings, 1 for failures that a restart may fix."""
    redact_output(os.environ)
    try:
        settings = load()
    except BadSettingsError as error:
        sys.stderr.write(f"bad settings: {error}\n")
        return 2
    logs.configure(settings.log_level)
    gc.set_threshold(GARBAGE_THRESHOLD)
    try:
        uvloop.run(app.run(settings))
    except ClusterError as error:
        logging.getLogger(__name__).error("stopped: %s", error)  # noqa: TRY400 -- the message is enough
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)  # nothing is left to save, and the interpreter's cleanup takes a third of a second of CPU
