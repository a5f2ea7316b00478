"""Things and how they are connected: flow charts, cycles, trees, networks."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, model_validator

from videojob.base import Model

NodeId = Annotated[str, Field(min_length=1, max_length=20)]


class DiagramNode(Model):
    """A box with words."""

    id: NodeId = Field(description="What edges call it; unique in the diagram, not shown.")
    label: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="A few words in the box.")


class DiagramEdge(Model):
    """An arrow from one node to another, or to itself."""

    from_: NodeId = Field(alias="from", description="Id of the node where it starts.")
    to: NodeId = Field(description="Id of the node that it points to.")
    label: Annotated[str, Field(min_length=1, max_length=24)] | None = Field(
        default=None, description="A word or two beside it, for example yes."
    )


class DiagramVisual(Model):
    """Nodes in boxes, and arrows: they find their places, and appear in the order of the nodes."""

    kind: Literal["diagram"] = "diagram"
    nodes: tuple[DiagramNode, ...] = Field(
        min_length=1, max_length=12, description="One to twelve nodes, in the order told."
    )
    edges: tuple[DiagramEdge, ...] = Field(
        default=(), max_length=20, description="Up to twenty arrows; between two nodes one each way."
    )

    @model_validator(mode="after")
    def _ids_are_unique(self) -> DiagramVisual:
        repeated = [name for name, count in Counter(node.id for node in self.nodes).items() if count > 1]
        if repeated:
            raise ValueError(f"nodes: ids must be unique; repeated: {', '.join(map(repr, repeated))}")
        return self

    @model_validator(mode="after")
    def _edges_join_nodes(self) -> DiagramVisual:
        ids, joined = {node.id for node in self.nodes}, set[tuple[str, str]]()
        for i, edge in enumerate(self.edges):
            for field, end in (("from", edge.from_), ("to", edge.to)):
                if end not in ids:
                    raise ValueError(f"edges[{i}].{field}: there is no node with the id {end!r}")
            if (edge.from_, edge.to) in joined:
                raise ValueError(f"edges[{i}]: there is an edge from {edge.from_!r} to {edge.to!r} already")
            joined.add((edge.from_, edge.to))
        return self
