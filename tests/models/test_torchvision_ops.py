import subprocess
import sys

CODE = """
import sys
from tagonaut.models import torchvision_ops
import timm, torch, torchvision
compiler = "torch._dynamo"
print(not any(name.startswith(compiler) for name in sys.modules))
print(torch.compiler.disable.__module__)
from torchvision.ops.roi_align import is_compile_supported
print(is_compile_supported("cpu") == sys.modules["torch._dynamo.utils"].is_compile_supported("cpu"))
print(torch.compiler.disable(len)("abc"))
"""


def test_timm_is_imported_without_the_compiler_which_is_there_when_it_is_called():
    done = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "torch.compiler", "True", "3"]
