"""`kubectl sensormodel lint`: would the cluster take these files, and would the operator work with them? Offline.

Reading order: `verb` prints, `command` tells the story, `files` finds and parses, `admission` asks what the API server
asks (`structure` for types and bounds, `rules` for CEL), `meaning` what the operator asks. The rules are those of the
CRDs themselves; nothing is written twice.
"""
