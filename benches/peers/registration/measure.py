"""What a process costs, with all that it starts."""
import os, subprocess, time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Cost:
    cpu_s: float
    wall_s: float
    peak_mb: float


def measured(command, accepted=(0,)):
    """Runs a command. Its cost, and why it failed, or None. A child begins with its parent's peak memory, which is why
    nothing large may be imported here."""
    start = time.perf_counter()
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)})
    said = child.stderr.read().decode(errors="replace").strip()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    cost = Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1024)
    if child.returncode in accepted:
        return cost, None
    last = said.splitlines()[-1] if said else "no message"
    return cost, f"signal {-child.returncode}" if child.returncode < 0 else last[:120]
