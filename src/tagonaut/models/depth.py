"""The depth of each parameter in the network: its stage, from the first layer to the head."""

from typing import Any

from tagonaut.models.network import Network

# isort: split
# After the network, whose imports let torchvision load.
from timm.models import group_parameters


def depth_of_parameters(network: Network) -> tuple[dict[str, int], int]:
    """The stage of each parameter by name, 0 for the stem; and that of the head, the deepest.

    A backbone whose stages timm does not know counts as one stage.
    """
    backbone: Any = network.backbone
    stages = dict.fromkeys(dict(backbone.named_parameters()), 0)
    if hasattr(backbone, "group_matcher"):
        matcher = backbone.group_matcher(coarse=True)
        stages = group_parameters(backbone, matcher, reverse=True)
    depths = {f"backbone.{name}": int(stage) for name, stage in stages.items()}
    deepest = max(depths.values()) + 1
    depths |= {name: deepest for name, _ in network.named_parameters() if name not in depths}
    return depths, deepest
