import numpy as np
import torch

from tagonaut.explaining import occlude
from tagonaut.models.activation import Activation
from tagonaut.models.heads import LinearHead


class Corner(torch.nn.Module):
    """Looks at one place alone: its redness is label 0, its darkness label 1."""

    def __init__(self):
        super().__init__()
        self.activation = Activation(kind="sigmoid", labels=2)

    def forward(self, pictures):
        red = pictures[:, 0, 40:48, 8:16].mean(dim=(1, 2))
        return torch.stack([red, -red], dim=1)


def test_what_is_hidden_where_the_network_looks_is_what_falls():
    picture = torch.full((3, 60, 60), -1.0)
    picture[0, 40:48, 8:16] = 3.0
    found = occlude(Corner(), picture, [1, 0])
    mean = float(picture[0].mean())
    assert found.values.shape == (2, 15, 15)
    row, column = np.unravel_index(found.values[1].argmax(), (15, 15))
    assert (row, column) in {(10, 2), (10, 3), (11, 2), (11, 3)}
    # A hidden square of 12 pixels that covers the place leaves the picture's mean there.
    assert np.isclose(found.lowest[1], 1 / (1 + np.exp(-mean)), atol=1e-6)
    assert 2 < found.values[1].max() <= 3 - mean
    assert np.allclose(found.values[0], -found.values[1])
    far = np.ones((15, 15), dtype=bool)
    far[7:, :7] = False
    assert (found.values[:, far] == 0).all()


def test_every_place_is_hidden_sometimes(network_of):
    for size in (31, 64):
        network, _ = network_of("test_resnet", LinearHead(), size=size)
        found = occlude(network, torch.randn(3, size, size), [0])
        assert np.isfinite(found.values).all()
        assert (found.values != 0).mean() > 0.99
