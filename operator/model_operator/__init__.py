"""The operator: watches SensorModels and RetrainingPolicies, trains, promotes, and says why."""
