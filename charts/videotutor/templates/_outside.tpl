{{/* What calls to the outside need: a proxy and certificates of a company's own authorities. */}}

{{/*
Variables that lead to the proxy, as a JSON list. Takes (dict "root" $ "direct" LIST) with further hosts to call directly.
*/}}
{{- define "videotutor.proxyEnv" -}}
{{- $env := list -}}
{{- with .root.Values.proxy -}}
  {{- if .url -}}
    {{- $direct := concat (list "localhost" "127.0.0.1" ".svc" ".cluster.local") $.direct .noProxy | uniq | join "," -}}
    {{- range $name, $value := dict "HTTP_PROXY" .url "HTTPS_PROXY" .url "NO_PROXY" $direct -}}
      {{- $env = append $env (dict "name" $name "value" $value) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{ toJson $env }}
{{- end }}

{{/* Variables of the API's and the operator's container; Kubernetes fills in the address of its API. Takes $. */}}
{{- define "videotutor.outsideEnv" -}}
{{- $direct := list "$(KUBERNETES_SERVICE_HOST)" (printf "%s-convex" (include "videotutor.fullname" .)) -}}
{{- $env := include "videotutor.proxyEnv" (dict "root" . "direct" $direct) | fromJsonArray -}}
{{- with .Values.caBundle -}}
  {{- if .configMap -}}
    {{- $env = append $env (dict "name" "SSL_CERT_FILE" "value" (printf "/etc/videotutor/ca/%s" .key)) -}}
  {{- end -}}
{{- end -}}
{{- if $env }}{{ toYaml $env }}{{ end }}
{{- end }}

{{/* TCP port of the proxy as a JSON list, empty without one. */}}
{{- define "videotutor.proxyPorts" -}}
{{- $ports := list -}}
{{- with .Values.proxy.url }}{{ $ports = append $ports (include "videotutor.port" . | int) }}{{ end -}}
{{ toJson $ports }}
{{- end }}
