"""Run one command and die with whoever started it, leaving nothing behind.

    python -I -S supervise.py COMMAND [ARGUMENT ...]

Standard input is the lifeline: a pipe whose other end only the starter holds. However the starter ends, SIGKILL
included, the kernel closes that end, and this program kills the command and everything descended from it. The same
happens when the command itself ends, as in a container whose first process is gone. SIGTERM and SIGINT are passed on to
the command alone. The exit code is the command's, or 128 + N when signal N ended it; 127 and 126 mean not found and not
executable.

Started by processes.py (control plane) and node/container.py (pods). Imports the standard library only and as little of
it as possible: one copy runs beside every process of the cluster. Descendants that left the process group are found on
Linux only, where this program adopts them (PR_SET_CHILD_SUBREAPER); elsewhere the command's process group is killed.
"""

import contextlib
import ctypes
import os
import select
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIFELINE = 0
_LINUX = sys.platform == "linux"


def main(command: list[str]) -> int:
    """Run `command` until it ends or the lifeline does; the exit code to pass on."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    wakeup = _wake_on_signals()
    child = _spawn(command)
    exit_code = None
    while exit_code is None:
        ready, _, _ = select.select([wakeup, _LIFELINE], [], [])
        if _LIFELINE in ready and not os.read(_LIFELINE, 1024):
            _kill(child)
            return _reap_all(child)
        if wakeup in ready:
            for number in os.read(wakeup, 1024):
                if number in {signal.SIGTERM, signal.SIGINT}:
                    os.kill(child, signal.SIGTERM)
            exit_code = _reap_ended(child)
    _kill(child)
    _reap_all(child)
    return exit_code


def _wake_on_signals() -> int:
    """A pipe that carries the number of every signal that arrives: no work is done inside a handler."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    return reading


def _spawn(command: list[str]) -> int:
    supervisor = os.getpid()
    child = os.fork()
    if child:
        return child
    os.setsid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:  # it died before the line above took effect
        os._exit(1)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and that would be inherited
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _reap_ended(child: int) -> int | None:
    """Collect every process that ended; the child's exit code when it is among them."""
    exit_code = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                exit_code = _exit_code(status)
    return exit_code


def _reap_all(child: int) -> int:
    """Kill and collect, generation after generation, until nothing descends from this process."""
    exit_code = 128 + signal.SIGKILL
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, 0)
            if pid == child:
                exit_code = _exit_code(status)
            _kill(child)
    return exit_code


def _kill(child: int) -> None:
    """Kill the child's process group and, on Linux, every process that this one has as a child by now."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    for pid in _children() if _LINUX else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _children() -> list[int]:
    """The children of this process, orphans it adopted included (proc(5): the fourth field of stat is the parent)."""
    own = os.getpid()
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
            if int(file.read().rpartition(b")")[2].split()[1]) == own:
                found.append(int(name))
    return found


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _prctl(option: int, value: int) -> None:
    if _LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
