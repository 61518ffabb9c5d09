"""What a training leaves in MLflow. The only place where MLflow is imported."""
