"""Settings of every render pod of an installation, and how a VideoJob's `podTemplate` extends or overrides them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from videojob.base import Model
from videojob.spec import QUANTITY, PodTemplate, Resources, Toleration
from videotutor_operator.core.allowance import amount

LOST_NODE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
"""Taints of a node that does not answer."""
LOST_NODE_SECONDS = 60
"""How long a pod waits for such a node to come back; Kubernetes' default of 300 s exceeds most scenes."""
OWN_LABELS = re.compile(
    r"app\.kubernetes\.io/(name|component|managed-by)$|(helm\.sh|videotutor\.dev|batch\.kubernetes\.io)/"
    r"|(job-name|controller-uid)$"
)
"""Labels that the operator, the chart or the Job controller sets; policies and watches select pods by them."""
CA_FOLDER = "/etc/videotutor/ca"
"""Folder of the certificates in the container."""
OWN_VARIABLES = "VIDEOTUTOR_"
"""Prefix of the variables that carry the task and its settings."""
KEY = r"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
"""Key of a label or an annotation."""
NAME = r"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$"
"""Empty, or the name of an object of Kubernetes (RFC 1123 subdomain)."""


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _refuse_reserved_key(key: str) -> str:
    if OWN_LABELS.match(key):
        raise ValueError("set by the operator or by Kubernetes: choose another prefix")
    return key


Quantity = Annotated[str, BeforeValidator(_text), Field(pattern=QUANTITY, max_length=32)]
"""A Kubernetes quantity; YAML parses one without a unit as a number."""
Key = Annotated[str, Field(pattern=KEY)]
LabelKey = Annotated[Key, AfterValidator(_refuse_reserved_key)]
LabelValue = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")]


class KeyReference(Model):
    """One key of a ConfigMap or a Secret in the namespace of the pod."""

    name: Annotated[str, Field(pattern=NAME, min_length=1)]
    key: Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]{1,253}$")]
    optional: bool | None = None


class Source(Model):
    """Source of a variable's value."""

    config_map_key_ref: KeyReference | None = None
    secret_key_ref: KeyReference | None = None

    @model_validator(mode="after")
    def _check_source(self) -> Source:
        if (self.config_map_key_ref is None) == (self.secret_key_ref is None):
            raise ValueError("give exactly one of configMapKeyRef and secretKeyRef")
        return self


