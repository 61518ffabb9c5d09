"""Which SensorModel a registered model belongs to.

MLflow is the truth: the owner stands in tags of the registered model. Before anything is registered, the SensorModel
that was created first has the name. Names may collide across namespaces, and after cleaning: the sensors A/B and A_B
have one name in MLflow. Asked by `core.reconcile` before anything else is decided about a registered model.
"""

from model_contract.keys import Tag
from model_operator.core.decision import SetOwner
from model_operator.core.observed import Observed, RegisteredModel

_TAGS = f"{Tag.OWNER}, {Tag.OWNER_UID} and {Tag.OWNER_CLUSTER}"


def why_not_ours(observed: Observed, registry: RegisteredModel) -> str | None:
    """Why this SensorModel may not use the registered model, and what can be done; None when it may."""
    model = observed.model
    if registry.owner is not None:
        foreign = _is_of_another_cluster(observed, registry)
        if registry.owner == model.key and not foreign:
            return None
        return _belongs_to_another(observed, registry, foreign=foreign)
    elder = min((rival for rival in observed.rivals), key=lambda rival: rival.seniority, default=None)
    if elder is None or model.create_time is None or (model.create_time, model.uid) < elder.seniority:
        return None
    return (
        f"registered model {registry.name} is that of SensorModel {elder.key}, which was created before this one: "
        f"recreate one of them with its own spec.registry.modelName"
    )


def own_registry(observed: Observed) -> RegisteredModel | None:
    """The registered model, empty while it belongs to another: whose versions they are, they are not this one's."""
    registry = observed.registry
    return RegisteredModel(name=registry.name) if registry and why_not_ours(observed, registry) else registry


def claim(observed: Observed) -> SetOwner | None:
    """Write the owner on a registered model that has versions and no owner, or one whose SensorModel was made anew."""
    registry, model = observed.registry, observed.model
    if registry is None or not registry.versions:
        return None
    cluster = observed.cluster or registry.owner_cluster
    if (registry.owner, registry.owner_uid, registry.owner_cluster) == (model.key, model.uid, cluster):
        return None
    return SetOwner(model=registry.name, owner=model.key, owner_uid=model.uid, owner_cluster=cluster)


def _is_of_another_cluster(observed: Observed, registry: RegisteredModel) -> bool:
    """Whether both clusters are known, and differ."""
    return None not in {observed.cluster, registry.owner_cluster} and observed.cluster != registry.owner_cluster


def _belongs_to_another(observed: Observed, registry: RegisteredModel, *, foreign: bool) -> str:
    where = f" of cluster {registry.owner_cluster}" if foreign else ""
    belongs = f"registered model {registry.name} belongs to SensorModel {registry.owner}{where}"
    if not foreign and any(rival.key == registry.owner for rival in observed.rivals):
        return f"{belongs}: recreate one of them with its own spec.registry.modelName"
    return (
        f"{belongs}, which is not seen here: set another spec.registry.modelName; or, if that SensorModel is gone for "
        f"good, take the model over by deleting its tags {_TAGS} in MLflow"
    )
