from __future__ import annotations

from ser_desktop.core.device import BackendName
from tests.helpers.bundles import encoder_spec, tiny_encoder
from trainer.features import storage_key


def test_layers_of_every_backend_are_stored_under_names_of_their_own() -> None:
    spec = encoder_spec(tiny_encoder())
    keys = {storage_key(spec, None, backend) for backend in BackendName}
    assert len(keys) == len(BackendName)
    assert all(key.startswith("all-layers-") for key in keys)
    assert storage_key(spec, None, BackendName.FLOAT32) == storage_key(spec, None, BackendName.FLOAT32)
    assert storage_key(spec, 4.0, BackendName.FLOAT32) not in keys
