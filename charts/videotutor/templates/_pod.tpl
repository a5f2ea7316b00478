{{/* Metadata of a part's pods. Takes (dict "root" $ "part" "api"). The checksum restarts them when a secret changes. */}}
{{- define "videotutor.podMetadata" -}}
annotations:
  checksum/secrets: {{ include "videotutor.secretData" .root | sha256sum | trunc 16 }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{ include "videotutor.podLabels" . }}
{{- end }}

{{/* Labels of a part's pods. Takes what podMetadata takes. */}}
{{- define "videotutor.podLabels" -}}
labels:
  {{- merge (deepCopy .root.Values.podLabels) (include "videotutor.labels" . | fromYaml) | toYaml | nindent 2 }}
{{- end }}

{{/* Settings of render pods, as the operator's VIDEOTUTOR_POD_DEFAULTS reads them. */}}
{{- define "videotutor.podDefaults" -}}
{{- with .Values.renderer -}}
{{- $env := concat (include "videotutor.proxyEnv" (dict "root" $ "direct" list) | fromJsonArray) .extraEnv | default list -}}
{{- $bundle := not (empty $.Values.caBundle.configMap) | ternary (dict "caBundle" $.Values.caBundle) dict -}}
{{- merge ($.Values.openshift | ternary (dict "fixedUser" false) dict) $bundle (dict
  "requests" .resources.requests "limits" .resources.limits "labels" (merge (deepCopy .podLabels) $.Values.commonLabels) "annotations" .podAnnotations
  "nodeSelector" .nodeSelector "tolerations" .tolerations "affinity" .affinity "env" $env
  "priorityClassName" .priorityClassName "runtimeClassName" .runtimeClassName)
  | toJson -}}
{{- end -}}
{{- end }}

{{/*
What every pod's spec starts with. Fits the Pod Security Standard "restricted"; the uid is the images'.
Takes (dict "root" $), and "part" for a part with values of its own for scheduling.
*/}}
{{- define "videotutor.podSpec" -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- if not .root.Values.openshift }}
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
{{- $own := has .part (list "api" "operator") | ternary (index .root.Values (.part | default "api")) dict }}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "priorityClassName" }}
{{- with get ($own.scheduling | default dict) $field | default (index $.root.Values $field) }}
{{ $field }}: {{ toJson . }}
{{- end }}
{{- end }}
{{- end }}

{{/* What every container starts with. Takes (dict "root" $ "image" "convexLocal"). */}}
{{- define "videotutor.container" -}}
image: {{ include "videotutor.image" . | quote }}
imagePullPolicy: {{ (index .root.Values.images .image).pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}
