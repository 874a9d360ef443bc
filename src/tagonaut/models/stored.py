"""A model as tensors and a short description in JSON, and back: no code is stored."""

import textwrap
from collections.abc import Callable, Mapping
from typing import Any, Self

import torch
from pydantic import Field
from torch import nn
from torch.overrides import TorchFunctionMode

from tagonaut.errors import TagonautError
from tagonaut.files.reading import parse_json
from tagonaut.limits import MODEL
from tagonaut.models.backbones import create_backbone
from tagonaut.models.ensemble import Ensemble, Member, can_share
from tagonaut.models.feature_levels import FeatureLayout
from tagonaut.models.forest import Forest
from tagonaut.models.mean_colour import MeanColourForest
from tagonaut.models.network import Architecture, Network, create_network
from tagonaut.pixels.augment import ViewKind
from tagonaut.pixels.preprocessing import Preprocessing
from tagonaut.settings import Settings

Model = Member | Ensemble
# A network may be larger than its tensors by this factor, and by these bytes.
MOST_TIMES, SLACK_BYTES = 4, 64 << 20
Tensors = Mapping[str, torch.Tensor]
# PyTorch's functions that change the numbers of a tensor, and nothing else of it.
_FILLING = {
    *("normal_", "uniform_", "trunc_normal_", "erfinv_"),
    *("fill_", "zero_", "copy_", "add_", "sub_", "mul_", "div_", "clamp_"),
}


class StoredMember(Settings):
    """The description of a network; empty for a forest, whose tensors describe it completely."""

    architecture: Architecture | None = None
    views: ViewKind = "none"

    @classmethod
    def of(cls, model: Member) -> Self:
        """The description of a model."""
        if isinstance(model, Network):
            return cls(architecture=model.architecture, views=model.views)
        return cls()

    def load(self, tensors: Tensors, preprocessing: Preprocessing) -> Member:
        """The model with these tensors; raises ``TagonautError`` if they do not fit."""
        if self.architecture is None:
            own = {key.removeprefix("forest."): tensor for key, tensor in tensors.items()}
            return MeanColourForest(Forest.load(own, len(preprocessing.channels)))
        self.check_size(tensors, preprocessing)
        network = self.empty(preprocessing)
        _fill(network, tensors, self.architecture.backbone)
        return network

    def empty(self, preprocessing: Preprocessing) -> Network:
        """The network with random weights."""
        assert self.architecture is not None
        network, _ = create_network(
            self.architecture, "random", size=preprocessing.size, bands=preprocessing.bands
        )
        network.views = self.views
        return network

    def check_size(self, tensors: Tensors, preprocessing: Preprocessing) -> None:
        """Raises ``TagonautError`` for a network that needs much more memory than its tensors.

        It is made without memory, on the meta device. A backbone may be whole before it is pruned.
        """
        assert self.architecture is not None
        given = sum(tensor.nbytes for tensor in tensors.values())
        if self.architecture.activation.labels > given:
            raise TagonautError("damaged: it names more labels than it has tensors for")
        bands, size = preprocessing.bands, preprocessing.size
        with torch.device("meta"), _Uninitialised():
            backbone, _ = create_backbone(
                self.architecture.backbone, "random", size=size, bands=bands
            )
            _check_bytes(backbone, max(MODEL.value, MOST_TIMES * given), given)
            if self._matches(backbone, tensors, preprocessing):
                return
            try:
                network, _ = create_network(self.architecture, "random", size=size, bands=bands)
            except TagonautError:  # there are networks that only run on numbers
                return
        _check_bytes(network, MOST_TIMES * given + SLACK_BYTES, given)

    def _matches(self, backbone: nn.Module, tensors: Tensors, preprocessing: Preprocessing) -> bool:
        """Whether a network on this backbone, on the meta device, is exactly as large as it stands.

        That is known without running it, which would import PyTorch's compiler, where its head
        takes the features that the backbone says it has. False if it is not known.
        """
        assert self.architecture is not None
        if self.architecture.head.level != "pooled":
            return False
        own: Any = backbone
        width: int = getattr(own, "head_hidden_size", None) or own.num_features
        layout = FeatureLayout("pooled", ((width,),))
        network = Network(self.architecture, backbone, layout, len(preprocessing.channels))
        return _shapes(network.state_dict()) == _shapes(tensors)

    def beside(self, first: Network, preprocessing: Preprocessing) -> Network:
        """The network on another's backbone; raises ``TagonautError`` if it cannot share it."""
        assert self.architecture is not None
        try:
            network = Network(
                self.architecture, first.backbone, first.layout, len(preprocessing.channels)
            )
        except (RuntimeError, ValueError, TypeError, LookupError, AttributeError) as error:
            reason = textwrap.shorten(str(error), 200, placeholder=" …")
            raise TagonautError(f"damaged: a head that does not fit ({reason})") from None
        network.norm, network.views = first.norm, self.views
        # The head's own level may be counted otherwise than the layout's, so both are compared.
        levels = self.architecture.head.level, first.architecture.head.level
        if not can_share(first, network) or levels[0] != levels[1]:
            raise TagonautError("damaged: its members cannot share a backbone")
        return network