class Variable(Model):
    """An environment variable of the render container."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=253)]
    value: str | None = None
    value_from: Source | None = None

    @model_validator(mode="after")
    def _check_variable(self) -> Variable:
        if self.name.startswith(OWN_VARIABLES):
            raise ValueError(f"{self.name}: variables that begin with {OWN_VARIABLES} are reserved for the operator")
        if (self.value is None) == (self.value_from is None):
            raise ValueError(f"{self.name}: give exactly one of value and valueFrom")
        return self


class CaBundle(Model):
    """A ConfigMap with the certificates that a pod trusts, in the namespace of the pod."""

    config_map: Annotated[str, Field(pattern=NAME, min_length=1)]
    key: Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]{1,253}$")]

    @property
    def path(self) -> str:
        """Path of the certificates in the container."""
        return f"{CA_FOLDER}/{self.key}"


class PodDefaults(Model):
    """Settings of every render pod of this installation; the chart's values `renderer.*` as one JSON object."""

    requests: dict[str, Quantity] = Field(
        default_factory=lambda: {"cpu": "250m", "memory": "512Mi", "ephemeral-storage": "512Mi"}
    )
    limits: dict[str, Quantity] = Field(
        default_factory=lambda: {"cpu": "2", "memory": "1536Mi", "ephemeral-storage": "2560Mi"}
    )
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    annotations: dict[LabelKey, str] = Field(default_factory=dict)
    node_selector: dict[Key, LabelValue] = Field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    affinity: dict[Literal["nodeAffinity", "podAffinity", "podAntiAffinity"], JsonValue] = Field(default_factory=dict)
    priority_class_name: Annotated[str, Field(pattern=NAME)] = ""
    runtime_class_name: Annotated[str, Field(pattern=NAME)] = ""
    env: tuple[Variable, ...] = ()
    ca_bundle: CaBundle | None = None
    """What pods trust instead of public authorities."""
    fixed_user: bool = True
    """Whether pods run as the images' user; otherwise the cluster chooses one, as OpenShift does."""

    def metadata(self, labels: dict[str, str]) -> dict[str, Any]:
        """Metadata of a pod whose own labels are these; they take precedence over the installation's."""
        annotations = {"annotations": dict(self.annotations)} if self.annotations else {}
        return {"labels": {**self.labels, **labels}, **annotations}

    def placement(self, template: PodTemplate) -> dict[str, Any]:
        """Scheduling fields of the pod's spec; absent where neither side sets them.

        A key of `template.node_selector`, a taint of `template.tolerations` and a class replace the installation's.
        """
        fields = {
            "nodeSelector": {**self.node_selector, **template.node_selector},
            "affinity": dict(self.affinity),
            "tolerations": self._tolerations(template.tolerations),
            "runtimeClassName": template.runtime_class_name or self.runtime_class_name,
            "priorityClassName": template.priority_class_name or self.priority_class_name,
        }
        return {name: value for name, value in fields.items() if value}

    def _tolerations(self, requested: tuple[Toleration, ...]) -> list[dict[str, Any]]:
        overridden = {toleration.key for toleration in requested}
        given = [*requested, *(toleration for toleration in self.tolerations if toleration.key not in overridden)]
        named = {toleration.key for toleration in given}  # None matches every key
        missing = [taint for taint in LOST_NODE if named.isdisjoint({taint, None})]
        return [*(toleration.to_json_object() for toleration in given), *(_lost_node(taint) for taint in missing)]

    def resources(self, requested: Resources | None, *, double_memory: bool) -> dict[str, Any]:
        """The installation's resources, overlaid with the VideoJob's. `double_memory`: after it ran out.

        Where the VideoJob sets only a limit, there is no default request, which might exceed it: Kubernetes uses the
        limit as request. Where it sets only a request, the default limit stays, raised to the request: a container
        without limits would escape the administrator's bounds.
        """
        requested = requested or Resources()
        requests = {
            **{name: value for name, value in self.requests.items() if name not in requested.limits},
            **requested.requests,
        }
        raised = {name: max_quantity(value, requested.requests.get(name, value)) for name, value in self.limits.items()}
        limits = {**raised, **requested.limits}
        if double_memory and "memory" in limits:
            limits["memory"] = double(limits["memory"])
        return {"requests": requests, "limits": limits}

    def variables(self) -> list[dict[str, Any]]:
        """The installation's variables of the container."""
        given = [variable.to_json_object() for variable in self.env]
        return [{"name": "SSL_CERT_FILE", "value": self.ca_bundle.path}, *given] if self.ca_bundle else given

    def volumes(self) -> list[dict[str, Any]]:
        """The installation's volumes."""
        return [{"name": "ca", "configMap": {"name": self.ca_bundle.config_map}}] if self.ca_bundle else []

    def mounts(self) -> list[dict[str, Any]]:
        """Where the container has them."""
        return [{"name": "ca", "mountPath": CA_FOLDER, "readOnly": True}] if self.ca_bundle else []


def _lost_node(taint: str) -> dict[str, Any]:
    return {"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": LOST_NODE_SECONDS}


def max_quantity(limit: str, request: str) -> str:
    """The larger of two Kubernetes quantities; the limit where one of them cannot be read."""
    most, least = amount(limit), amount(request)
    return request if most is not None and least is not None and least > most else limit


def double(quantity: str) -> str:
    """Twice a Kubernetes quantity, for example 3072Mi for 1536Mi; one that is not a number with a unit stays."""
    digits = quantity.rstrip("EPTGMKkim")
    unit = quantity[len(digits) :]
    try:
        return f"{(Decimal(digits) * 2).normalize():f}{unit}"
    except InvalidOperation:
        return quantity
