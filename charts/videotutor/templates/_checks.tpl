{{/* What the schema cannot say, or would say by printing a secret. */}}
{{- define "videotutor.check" -}}
{{- range $field := list "webhook" "webhookPrevious" "callback" "callbackPrevious" -}}
  {{- $value := index $.Values.secrets $field -}}
  {{- if and $value (lt (len $value) 16) -}}
    {{- fail (printf "secrets.%s is too short: give at least 16 characters, or leave it empty to have one generated" $field) -}}
  {{- end -}}
  {{- if and $value $.Values.secrets.existingSecret -}}
    {{- fail (printf "secrets.%s and secrets.existingSecret are both given: put the secret into %s, or drop existingSecret" $field $.Values.secrets.existingSecret) -}}
  {{- end -}}
{{- end -}}
{{- range $key, $_ := .Values.global -}}
  {{- if and $.Chart.IsRoot (ne $key "imageRegistry") -}}
    {{- fail (printf "global.%s is not a value of this chart: global has imageRegistry only" $key) -}}
  {{- end -}}
{{- end -}}
{{- include "videotutor.checkAlone" . -}}
{{- include "videotutor.checkPods" . -}}
{{- include "videotutor.checkResources" . -}}
{{- include "videotutor.checkOpen" . -}}
{{- with .Values -}}
  {{- if and .convexLocal.enabled .convex.siteUrl -}}
    {{- fail "convexLocal.enabled and convex.siteUrl are both given: choose the stand-in or the real Convex" -}}
  {{- end -}}
  {{- if and (include "videotutor.convexSiteUrl" $) (not .publicUrl) -}}
    {{- fail "publicUrl is empty: the addresses of videos in reports start with it; give the address under which users reach the API" -}}
  {{- end -}}
  {{- if and .operator.namespaces (eq .operator.scope "cluster") -}}
    {{- fail "operator.namespaces and operator.scope: cluster are both given: the scope cluster serves every namespace; drop namespaces, or set the scope to namespace" -}}
  {{- end -}}
  {{- if and .operator.metrics.podMonitor.enabled .networkPolicy.enabled (not .networkPolicy.metricsFrom) -}}
    {{- fail "operator.metrics.podMonitor.enabled and an empty networkPolicy.metricsFrom: Prometheus could not reach the operator; name its pods in metricsFrom" -}}
  {{- end -}}
  {{- with .planner.llm -}}
    {{- if and .url (not .model) -}}
      {{- fail "planner.llm.model is empty: give the model's name at planner.llm.url" -}}
    {{- end -}}
    {{- if and (not .url) (or .model .existingSecret) -}}
      {{- fail "planner.llm.url is empty: give the address of the endpoint, or leave model and existingSecret empty too" -}}
    {{- end -}}
    {{- if ne (kindIs "invalid" .inputPrice) (kindIs "invalid" .outputPrice) -}}
      {{- fail "planner.llm.inputPrice and planner.llm.outputPrice belong together: give both or none" -}}
    {{- end -}}
    {{- if and (not (kindIs "invalid" .maxCost)) (kindIs "invalid" .inputPrice) -}}
      {{- fail "planner.llm.maxCost needs planner.llm.inputPrice and planner.llm.outputPrice" -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}
