{{/*
An object that a value names as the user's, but that this release made and would no longer make: Helm would delete it in the
same upgrade, below what runs. Takes (dict "root" $ "field" NAME "kind" KIND "found" OBJECT).
*/}}
{{- define "videotutor.checkOwn" -}}
{{- $metadata := .found.metadata | default dict -}}
{{- $notes := $metadata.annotations | default dict -}}
{{- $owned := and (eq (get $notes "meta.helm.sh/release-name") .root.Release.Name) (eq (get $notes "meta.helm.sh/release-namespace") .root.Release.Namespace) -}}
{{- if and $owned (ne (get $notes "helm.sh/resource-policy") "keep") -}}
  {{- fail (printf "%s names %s, which this release made itself, so Helm would delete it: name another %s, or keep it: kubectl annotate --namespace %s %s %s helm.sh/resource-policy=keep" .field $metadata.name .kind $metadata.namespace (lower .kind) $metadata.name) -}}
{{- end -}}
{{- end }}

{{/* Accounts of the user's: each must exist, and not be one that this release is about to delete. */}}
{{- define "videotutor.checkAccounts" -}}
{{- if include "videotutor.connected" . -}}
  {{- range $part := list "api" "operator" "renderer" -}}
    {{- $account := (index $.Values $part).serviceAccount -}}
    {{- if not $account.create -}}
      {{- $field := printf "%s.serviceAccount.name" $part -}}
      {{- range $namespace := eq $part "renderer" | ternary (include "videotutor.served" $ | fromJsonArray) (list $.Release.Namespace) -}}
        {{- $found := lookup "v1" "ServiceAccount" $namespace $account.name -}}
        {{- if not $found -}}
          {{- fail (printf "%s names %s, and the namespace %s has no ServiceAccount of that name: create it first, or set %s.serviceAccount.create to true" $field $account.name $namespace $part) -}}
        {{- end -}}
        {{- include "videotutor.checkOwn" (dict "root" $ "field" $field "kind" "ServiceAccount" "found" $found) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}
