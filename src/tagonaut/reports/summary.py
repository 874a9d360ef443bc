"""The figures of an evaluation as people read them."""

SUMMARY = (
    ("map", "mean average precision (mAP)", None),
    ("micro_f1", "F1, micro", None),
    ("macro_f1", "F1, macro", "baseline_macro_f1"),
    ("samples_f1", "F1, samples", None),
    ("micro_f2", "F2, micro", None),
    ("macro_f2", "F2, macro", None),
    ("samples_f2", "F2, samples", "baseline_samples_f2"),
    ("micro_precision", "precision, micro", None),
    ("macro_precision", "precision, macro", None),
    ("samples_precision", "precision, samples", None),
    ("micro_recall", "recall, micro", None),
    ("macro_recall", "recall, macro", None),
    ("samples_recall", "recall, samples", None),
    ("exact_match", "overall accuracy (exact match)", "baseline_exact_match"),
    ("binary_accuracy", "binary accuracy", "baseline_binary_accuracy"),
)
"""Key, what it is called, and the majority baseline's key where there is one."""


def percent(value: float | None, digits: int = 2) -> str:
    """A share; a dash where it is not defined."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"
