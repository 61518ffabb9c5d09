"""Names that follow from the name of a SensorModel fit where Kubernetes bounds them."""

from model_operator.api.crd import LONGEST_MODEL_NAME
from model_operator.core.identity import job_name


def test_the_name_of_a_job_holds_the_longest_name_of_a_model_whole_and_fits_a_label() -> None:
    longest = "p" * LONGEST_MODEL_NAME
    name = job_name(longest, decision="0123456789abcdef", attempt=99)
    assert name.startswith(f"{longest}-")
    assert len(name) <= 63
