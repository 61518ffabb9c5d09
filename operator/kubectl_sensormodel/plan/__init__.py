"""`kubectl sensormodel plan`: what a policy would have done, before it is applied.

Reading order: `command` declares the options, `run` tells the story; `inputs` and `versions` say what there is to
replay, `telemetry` gives the past to `model_operator.core.replay`, `policies` says what the policy is compared with,
`report` adds up, `page` and `figure` show it.
"""
