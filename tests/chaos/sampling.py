"""Which experiments the matrix has: complete lists, and seeded samples of what is too much to run."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, cycle, islice, zip_longest
from typing import TypeVar

from tests.chaos.experiments import Experiment, Group, Scenario
from tests.chaos.faults import (
    RESTARTS,
    TOWARDS_API,
    TOWARDS_CONVEX,
    WITH_STANDBY,
    Fault,
    Mode,
    possible_faults,
)

WITHIN = 8
"""The second fault of a pair hits one of so many requests after the first."""
WITHIN_REPORTS = 2
"""The same for a second fault that hits a report."""
AFTER_THE_LAST_REPORT = 2
"""So many requests follow the last report."""
RESTARTED = 3
"""Every third pair restarts the operator between its faults."""
MOST_DRAWS = 10
"""So many draws for each experiment that is wanted: small runs have few different ones."""

ALONE = tuple(mode for mode in TOWARDS_API if mode not in WITH_STANDBY)
SECOND = tuple(mode for mode in ALONE if mode is not Mode.GONE)
"""Modes of a second fault. A watch is refused only where one is opened, which a second fault cannot rely on."""

T = TypeVar("T")
Kinds = Sequence[str]
"""Kinds of requests in the order of an undisturbed run."""


def single_experiments(kinds: Kinds, standby: Kinds, modes: Iterable[Mode] = TOWARDS_API) -> list[Experiment]:
    """Return every mode at every request of `make`; `standby`: the leader's requests in a run with a standby."""
    chosen = [mode for mode in TOWARDS_API if mode in set(modes)]
    alone = possible_faults(kinds, [mode for mode in chosen if mode not in WITH_STANDBY])
    with_standby = possible_faults(standby, [mode for mode in chosen if mode in WITH_STANDBY])
    return [Experiment((fault,)) for fault in alone + with_standby]


def convex_experiments(reports: Kinds, modes: Iterable[Mode] = TOWARDS_CONVEX) -> list[Experiment]:
    """Return every mode towards Convex at every report of `make`."""
    chosen = [mode for mode in TOWARDS_CONVEX if mode in set(modes)]
    return [Experiment((fault,)) for fault in possible_faults(reports, chosen)]


def pair_experiments(kinds: Kinds, standby: Kinds, budget: int, seed: int) -> list[Experiment]:
    """Draw pairs of faults towards the API server, every mode about equally often as the first.

    The second fault hits one of the next `WITHIN` requests; every third pair has a restart between its faults. The
    pairs that lose the answer to the creation of a Job while the watches are silent are always among them.
    """
    rng = _generator(seed, Group.PAIRS)
    firsts = _evenly(rng, (experiment.faults[0] for experiment in single_experiments(kinds, standby)))
    drawn = (_pair(rng, first, number, len(kinds)) for number, first in enumerate(cycle(firsts)))
    return _draw(chain(_stale_pairs(kinds), drawn), budget)


def _stale_pairs(kinds: Kinds) -> list[Experiment]:
    """Return pairs after which the operator neither has an answer nor sees the Job: only its name prevents a second."""
    return [
        Experiment((first, Fault(Mode.DROP_AFTER, gap)))
        for first in possible_faults(kinds, [Mode.FREEZE])
        for gap in (1, 2)
        if kinds[first.at - 1 + gap : first.at + gap] == ["create jobs"]
    ]


def _pair(rng: random.Random, first: Fault, number: int, requests: int) -> Experiment:
    if number % RESTARTED == 0 and first.mode not in WITH_STANDBY:
        return Experiment((first, _next(rng, RESTARTS, requests - first.at), _next(rng, SECOND)))
    left = WITHIN if first.mode in {*RESTARTS, *WITH_STANDBY} else requests - first.at
    return Experiment((first, _next(rng, SECOND, left)))


def edit_experiments(baselines: Mapping[Scenario, tuple[Kinds, Kinds]], budget: int, seed: int) -> list[Experiment]:
    """Draw single faults at the requests and reports after an edit, every scenario and mode about equally often.

    `baselines`: the requests and the reports of the undisturbed run of each scenario.
    """
    rng = _generator(seed, Group.EDITS)
    drawn = [
        [
            Experiment((fault,), scenario)
            for fault in _evenly(rng, [*possible_faults(kinds, ALONE), *possible_faults(reports, TOWARDS_CONVEX)])
        ]
        for scenario, (kinds, reports) in baselines.items()
    ]
    return _draw(_in_turn(drawn), budget)


def convex_pair_experiments(kinds: Kinds, reports: Kinds, budget: int, seed: int) -> list[Experiment]:
    """Draw pairs of a fault towards Convex and one towards the API server, in turn in either order."""
    rng = _generator(seed, Group.CONVEX_PAIRS)
    to_convex = _evenly(rng, possible_faults(reports, TOWARDS_CONVEX))
    to_api = _evenly(rng, possible_faults(kinds, ALONE))
    report_first = (
        Experiment((first, _next(rng, SECOND, WITHIN if first.at < len(reports) else AFTER_THE_LAST_REPORT)))
        for first in cycle(to_convex)
    )
    request_first = (Experiment((first, _next(rng, TOWARDS_CONVEX, WITHIN_REPORTS))) for first in cycle(to_api))
    turns = zip(report_first, request_first, strict=False)
    return _draw((experiment for both in turns for experiment in both), budget)


def _generator(seed: int, group: Group) -> random.Random:
    """Return a generator for one group, so that a group's sample does not depend on the others."""
    return random.Random(f"{seed}/{group}")  # noqa: S311 -- a sample, not a secret


def _next(rng: random.Random, modes: Sequence[Mode], left: int = WITHIN) -> Fault:
    """Draw a fault for one of the next requests, of which about `left` are left in the run."""
    return Fault(rng.choice(modes), rng.randint(1, max(1, min(left, WITHIN))))


def _evenly(rng: random.Random, faults: Iterable[Fault]) -> list[Fault]:
    """Shuffle faults so that the modes take turns."""
    by_mode: dict[Mode, list[Fault]] = {}
    for fault in faults:
        by_mode.setdefault(fault.mode, []).append(fault)
    shuffled = [rng.sample(of_mode, len(of_mode)) for of_mode in by_mode.values()]
    rng.shuffle(shuffled)
    return list(_in_turn(shuffled))


def _in_turn(lists: Iterable[Sequence[T]]) -> Iterator[T]:
    """Return the first of each list, then the second of each, and so on to the end of the longest."""
    return (one for turn in zip_longest(*lists) for one in turn if one is not None)


def _draw(experiments: Iterable[Experiment], budget: int) -> list[Experiment]:
    """Take the first `budget` different experiments; fewer, where even many draws do not give so many."""
    return list(dict.fromkeys(islice(experiments, MOST_DRAWS * budget)))[:budget]
