"""A network and its scaling as one graph, from prepared pictures to scores."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tagonaut.errors import TagonautError
from tagonaut.files.run_files import GRAPH_FILES
from tagonaut.models.ensemble import Ensemble
from tagonaut.models.export.packages import check_onnx, openvino
from tagonaut.models.mean_colour import MeanColourForest
from tagonaut.models.network import Network
from tagonaut.models.stored import Model
from tagonaut.pixels.augment import views
from tagonaut.pixels.preprocessing import Preprocessing

# Tracing with one picture would take its axis for one that is always 1.
EXAMPLES = 2


class PreparedScores(nn.Module):
    """``scores[n, k]`` of prepared pictures ``[n, s, s, c]``, as the model's own.

    All views of the pictures go through the network at once, so that its layers are in the graph
    once. ``apart``: ``scores[n, m, k]`` of each of the model's networks follow.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(
        self, model: Network | Ensemble, preprocessing: Preprocessing, *, apart: bool = False
    ) -> None:
        super().__init__()
        self.model, self.apart = model, apart
        for name, share in (("mean", preprocessing.mean), ("std", preprocessing.std)):
            values = torch.tensor(share).view(1, -1, 1, 1) * preprocessing.peak
            self.register_buffer(name, values)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The scores."""
        values = pictures.permute(0, 3, 1, 2).float()
        found = torch.stack(_scores(self.model, (values - self.mean) / self.std), dim=1)
        return (found.mean(dim=1), found) if self.apart else (found.mean(dim=1),)


def to_openvino(model: Model, preprocessing: Preprocessing, *, apart: bool = False) -> Any:
    """An OpenVINO graph; raises ``TagonautError`` for a model that cannot be one.

    ``apart``: with each network's scores as another output, until ``without_apart``.
    """
    ov = openvino()
    whole = _whole(model, preprocessing, apart=apart)
    # OpenVINO's reader of PyTorch knows no 16-bit pixels: the graph's own input is made of them.
    pictures = _examples(preprocessing, torch.int32 if preprocessing.deep else torch.uint8)
    with _quiet(), _explained("--format onnx may work"):
        program = torch.export.export(whole, (pictures,), dynamic_shapes=(_any_number(),))
        graph = ov.convert_model(program)
        graph.reshape({0: [-1, *pictures.shape[1:]]})
        for output, name in zip(graph.outputs, ("scores", "apart"), strict=False):
            output.set_names({name})
        graph.input(0).set_names({"pictures"})
        if preprocessing.deep:
            processor = ov.preprocess.PrePostProcessor(graph)
            processor.input().tensor().set_element_type(ov.Type.u16)
            graph = processor.build()
    return graph


def without_apart(graph: Any) -> Any:
    """The graph with the scores alone."""
    graph = graph.clone()
    for result in graph.get_results()[1:]:
        graph.remove_result(result)
    return graph


def write_onnx(model: Model, preprocessing: Preprocessing, folder: Path) -> None:
    """An ONNX graph in one file; raises ``TagonautError`` for a model that cannot be one."""
    check_onnx()
    whole = _whole(model, preprocessing)
    pictures = _examples(preprocessing, torch.uint16 if preprocessing.deep else torch.uint8)
    file = folder / GRAPH_FILES["onnx"][0]
    with _quiet(), _explained("--format openvino may work"):
        torch.onnx.export(
            whole,
            (pictures,),
            file,
            dynamo=True,
            dynamic_shapes=(_any_number(),),
            input_names=["pictures"],
            output_names=["scores"],
            external_data=False,
            verbose=False,
        )


def _whole(model: Model, preprocessing: Preprocessing, *, apart: bool = False) -> PreparedScores:
    forests = [model] if isinstance(model, MeanColourForest) else []
    if isinstance(model, Ensemble):
        forests = [some for some in model.models if isinstance(some, MeanColourForest)]
    if forests or isinstance(model, MeanColourForest):
        raise TagonautError(
            "a forest on mean colours is not a network and cannot be exported; it is "
            "fast without export"
        )
    return PreparedScores(model, preprocessing, apart=apart).to("cpu").eval()


def _scores(model: nn.Module, pictures: torch.Tensor) -> list[torch.Tensor]:
    """``scores[n, k]`` of each network."""
    if isinstance(model, Ensemble) and not model.shared:
        return [scores for some in model.models for scores in _scores(some, pictures)]
    networks = [some for some in getattr(model, "models", [model]) if isinstance(some, Network)]
    seen = views(pictures, networks[0].views)
    features = networks[0].features(torch.cat(seen))
    found = [network.activation.scores(network.head(features)) for network in networks]
    return [some.unflatten(0, (len(seen), -1)).mean(dim=0) for some in found]


def _examples(preprocessing: Preprocessing, dtype: torch.dtype) -> torch.Tensor:
    side = preprocessing.size
    return torch.zeros(EXAMPLES, side, side, len(preprocessing.channels), dtype=dtype)


def _any_number() -> dict[int, Any]:
    return {0: torch.export.Dim("pictures", min=1)}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what PyTorch and OpenVINO report of their own insides."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


@contextlib.contextmanager
def _explained(way_out: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # whatever each of the exporters raises for what it does not know
        said = " ".join(str(error).split())[:300]
        raise TagonautError(f"this network cannot be exported ({said}); {way_out}") from None
