{{/* What would open more to the outside than its values show, or lead to addresses that do not exist. */}}
{{- define "videotutor.checkOpen" -}}
{{- with .Values.ingress -}}
  {{- if .enabled -}}
    {{- if not .host -}}
      {{- fail "ingress.host is empty: give the host name that the ingress serves, or set ingress.enabled to false" -}}
    {{- end -}}
    {{- $public := regexReplaceAll ":[0-9]+$" (urlParse $.Values.publicUrl).host "" | lower -}}
    {{- $pattern := .host | replace "." "\\." | replace "*" "[^.]+" -}}
    {{- if and $public (not (regexMatch (printf "^%s$" $pattern) $public)) -}}
      {{- fail (printf "publicUrl has the host %s and ingress.host is %s: the addresses of videos would lead elsewhere; give both the same host" $public .host) -}}
    {{- end -}}
    {{- range .paths -}}
      {{- if and $.Values.api.testEndpoints (or (eq . "/") (regexMatch "^/test(/|$)" .)) -}}
        {{- fail (printf "api.testEndpoints is true and ingress.paths has %s: anyone who reaches the host could render videos without a signature; set api.testEndpoints to false" .) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if and .Values.api.testEndpoints (eq .Values.api.service.type "LoadBalancer") -}}
  {{- fail "api.testEndpoints is true and api.service.type is LoadBalancer: anyone who reaches it could render videos without a signature; set api.testEndpoints to false" -}}
{{- end -}}
{{- with .Values.convexLocal -}}
  {{- if and .enabled .anonymous (eq .service.type "LoadBalancer") -}}
    {{- fail "convexLocal.anonymous is true and convexLocal.service.type is LoadBalancer: anyone who reaches it could read and write all sessions without signing in; set the type to ClusterIP or NodePort" -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/* Paths of the ingress that need no signature, separated by commas: all but those below /jobs and /images. */}}
{{- define "videotutor.unsignedPaths" -}}
{{- $unsigned := list -}}
{{- range .Values.ingress.paths -}}
  {{- if not (regexMatch "^/(jobs|images)(/|$)" .) -}}{{- $unsigned = append $unsigned . -}}{{- end -}}
{{- end -}}
{{ join ", " $unsigned }}
{{- end }}

{{/* "true" where the ingress, or else a Service outside the cluster, opens a path. Takes (dict "root" $ "path" "/videos"). */}}
{{- define "videotutor.opens" -}}
{{- with .root.Values -}}
  {{- if .ingress.enabled -}}
    {{- range .ingress.paths -}}
      {{- if or (eq . "/") (eq . $.path) }}true{{ end -}}
    {{- end -}}
  {{- else if ne .api.service.type "ClusterIP" -}}true
  {{- end -}}
{{- end -}}
{{- end }}
