{{/*
The Secret's data, base64, as JSON: given values first, then those of the installed Secret, then new random ones.
Rendered once for a release (kept in .Values.secrets.rendered), since random values differ each time; the Secret and the
checksum on the pods must be of the same ones.
*/}}
{{- define "videotutor.secretData" -}}
{{- if not (hasKey .Values.secrets "rendered") -}}
  {{- $installed := (lookup "v1" "Secret" .Release.Namespace (include "videotutor.secretName" .)).data | default dict -}}
  {{- $data := dict -}}
  {{- if .Values.secrets.existingSecret -}}
    {{- $data = $installed -}}
  {{- else -}}
    {{- range $key, $value := include "videotutor.givenSecrets" . | fromJson -}}
      {{- if $value -}}
        {{- $_ := set $data $key (b64enc $value) -}}
      {{- end -}}
    {{- end -}}
    {{- range $key := list "WEBHOOK_SECRET" "CALLBACK_SECRET" -}}
      {{- if not (hasKey $data $key) -}}
        {{- $_ := set $data $key (get $installed $key | default (randAlphaNum 40 | b64enc)) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- $_ := set .Values.secrets "rendered" (toJson $data) -}}
{{- end -}}
{{ .Values.secrets.rendered }}
{{- end }}

{{/* The secrets given as values without white space around them, by their names in the Secret, as JSON. */}}
{{- define "videotutor.givenSecrets" -}}
{{- with .Values -}}
{{ dict
  "WEBHOOK_SECRET" (trim .secrets.webhook)
  "WEBHOOK_SECRET_PREVIOUS" (trim .secrets.webhookPrevious)
  "CALLBACK_SECRET" (trim .secrets.callback)
  "CALLBACK_SECRET_PREVIOUS" (trim .secrets.callbackPrevious)
  "CONVEX_ADMIN_KEY" (trim .convexLocal.adminKey)
  | toJson }}
{{- end -}}
{{- end }}

{{/* An environment variable out of the Secret. Takes (dict "root" $ "name" "ADMIN_KEY" "key" "CONVEX_ADMIN_KEY" "optional" true). */}}
{{- define "videotutor.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ include "videotutor.secretName" .root }}
      key: {{ .key | default .name }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end }}
