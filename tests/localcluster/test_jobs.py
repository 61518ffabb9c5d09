"""The real Job controller works on pods that are processes."""

from tests.pods_under_test import Namespace, job, shell


def test_job_whose_process_succeeds_is_complete(namespace: Namespace) -> None:
    namespace.create(job("j", shell("exit 0")))
    done = namespace.wait_for_condition("job/j", "Complete")
    assert done["status"]["succeeded"] == 1


def test_job_fails_once_its_retries_are_used_up(namespace: Namespace) -> None:
    namespace.create(job("j", shell("exit 1"), backoffLimit=0))
    failed = namespace.wait_for_condition("job/j", "Failed")
    assert [c["reason"] for c in failed["status"]["conditions"] if c["type"] == "Failed"] == ["BackoffLimitExceeded"]


def test_pod_failure_policy_ends_the_job_at_an_exit_code(namespace: Namespace) -> None:
    rule = {"action": "FailJob", "onExitCodes": {"containerName": "main", "operator": "In", "values": [42]}}
    namespace.create(job("j", shell("exit 42"), backoffLimit=6, podFailurePolicy={"rules": [rule]}))
    failed = namespace.wait_for_condition("job/j", "Failed")
    reasons = [c["reason"] for c in failed["status"]["conditions"] if c["type"] == "Failed"]
    assert (reasons, failed["status"]["failed"]) == (["PodFailurePolicy"], 1)


def test_job_deadline_ends_the_process(namespace: Namespace) -> None:
    namespace.create(job("j", shell("exec sleep 600"), activeDeadlineSeconds=1))
    failed = namespace.wait_for_condition("job/j", "Failed")
    assert [c["reason"] for c in failed["status"]["conditions"] if c["type"] == "Failed"] == ["DeadlineExceeded"]


def test_deleting_a_job_removes_its_running_pods(namespace: Namespace) -> None:
    namespace.create(job("j", shell("exec sleep 600")))
    namespace.wait("job/j", ".status.ready", "1")
    namespace.kubectl("delete", "job", "j", "--wait=false")
    namespace.kubectl("wait", "--for=delete", "pod", "-l", "job-name=j", "--timeout=30s")
    assert namespace.kubectl("get", "pods", "-o", "name") == ""
