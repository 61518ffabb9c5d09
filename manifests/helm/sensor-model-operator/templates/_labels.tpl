{{- define "labels" -}}
app.kubernetes.io/name: sensor-model-operator
app.kubernetes.io/part-of: sensor-model-operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/instance: {{ .Release.Name }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
