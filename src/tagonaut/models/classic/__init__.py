"""Classic networks, implemented here and registered with timm.

Importing this package is enough for ``timm.create_model("alexnet", img_size=227)``.
"""

from tagonaut.models import torchvision_ops  # noqa: F401  before timm

# isort: split
from tagonaut.models.classic.alexnet import AlexNet
from tagonaut.models.classic.capstone import CapstoneCnn
from tagonaut.models.classic.zfnet import ZFNet

__all__ = ["NAMES", "AlexNet", "CapstoneCnn", "ZFNet"]

NAMES = ("alexnet", "capstone_cnn", "capstone_cnn_bn", "zfnet")
"""Their names in timm."""