class StoredEnsemble(Settings):
    """The members of an ensemble; ``shared``: one backbone serves all of them."""

    shared: bool
    members: tuple[StoredMember, ...] = Field(min_length=1, max_length=1000)

    @classmethod
    def of(cls, ensemble: Ensemble) -> Self:
        """The description of an ensemble."""
        return cls(shared=ensemble.shared, members=tuple(map(StoredMember.of, ensemble.models)))

    def load(self, tensors: Tensors, preprocessing: Preprocessing) -> Ensemble:
        """The model with these tensors; raises ``TagonautError`` if they do not fit."""
        ensemble = (self._shared if self.shared else self._apart)(tensors, preprocessing)
        if len({model.labels for model in ensemble.models}) > 1:
            raise TagonautError("damaged: its members score different numbers of labels")
        return ensemble

    def _shared(self, tensors: Tensors, preprocessing: Preprocessing) -> Ensemble:
        if any(member.architecture is None for member in self.members):
            raise TagonautError("damaged: forests share no backbone")
        for number, member in enumerate(self.members):
            member.check_size(_own_tensors(tensors, number), preprocessing)
        first = self.members[0].empty(preprocessing)
        others = [member.beside(first, preprocessing) for member in self.members[1:]]
        ensemble = Ensemble([first, *others])
        _fill(ensemble, tensors, f"{len(self.members)} heads on {first.architecture.backbone}")
        return ensemble

    def _apart(self, tensors: Tensors, preprocessing: Preprocessing) -> Ensemble:
        own: list[dict[str, torch.Tensor]] = [{} for _ in self.members]
        for key, tensor in tensors.items():
            prefix, _, rest = key.partition(".")
            number, _, name = rest.partition(".")
            if prefix != "members" or number not in map(str, range(len(own))):
                raise TagonautError(f"damaged: {key!r} belongs to none of its {len(own)} members")
            own[int(number)][name] = tensor
        return Ensemble(
            [
                member.load(some, preprocessing)
                for member, some in zip(self.members, own, strict=True)
            ]
        )


def describe(model: Model) -> dict[str, str]:
    """The description that is stored beside the model's ``state_dict``."""
    if isinstance(model, Ensemble):
        return {"ensemble": StoredEnsemble.of(model).model_dump_json()}
    if isinstance(model, Network):
        return {"architecture": model.architecture.model_dump_json(), "views": model.views}
    return {}


def read_description(words: Mapping[str, str]) -> StoredMember | StoredEnsemble:
    """The inverse of ``describe``; raises ``ValueError``."""
    if "ensemble" in words:
        return StoredEnsemble.model_validate(parse_json(words["ensemble"]))
    text = words.get("architecture")
    architecture = parse_json(text) if text else None
    return StoredMember.model_validate(
        {"architecture": architecture, "views": words.get("views", "none")}
    )


def _own_tensors(tensors: Tensors, number: int) -> Tensors:
    """The tensors of one network of an ensemble on a shared backbone, named as its own."""
    own = f"heads.{number}."
    return {
        f"head.{key.removeprefix(own)}" if key.startswith(own) else key: tensor
        for key, tensor in tensors.items()
        if key.startswith(own) or not key.startswith("heads.")
    }


class _Uninitialised(TorchFunctionMode):
    """Gives no tensor its first numbers: on the meta device, that imports PyTorch's compiler."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        if func.__name__ in _FILLING:
            return args[0] if args else named["tensor"]
        return func(*args, **named)


def _shapes(tensors: Tensors) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in tensors.items()}


def _check_bytes(model: torch.nn.Module, most: int, given: int) -> None:
    needed = sum(tensor.nbytes for tensor in model.state_dict().values())
    if needed > most:
        raise TagonautError(
            f"damaged: it describes a network of {needed / 1e6:,.0f} MB, and holds tensors of"
            f" {given / 1e6:,.0f} MB (to load it all the same, raise {MODEL.variable})"
        )


def _fill(model: torch.nn.Module, tensors: Tensors, name: str) -> None:
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        reason = textwrap.shorten(str(error), 200, placeholder=" …")
        raise TagonautError(f"does not fit {name}: {reason}") from None
