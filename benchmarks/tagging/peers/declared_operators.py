"""Lets torchvision load beside a PyTorch that it was not built for, as Tagonaut does.

The environment of the toolkits has no Tagonaut in it, so its file is run by itself.
"""

import runpy
from pathlib import Path

OURS = Path(__file__).parents[3] / "src" / "tagonaut" / "models" / "torchvision_ops.py"

# What is registered goes when nobody holds it any more.
held = runpy.run_path(str(OURS))
