"""`make demo`: the whole loop on a real Kubernetes, from the first training to a retraining that drift asked for.

Reading order: `__main__` starts everything and ends everything; `sensors` says which telemetry comes when, `replayer`
lets it come; `watch` and `registry` look at what the operator does, `record` keeps it; `steps` says what has to happen,
`view` tells it while it happens, `report` draws it.
"""
