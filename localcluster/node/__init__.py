"""A node without containers: an agent that runs the pods of one Node object as local processes.

Reading order: `agent` watches pods and gives each a `pod_worker`; that prepares `volumes` and the `launch` of every
container (`environment`, `mounts`, `images`), runs them (`container`), and reports them (`states`, `status`). Beside
it stand `registration` (the Node object and its lease), `storage` (claims of class process-local) and `logs`.
"""
