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
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "bot-exporter.labels" -}}
{{ include "bot-exporter.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
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

{{/* A quantity of memory in bytes. */}}
{{- define "bot-exporter.bytes" -}}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 }}
{{- $text := toString . }}
{{- $number := regexFind "^[0-9.]+" $text }}
{{- $unit := trimPrefix $number $text }}
{{- if not (hasKey $units $unit) }}{{ fail (printf "memory limit %s: unit is not one of k, M, G, T, Ki, Mi, Gi, Ti" $text) }}{{ end }}
{{- mulf (float64 $number) (get $units $unit) | int64 }}
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
