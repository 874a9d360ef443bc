"""A run as an exported graph: its pictures, scores and decision rule."""

from tagonaut.runs.export.pictures import RunPictures
from tagonaut.runs.export.quantised import Quantised, quantised_within
from tagonaut.runs.export.rule import rule_of_export
from tagonaut.runs.export.scores import GraphScores, graph_scores

__all__ = [
    "GraphScores",
    "Quantised",
    "RunPictures",
    "graph_scores",
    "quantised_within",
    "rule_of_export",
]
