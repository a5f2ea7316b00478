{{/* Claims that do not exist, and changes of a claim that Kubernetes would refuse in the middle of an upgrade. */}}
{{- define "videotutor.checkClaims" -}}
{{- with .Values.artifacts -}}
  {{- if .existingClaim -}}
    {{- $claim := include "videotutor.claimThatExists" (dict "root" $ "field" "artifacts.existingClaim" "name" .existingClaim) | fromJson -}}
    {{- if and $claim (not (has .accessMode $claim.spec.accessModes)) -}}
      {{- fail (printf "artifacts.accessMode is %s, and the claim %s has %s: set it to that" .accessMode .existingClaim (join " and " $claim.spec.accessModes)) -}}
    {{- end -}}
  {{- else -}}
    {{- include "videotutor.checkClaim" (dict "root" $ "field" "artifacts" "name" (include "videotutor.claimName" $) "mode" .accessMode "size" .size "class" .storageClass) -}}
  {{- end -}}
{{- end -}}
{{- with .Values.convexLocal.persistence -}}
  {{- if and $.Values.convexLocal.enabled .enabled -}}
    {{- include "videotutor.checkClaim" (dict "root" $ "field" "convexLocal.persistence" "name" (printf "%s-convex" (include "videotutor.fullname" $)) "mode" "ReadWriteOnce" "size" .size "class" .storageClass) -}}
  {{- end -}}
{{- end -}}
{{- with .Values.renderer.voices.existingClaim -}}
  {{- $_ := include "videotutor.claimThatExists" (dict "root" $ "field" "renderer.voices.existingClaim" "name" .) -}}
{{- end -}}
{{- end }}

{{/* The ConfigMap of caBundle, without which no pod starts. */}}
{{- define "videotutor.checkBundle" -}}
{{- with .Values.caBundle.configMap -}}
  {{- if include "videotutor.connected" $ -}}
    {{- $found := lookup "v1" "ConfigMap" $.Release.Namespace . | default dict -}}
    {{- if not (hasKey ($found.data | default dict) $.Values.caBundle.key) -}}
      {{- fail (printf "caBundle.configMap names %s, and the namespace %s has no ConfigMap of that name with the key %s (caBundle.key): create it first" . $.Release.Namespace $.Values.caBundle.key) -}}
    {{- end -}}
    {{- if not (contains "-----BEGIN CERTIFICATE-----" (get $found.data $.Values.caBundle.key)) -}}
      {{- fail (printf "caBundle.configMap names %s, whose key %s (caBundle.key) has no certificate in PEM: no connection would be trusted; put the certificates of your authorities there" . $.Values.caBundle.key) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/* Names of the claims that the chart makes, as a JSON list. */}}
{{- define "videotutor.madeClaims" -}}
{{- $made := list -}}
{{- if not .Values.artifacts.existingClaim }}{{ $made = append $made (include "videotutor.claimName" . | trim) }}{{ end -}}
{{- with .Values.convexLocal -}}
  {{- if and .enabled .persistence.enabled }}{{ $made = append $made (printf "%s-convex" (include "videotutor.fullname" $)) }}{{ end -}}
{{- end -}}
{{ toJson $made }}
{{- end }}

{{/* A claim of the user's as JSON; {} without a cluster. Takes (dict "root" $ "field" NAME "name" NAME). */}}
{{- define "videotutor.claimThatExists" -}}
{{- $claim := lookup "v1" "PersistentVolumeClaim" .root.Release.Namespace .name | default dict -}}
{{- if and (not $claim) (include "videotutor.connected" .root) -}}
  {{- fail (printf "%s names %s, and the namespace %s has no PersistentVolumeClaim of that name: create it first" .field .name .root.Release.Namespace) -}}
{{- end -}}
{{- include "videotutor.checkNotDeleted" . -}}
{{- if not (has .name (include "videotutor.madeClaims" .root | fromJsonArray)) -}}
  {{- include "videotutor.checkOwn" (dict "root" .root "field" .field "kind" "PersistentVolumeClaim" "found" $claim) -}}
{{- end -}}
{{ toJson $claim }}
{{- end }}

{{/* The chart's own claim as it is. Takes (dict "root" $ "field" NAME "name" NAME "mode" MODE "size" SIZE "class" CLASS). */}}
{{- define "videotutor.checkClaim" -}}
{{- $claim := lookup "v1" "PersistentVolumeClaim" .root.Release.Namespace .name -}}
{{- if $claim -}}
  {{- include "videotutor.checkNotDeleted" . -}}
  {{- $advice := "Kubernetes cannot change that: set it back, or move to another claim (docs/operations.md, \"Another volume\")" -}}
  {{- if not (has .mode $claim.spec.accessModes) -}}
    {{- fail (printf "%s.accessMode is %s, and the claim %s has %s; %s" .field .mode .name (join " and " $claim.spec.accessModes) $advice) -}}
  {{- end -}}
  {{- $class := $claim.spec.storageClassName | default "" -}}
  {{- if and .class (ne (trimAll "-" .class) $class) -}}
    {{- fail (printf "%s.storageClass is %s, and the claim %s has %s; %s" .field .class .name ($class | default "none") $advice) -}}
  {{- end -}}
  {{- $given := include "videotutor.thousandths" .size | float64 -}}
  {{- $found := include "videotutor.thousandths" $claim.spec.resources.requests.storage | float64 -}}
  {{- if lt $given $found -}}
    {{- fail (printf "%s.size is %v, and the claim %s has %s: a volume cannot shrink; %s" .field .size .name $claim.spec.resources.requests.storage $advice) -}}
  {{- end -}}
  {{- if gt $given $found -}}
    {{- if not (lookup "storage.k8s.io/v1" "StorageClass" "" $class).allowVolumeExpansion -}}
      {{- fail (printf "%s.size is %v, and the claim %s has %s, whose storage class, %s, does not allow expansion; %s" .field .size .name $claim.spec.resources.requests.storage ($class | default "none") $advice) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/* A claim that is being deleted vanishes later with its videos. Takes what claimThatExists takes. */}}
{{- define "videotutor.checkNotDeleted" -}}
{{- with lookup "v1" "PersistentVolumeClaim" .root.Release.Namespace .name -}}
  {{- if .metadata.deletionTimestamp -}}
    {{- fail (printf "%[1]s: the claim %[2]s is being deleted: wait until it is gone (kubectl --namespace %[3]s wait --for=delete persistentvolumeclaim/%[2]s), and uninstall with --wait next time" $.field $.name $.root.Release.Namespace) -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/* The class of a claim's spec; empty for the default one. Takes a storageClass of the values. */}}
{{- define "videotutor.storageClass" -}}
{{- with . -}}
storageClassName: {{ trimAll "-" . | quote }}
{{- end -}}
{{- end }}
