import numpy as np
import pytest
import torch

from tagonaut.learning.fitting.fit_settings import FrozenSettings
from tagonaut.learning.fitting.optimising import create_optimiser, create_schedule


def test_schedules_are_what_they_are_called():
    def rates(schedule, **more):
        settings = FrozenSettings(
            epochs=6, batch_size=2, learning_rate=1.0, schedule=schedule, **more
        )
        optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        steps = create_schedule(optimiser, settings, 2)
        found = []
        for _ in range(12):
            found.append(steps.get_last_lr()[0])
            optimiser.step()
            steps.step()
        return found

    assert rates("constant") == [1.0] * 12
    cosine = [(1 + np.cos(np.pi * epoch / 6)) / 2 for epoch in range(6) for _ in range(2)]
    assert rates("cosine") == pytest.approx(cosine)
    assert rates("step") == pytest.approx([1.0] * 4 + [0.1] * 4 + [0.01] * 4)
    assert rates("constant", warmup=0.25) == pytest.approx([0.25, 0.5, 0.75] + [1.0] * 9)
    up_and_down = rates("onecycle", warmup=0.5)
    assert max(up_and_down) == pytest.approx(1.0)
    assert up_and_down[0] < 0.1
    assert up_and_down[-1] < 1e-3


@pytest.mark.parametrize("optimiser", ["sgd", "rmsprop"])
def test_one_cycle_leaves_the_momentum_that_the_recipe_names(optimiser):
    settings = FrozenSettings(
        epochs=2, batch_size=2, learning_rate=0.1, optimiser=optimiser, momentum=0.3,
        schedule="onecycle", warmup=0.3,
    )  # fmt: skip
    found = create_optimiser([{"params": [torch.nn.Parameter(torch.zeros(1))]}], settings)
    steps = create_schedule(found, settings, 5)
    for _ in range(9):
        assert found.param_groups[0]["momentum"] == 0.3
        found.step()
        steps.step()
