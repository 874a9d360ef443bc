"""Calibration: scores become probabilities."""

from tagonaut.deciding.calibration.calibration import (
    CALIBRATION_KINDS,
    Calibration,
    CalibrationKind,
)

__all__ = ["CALIBRATION_KINDS", "Calibration", "CalibrationKind"]
