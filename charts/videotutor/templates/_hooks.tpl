{{/*
What a hook pod may do: for as long as the hook runs, or as long as the release with "lasting". Takes (dict "root" $ "part"
"test" "hook" "test" "account" "tester" "rules" YAML). Where a hook fails or times out, Helm deletes those of its objects
that succeeded, the account among them, under a pod that still needs it to remove what it created.
*/}}
{{- define "videotutor.hookAccount" -}}
{{- $name := printf "%s-%s" (include "videotutor.fullname" .root) .account -}}
{{- $labels := printf "labels:\n  %s" (include "videotutor.labels" . | nindent 2 | trim) -}}
{{- $metadata := hasKey . "lasting" | ternary $labels (include "videotutor.hookMetadata" (merge (dict "weight" "-1") .)) -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  {{- $metadata | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  {{- $metadata | nindent 2 }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  {{- $metadata | nindent 2 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }}}
subjects:
  - {kind: ServiceAccount, name: {{ $name }}, namespace: {{ .root.Release.Namespace }}}
{{- end }}

{{/* Labels and annotations of a hook's object. */}}
{{- define "videotutor.hookMetadata" -}}
labels:
  {{- include "videotutor.labels" . | nindent 2 }}
annotations:
  helm.sh/hook: {{ .hook }}
  helm.sh/hook-weight: {{ .weight | default "0" | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{/* Metadata of a hook's pod, as that of the chart's other pods: policies and meshes see no difference. */}}
{{- define "videotutor.hookPodMetadata" -}}
{{- with .root.Values.podAnnotations -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{ end }}
{{- include "videotutor.podLabels" . }}
{{- end }}

{{/* A hook's pod spec, which runs a part of files/hooks.py. Takes what hookAccount takes, "run", "seconds" and "env". */}}
{{- define "videotutor.hookPod" -}}
{{- include "videotutor.podSpec" . }}
serviceAccountName: {{ include "videotutor.fullname" .root }}-{{ .account }}
automountServiceAccountToken: true
restartPolicy: Never
terminationGracePeriodSeconds: 45  # for what the script created, see SECONDS_TO_DELETE
containers:
  - name: {{ .run }}
    {{- include "videotutor.container" (dict "root" .root "image" "api") | nindent 4 }}
    command: [python, -c]
    args: [{{ .root.Files.Get "files/hooks.py" | toJson }}, {{ .run }}]
    env:
      - {name: NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
      - {name: SECONDS_AT_MOST, value: {{ .seconds | quote }}}
      {{- range $name, $value := .env }}
      - {name: {{ $name }}, value: {{ $value | quote }}}
      {{- end }}
    resources:  # the API's, so that a quota which admits the API admits this
      {{- toYaml .root.Values.api.resources | nindent 6 }}
{{- end }}
