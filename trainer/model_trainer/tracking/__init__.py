"""What trainings and evaluations leave in MLflow. The only place where MLflow is imported."""
