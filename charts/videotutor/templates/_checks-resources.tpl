{{/*
Requests that exceed their limits, which Kubernetes would refuse only when a pod is made: for render pods, late; and limits
with which no process of ours starts.
*/}}
{{- define "videotutor.checkResources" -}}
{{- range $part := list "api" "operator" "renderer" "convexLocal" -}}
  {{- $resources := (index $.Values $part).resources -}}
  {{- range $name, $least := dict "cpu" "50m" "memory" (ternary "256Mi" "96Mi" (eq $part "renderer")) -}}
    {{- if hasKey $resources.limits $name -}}
      {{- $limit := get $resources.limits $name -}}
      {{- if lt (include "videotutor.thousandths" $limit | float64) (include "videotutor.thousandths" $least | float64) -}}
        {{- fail (printf "%s.resources.limits.%s is %v, with which it cannot work: give at least %s" $part $name $limit $least) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- range $name, $limit := $resources.limits -}}
    {{- if and (contains "/" $name) (not (regexMatch "^[0-9]+$" (toString $limit))) -}}
      {{- fail (printf "%s.resources.limits.%s is %v: a device is given as a whole number" $part $name $limit) -}}
    {{- end -}}
  {{- end -}}
  {{- range $name, $request := $resources.requests -}}
    {{- $limit := get $resources.limits $name -}}
    {{- if and (not (has $name (list "cpu" "memory" "ephemeral-storage"))) (ne (toString $request) (toString $limit)) -}}
      {{- fail (printf "%[1]s.resources.requests.%[2]s is %[3]v, and its limit is another: Kubernetes needs the same in %[1]s.resources.limits.%[2]s" $part $name $request) -}}
    {{- end -}}
    {{- if ne "" (toString $limit) -}}
      {{- if gt (include "videotutor.thousandths" $request | float64) (include "videotutor.thousandths" $limit | float64) -}}
        {{- fail (printf "%s.resources.requests.%s is %v, more than the limit, %v: lower the request or raise the limit" $part $name $request $limit) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/* A quantity in thousandths, since a request may be 500m. Takes a string, or a number. */}}
{{- define "videotutor.thousandths" -}}
{{- $units := dict "m" 1 "" 1e3 "k" 1e6 "M" 1e9 "G" 1e12 "T" 1e15 "P" 1e18 "E" 1e21
  "Ki" 1.024e6 "Mi" 1.048576e9 "Gi" 1.073741824e12 "Ti" 1.099511627776e15 "Pi" 1.125899906842624e18
  "Ei" 1.152921504606847e21 -}}
{{- if kindIs "string" . -}}
  {{- mulf (regexFind "^[0-9.]+" . | float64) (index $units (regexFind "[A-Za-z]*$" .)) -}}
{{- else -}}
  {{- mulf . 1e3 -}}
{{- end -}}
{{- end }}
