{{/* An image's full name. Takes (dict "root" $ "image" "convexLocal"). */}}
{{- define "videotutor.image" -}}
{{- $tag := (index .root.Values.images .image).tag | default .root.Chart.AppVersion -}}
{{ include "videotutor.repository" . }}{{ hasPrefix "sha256:" $tag | ternary "@" ":" }}{{ $tag }}
{{- end }}

{{/* An image's name with its registry and without its tag. Takes (dict "root" $ "image" "convexLocal"). */}}
{{- define "videotutor.repository" -}}
{{- $repository := (index .root.Values.images .image).repository -}}
{{- $own := regexFind "^([^/]*[.:][^/]*|localhost)/" $repository -}}
{{- $global := .root.Values.global.imageRegistry -}}
{{- if $global -}}
{{ $global }}/{{ trimPrefix $own $repository }}
{{- else if $own -}}
{{ $repository }}
{{- else -}}
{{- if not .root.Values.images.registry -}}
  {{- fail (printf "images.registry is empty and images.%s.repository, %s, names no registry: nodes would pull it from docker.io, where others publish; set images.registry to the registry that you push the images to" .image $repository) -}}
{{- end -}}
{{ .root.Values.images.registry }}/{{ $repository }}
{{- end -}}
{{- end }}

{{/*
Repositories of the renderer's image that Jobs may use, as a JSON list. A video keeps the name that it began with, and one
without a registry means docker.io's.
*/}}
{{- define "videotutor.rendererRepositories" -}}
{{- $repositories := list -}}
{{- range prepend .Values.admissionPolicies.rendererRepositories (include "videotutor.repository" (dict "root" $ "image" "renderer")) -}}
  {{- $repositories = append $repositories . -}}
  {{- if hasPrefix "docker.io/" . -}}{{- $repositories = append $repositories (trimPrefix "docker.io/" .) -}}{{- end -}}
{{- end -}}
{{ uniq $repositories | toJson }}
{{- end }}
