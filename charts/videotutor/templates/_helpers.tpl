{{/* Start of every name: the release's, with the chart's unless it is in there already. */}}
{{- define "videotutor.fullname" -}}
{{- $chart := .Values.nameOverride | default "videotutor" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- .Values.fullnameOverride | default $name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/*
Start of the names of the cluster's objects. The digest tells a-b + c from a + b-c, each a namespace and a name.
*/}}
{{- define "videotutor.clusterName" -}}
{{- $name := include "videotutor.fullname" . -}}
{{ .Release.Namespace }}-{{ $name }}-{{ printf "%s/%s" .Release.Namespace $name | sha256sum | trunc 8 }}
{{- end }}

{{/* What finds the pods of a part. Takes (dict "root" $ "part" "api"). */}}
{{- define "videotutor.selector" -}}
app.kubernetes.io/name: videotutor
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{/* Labels of every object of a part. */}}
{{- define "videotutor.labels" -}}
{{ include "videotutor.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A part's service account, unless it is the user's. Takes (dict "root" $ "part" "api"). */}}
{{- define "videotutor.account" -}}
{{- if (index .root.Values .part).serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "videotutor.metadata" (dict "root" .root "part" .part "name" (include "videotutor.accountName" .) "namespace" (.namespace | default .root.Release.Namespace) "annotations" (index .root.Values .part).serviceAccount.annotations) | nindent 2 }}
automountServiceAccountToken: false
---
{{- end }}
{{- end }}

{{/* Name of a part's service account. Takes (dict "root" $ "part" "api"). */}}
{{- define "videotutor.accountName" -}}
{{- $account := (index .root.Values .part).serviceAccount -}}
{{- if and (not $account.create) (not $account.name) -}}
  {{- fail (printf "%s.serviceAccount.create is false: give the name of your account in %s.serviceAccount.name" .part .part) -}}
{{- end -}}
{{ $account.name | default (printf "%s-%s" (include "videotutor.fullname" .root) .part) }}
{{- end }}

{{/* Metadata of a part's object. Takes (dict "root" $ "part" "renderer" "name" NAME "namespace" NAMESPACE). */}}
{{- define "videotutor.metadata" -}}
name: {{ .name }}
{{- if ne .namespace .root.Release.Namespace }}
namespace: {{ .namespace }}
{{- end }}
labels:
  {{- include "videotutor.labels" . | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "videotutor.secretName" -}}
{{ .Values.secrets.existingSecret | default (printf "%s-secrets" (include "videotutor.fullname" .)) }}
{{- end }}

{{- define "videotutor.claimName" -}}
{{ .Values.artifacts.existingClaim | default (printf "%s-artifacts" (include "videotutor.fullname" .)) }}
{{- end }}

{{/* The Lease that one replica of the operator holds. */}}
{{- define "videotutor.leaseName" -}}
{{ include "videotutor.fullname" . }}-operator
{{- end }}

{{/* The namespaces that the operator serves where its scope is not the cluster, as a JSON list. */}}
{{- define "videotutor.served" -}}
{{ prepend .Values.operator.namespaces .Release.Namespace | uniq | toJson }}
{{- end }}

{{/* Where Convex's HTTP actions are; empty when there is no Convex. */}}
{{- define "videotutor.convexSiteUrl" -}}
{{- if .Values.convexLocal.enabled -}}
http://{{ include "videotutor.fullname" . }}-convex:3211
{{- else -}}
{{ .Values.convex.siteUrl }}
{{- end -}}
{{- end }}

{{/* Port of an address. */}}
{{- define "videotutor.port" -}}
{{- $url := urlParse . -}}
{{ regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary "443" "80" (eq $url.scheme "https")) }}
{{- end }}

{{/* TCP ports that the API and the operator may reach outside the namespace, as a JSON list. */}}
{{- define "videotutor.egressPorts" -}}
{{- $ports := list -}}
{{- range .Values.networkPolicy.egressPorts -}}
  {{- $ports = append $ports (int .) -}}
{{- end -}}
{{- with include "videotutor.convexSiteUrl" . -}}
  {{- $ports = append $ports (include "videotutor.port" . | int) -}}
{{- end -}}
{{ toJson (concat $ports (include "videotutor.proxyPorts" . | fromJsonArray) | uniq) }}
{{- end }}

{{/* TCP ports that Jobs which may ask the language model may reach, as a JSON list. */}}
{{- define "videotutor.llmPorts" -}}
{{ .Values.networkPolicy.llmPorts | default (prepend (include "videotutor.proxyPorts" . | fromJsonArray) (include "videotutor.port" .Values.planner.llm.url | int) | uniq) | toJson }}
{{- end }}

{{/* TCP ports that Jobs which ask the speech endpoint may reach, as a JSON list. */}}
{{- define "videotutor.speechPorts" -}}
{{ .Values.networkPolicy.speechPorts | default (prepend (include "videotutor.proxyPorts" . | fromJsonArray) (include "videotutor.port" .Values.renderer.speech.url | int) | uniq) | toJson }}
{{- end }}

{{/*
NetworkPolicy peers as given, or everything but the metadata services of clouds, which hand out the credentials of nodes.
The pods of the cluster are named apart, since some network plugins (Cilium) match no pod by its address.
*/}}
{{- define "videotutor.peers" -}}
{{- if . -}}
{{ toYaml . }}
{{- else -}}
- namespaceSelector: {}
- ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}
- ipBlock: {cidr: "::/0", except: ["fd00:ec2::254/128"]}
{{- end -}}
{{- end }}
