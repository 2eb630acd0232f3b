{{/* Arguments of the program: those of the values, then extraArgs. The program would refuse most flags a second time. */}}
{{- define "bot-exporter.args" -}}
{{- $args := include "bot-exporter.ownArgs" . | fromYamlArray }}
{{- $flags := list }}
{{- range $args }}{{ $flags = append $flags (include "bot-exporter.flag" .) }}{{ end }}
{{- range .Values.extraArgs }}
{{- $flag := include "bot-exporter.flag" . }}
{{- if has $flag $flags }}{{ fail (printf "extraArgs: the chart sets --%s already; use its value" $flag) }}{{ end }}
{{- end }}
{{- concat $args (.Values.extraArgs | default list) | toYaml }}
{{- end }}

{{/* The name of the flag that an argument sets or, with --no-, unsets. */}}
{{- define "bot-exporter.flag" -}}
{{- regexReplaceAll "^--(no-)?([^=]*).*$" . "${2}" }}
{{- end }}

{{- define "bot-exporter.ownArgs" -}}
{{- $v := .Values }}
{{- $auth := $v.nats.auth }}
- serve
{{- range $v.nats.urls }}
- {{ printf "--nats.url=%s" . | quote }}
{{- end }}
- {{ printf "--nats.stream=%s" $v.nats.stream | quote }}
{{- range $v.nats.subjects }}
- {{ printf "--nats.subjects=%s" . | quote }}
{{- end }}
{{- if $v.nats.createStream }}
- --nats.create-stream
- --nats.create-replicas={{ $v.nats.createReplicas }}
{{- end }}
{{- with $v.nats.inboxPrefix }}
- {{ printf "--nats.inbox-prefix=%s" . | quote }}
{{- end }}
{{- if $auth.existingSecret }}
{{- with $auth.user }}
- {{ printf "--nats.user=%s" . | quote }}
{{- end }}
{{- with $auth.passwordKey }}
- {{ printf "--nats.password-file=/etc/bot-exporter/nats/%s" . | quote }}
{{- end }}
{{- with $auth.tokenKey }}
- {{ printf "--nats.token-file=/etc/bot-exporter/nats/%s" . | quote }}
{{- end }}
{{- with $auth.nkeyKey }}
- {{ printf "--nats.nkey-file=/etc/bot-exporter/nats/%s" . | quote }}
{{- end }}
{{- with $auth.credentialsKey }}
- {{ printf "--nats.credentials-file=/etc/bot-exporter/nats/%s" . | quote }}
{{- end }}
{{- end }}
{{- if $v.nats.allowPlaintextCredentials }}
- --nats.allow-plaintext-credentials
{{- end }}
{{- if $v.nats.tls.existingSecret }}
- --nats.tls-ca-file=/etc/bot-exporter/nats-tls/ca.crt
{{- if $v.nats.tls.clientCertificate }}
- --nats.tls-cert-file=/etc/bot-exporter/nats-tls/tls.crt
- --nats.tls-key-file=/etc/bot-exporter/nats-tls/tls.key
{{- end }}
{{- end }}
{{- if $v.nats.tls.first }}
- --nats.tls-first
{{- end }}
{{- if $v.users.existingSecret }}
- {{ printf "--users.key-file=/etc/bot-exporter/users/%s" $v.users.key | quote }}
{{- end }}
{{- if $v.config }}
- --config.file=/etc/bot-exporter/config/bot-exporter.yml
{{- end }}
- {{ printf "--time.zone=%s" $v.timeZone | quote }}
- --on-stream-mismatch={{ $v.onStreamMismatch }}
- --checkpoint.interval={{ $v.checkpointInterval }}
- --storage.path=/data
- --web.listen-address=:9850
{{- if $v.web.existingSecret }}
- --web.config.file=/etc/bot-exporter/web/web.yml
{{- end }}
- --log.level={{ $v.log.level }}
- --log.format={{ $v.log.format }}
{{- end }}
