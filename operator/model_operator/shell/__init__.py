"""The glue between the world and the decisions: what is known, what is due, and one pass from looking to announcing."""
