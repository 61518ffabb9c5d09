"""What operator and trainer promise each other.

The trainer owns this package because the callee owns its interface. The operator builds a `TrainingTask` and reads what
the trainer registered; the trainer reads the task and writes a `TrainingOutcome`. Neither side imports the other.
"""
