import subprocess
import sys

import pytest

ONE = """
import sys
from tagonaut.models.activation import Activation
from tagonaut.models.backbones import create_backbone
from tagonaut.models.ensemble import Ensemble
from tagonaut.models.heads import LinearHead, MlpHead
from tagonaut.models.network import Architecture, Network, create_network
from tagonaut.models.stored import describe, read_description

sigmoid = Activation(kind="sigmoid", labels=3)
made, preprocessing = create_network(
    Architecture(backbone=BACKBONE, head=HEAD, activation=sigmoid), "random", size=64
)
other = Network(made.architecture, made.backbone, made.layout, 3)
for model in (made, Ensemble([made, other])):
    tensors = model.state_dict()
    again = read_description(describe(model)).load(tensors, preprocessing)
    print(all(bool((again.state_dict()[name] == tensors[name]).all()) for name in tensors))
print("torch._dynamo" in sys.modules)
"""


@pytest.mark.parametrize(
    ("backbone", "head"),
    [
        ("mobilenetv2_100", "LinearHead()"),
        ("mobilenetv3_small_050", "MlpHead(hidden=8)"),  # its pooled features go through a layer
        ("vit_tiny_patch16_224", "LinearHead()"),
        ("capstone_cnn", "LinearHead()"),
    ],
)
def test_a_network_is_loaded_without_the_compiler(backbone, head):
    code = ONE.replace("BACKBONE", repr(backbone)).replace("HEAD", head)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[:3] == ["True", "True", "False"], done.stderr
