{{/* Environment of the program. GOMEMLIMIT comes from the memory limit, unless extraEnv has its own. */}}
{{- define "bot-exporter.env" -}}
{{- $env := .Values.extraEnv | default list }}
{{- $names := list }}
{{- range $env }}
{{- if has .name $names }}{{ fail (printf "extraEnv has %s twice" .name) }}{{ end }}
{{- $names = append $names .name }}
{{- end }}
{{- $limit := ((.Values.resources).limits).memory }}
{{- if and $limit (not (has "GOMEMLIMIT" $names)) }}
{{- $env = prepend $env (dict "name" "GOMEMLIMIT" "value" (include "bot-exporter.memory" $limit)) }}
{{- end }}
{{- with $env }}{{ toYaml . }}{{ end }}
{{- end }}

{{/* 90% of a quantity of memory, in bytes. A whole number in a values file arrives as a float, such as 1.073741824e+09. */}}
{{- define "bot-exporter.memory" -}}
{{- $factors := dict "" 1 "n" 1e-9 "u" 1e-6 "m" 1e-3 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18
      "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "Ei" 1152921504606846976 }}
{{- $text := toString . }}
{{- $number := regexFind "^[+]?[0-9.]+([eE][+-]?[0-9]+)?" $text }}
{{- $factor := get $factors (trimPrefix $number $text) }}
{{- $bytes := mulf (float64 $number) $factor }}
{{- if lt $bytes 16777216.0 }}{{ fail (printf "resources.limits.memory: %s is %.0f bytes, too few to start; did you mean %sMi?" $text $bytes (regexFind "[0-9.]+" $text)) }}{{ end }}
{{- if ge $bytes 9e18 }}{{ fail (printf "resources.limits.memory: %s is more than fits in 63 bits" $text) }}{{ end }}
{{- mulf $bytes 0.9 | int64 }}
{{- end }}

{{/* Volumes, and where they are mounted. */}}
{{- define "bot-exporter.volumes" -}}
{{- $v := .Values }}
{{- $volumes := list }}
{{- $mounts := list (dict "name" "data" "mountPath" "/data") }}
{{- if not $v.persistence.enabled }}
{{- $volumes = append $volumes (dict "name" "data" "emptyDir" dict) }}
{{- end }}
{{- range $name, $secret := dict "nats" $v.nats.auth.existingSecret "nats-tls" $v.nats.tls.existingSecret "users" $v.users.existingSecret "web" $v.web.existingSecret }}
{{- if $secret }}
{{- $volumes = append $volumes (dict "name" $name "secret" (dict "secretName" $secret "defaultMode" 0440)) }}
{{- $mounts = append $mounts (dict "name" $name "mountPath" (printf "/etc/bot-exporter/%s" $name) "readOnly" true) }}
{{- end }}
{{- end }}
{{- if $v.config }}
{{- $volumes = append $volumes (dict "name" "config" "configMap" (dict "name" (include "bot-exporter.fullname" .))) }}
{{- $mounts = append $mounts (dict "name" "config" "mountPath" "/etc/bot-exporter/config" "readOnly" true) }}
{{- end }}
{{- $names := list "data" }}
{{- range $volumes }}{{ $names = append $names .name }}{{ end }}
{{- range $v.extraVolumes }}
{{- if has .name $names }}{{ fail (printf "extraVolumes: there is a volume %s already" .name) }}{{ end }}
{{- $names = append $names .name }}
{{- end }}
{{- $paths := list }}
{{- range $mounts }}{{ $paths = append $paths .mountPath }}{{ end }}
{{- range $v.extraVolumeMounts }}
{{- if not (has .name $names) }}{{ fail (printf "extraVolumeMounts: there is no volume %s; add it to extraVolumes" .name) }}{{ end }}
{{- if has .mountPath $paths }}{{ fail (printf "extraVolumeMounts: something is mounted at %s already" .mountPath) }}{{ end }}
{{- $paths = append $paths .mountPath }}
{{- end }}
{{- dict "volumes" (concat $volumes ($v.extraVolumes | default list)) "mounts" (concat $mounts ($v.extraVolumeMounts | default list)) | toYaml }}
{{- end }}
