"""Models that forecast a sensor and find its anomalies. The only place where TensorFlow is imported."""
