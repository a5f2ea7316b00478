{{/* What the schema cannot say, or would say by printing a secret. */}}
{{- define "videotutor.check" -}}
{{- range $key, $_ := .Values.global -}}
  {{- if and $.Chart.IsRoot (ne $key "imageRegistry") -}}
    {{- fail (printf "global.%s is not a value of this chart: global has imageRegistry only" $key) -}}
  {{- end -}}
{{- end -}}
{{- if contains "." (include "videotutor.fullname" .) -}}
  {{- fail (printf "the release's name, %s, has a dot, which names of Services cannot have: choose another, or set fullnameOverride" .Release.Name) -}}
{{- end -}}
{{- if include "videotutor.connected" . -}}
  {{- range .Values.operator.namespaces -}}
    {{- if not (lookup "v1" "ServiceAccount" . "default") -}}
      {{- fail (printf "operator.namespaces has %s, and the cluster has no such namespace, or it is still being made: create it first" .) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- include "videotutor.checkAddresses" . -}}
{{- include "videotutor.checkAlone" . -}}
{{- include "videotutor.checkSecrets" . -}}
{{- include "videotutor.checkClaims" . -}}
{{- include "videotutor.checkBundle" . -}}
{{- include "videotutor.checkPods" . -}}
{{- include "videotutor.checkAccounts" . -}}
{{- include "videotutor.checkResources" . -}}
{{- include "videotutor.checkOpen" . -}}
{{- with .Values -}}
  {{- if and .crds.install (not .crds.keep) (not .crds.deleteAllVideoJobs) -}}
    {{- fail "crds.keep is false: an uninstall would delete the VideoJobs of every namespace, those of other releases too; set crds.keep to true, or confirm it by crds.deleteAllVideoJobs: true" -}}
  {{- end -}}
  {{- if and .operator.namespaces (eq .operator.scope "cluster") -}}
    {{- fail "operator.namespaces and operator.scope: cluster are both given: the scope cluster serves every namespace; drop namespaces, or set the scope to namespace" -}}
  {{- end -}}
  {{- if and .operator.metrics.podMonitor.enabled .networkPolicy.enabled (not .networkPolicy.metricsFrom) -}}
    {{- fail "operator.metrics.podMonitor.enabled and an empty networkPolicy.metricsFrom: Prometheus could not reach the operator; name its pods in metricsFrom" -}}
  {{- end -}}
  {{- if include "videotutor.connected" $ -}}
    {{- range $field, $kind := dict "podMonitor" "PodMonitor" "rules" "PrometheusRule" -}}
      {{- if and (index $.Values.operator.metrics $field).enabled (not ($.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" $kind))) -}}
        {{- fail (printf "operator.metrics.%s.enabled is true, and the cluster has no definition of %ss: install the Prometheus operator first, or set it to false" $field $kind) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- with .planner.llm -}}
    {{- if and .url (not .model) -}}
      {{- fail "planner.llm.model is empty: give the model's name at planner.llm.url" -}}
    {{- end -}}
    {{- if and (not .url) (or .model .existingSecret) -}}
      {{- fail "planner.llm.url is empty: give the address of the endpoint, or leave model and existingSecret empty too" -}}
    {{- end -}}
    {{- if gt (float64 .timeoutSeconds) (float64 .deadlineSeconds) -}}
      {{- fail (printf "planner.llm.timeoutSeconds is %v, more than planner.llm.deadlineSeconds, %v: one request would take longer than all may" .timeoutSeconds .deadlineSeconds) -}}
    {{- end -}}
    {{- if gt (float64 .replyTokens) (float64 .maxTokens) -}}
      {{- fail (printf "planner.llm.replyTokens is %v, more than planner.llm.maxTokens, %v: one reply would exceed what a plan may use" .replyTokens .maxTokens) -}}
    {{- end -}}
    {{- if ne (kindIs "invalid" .inputPrice) (kindIs "invalid" .outputPrice) -}}
      {{- fail "planner.llm.inputPrice and planner.llm.outputPrice belong together: give both or none" -}}
    {{- end -}}
    {{- if and (not (kindIs "invalid" .maxCost)) (kindIs "invalid" .inputPrice) -}}
      {{- fail "planner.llm.maxCost needs planner.llm.inputPrice and planner.llm.outputPrice" -}}
    {{- end -}}
  {{- end -}}
  {{- if and (not .renderer.speech.url) .renderer.speech.existingSecret -}}
    {{- fail "renderer.speech.url is empty: give the address of the endpoint, or leave renderer.speech.existingSecret empty too" -}}
  {{- end -}}
{{- end -}}
{{- end }}
