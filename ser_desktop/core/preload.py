"""Map PyTorch's libraries into memory without holding up the other threads.

Importing an extension module keeps Python's global lock while the system loads hundreds of megabytes
of libraries; the window would freeze meanwhile. A foreign call to the loader releases the lock, and
the import afterwards finds everything in place. Measured in ``tests/bench`` (startup).
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from pathlib import Path

_LIBRARIES = ("libc10.so", "libtorch_cpu.so", "libtorch.so", "libtorch_python.so")
_RTLD_LAZY = 1


def preload() -> None:
    """Load PyTorch's shared libraries; where that is not known to work, do nothing."""
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
