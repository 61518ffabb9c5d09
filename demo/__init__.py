"""`make demo`: the whole loop on a real Kubernetes, from the first training to a retraining that drift asked for.

Reading order: `__main__`, `play` and `run` tell it in order, on what `servers` starts; `sensors` says which telemetry
comes when, `replayer` lets it come; `watch`, `registry` and `trainer_log` look at what happens, `record` keeps it,
`follow` is the loop over them; `steps` says what has to happen, `view` tells it, `picture` and `report` draw it.
"""
