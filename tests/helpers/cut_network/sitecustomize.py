"""Python imports this first where its folder is on the path: the network is cut while a file is there.

Every attempt to reach it, cut or not, is written down. Sockets of this machine alone (X, PulseAudio) go on.
"""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

_CUT, _LOG = Path(os.environ["TEST_NETWORK_CUT"]), Path(os.environ["TEST_NETWORK_LOG"])


def _watch(name: str) -> None:
    real = getattr(socket.socket, name)

    def watched(self: socket.socket, *arguments: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _attempt(f"{name} {arguments[-1]}")
        return real(self, *arguments)

    setattr(socket.socket, name, watched)


def _attempt(what: str) -> None:
    with _LOG.open("a", encoding="utf-8") as log:
        log.write(what + "\n")
    if _CUT.exists():
        raise OSError(errno.ENETUNREACH, "Network is unreachable")


for _name in ("connect", "connect_ex", "sendto"):
    _watch(_name)
_resolve = socket.getaddrinfo


def _watched_resolve(*arguments: Any, **more: Any) -> Any:
    _attempt(f"getaddrinfo {arguments[0]}")
    return _resolve(*arguments, **more)


socket.getaddrinfo = _watched_resolve
