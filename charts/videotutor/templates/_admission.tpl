{{/* A list of strings as CEL. The schema of the values keeps quotes and backslashes out of them. */}}
{{- define "videotutor.celList" -}}
[{{ range $index, $text := . }}{{ if $index }}, {{ end }}'{{ $text }}'{{ end }}]
{{- end }}

{{/* What a refusal says is allowed instead, as CEL. Takes a list of strings. */}}
{{- define "videotutor.celAllowed" -}}
'{{ if . }}allowed: {{ join ", " . }}{{ else }}leave it out{{ end }}'
{{- end }}

{{/*
A validation whose message is that of the operator (core/allowance.py), as JSON. Takes a dict of path, value, allowed (CEL)
and rule. The answer is 422 Invalid, the default, which the API passes on to its caller; to 403 it would answer 503.
*/}}
{{- define "videotutor.celValidation" -}}
{{- dict "expression" .rule "messageExpression"
  (printf "'`spec.podTemplate.%s`: \"' + %s + '\" is not allowed here; ' + %s" .path .value .allowed) | toJson -}}
{{- end }}

{{/* Whether an allowed toleration covers the toleration t, as CEL. */}}
{{- define "videotutor.celCovers" -}}
{{- $terms := list -}}
{{- with .key }}{{ $terms = append $terms (printf "t.?key.orValue('') == '%s'" .) }}{{ end -}}
{{- if ne (.operator | default "Equal") "Exists" -}}
  {{- $terms = append $terms (printf "t.?operator.orValue('Equal') != 'Exists' && t.?value.orValue('') == '%s'" (.value | default "")) -}}
{{- end -}}
{{- with .effect }}{{ $terms = append $terms (printf "t.?effect.orValue('') == '%s'" .) }}{{ end -}}
({{ $terms | join " && " | default "true" }})
{{- end }}

{{/* An allowed toleration as `kubectl taint` writes it. */}}
{{- define "videotutor.tolerationText" -}}
{{ .key | default "*" }}{{ if ne (.operator | default "Equal") "Exists" }}={{ .value }}{{ end }}:{{ .effect | default "*" }}
{{- end }}

{{/* The rules of renderer.allowed, in the order of the operator's, as a YAML list of validations. */}}
{{- define "videotutor.podTemplateValidations" -}}
{{- $class := "variables.priorityClassName" }}
- {{ include "videotutor.celValidation" (dict "path" "priorityClassName" "value" $class
    "rule" (printf "!%s.startsWith('system-')" $class) "allowed" "'classes that begin with system- are reserved'") }}
{{- with .Values.renderer.allowed }}
{{- range $path, $names := dict "priorityClassName" .priorityClassNames "runtimeClassName" .runtimeClassNames }}
{{- if not (kindIs "invalid" $names) }}
- {{ include "videotutor.celValidation" (dict "path" $path "value" (printf "variables.%s" $path)
    "rule" (printf "variables.%s in %s" $path (include "videotutor.celList" (prepend $names "")))
    "allowed" (include "videotutor.celAllowed" $names)) }}
{{- end }}
{{- end }}
{{- if not (kindIs "invalid" .nodeSelectors) }}
- {{ include "videotutor.celValidation" (dict "path" "nodeSelector" "value" "variables.otherSelectors.min()"
    "rule" "variables.otherSelectors.size() == 0" "allowed" (include "videotutor.celAllowed" .nodeSelectors)) }}
{{- end }}
{{- if not (kindIs "invalid" .tolerations) }}
{{- $texts := list }}
{{- range .tolerations }}{{ $texts = append $texts (include "videotutor.tolerationText" .) }}{{ end }}
- {{ include "videotutor.celValidation" (dict "path" "tolerations" "value" "variables.otherTolerations[0]"
    "rule" "variables.otherTolerations.size() == 0" "allowed" (include "videotutor.celAllowed" $texts)) }}
{{- end }}
{{- if not (kindIs "invalid" .maxResources) }}
{{- range $side := list "requests" "limits" }}
- {{ include "videotutor.celValidation" (dict "path" (printf "resources.%s" $side) "value" (printf "variables.%sUnbounded.min()" $side)
    "rule" (printf "variables.%sUnbounded.size() == 0" $side)
    "allowed" (include "videotutor.celAllowed" (keys $.Values.renderer.allowed.maxResources | sortAlpha))) }}
- {{ include "videotutor.celValidation" (dict "path" (printf "resources.%s" $side)
    "value" (printf "variables.%[1]sOver.min() + ': ' + string(variables.%[1]s[variables.%[1]sOver.min()])" $side)
    "rule" (printf "variables.%sOver.size() == 0" $side)
    "allowed" (printf "'at most ' + variables.most[variables.%sOver.min()]%s" $side (ternary " + ', above 0'" "" (eq $side "limits")))) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The variables of those rules, as a YAML list. Each is what is not allowed, so an empty list is right. */}}
{{- define "videotutor.podTemplateVariables" -}}
- {name: template, expression: "object.spec.?podTemplate.orValue({})"}
- {name: priorityClassName, expression: "variables.template.?priorityClassName.orValue('')"}
- {name: runtimeClassName, expression: "variables.template.?runtimeClassName.orValue('')"}
{{- with .Values.renderer.allowed }}
{{- if not (kindIs "invalid" .nodeSelectors) }}
- name: nodeSelector
  expression: variables.template.?nodeSelector.orValue({})
- name: otherSelectors
  expression: >-
    variables.nodeSelector.filter(key, !(key + '=' + variables.nodeSelector[key] in {{ include "videotutor.celList" .nodeSelectors }})
    && !(key + '=*' in {{ include "videotutor.celList" .nodeSelectors }})).map(key, key + '=' + variables.nodeSelector[key])
{{- end }}
{{- if not (kindIs "invalid" .tolerations) }}
- name: otherTolerations
  expression: >-
    variables.template.?tolerations.orValue([]).filter(t, !(
    {{- range .tolerations }}{{ include "videotutor.celCovers" . }} || {{ end }}false)).map(t,
    (t.?key.orValue('') == '' ? '*' : t.key)
    + (t.?operator.orValue('Equal') == 'Exists' ? '' : '=' + t.?value.orValue(''))
    + ':' + t.?effect.orValue('*'))
{{- end }}
{{- if not (kindIs "invalid" .maxResources) }}
- name: most
  expression: >-
    { {{- range $index, $name := keys .maxResources | sortAlpha }}{{ if $index }}, {{ end }}'{{ $name }}': '{{ get $.Values.renderer.allowed.maxResources $name }}'{{ end -}} }
{{- range $side := list "requests" "limits" }}
- name: {{ $side }}
  expression: variables.template.?resources.?{{ $side }}.orValue({})
- name: {{ $side }}Unbounded
  expression: variables.{{ $side }}.filter(name, !(name in variables.most))
- name: {{ $side }}Over
  expression: >-
    variables.{{ $side }}.filter(name, name in variables.most && (!isQuantity(string(variables.{{ $side }}[name]))
    || quantity(string(variables.{{ $side }}[name])).isGreaterThan(quantity(variables.most[name]))
    {{- if eq $side "limits" }}
    || !quantity(string(variables.limits[name])).isGreaterThan(quantity('0')){{ end }}))
{{- end }}
{{- end }}
{{- end }}
{{- end }}
