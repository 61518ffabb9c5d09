"""How a registered model is called in MLflow.

The spec asks, and so does the operator's cache, which must see at once when two SensorModels have the same name.
"""


def registered_name(model_type: str, sensor_id: str, model_name: str | None) -> str:
    """The name in MLflow, which allows neither `/` nor `:`; different sensors may have the same one.

    Args:
        model_type: as in the spec, for example Telemanom.
        sensor_id: as in the spec.
        model_name: `spec.registry.modelName`; None or empty: made of the others, for example telemanom_P-1.
    """
    if model_name:
        return model_name
    cleaned = sensor_id.replace("/", "_").replace(":", "_").replace(" ", "_")
    return f"{model_type.lower()}_{cleaned}"
