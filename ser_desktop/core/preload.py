"""Load the heavy libraries in one thread without holding up the others (measured: bench startup).

Importing an extension module keeps Python's global lock while the system loads hundreds of megabytes
of libraries, and the garbage collector keeps it while it looks through the hundreds of thousands of
objects that the imports make. The window would freeze for a quarter of a second each time.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LIBRARIES = ("libc10.so", "libtorch_cpu.so", "libtorch.so", "libtorch_python.so")
_RTLD_LAZY = 1


def map_libraries() -> None:
    """Load PyTorch's shared libraries by a foreign call, which releases Python's lock.

    The import afterwards finds everything in place. While this runs, other threads should not load
    libraries: they would wait for the system's loader, some of them with Python's lock in hand.
    Where the trick is not known to work, nothing is done.
    """
    if not sys.platform.startswith("linux") or "torch" in sys.modules:
        return
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return
    try:
        loader = ctypes.CDLL(None).dlopen
    except AttributeError:
        return
    loader.argtypes = (ctypes.c_char_p, ctypes.c_int)
    loader.restype = ctypes.c_void_p
    folder = Path(spec.origin).parent / "lib"
    for name in _LIBRARIES:
        path = folder / name
        if path.exists():
            loader(str(path).encode(), _RTLD_LAZY)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector away, and afterwards from what was made meanwhile: it stays for good."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
