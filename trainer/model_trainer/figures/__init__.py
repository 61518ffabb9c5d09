"""The figures of a run, for people: what was forecast, what was flagged and why, how good that is, how the fit went."""
