"""The glue between the world and the decisions: what is known, what is due, one pass from looking to announcing."""
