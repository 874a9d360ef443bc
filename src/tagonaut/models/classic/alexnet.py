"""AlexNet (Krizhevsky, Sutskever & Hinton 2012)."""

from typing import Any

from timm.models import register_model
from torch import nn

from tagonaut.models.classic.network import ClassicNetwork, build, sequential, untrained

default_cfgs = untrained("alexnet", size=227, classes=1000)


class AlexNet(ClassicNetwork):
    """Five convolutions, three of them in two groups, and two dense layers of 4,096.

    Krizhevsky, Sutskever & Hinton, "ImageNet Classification with Deep Convolutional Neural
    Networks", NIPS 2012; 60,965,224 parameters with 1,000 classes at 227 pixels. The paper says
    224, which its own 55 × 55 maps contradict; at 224 the final map is 5 × 5 instead of 6 × 6.
    The paper's weights start with a deviation of 0.01 and biases of one, for pictures of 0 to 255;
    here pictures are 0 to 1, and weights start as in ``ClassicNetwork``.
    """

    feature_layers = ("relu1", "relu2", "relu3", "relu4", "relu5", "pool5")

    def __init__(
        self,
        num_classes: int = 1000,
        in_chans: int = 3,
        img_size: int = 227,
        drop_rate: float = 0.5,
    ) -> None:
        features = sequential(
            conv1=nn.Conv2d(in_chans, 96, 11, stride=4),
            relu1=nn.ReLU(inplace=True),
            norm1=response_norm(),
            pool1=nn.MaxPool2d(3, stride=2),
            conv2=nn.Conv2d(96, 256, 5, padding=2, groups=2),
            relu2=nn.ReLU(inplace=True),
            norm2=response_norm(),
            pool2=nn.MaxPool2d(3, stride=2),
            conv3=nn.Conv2d(256, 384, 3, padding=1),
            relu3=nn.ReLU(inplace=True),
            conv4=nn.Conv2d(384, 384, 3, padding=1, groups=2),
            relu4=nn.ReLU(inplace=True),
            conv5=nn.Conv2d(384, 256, 3, padding=1, groups=2),
            relu5=nn.ReLU(inplace=True),
            pool5=nn.MaxPool2d(3, stride=2),
        )
        super().__init__(
            features,
            lambda inputs: two_dense(inputs, drop_rate),
            width=4096,
            num_classes=num_classes,
            in_chans=in_chans,
            img_size=img_size,
        )


def response_norm() -> nn.LocalResponseNorm:
    """Section 3.3: k = 2, n = 5, alpha = 1e-4, beta = 0.75; PyTorch divides alpha by n."""
    return nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0)


def two_dense(inputs: int, drop_rate: float) -> nn.Sequential:
    """The two dense layers of 4,096, with dropout after each."""
    return sequential(
        fc6=nn.Linear(inputs, 4096),
        relu6=nn.ReLU(inplace=True),
        drop6=nn.Dropout(drop_rate),
        fc7=nn.Linear(4096, 4096),
        relu7=nn.ReLU(inplace=True),
        drop7=nn.Dropout(drop_rate),
    )


@register_model
def alexnet(pretrained: bool = False, **settings: Any) -> ClassicNetwork:
    """AlexNet for ``timm.create_model``."""
    return build(AlexNet, "alexnet", pretrained, **settings)
