"""timm's backbones, with weights from the hub, from a file, or random ones."""

import hashlib
import json
import socket
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import torch
from torch import nn

from tagonaut.errors import TagonautError, nearest
from tagonaut.files.reading import open_regular
from tagonaut.limits import HEADER_SHARE, MEMORY
from tagonaut.models import classic, torchvision_ops  # noqa: F401  before timm
from tagonaut.models.stem import widen
from tagonaut.pixels.bands import RGB
from tagonaut.pixels.preprocessing import Normalise, Preprocessing, channels_of

# isort: split
import timm

Weights = Path | Literal["pretrained", "random"]


def backbone_name(weights: Path) -> str:
    """The backbone of a weights file: the file's name up to the first dot."""
    return weights.name.partition(".")[0]


def create_backbone(
    name: str,
    weights: Weights,
    *,
    size: int | None = None,
    bands: tuple[str, ...] = (),
    normalise: Normalise = "weights",
) -> tuple[nn.Module, Preprocessing]:
    """A timm model without classifier, ``[n, c, s, s] -> features[n, d]``, and its preprocessing.

    ``weights``: ``"pretrained"`` (the hub's, through timm), a safetensors file, or ``"random"``.
    ``size``: pixels per side, by default the size that its weights were trained at. ``bands`` and
    ``normalise``: see ``Preprocessing``; scales that have to be measured are not measured yet.
    Raises ``TagonautError`` for an unknown name, weights that cannot be loaded, and keys that do
    not fit.
    """
    _check_name(name)
    if weights == "pretrained":
        _check_hub(name)
    channels = channels_of(bands)
    # Random weights fit any channels; pretrained filters are widened to them afterwards.
    own = len(channels) if weights == "random" else len(RGB)
    try:
        module = _create(name, pretrained=weights == "pretrained", size=size, channels=own)
    except (OSError, RuntimeError) as error:
        first = str(error).partition("\n")[0]
        raise TagonautError(f"backbone {name}: {first} {_both_ways(name)}") from error
    if isinstance(weights, Path):
        _load(module, name, weights)
    config = timm.data.config.resolve_model_data_config(module)
    if weights != "random" and channels != RGB:
        widen(module, channels)
    preprocessing = Preprocessing.create(
        size or config["input_size"][-1],
        tuple(config["mean"]),
        tuple(config["std"]),
        bands,
        normalise,
    )
    return module, preprocessing


def _create(name: str, *, pretrained: bool, size: int | None, channels: int) -> nn.Module:
    what: dict[str, Any] = {"pretrained": pretrained, "num_classes": 0}
    if channels != len(RGB):
        what["in_chans"] = channels
    if size is not None:
        try:  # a transformer needs its picture's size; a convolutional network takes any
            return timm.create_model(name, img_size=size, **what)
        except TypeError:
            pass
    return timm.create_model(name, **what)


def _check_name(name: str) -> None:
    architecture, _, tag = name.partition(".")
    if not timm.is_model(architecture):
        raise TagonautError(f"timm has no backbone {nearest(architecture, timm.list_models())}")
    tagged = timm.list_pretrained(f"{architecture}.*")
    if tag and name not in tagged:
        raise TagonautError(f"timm has no weights {nearest(name, tagged)}")


def _both_ways(name: str) -> str:
    return (
        f"Its weights come from the Hugging Face hub, if it can be reached, or from a file:"
        f" --weights {name.partition('.')[0]}.safetensors"
    )


def _check_hub(name: str) -> None:
    """Fail within seconds if the hub cannot be reached; its own client tries for a minute."""
    from huggingface_hub import constants, try_to_load_from_cache

    config = timm.models.get_pretrained_cfg(name)
    if config is None or not config.hf_hub_id:
        raise TagonautError(f"timm has no pretrained weights for {name}. {_both_ways(name)}")
    repository = config.hf_hub_id
    if repository == "timm/":
        repository += f"{config.architecture}.{config.tag}"
    if isinstance(try_to_load_from_cache(repository, "model.safetensors"), str):
        return
    if constants.HF_HUB_OFFLINE:
        raise TagonautError(f"backbone {name}: the hub is switched off. {_both_ways(name)}")
    address = urlsplit(constants.ENDPOINT)
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((address.hostname or "", port), timeout=10).close()
    except OSError as error:
        raise TagonautError(
            f"backbone {name}: the hub cannot be reached ({error}). {_both_ways(name)}"
        ) from None


def _load(module: nn.Module, name: str, file: Path) -> None:
    tensors = read_tensors(file)
    # A complete checkpoint has a classifier, which is not needed here.
    classifiers = getattr(module, "pretrained_cfg", {}).get("classifier") or ()
    classifiers = (classifiers,) if isinstance(classifiers, str) else tuple(classifiers)
    own = module.state_dict()
    tensors = {
        key: tensor
        for key, tensor in tensors.items()
        if key in own or not key.startswith(tuple(f"{prefix}." for prefix in classifiers))
    }
    faults = {
        "missing": sorted(own.keys() - tensors.keys()),
        "unexpected": sorted(tensors.keys() - own.keys()),
        "of a different shape": sorted(
            key for key in own.keys() & tensors.keys() if own[key].shape != tensors[key].shape
        ),
    }
    if any(faults.values()):
        differences = "; ".join(
            f"{len(keys)} {what} ({', '.join(keys[:5])}{', …' if len(keys) > 5 else ''})"
            for what, keys in faults.items()
            if keys
        )
        raise TagonautError(
            f"{file} does not fit the backbone {name}: of its {len(own)} keys, {differences}."
            " If the file is for another network, name it with --backbone"
        )
    module.load_state_dict(tensors)


def read_tensors(file: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file; raises ``TagonautError`` for any other file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not file.exists():
        raise TagonautError(f"{file}: weights file not found")
    try:
        check_tensors_file(file, follow=True)
        return load_file(file)
    except (SafetensorError, OSError, ValueError, RuntimeError, OverflowError) as error:
        raise TagonautError(
            f"{file}: not a safetensors file ({error}); other formats can contain code and are"
            " not read"
        ) from None


def check_tensors_file(file: Path, *, follow: bool = False) -> None:
    """Raises ``OSError`` unless it is a regular file with a header of usual length.

    The library reads the rest: it refuses tensors that overlap, or that are not in the file.
    ``follow``: the file may be a link to one, as those of the hub's cache are.
    """
    with open_regular(file, follow=follow) as opened:
        length = int.from_bytes(opened.read(8), "little")
    if length > MEMORY.value // HEADER_SHARE:
        over = MEMORY.over(share=HEADER_SHARE)
        raise OSError(f"its header takes {length:,} bytes, which is{over}")


def fingerprint(module: nn.Module) -> str:
    """SHA-256 over a network's tensors and their names."""
    digest = hashlib.sha256()
    for key, tensor in sorted(module.state_dict().items()):
        digest.update(json.dumps([key, str(tensor.dtype), list(tensor.shape)]).encode())
        values: Any = tensor.detach().cpu().contiguous().view(-1).view(torch.uint8)
        digest.update(values.numpy())
    return digest.hexdigest()
