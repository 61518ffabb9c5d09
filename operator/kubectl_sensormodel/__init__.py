"""The kubectl plugin `kubectl sensormodel`: ask why, and ask for things, with the rights that you have anyway.

It reads and patches the custom resources with the user's kubeconfig and talks to nothing else: not to the operator, not
to MLflow. It writes annotations and specs, never a status. Nothing imports it.
"""
