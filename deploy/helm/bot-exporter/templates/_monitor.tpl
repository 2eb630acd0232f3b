{{/* A ServiceMonitor or PodMonitor. */}}
{{- define "bot-exporter.monitor" -}}
{{- with .values.scrapeTimeout }}
{{- if gt (include "bot-exporter.milliseconds" . | int64) (include "bot-exporter.milliseconds" $.values.interval | int64) }}
{{- fail (printf "%s: scrapeTimeout %s is longer than interval %s; Prometheus would refuse its configuration" $.kind . $.values.interval) }}
{{- end }}
{{- end }}
apiVersion: monitoring.coreos.com/v1
kind: {{ .kind }}
metadata:
  name: {{ include "bot-exporter.fullname" .context }}
  {{- with .values.namespace }}
  namespace: {{ . }}
  {{- end }}
  labels: {{- include "bot-exporter.labelsWith" (dict "context" .context "labels" .values.labels) | nindent 4 }}
spec:
  {{- if .values.namespace }}
  namespaceSelector: {matchNames: [{{ .context.Release.Namespace | quote }}]}
  {{- end }}
  selector:
    matchLabels: {{- include "bot-exporter.selector" .context | nindent 6 }}
  scrapeClassicHistograms: true   # dashboards and rules read the classic buckets
  sampleLimit: {{ .values.sampleLimit | int64 }}
  bodySizeLimit: {{ .values.bodySizeLimit }}
  scrapeProtocols: [PrometheusProto, OpenMetricsText1.0.0, PrometheusText0.0.4]
  {{ .endpoints }}:
    - port: metrics
      interval: {{ .values.interval }}
      {{- with .values.scrapeTimeout }}
      scrapeTimeout: {{ . }}
      {{- end }}
      scheme: {{ .values.scheme }}
      {{- range $field := list "tlsConfig" "basicAuth" "relabelings" "metricRelabelings" }}
      {{- with get $.values $field }}
      {{ $field }}: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- end }}
{{- end }}

{{- define "bot-exporter.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 }}
{{- $sum := 0 }}
{{- range regexFindAll "[0-9]+[a-z]+" . -1 }}
{{- $unit := regexFind "[a-z]+$" . }}
{{- $sum = add $sum (mul (trimSuffix $unit . | int64) (get $units $unit)) }}
{{- end }}
{{- $sum }}
{{- end }}
