{{/* Secrets that a part would refuse, or that sign both directions. No message repeats one. */}}
{{- define "videotutor.checkSecrets" -}}
{{- $seen := dict -}}
{{- range $field := list "webhook" "webhookPrevious" "callback" "callbackPrevious" -}}
  {{- $value := trim (index $.Values.secrets $field) -}}
  {{- if $value -}}
    {{- if $.Values.secrets.existingSecret -}}
      {{- fail (printf "secrets.%s and secrets.existingSecret are both given: put the secret into %s, or drop existingSecret" $field $.Values.secrets.existingSecret) -}}
    {{- end -}}
    {{- if lt (len $value) 16 -}}
      {{- fail (printf "secrets.%s is too short: give at least 16 characters, or leave it empty to have one generated" $field) -}}
    {{- end -}}
    {{- include "videotutor.checkPrintable" (dict "field" (printf "secrets.%s" $field) "value" $value) -}}
    {{- $digest := sha256sum $value -}}
    {{- with get $seen $digest -}}
      {{- fail (printf "secrets.%s and secrets.%s are the same: each direction, and each rotation, needs a secret of its own" . $field) -}}
    {{- end -}}
    {{- $_ := set $seen $digest $field -}}
  {{- end -}}
{{- end -}}
{{- include "videotutor.checkPrintable" (dict "field" "convexLocal.adminKey" "value" (trim .Values.convexLocal.adminKey)) -}}
{{- if .Values.secrets.existingSecret -}}
  {{- $keys := list "WEBHOOK_SECRET" -}}
  {{- if include "videotutor.convexSiteUrl" . -}}{{- $keys = append $keys "CALLBACK_SECRET" -}}{{- end -}}
  {{- include "videotutor.checkSecretExists" (dict "root" . "field" "secrets.existingSecret" "name" .Values.secrets.existingSecret "keys" $keys) -}}
{{- end -}}
{{- if not (or .Values.secrets.existingSecret (include "videotutor.connected" .)) -}}
  {{- range $field := list "webhook" "callback" -}}
    {{- if not (index $.Values.secrets $field | trim) -}}
      {{- fail (printf "secrets.%s is empty, and Helm renders without the cluster (helm template, Argo CD, --dry-run=client), so a new one would be generated each time: give secrets.webhook and secrets.callback, or secrets.existingSecret; by hand, --dry-run=server reads those that are installed" $field) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- with .Values.planner.llm.existingSecret -}}
  {{- include "videotutor.checkSecretExists" (dict "root" $ "field" "planner.llm.existingSecret" "name" . "keys" (list "VIDEOTUTOR_LLM_KEY")) -}}
{{- end -}}
{{- with .Values.renderer.speech.existingSecret -}}
  {{- include "videotutor.checkSecretExists" (dict "root" $ "field" "renderer.speech.existingSecret" "name" . "keys" (list "VIDEOTUTOR_SPEECH_KEY")) -}}
{{- end -}}
{{- end }}

{{/* What an HTTP header can carry, as the parts check it too. Takes (dict "field" NAME "value" TEXT). */}}
{{- define "videotutor.checkPrintable" -}}
{{- if or (gt (len .value) 1024) (not (regexMatch "^[ -~]*$" .value)) -}}
  {{- fail (printf "%s must be one line of at most 1024 printable ASCII characters" .field) -}}
{{- end -}}
{{- end }}

{{/* "true" where Helm talks to a cluster; without one (helm template) every lookup is empty. */}}
{{- define "videotutor.connected" -}}
{{- if hasKey (lookup "apps/v1" "Deployment" .Release.Namespace "") "items" -}}true{{- end -}}
{{- end }}

{{/* A Secret of the user's in the release's namespace. Takes (dict "root" $ "field" NAME "name" NAME "keys" LIST). */}}
{{- define "videotutor.checkSecretExists" -}}
{{- $namespace := .root.Release.Namespace -}}
{{- if include "videotutor.connected" .root -}}
  {{- $found := lookup "v1" "Secret" $namespace .name -}}
  {{- if not $found -}}
    {{- fail (printf "%s names %s, and the namespace %s has no Secret of that name: create it first, with %s" .field .name $namespace (join ", " .keys)) -}}
  {{- end -}}
  {{- range $key := .keys -}}
    {{- if not (get ($found.data | default dict) $key) -}}
      {{- fail (printf "%s names %s, and that Secret of the namespace %s has no %s: add it" $.field $.name $namespace $key) -}}
    {{- end -}}
    {{- if and (has $key (list "WEBHOOK_SECRET" "CALLBACK_SECRET")) (lt (get $found.data $key | b64dec | trim | len) 16) -}}
      {{- fail (printf "%s names %s, whose %s is too short: give at least 16 characters" $.field $.name $key) -}}
    {{- end -}}
  {{- end -}}
  {{- if or .root.Values.secrets.existingSecret (ne .name (include "videotutor.secretName" .root | trim)) -}}
    {{- include "videotutor.checkOwn" (dict "root" .root "field" .field "kind" "Secret" "found" $found) -}}
  {{- end -}}
{{- end -}}
{{- end }}
