"""The administrator's bounds on a VideoJob's `podTemplate`. The chart's admission policy has the same rules in CEL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from videojob.base import Model
from videojob.spec import PodTemplate, Quantity, Toleration

RESERVED = "system-"
"""Prefix of the priority classes of Kubernetes' own parts; a pod of such a class may preempt every other."""

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,2}))?")
_UNITS = {
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("num", -3)},
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}

ClassName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")]
Selector = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9_./]{0,315}[A-Za-z0-9])?=(\*|[-A-Za-z0-9_.]{0,63})$")]


class AllowedToleration(Toleration):
    """A toleration that a VideoJob may have, or one that covers it: without `effect` it covers every effect."""

    @model_validator(mode="after")
    def _as_in_kubernetes(self) -> AllowedToleration:
        if not self.key and self.operator != "Exists":
            raise ValueError("a toleration without key covers every taint: it needs operator Exists")
        if self.toleration_seconds is not None:
            raise ValueError("tolerationSeconds is not bounded: leave it out")
        return self


class Allowance(Model):
    """What a `podTemplate` may set. None allows everything, a tuple or a map only what it names."""

    priority_class_names: tuple[ClassName, ...] | None = None
    """Classes that begin with `system-` are refused even where they are named."""
    runtime_class_names: tuple[ClassName, ...] | None = None
    node_selectors: tuple[Selector, ...] | None = None
    """`key=value`, or `key=*` for every value."""
    tolerations: tuple[AllowedToleration, ...] | None = None
    max_resources: dict[str, Quantity] | None = None
    """The most that may be requested, and the highest limit, of each resource; no other resource may be named."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Active Jobs at most; 0: no limit."""

    max_active_jobs: int = 0
    """Unfinished Jobs at a time, over all served namespaces."""
    max_active_jobs_per_namespace: int = 0


def refusal_of(template: PodTemplate, allowance: Allowance) -> str:
    """Why the template is not allowed: the field, the value and what is allowed; empty where it is."""
    return next(_refusals(template, allowance), "")


def _refusals(template: PodTemplate, allowance: Allowance) -> Iterator[str]:
    """Every refusal, in the order of the admission policy's validations: the API server reports the first."""
    priority, classes = template.priority_class_name or "", allowance.priority_class_names
    if priority.startswith(RESERVED):
        yield _sentence("priorityClassName", priority, f"classes that begin with {RESERVED} are reserved")
    if classes is not None and priority and priority not in classes:
        yield _sentence("priorityClassName", priority, _list_allowed(classes))
    runtime, classes = template.runtime_class_name or "", allowance.runtime_class_names
    if classes is not None and runtime and runtime not in classes:
        yield _sentence("runtimeClassName", runtime, _list_allowed(classes))
    yield from _selector_refusals(template.node_selector, allowance.node_selectors)
    yield from _toleration_refusals(template.tolerations, allowance.tolerations)
    if allowance.max_resources is not None and template.resources is not None:
        for side, requested in (("requests", template.resources.requests), ("limits", template.resources.limits)):
            yield from _resource_refusals(side, requested, allowance.max_resources)


def _selector_refusals(requested: dict[str, str], allowed: tuple[str, ...] | None) -> Iterator[str]:
    if allowed is None:
        return
    for key, value in sorted(requested.items()):
        if f"{key}={value}" not in allowed and f"{key}=*" not in allowed:
            yield _sentence("nodeSelector", f"{key}={value}", _list_allowed(allowed))


def _toleration_refusals(requested: tuple[Toleration, ...], allowed: tuple[Toleration, ...] | None) -> Iterator[str]:
    if allowed is None:
        return
    for toleration in requested:
        if not any(_covers(entry, toleration) for entry in allowed):
            yield _sentence("tolerations", _text(toleration), _list_allowed(tuple(map(_text, allowed))))


def _covers(allowed: Toleration, requested: Toleration) -> bool:
    """Whether every taint that `requested` tolerates is tolerated by `allowed`."""
    every_value = allowed.operator == "Exists"
    return (
        (allowed.key or "") in ("", requested.key or "")
        and (every_value or (requested.operator != "Exists" and (allowed.value or "") == (requested.value or "")))
        and allowed.effect in (None, requested.effect)
    )


def _text(toleration: Toleration) -> str:
    """As `kubectl taint` writes it; * stands for every key or effect."""
    value = "" if toleration.operator == "Exists" else f"={toleration.value or ''}"
    return f"{toleration.key or '*'}{value}:{toleration.effect or '*'}"


def _resource_refusals(side: str, requested: dict[str, str], most: dict[str, str]) -> Iterator[str]:
    for name in sorted(requested.keys() - most.keys()):
        yield _sentence(f"resources.{side}", name, _list_allowed(tuple(sorted(most))))
    for name in sorted(requested.keys() & most.keys()):
        quantity, bound = amount(requested[name]), amount(most[name])
        unlimited = side == "limits" and quantity == 0  # as Kubernetes reads it
        if quantity is None or bound is None or quantity > bound or unlimited:
            above = ", above 0" if side == "limits" else ""
            yield _sentence(f"resources.{side}", f"{name}: {requested[name]}", f"at most {most[name]}{above}")


def _sentence(path: str, value: str, allowed: str) -> str:
    return f'`spec.podTemplate.{path}`: "{value}" is not allowed here; {allowed}'


def _list_allowed(allowed: tuple[str, ...]) -> str:
    return f"allowed: {', '.join(allowed)}" if allowed else "leave it out"


def amount(quantity: str) -> Decimal | None:
    """A Kubernetes quantity as a number, for example 0.5 for 500m and 1073741824 for 1Gi; None where it is invalid."""
    parts = _QUANTITY.fullmatch(quantity)
    if parts is None:
        return None
    digits, unit, exponent = parts.groups()
    return Decimal(digits) * _UNITS[unit or ""] * Decimal(10) ** int(exponent or 0)
