{{/* Addresses and ports that do not go together. */}}
{{- define "videotutor.checkAddresses" -}}
{{- with .Values -}}
  {{- if regexMatch "^https?://[^/:]+[.]convex[.]cloud([:/]|$)" (lower .convex.siteUrl) -}}
    {{- fail "convex.siteUrl ends with .convex.cloud, where functions are called: reports go to the deployment's HTTP actions, whose address ends with .convex.site" -}}
  {{- end -}}
  {{- if and .convexLocal.enabled .convex.siteUrl -}}
    {{- fail "convexLocal.enabled and convex.siteUrl are both given: choose the stand-in or the real Convex" -}}
  {{- end -}}
  {{- if and (include "videotutor.convexSiteUrl" $) (not .publicUrl) -}}
    {{- fail "publicUrl is empty: the addresses of videos in reports start with it; give the address under which users reach the API" -}}
  {{- end -}}
  {{- if and (has "*" .api.webOrigins) (gt (len .api.webOrigins) 1) -}}
    {{- fail "api.webOrigins has * and others: * is every page; give it alone, or drop it" -}}
  {{- end -}}
  {{- $ports := list -}}
  {{- range $field, $service := dict "api.service" .api.service "convexLocal.service" .convexLocal.service -}}
    {{- range $port := list "nodePort" "siteNodePort" -}}
      {{- with int (get $service $port) -}}
        {{- if eq $service.type "ClusterIP" -}}
          {{- fail (printf "%[1]s.%[2]s is given and %[1]s.type is ClusterIP, which has no port of the nodes: set the type to NodePort, or %[2]s to 0" $field $port) -}}
        {{- end -}}
        {{- if has . $ports -}}
          {{- fail (printf "%s.%s is %d, which another Service of this chart has: choose another port, or 0" $field $port .) -}}
        {{- end -}}
        {{- $ports = append $ports . -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}
