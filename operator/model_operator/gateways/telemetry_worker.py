"""The entry points of a worker process.

`telemetry.py` names them, so the operator imports this module too; numpy, scipy and pyarrow are loaded only where the
work is done. `prepare` runs once in every new process, `measure` for every measurement. Whatever the files hold,
the answer is a measurement: with a verdict, or with the problem that people must know.
"""

import resource
from datetime import datetime
from pathlib import Path
from typing import Final

from model_contract.telemetry.address import Address, is_object
from model_operator.api.vocabulary import Reason
from model_operator.core.measure import MeasurementPlan
from model_operator.core.observed import Measurement
from model_operator.gateways.telemetry_files import TelemetryProblem

_STORE_THREADS: Final = 2  # each reserves address space for its stack
_LONGEST_MESSAGE: Final = 1024  # characters, a limit of the status
_MEMORY_OF_PROCESS: Final = Path("/proc/self/statm")  # Linux; elsewhere memory is not limited


def prepare(memory_bytes: int, roots: tuple[str, ...] = ()) -> None:
    """Load the libraries, then limit what measurements may allocate beyond them.

    Args:
        memory_bytes: the limit.
        roots: of the telemetry; the clients of object stores among them start before the limit.
    """
    import pyarrow as pa  # noqa: PLC0415 - loaded in worker processes only

    import model_operator.gateways.telemetry_measuring  # noqa: F401, PLC0415 - the same
    from model_contract.telemetry.store import open_store  # noqa: PLC0415 - the same

    pa.set_memory_pool(pa.system_memory_pool())  # the others reserve address space in large steps
    pa.set_cpu_count(1)
    pa.set_io_thread_count(_STORE_THREADS)
    for scheme in {Address.parse(root).scheme for root in roots if is_object(root)}:
        open_store(scheme)
    if _MEMORY_OF_PROCESS.exists():
        pages = int(_MEMORY_OF_PROCESS.read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def measure(plan_json: str, profile_bytes: bytes | None, now: datetime, roots: tuple[str, ...]) -> str:
    """The measurement as JSON.

    Args:
        plan_json: a `MeasurementPlan`.
        profile_bytes: the drift profile that the plan names; None when it names none.
        now: when it is measured.
        roots: below which telemetry may be read.
    """
    from model_contract.drift import DriftError  # noqa: PLC0415 - loaded in worker processes only
    from model_operator.gateways.telemetry_measuring import measure_newest_windows  # noqa: PLC0415 - the same

    plan = MeasurementPlan.model_validate_json(plan_json)
    uri = plan.telemetry.uri
    try:
        measurement = measure_newest_windows(plan, profile_bytes, now, roots)
    except TelemetryProblem as problem:
        measurement = without_verdict(plan, problem.reason, str(problem))
    except DriftError as error:
        measurement = without_verdict(plan, Reason.NO_DRIFT_PROFILE, f"version {plan.version}: {error}")
    except MemoryError:
        measurement = without_verdict(plan, Reason.TELEMETRY_UNREADABLE, f"{uri}: it needs too much memory")
    except Exception as error:  # noqa: BLE001 - hostile files; what libraries raise about them is unbounded
        measurement = without_verdict(plan, Reason.TELEMETRY_UNREADABLE, f"{uri}: {type(error).__name__}: {error}")
    return measurement.model_dump_json()


def without_verdict(plan: MeasurementPlan, problem: Reason, message: str) -> Measurement:
    """The measurement that says why the telemetry cannot be judged."""
    return Measurement(
        reference_version=plan.version,
        profile_digest=plan.profile_digest,
        current=None,
        problem=problem,
        message=message[:_LONGEST_MESSAGE],
    )
