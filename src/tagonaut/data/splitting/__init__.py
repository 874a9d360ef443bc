"""Splits and folds: stratified, grouped, kept in a table."""

from tagonaut.data.splitting.assign import folds, is_dealt, split
from tagonaut.data.splitting.deviation import Deviation, measure_deviation
from tagonaut.data.splitting.given import given_folds, given_splits
from tagonaut.data.splitting.groups import group_by
from tagonaut.data.splitting.split_table import (
    MARK,
    NO_FOLD,
    SplitTable,
    read_kept_scores,
    read_scores,
    score_frame,
    write_kept_scores,
)
from tagonaut.data.splitting.splits import SPLITS, UNUSED, held_out, split_named
from tagonaut.data.splitting.stratification import stratified

__all__ = [
    "MARK",
    "NO_FOLD",
    "SPLITS",
    "UNUSED",
    "Deviation",
    "SplitTable",
    "folds",
    "given_folds",
    "given_splits",
    "group_by",
    "held_out",
    "is_dealt",
    "measure_deviation",
    "read_kept_scores",
    "read_scores",
    "score_frame",
    "split",
    "split_named",
    "stratified",
    "write_kept_scores",
]
