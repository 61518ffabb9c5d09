"""The drift check beside well-known libraries, each in an environment of its own: `python -m bench.peers`."""
