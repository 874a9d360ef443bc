import subprocess
import sys


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_timm_and_lightning_load_after_it():
    done = run(
        "import tagonaut.models.torchvision_ops, timm, lightning.pytorch, torchvision;"
        "print(timm.create_model('test_resnet', num_classes=0).num_features > 0)"
    )
    assert done.stdout.strip() == "True", done.stderr


def test_it_leaves_a_torchvision_alone_whose_library_loads():
    done = run(
        "import tagonaut.models.torchvision_ops as ours, torch;"
        "from torchvision.extension import _has_ops;"
        "print((ours.LIBRARY is None) == _has_ops())"
    )
    assert done.stdout.strip() == "True", done.stderr


def test_the_compiler_is_not_imported_before_it_is_called():
    done = run("""
import sys
from tagonaut.models import torchvision_ops
import timm, torch, torchvision
print(not any(name.startswith("torch._dynamo") for name in sys.modules))
print(torch.compiler.disable.__module__)
from torchvision.ops.roi_align import is_compile_supported
print(is_compile_supported("cpu") == sys.modules["torch._dynamo.utils"].is_compile_supported("cpu"))
print(torch.compiler.disable(len)("abc"))
""")
    assert done.stdout.split() == ["True", "torch.compiler", "True", "3"], done.stderr
