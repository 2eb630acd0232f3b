{{- define "bot-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "bot-exporter.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "bot-exporter.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "bot-exporter.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "bot-exporter.selector" -}}
app.kubernetes.io/name: {{ include "bot-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "bot-exporter.labels" -}}
{{ include "bot-exporter.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The chart's labels with those of a value. The value's win, but not over what selects the pods. */}}
{{- define "bot-exporter.labelsWith" -}}
{{- $labels := include "bot-exporter.labels" .context | fromYaml }}
{{- $selector := include "bot-exporter.selector" .context | fromYaml }}
{{- mergeOverwrite $labels (.labels | default dict) $selector | toYaml }}
{{- end }}

{{/* Annotations of objects that may be larger than 256 KiB, which is what client-side apply can keep in an annotation. */}}
{{- define "bot-exporter.large" -}}
{{- mergeOverwrite (dict "argocd.argoproj.io/sync-options" "ServerSideApply=true") (. | default dict) | toYaml }}
{{- end }}

{{- define "bot-exporter.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "bot-exporter.fullname" .) .Values.serviceAccount.name }}
{{- else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "bot-exporter.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{/* Ports of nats.urls, as a comma-separated list without repetitions. */}}
{{- define "bot-exporter.natsPorts" -}}
{{- $ports := list }}
{{- range .Values.nats.urls }}
{{- $url := urlParse . }}
{{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) }}
{{- $ports = append $ports (default (get (dict "ws" "80" "wss" "443") $url.scheme | default "4222") $port) }}
{{- end }}
{{- $ports | uniq | join "," }}
{{- end }}
