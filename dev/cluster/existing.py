"""Uses a cluster that is there already (`VIDEOTUTOR_KUBECONTEXT`): nothing is made but a kubeconfig of our own."""

from __future__ import annotations

from dev.cluster import engine, kind, preflight, tools
from dev.cluster.errors import ClusterError
from dev.cluster.process import run
from dev.cluster.progress import say
from dev.cluster.record import Record
from dev.cluster.settings import Settings


def use(settings: Settings, context: str) -> None:
    """Takes the user's context into this cluster's own kubeconfig; the user's is read, never written.

    Raises:
        ClusterError: there is no such context, it does not answer, or this name is a cluster that we made.
    """
    record = Record.read(settings)
    if engine.has_private(settings) or (record and not record.existing):
        raise ClusterError(
            f"{settings.name} is a cluster of its own, and VIDEOTUTOR_KUBECONTEXT asks for {context}. "
            "Fix: take it down first (env -u VIDEOTUTOR_KUBECONTEXT python3 -m dev.cluster down)"
        )
    missing = tools.missing_tools(settings)
    preflight.check(preflight.Needs(engine=False, go=bool(missing), node_image=False, ports=False), settings)
    tools.build(settings, missing)
    tools.link_tools(settings, {})
    kubectl = settings.tools / "kubectl"
    view = run([kubectl, "config", "view", "--raw", "--flatten", "--minify", f"--context={context}"])
    settings.kubeconfig.touch(mode=0o600)
    settings.kubeconfig.write_text(view)
    if not kind.answers(settings):
        raise ClusterError(
            f"the cluster of context {context} does not answer: kubectl --context {context} cluster-info"
        )
    Record(context, existing=True, ports=dict(settings.ports)).write(settings)
    say(f"using the existing cluster of context {context}")
