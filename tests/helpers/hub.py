"""A local server that speaks what a download needs, and misbehaves as it is told."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import save_file
from transformers import Wav2Vec2Model

from ser_desktop.core import catalogue
from ser_desktop.core.catalogue import EncoderEntry, PinnedFile
from tests.helpers.bundles import tiny_model

PT, FT = "wav2vec2-base", "wav2vec2-base-960h"

Fault = Callable[["Request"], bool]
"""Answers a request otherwise and returns True, or returns False to let it be answered."""


class Hub:
    """Serves files under ``/REPOSITORY/resolve/REVISION/NAME``, with ranges; remembers what it was asked.

    Attributes
    ----------
    files : dict
        Content by path.
    faults : list
        Each is used for one request, in order.
    asked : list
        Path and first byte of every request.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.asked: list[tuple[str, int]] = []
        self.headers: list[dict[str, str]] = []
        hub = self

        class Handler(Request):
            def do_GET(self) -> None:
                hub.asked.append((self.path, self.first_byte()))
                hub.headers.append(dict(self.headers))
                if hub.faults and hub.faults.pop(0)(self):
                    return
                content = hub.files.get(self.path)
                if content is None:
                    self.refuse(404)
                else:
                    self.give(content)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # So that closing it waits for the threads of its requests.
        self._server.daemon_threads = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def publish(self, entry: EncoderEntry, contents: dict[str, bytes]) -> None:
        for name, content in contents.items():
            self.files[f"/{entry.repository}/resolve/{entry.revision}/{name}"] = content

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def allow_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the hub's library ask this machine's own servers, here and in processes that are started."""
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)


class Request(BaseHTTPRequestHandler):
    """A request that can be answered well or badly."""

    protocol_version = "HTTP/1.1"

    def end_headers(self) -> None:
        self.send_header("Connection", "close")
        self.close_connection = True
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def first_byte(self) -> int:
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])

    def begin(self, content: bytes) -> bytes:
        """Send the head of an answer and return what should follow."""
        start = self.first_byte()
        if start >= len(content) > 0:
            self.refuse(416)
            return b""
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        return content[start:]

    def give(self, content: bytes) -> None:
        self.wfile.write(self.begin(content))

    def refuse(self, status: int, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True


def breaks_at(share: float, content: bytes) -> Fault:
    """The connection ends in the middle of the whole file."""

    def fault(request: Request) -> bool:
        end = round(share * len(content)) - request.first_byte()
        request.wfile.write(request.begin(content)[:end])
        request.hang_up()
        return True

    return fault


def answers(status: int, **headers: str) -> Fault:
    """The server refuses."""

    def fault(request: Request) -> bool:
        request.refuse(status, **headers)
        return True

    return fault


def says_nothing(seconds: float) -> Fault:
    """The connection stands, and nothing comes."""

    def fault(request: Request) -> bool:
        time.sleep(seconds)
        request.hang_up()
        return True

    return fault


def drips(content: bytes, seconds: float, n_pieces: int = 20) -> Fault:
    """The whole file comes slowly."""

    def fault(request: Request) -> bool:
        rest = request.begin(content)
        size = -(-len(rest) // n_pieces)
        try:
            for i in range(0, len(rest), size):
                request.wfile.write(rest[i : i + size])
                request.wfile.flush()
                time.sleep(seconds / n_pieces)
        except OSError:
            request.close_connection = True
        return True

    return fault


def ignores_ranges(content: bytes) -> Fault:
    """The whole file comes, whatever part was asked for."""

    def fault(request: Request) -> bool:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
        return True

    return fault


def sends_another(content: bytes) -> Fault:
    """Something else comes, of the same kind."""

    def fault(request: Request) -> bool:
        request.give(content)
        return True

    return fault


def published_as_pickle(model: Wav2Vec2Model, folder: Path) -> dict[str, bytes]:
    """Return the files of an encoder as facebook/wav2vec2-base lies on the hub."""
    folder.mkdir(parents=True, exist_ok=True)
    old = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    weights = {"quantizer.codevectors": torch.zeros(3)}
    for name, value in model.state_dict().items():
        for new_style, old_style in old.items():
            name = name.replace(new_style, old_style)  # noqa: PLW2901
        weights[f"wav2vec2.{name}"] = value
    torch.save(weights, folder / "pytorch_model.bin")
    model.config.to_json_file(folder / "config.json")
    (folder / "preprocessor_config.json").write_text('{"do_normalize": true}')
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def published_as_safetensors(model: Wav2Vec2Model, folder: Path) -> dict[str, bytes]:
    """Return the files of an encoder as facebook/wav2vec2-base-960h lies on the hub."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {f"wav2vec2.{name}": value.contiguous() for name, value in model.state_dict().items()}
    save_file({**weights, "lm_head.bias": torch.zeros(32)}, folder / "model.safetensors", metadata={"format": "pt"})
    model.config.to_json_file(folder / "config.json")
    (folder / "preprocessor_config.json").write_text('{"do_normalize": true}')
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def pin(name: str, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> EncoderEntry:
    """Let an encoder of the catalogue consist of these files; returns its entry."""
    (entry,) = (e for e in catalogue.ENCODERS if e.name == name)
    files = tuple(
        PinnedFile(file.name, hashlib.sha256(contents[file.name]).hexdigest(), len(contents[file.name]))
        for file in entry.files
    )
    pinned = replace(entry, files=files)
    others = tuple(pinned if e.name == name else e for e in catalogue.ENCODERS)
    monkeypatch.setattr(catalogue, "ENCODERS", others)
    return pinned


class Published:
    """Both of the paper's encoders, small, on a server of this machine and in folders."""

    def __init__(self, hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        allow_network(monkeypatch)
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        self.hub = hub
        self.folder = folder
        self.contents = {
            PT: published_as_pickle(tiny_model(), folder / PT),
            FT: published_as_safetensors(tiny_model(), folder / FT),
        }
        self.entries = {name: pin(name, contents, monkeypatch) for name, contents in self.contents.items()}
        for name, entry in self.entries.items():
            hub.publish(entry, self.contents[name])

    def weights(self, name: str) -> bytes:
        return self.contents[name][self.entries[name].weights]
