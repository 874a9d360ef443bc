"""Several models, each fitted on other folds of one collection, averaged."""

from collections.abc import Sequence

import torch
from torch import nn

from tagonaut.models.compute import device
from tagonaut.models.mean_colour import MeanColourForest
from tagonaut.models.network import Network
from tagonaut.pixels.augment import views

Member = Network | MeanColourForest


class Ensemble(nn.Module):
    """``scores[n, k]``: the mean of the members' scores, each with its own views of a picture.

    If all members have the same backbone (``share``), it runs once per picture, and ``state_dict``
    holds it once: ``backbone.``, ``norm.`` and ``heads.I.``; otherwise ``members.I.``.
    """

    def __init__(self, models: Sequence[Member]) -> None:
        super().__init__()
        self.models = tuple(models)
        networks = [model for model in models if isinstance(model, Network)]
        self.shared = len(networks) == len(models) and all(
            network.backbone is networks[0].backbone for network in networks
        )
        if self.shared:
            self.backbone, self.norm = networks[0].backbone, networks[0].norm
            self.heads = nn.ModuleList(network.head for network in networks)
        else:
            self.members = nn.ModuleList(models)

    @property
    def labels(self) -> int:
        """The number of labels."""
        return self.models[0].labels

    def scores(self, pictures: torch.Tensor) -> torch.Tensor:
        """``scores[n, k]``, 0 to 1, of ``pictures[n, c, s, s]``."""
        if not self.shared:
            return torch.stack([model.scores(pictures) for model in self.models]).mean(dim=0)
        networks = [model for model in self.models if isinstance(model, Network)]
        found = [shared_scores(networks, view) for view in views(pictures, networks[0].views)]
        return torch.stack(found).mean(dim=0)


def shared_scores(networks: Sequence[Network], pictures: torch.Tensor) -> torch.Tensor:
    """The mean score of all heads on the first network's features of one view of the pictures."""
    features = networks[0].features(pictures)
    # Heads run in single precision, as in their own fit.
    with torch.autocast(device().type, enabled=False):
        if isinstance(features, list):
            features = [some.float() for some in features]
        else:
            features = features.float()
        found = [network.activation.scores(network.head(features)) for network in networks]
    return torch.stack(found).mean(dim=0)


def share(models: Sequence[Member]) -> None:
    """Give models the first one's backbone if theirs is the same, number for number."""
    first, *others = models
    for other in others:
        if isinstance(first, Network) and isinstance(other, Network) and _alike(first, other):
            other.backbone, other.norm = first.backbone, first.norm


def can_share(one: Network, other: Network) -> bool:
    """Whether their heads take the same features of the same views."""
    return (
        one.architecture.backbone == other.architecture.backbone
        and one.architecture.input_norm == other.architecture.input_norm
        and one.layout == other.layout
        and one.views == other.views
    )


def _alike(one: Network, other: Network) -> bool:
    if one.backbone is other.backbone:
        return True
    if not can_share(one, other):
        return False
    mine, theirs = _body(one), _body(other)
    return mine.keys() == theirs.keys() and all(
        torch.equal(tensor, theirs[key]) for key, tensor in mine.items()
    )


def _body(network: Network) -> dict[str, torch.Tensor]:
    """All tensors except the head's."""
    tensors = network.state_dict()
    return {key: tensor for key, tensor in tensors.items() if not key.startswith("head.")}
