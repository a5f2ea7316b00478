{{/*
Refuses a second operator for the same VideoJobs: in the release's namespace, and with operator.scope cluster in any; and a
second owner of their definition. Only where Helm talks to a cluster: without one (helm template) each lookup is empty,
the object of served-by.yaml remains, and Helm itself refuses to take over the definition.
*/}}
{{- define "videotutor.checkAlone" -}}
{{- $cluster := eq .Values.operator.scope "cluster" -}}
{{- range (lookup "apps/v1" "Deployment" (ternary "" .Release.Namespace $cluster) "").items -}}
  {{- $labels := .metadata.labels | default dict -}}
  {{- $release := get $labels "app.kubernetes.io/instance" -}}
  {{- $operator := and (eq (get $labels "app.kubernetes.io/name") "videotutor") (eq (get $labels "app.kubernetes.io/component") "operator") -}}
  {{- $own := and (eq $release $.Release.Name) (eq .metadata.namespace $.Release.Namespace) -}}
  {{- if and $operator (not $own) -}}
    {{- if eq .metadata.namespace $.Release.Namespace -}}
      {{- fail (printf "the release %s has an operator in the namespace %s already, and two would reconcile the same VideoJobs with different volumes and settings: upgrade that release, or install this one in another namespace" $release .metadata.namespace) -}}
    {{- end -}}
    {{- fail (printf "operator.scope is cluster, but the release %s in the namespace %s has an operator too, and two would reconcile the same VideoJobs with different volumes and settings: uninstall that release, or set operator.scope to namespace" $release .metadata.namespace) -}}
  {{- end -}}
{{- end -}}
{{- if .Values.crds.install -}}
  {{- $crd := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" "videojobs.videotutor.dev" | default dict -}}
  {{- $owner := ($crd.metadata | default dict).annotations | default dict -}}
  {{- $release := get $owner "meta.helm.sh/release-name" -}}
  {{- $namespace := get $owner "meta.helm.sh/release-namespace" -}}
  {{- if and $release (or (ne $release .Release.Name) (ne $namespace .Release.Namespace)) -}}
    {{- fail (printf "crds.install is true, but the definition of VideoJobs, which the whole cluster shares, belongs to the release %s in the namespace %s: set crds.install to false, or hand it over: kubectl annotate crd videojobs.videotutor.dev --overwrite meta.helm.sh/release-name=%s meta.helm.sh/release-namespace=%s" $release $namespace .Release.Name .Release.Namespace) -}}
  {{- end -}}
{{- end -}}
{{- end }}
