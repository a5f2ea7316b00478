{{/* Labels and variables of pods that would replace the project's own. */}}
{{- define "videotutor.checkPods" -}}
{{- $anywhere := "(helm\\.sh|videotutor\\.dev|batch\\.kubernetes\\.io|checksum)/|(job-name|controller-uid)$" -}}
{{- $chart := printf "^(app\\.kubernetes\\.io/(name|instance|component|version|managed-by)$|%s)" $anywhere -}}
{{- $renderer := printf "^(app\\.kubernetes\\.io/(name|component|managed-by)$|%s)" $anywhere -}}
{{- range $field, $given := dict
  "commonLabels" (list $chart .Values.commonLabels) "podLabels" (list $chart .Values.podLabels) "podAnnotations" (list $chart .Values.podAnnotations)
  "renderer.podLabels" (list $renderer .Values.renderer.podLabels)
  "renderer.podAnnotations" (list $renderer .Values.renderer.podAnnotations)
-}}
  {{- range $key, $_ := last $given -}}
    {{- if regexMatch (first $given) $key -}}
      {{- fail (printf "%s must not set %s: the chart, the operator or Kubernetes sets it; choose another prefix" $field $key) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- $secrets := list -}}
{{- range .Values.imagePullSecrets -}}
  {{- if has .name $secrets -}}
    {{- fail (printf "imagePullSecrets has %s twice: drop one" .name) -}}
  {{- end -}}
  {{- $secrets = append $secrets .name -}}
{{- end -}}
{{- if hasPrefix "system-" .Values.renderer.priorityClassName -}}
  {{- fail "renderer.priorityClassName must not begin with system-: render pods would displace parts of the cluster; choose a class of your own" -}}
{{- end -}}
{{- range $part := list "api" "operator" "renderer" -}}
  {{- include "videotutor.checkEnv" (dict "field" (printf "%s.extraEnv" $part) "env" (index $.Values $part).extraEnv "proxy" $.Values.proxy.url "bundle" $.Values.caBundle.configMap) -}}
{{- end -}}
{{- $accounts := list -}}
{{- range $part := list "api" "operator" "renderer" -}}
  {{- $name := include "videotutor.accountName" (dict "root" $ "part" $part) -}}
  {{- if has $name $accounts -}}
    {{- fail (printf "%s.serviceAccount.name is %s, which another part has: each needs an account of its own, since their rights differ" $part $name) -}}
  {{- end -}}
  {{- $accounts = append $accounts $name -}}
{{- end -}}
{{- range $field, $tolerations := dict "tolerations" .Values.tolerations "api.scheduling.tolerations" .Values.api.scheduling.tolerations
  "operator.scheduling.tolerations" .Values.operator.scheduling.tolerations "renderer.tolerations" .Values.renderer.tolerations
  "renderer.allowed.tolerations" .Values.renderer.allowed.tolerations
-}}
  {{- range $tolerations -}}
    {{- $exists := eq (.operator | default "Equal") "Exists" -}}
    {{- if and (not .key) (not $exists) -}}
      {{- fail (printf "%s: an entry without key covers every taint, so it needs operator: Exists" $field) -}}
    {{- end -}}
    {{- if and .value $exists -}}
      {{- fail (printf "%s: the entry of %s has operator: Exists, which takes no value: drop the value" $field (.key | default "every taint")) -}}
    {{- end -}}
    {{- if and (hasKey . "tolerationSeconds") (ne (.effect | default "") "NoExecute") -}}
      {{- fail (printf "%s: the entry of %s has tolerationSeconds, which needs effect: NoExecute" $field (.key | default "every taint")) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/* Variables of a container. Takes (dict "field" "renderer.extraEnv" "env" LIST "proxy" URL "bundle" CONFIGMAP). */}}
{{- define "videotutor.checkEnv" -}}
{{- $seen := list -}}
{{- range .env -}}
  {{- if has .name $seen -}}
    {{- fail (printf "%s has %s twice: drop one" $.field .name) -}}
  {{- end -}}
  {{- $seen = append $seen .name -}}
  {{- if regexMatch "^(VIDEOTUTOR_.*|CONVEX_SITE_URL|CALLBACK_SECRET|WEBHOOK_SECRET|WEBHOOK_SECRET_PREVIOUS|POD_NAME|LOG_LEVEL|HOST|PORT|PROBE_PORT)$" .name -}}
    {{- fail (printf "%s must not set %s: the project sets it; use the value of the chart for it" $.field .name) -}}
  {{- end -}}
  {{- if and $.proxy (regexMatch "^(?i:https?_proxy|no_proxy)$" .name) -}}
    {{- fail (printf "%s has %s, and proxy.url is given, which sets it: drop one of them" $.field .name) -}}
  {{- end -}}
  {{- if and $.bundle (eq .name "SSL_CERT_FILE") -}}
    {{- fail (printf "%s has SSL_CERT_FILE, and caBundle.configMap is given, which sets it: drop one of them" $.field) -}}
  {{- end -}}
  {{- if eq (hasKey . "value") (hasKey . "valueFrom") -}}
    {{- fail (printf "%s: %s needs exactly one of value and valueFrom" $.field .name) -}}
  {{- end -}}
{{- end -}}
{{- end }}
