"""Tables of any format: their cells, their columns, and the labels that they hold."""

from tagonaut.data.tables.align import Aligned, MissingPrediction, align
from tagonaut.data.tables.cells import FALSE, TRUE, UNKNOWN
from tagonaut.data.tables.columns import (
    ID_COLUMNS,
    TAG_COLUMNS,
    find_columns,
    other_columns,
    picture_column,
    split_tags,
)
from tagonaut.data.tables.delimited import DELIMITERS, split_rows
from tagonaut.data.tables.json_records import load_json
from tagonaut.data.tables.label_table import LabelTable, read_label_table, read_unnamed
from tagonaut.data.tables.read import SUFFIXES, is_text, read_table
from tagonaut.data.tables.table import Table

__all__ = [
    "DELIMITERS",
    "FALSE",
    "ID_COLUMNS",
    "SUFFIXES",
    "TAG_COLUMNS",
    "TRUE",
    "UNKNOWN",
    "Aligned",
    "LabelTable",
    "MissingPrediction",
    "Table",
    "align",
    "find_columns",
    "is_text",
    "load_json",
    "other_columns",
    "picture_column",
    "read_label_table",
    "read_table",
    "read_unnamed",
    "split_rows",
    "split_tags",
]
