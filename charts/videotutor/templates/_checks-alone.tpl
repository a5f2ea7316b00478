{{/*
Refuses a second operator for the same VideoJobs: in the release's namespace, and with operator.scope cluster in any. Only
where Helm talks to a cluster; without one (helm template) the lookup is empty, and the object of served-by.yaml remains.
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
{{- end }}
