"""Memory of this process, as Linux tells it."""

import ctypes
import gc
from pathlib import Path

STATUS = Path("/proc/self/status")
REFERENCES = Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # what the kernel takes as the order to forget the peak, see proc(5)


def status_bytes(field: str) -> int:
    """A size in the status of this process: "VmRSS", "VmHWM" or "RssAnon"."""
    for line in STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"{STATUS} must have a line {field}, found none")


def give_back_free_memory() -> None:
    """Give memory that nothing uses back to the system, as far as that is possible.

    Otherwise it counts as resident, and what is allocated next goes unnoticed.
    """
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):  # only glibc has it
        pass


def reset_peak() -> bool:
    """Make the peak of the resident memory, "VmHWM", start from here; False if that fails.

    The peak that `resource.getrusage` returns cannot start again, and a new process inherits that
    of the process that started it.
    """
    try:
        REFERENCES.write_text(RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True
