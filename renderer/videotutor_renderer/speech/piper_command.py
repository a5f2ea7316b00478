"""Piper's own command, run with one thread: `python -m videotutor_renderer.speech.piper_command` takes its arguments.

ONNX Runtime starts a thread for each core of the machine, whatever part of it the process may use, and idle ones
spin: on one core of two that takes half as long again. With one thread the same words also sound the same on every
machine. Of its optimisations only the basic ones are asked for: the others take longer than they save on a scene.
"""

from __future__ import annotations

import runpy
from typing import Any

import onnxruntime

_SessionOptions = onnxruntime.SessionOptions


def one_thread() -> Any:
    """The default options of a session, but for its threads and optimisations."""
    options = _SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return options


if __name__ == "__main__":
    onnxruntime.SessionOptions = one_thread
    runpy.run_module("piper", run_name="__main__", alter_sys=True)
