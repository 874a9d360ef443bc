"""The small network of the Amazon capstone report."""

from typing import Any

from timm.models import register_model
from torch import nn

from tagonaut.models.classic.network import ClassicNetwork, build, sequential, untrained

default_cfgs = untrained("capstone_cnn", "capstone_cnn_bn", size=64, classes=17)


class CapstoneCnn(ClassicNetwork):
    """Three convolutions without padding and a dense layer of 128.

    At 64 pixels its maps are 57² × 32, 50² × 64, 12² × 64 (pooled) and 10² × 64; with 17 classes it
    has 995,761 parameters. ``batch_norm``: one after the dense layer and its ReLU, with Keras'
    epsilon and momentum (which PyTorch counts from the other end).
    """

    feature_layers = ("relu1", "relu2", "relu3")

    def __init__(
        self,
        num_classes: int = 17,
        in_chans: int = 3,
        img_size: int = 64,
        drop_rate: float = 0.5,
        batch_norm: bool = False,
    ) -> None:
        features = sequential(
            conv1=nn.Conv2d(in_chans, 32, 8),
            relu1=nn.ReLU(inplace=True),
            conv2=nn.Conv2d(32, 64, 8),
            relu2=nn.ReLU(inplace=True),
            pool2=nn.MaxPool2d(4, stride=4),
            conv3=nn.Conv2d(64, 64, 3),
            relu3=nn.ReLU(inplace=True),
        )

        def dense(inputs: int) -> nn.Sequential:
            norm = {"norm4": nn.BatchNorm1d(128, eps=1e-3, momentum=0.01)} if batch_norm else {}
            return sequential(
                drop3=nn.Dropout(drop_rate),
                fc4=nn.Linear(inputs, 128),
                relu4=nn.ReLU(inplace=True),
                **norm,
                drop4=nn.Dropout(drop_rate),
            )

        super().__init__(
            features,
            dense,
            width=128,
            num_classes=num_classes,
            in_chans=in_chans,
            img_size=img_size,
        )


@register_model
def capstone_cnn(pretrained: bool = False, **settings: Any) -> ClassicNetwork:
    """The plain network for ``timm.create_model``."""
    return build(CapstoneCnn, "capstone_cnn", pretrained, **settings)


@register_model
def capstone_cnn_bn(pretrained: bool = False, **settings: Any) -> ClassicNetwork:
    """The network with a batch norm for ``timm.create_model``."""
    return build(CapstoneCnn, "capstone_cnn_bn", pretrained, batch_norm=True, **settings)
