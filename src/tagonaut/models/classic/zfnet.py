"""ZFNet (Zeiler & Fergus 2014)."""

from typing import Any

from timm.models import register_model
from torch import nn

from tagonaut.models.classic.alexnet import response_norm, two_dense
from tagonaut.models.classic.network import ClassicNetwork, build, sequential, untrained

default_cfgs = untrained("zfnet", size=224, classes=1000)


class ZFNet(ClassicNetwork):
    """AlexNet with a finer first layer (7 × 7 at every second pixel) and no groups.

    Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, figure 3,
    whose maps are 110, 55, 26, 13, 13, 13, 13 and 6 a side at 224 pixels: so windows of the pools
    may reach over the edge. Pooled before the response norm, as drawn there. 62,357,608 parameters
    with 1,000 classes.
    """

    feature_layers = ("relu1", "relu2", "relu3", "relu4", "relu5", "pool5")

    def __init__(
        self,
        num_classes: int = 1000,
        in_chans: int = 3,
        img_size: int = 224,
        drop_rate: float = 0.5,
    ) -> None:
        features = sequential(
            conv1=nn.Conv2d(in_chans, 96, 7, stride=2, padding=1),
            relu1=nn.ReLU(inplace=True),
            pool1=nn.MaxPool2d(3, stride=2, ceil_mode=True),
            norm1=response_norm(),
            conv2=nn.Conv2d(96, 256, 5, stride=2),
            relu2=nn.ReLU(inplace=True),
            pool2=nn.MaxPool2d(3, stride=2, ceil_mode=True),
            norm2=response_norm(),
            conv3=nn.Conv2d(256, 384, 3, padding=1),
            relu3=nn.ReLU(inplace=True),
            conv4=nn.Conv2d(384, 384, 3, padding=1),
            relu4=nn.ReLU(inplace=True),
            conv5=nn.Conv2d(384, 256, 3, padding=1),
            relu5=nn.ReLU(inplace=True),
            pool5=nn.MaxPool2d(3, stride=2, ceil_mode=True),
        )
        super().__init__(
            features,
            lambda inputs: two_dense(inputs, drop_rate),
            width=4096,
            num_classes=num_classes,
            in_chans=in_chans,
            img_size=img_size,
        )


@register_model
def zfnet(pretrained: bool = False, **settings: Any) -> ClassicNetwork:
    """ZFNet for ``timm.create_model``."""
    return build(ZFNet, "zfnet", pretrained, **settings)
