import numpy as np
import torch

from tagonaut.pixels.augment import augment
from tagonaut.pixels.preprocessing import Preprocessing

PREPROCESSING = Preprocessing(4, (0.5, 0.25, 0.0), (0.5, 0.25, 1.0))


def test_values_are_scaled_a_channel():
    pixels = np.zeros((1, 4, 4, 3), dtype=np.uint8)
    pixels[..., :] = 255, 51, 102
    tensor = PREPROCESSING.tensor(pixels)
    assert tensor.shape == (1, 3, 4, 4)
    assert torch.allclose(tensor[0, :, 0, 0], torch.tensor([1.0, -0.2, 0.4]))
    assert tensor.is_contiguous(memory_format=torch.channels_last)


def test_json_round_trip():
    assert Preprocessing.from_json(PREPROCESSING.to_json()) == PREPROCESSING


def test_each_picture_is_one_of_the_turns_of_its_original():
    torch.manual_seed(0)
    picture = torch.arange(16.0).view(1, 1, 4, 4)
    turns = [
        torch.rot90(flipped, k, (2, 3)) for flipped in (picture, picture.flip(3)) for k in range(4)
    ]
    batch = augment(picture.repeat(400, 1, 1, 1), "dihedral")
    found = {next(k for k, turn in enumerate(turns) if turn[0].equal(one)) for one in batch}
    assert found == set(range(8))
    flips = augment(picture.repeat(50, 1, 1, 1), "flip")
    assert all(one.equal(picture[0]) or one.equal(picture[0].flip(2)) for one in flips)
    assert augment(picture, "none").equal(picture)
