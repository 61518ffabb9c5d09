"""Whatever happens in whatever order: no budget is exceeded, nobody is lost, and the most urgent come first."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from model_operator.core.claim import Claim, Urgency
from model_operator.core.gates import budget_exhausted
from model_operator.core.observed import BudgetUse
from model_operator.gateways.resources import Resource
from model_operator.shell.budget import Budget
from model_operator.shell.cache import Cache
from model_operator.shell.kept import Kept, Key
from model_operator.shell.parse import parse_policy
from tests import builders
from tests.fakes import EPOCH, FakeClock
from tests.shell.objects import condition, job, retraining_policy, sensor_model

POLICIES = {"north": 2, "south": 2}
MODELS = 7
NAMES = st.integers(0, MODELS - 1).map("p-{}".format)


class Storm(RuleBasedStateMachine):
    """Models that want to train, passes in any order, Jobs that end, models that go, operators that restart."""

    def __init__(self) -> None:
        super().__init__()
        self.limit: int | None = None  # of the operator
        self.versions = iter(range(1, 1_000_000))
        self.clock = FakeClock()
        self.policies: dict[str, str] = {}  # by model
        self.policy_of: dict[str, str] = {}  # the same, of deleted models too
        self.wants: dict[str, Urgency] = {}  # by model that wants to train
        self.since: dict[str, timedelta] = {}  # by model that waits, as its status tells it
        self.stands: dict[str, Urgency] = {}  # by model in line, as its last pass left it
        self.live: dict[str, str] = {}  # by model: its live Job
        self.woken: dict[Key, None] = {}

    @initialize(
        wants=st.lists(st.sampled_from(Urgency), min_size=MODELS, max_size=MODELS), limit=st.sampled_from([None, 3])
    )
    def start(self, wants: list[Urgency], limit: int | None) -> None:
        """All want to train, and know whether they may."""
        self.limit = limit
        for name in range(MODELS):
            self.policies[f"p-{name}"] = "north" if name % 2 else "south"
            self.wants[f"p-{name}"] = wants[name]
        self.restart()
        while self.woken:
            self.run_pass(0)

    def restart(self) -> None:
        """A new process reads everything; every model is due for a pass."""
        self.cache = Cache()
        self.woken = {}
        self.live = {name: owner for name, owner in self.live.items() if owner in self.policies}  # others are gone
        self.stands = dict.fromkeys(self.since, Urgency.OTHER)  # no status of these tells a severity
        self.budget = Budget(self.cache, clock=self.clock, wake=self.wake, operator_limit=self.limit)
        for name, places in POLICIES.items():
            spec = {"budget": {"maxConcurrent": places}}
            self.put(Resource.RETRAINING_POLICY, retraining_policy(name, version=next(self.versions), spec=spec))
        for name, owner in self.live.items():
            self.put(Resource.JOB, job(name, version=next(self.versions), owner=f"uid-{owner}"))
        for name in self.policies:
            self.put_model(name)
            self.wake(key(name))

    @rule(model=NAMES, urgency=st.sampled_from(Urgency))
    def want(self, model: str, urgency: Urgency) -> None:
        """A model begins to want a training, or wants it more or less."""
        if model in self.policies and model not in self.live.values():
            self.wants[model] = urgency
            self.wake(key(model))

    @precondition(lambda self: self.woken)
    @rule(which=st.integers(0, MODELS))
    def run_pass(self, which: int) -> None:
        """A worker takes any key that is due."""
        self.clock.advance(timedelta(seconds=1))
        due = list(self.woken)[which % len(self.woken)]
        del self.woken[due]
        self.decide(due)

    @precondition(lambda self: self.live)
    @rule(which=st.integers(0, MODELS))
    def end_job(self, which: int) -> None:
        name = sorted(self.live)[which % len(self.live)]
        owner = self.live.pop(name)
        done = {"conditions": [condition("Complete")], "completionTime": "2026-03-01T13:00:00Z"}
        self.put(Resource.JOB, job(name, version=next(self.versions), owner=f"uid-{owner}", status=done))

    @rule(model=NAMES, what=st.sampled_from(["restart", "delete", "move", "give up"]))
    def disturb(self, model: str, what: str) -> None:
        """What happens less often."""
        if what == "restart":
            self.restart()
        elif model not in self.policies:
            if model not in self.live.values():  # the Jobs of the deleted one are gone
                self.policies[model] = "north"
                self.put_model(model)
        elif what == "give up":
            self.wants.pop(model, None)
        elif what == "move":
            self.policies[model] = "south" if self.policies[model] == "north" else "north"
            self.forget(model)
            self.put_model(model)
        else:
            self.wants.pop(model, None)
            self.forget(model)
            gone = sensor_model(model, version=next(self.versions), policy=self.policies.pop(model))
            if change := self.cache.drop(Resource.SENSOR_MODEL, gone):
                self.budget.notice(change)
        self.wake(key(model))

    @invariant()
    def no_budget_is_exceeded(self) -> None:
        assert self.limit is None or len(self.live) <= self.limit

    def teardown(self) -> None:
        """When no new wish comes, all that wait train."""
        for _ in range(100):
            while self.woken:
                self.run_pass(0)
            if not self.live:
                break
            self.end_job(0)
        assert self.wants == {}

    def decide(self, which: Key) -> None:
        """One pass, by the rules of the operator's own gate."""
        model, name = self.cache.get(which), which.name
        if model is None or name not in self.wants:
            self.budget.leave(which)
            self.forget(name)
            return
        claim = Claim(self.wants[name], EPOCH + self.since.get(name, self.clock.now() - EPOCH))
        use = self.budget.use(model, claim)
        if self.is_closed(model, use):
            self.since.setdefault(name, self.clock.now() - EPOCH)
            self.stands[name] = self.wants[name]
            self.budget.wait(model, claim, use)
            return
        self.forget(name)
        policy, urgency = self.policies[name], self.wants.pop(name)
        assert self.free(policy) > self.ahead(policy, urgency)
        assert self.limit is None or self.limit - len(self.live) > sum(
            min(self.free(each), self.ahead(each, urgency)) for each in POLICIES if self.free(each) > 0
        )
        with self.budget.launching(model):
            created = f"{name}-{next(self.versions)}"
            self.live[created] = name
            self.cache.put(Resource.JOB, job(created, version=next(self.versions), owner=f"uid-{name}"))
        self.budget.leave(which)

    def free(self, policy: str) -> int:
        """Places of a policy that are really free; below 0 when models with Jobs moved to it."""
        return POLICIES[policy] - sum(self.policy_of[owner] == policy for owner in self.live.values())

    def ahead(self, policy: str, urgency: Urgency) -> int:
        """Models in the line of a policy that are more urgent."""
        return sum(self.policies[other] == policy and first < urgency for other, first in self.stands.items())

    def forget(self, name: str) -> None:
        """The model does not wait."""
        self.since.pop(name, None)
        self.stands.pop(name, None)

    def is_closed(self, model: Kept, use: BudgetUse) -> bool:
        policy = self.cache.get(model.policy) if model.policy else None
        spec = parse_policy(policy).spec if policy else None
        assert spec is not None
        return budget_exhausted(builders.observed(budget=use), spec) is not None

    def put(self, resource: Resource, obj: dict[str, object]) -> None:
        if change := self.cache.put(resource, obj):
            self.budget.notice(change)

    def put_model(self, name: str) -> None:
        """The SensorModel with a status that tells since when it waits."""
        self.policy_of[name] = self.policies[name]
        version = next(self.versions)
        status: dict[str, object] = {"observedGeneration": 1}
        if name in self.since:
            time = (EPOCH + self.since[name]).isoformat()
            decision = {"time": time, "action": "None", "reason": "BudgetExhausted", "message": "waits"}
            status["lastDecision"] = decision
        self.put(Resource.SENSOR_MODEL, sensor_model(name, version=version, policy=self.policies[name], status=status))

    def wake(self, due: Key) -> None:
        self.woken[due] = None


def key(name: str) -> Key:
    return Key(Resource.SENSOR_MODEL, "plant", name)


TestStorm = Storm.TestCase
TestStorm.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
