{{/* Metadata of a part's pods. Takes (dict "root" $ "part" "api"). The checksum restarts them when a secret changes. */}}
{{- define "videotutor.podMetadata" -}}
annotations:
  checksum/secrets: {{ include "videotutor.secretData" .root | sha256sum | trunc 16 }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
labels:
  {{- include "videotutor.labels" . | nindent 2 }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Settings of render pods, as the operator's VIDEOTUTOR_POD_DEFAULTS reads them. */}}
{{- define "videotutor.podDefaults" -}}
{{- with .Values.renderer -}}
{{- dict
  "requests" .resources.requests "limits" .resources.limits "labels" .podLabels "annotations" .podAnnotations
  "nodeSelector" .nodeSelector "tolerations" .tolerations "affinity" .affinity "env" .extraEnv
  "priorityClassName" .priorityClassName "runtimeClassName" .runtimeClassName
  | toJson -}}
{{- end -}}
{{- end }}

{{/* What every pod's spec starts with. Fits the Pod Security Standard "restricted"; the uid is the images'. */}}
{{- define "videotutor.podSpec" -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values }}
{{- range $field, $value := dict
  "imagePullSecrets" .imagePullSecrets "nodeSelector" .nodeSelector "tolerations" .tolerations "affinity" .affinity
  "priorityClassName" .priorityClassName
}}
{{- with $value }}
{{ $field }}: {{ toJson . }}
{{- end }}
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
