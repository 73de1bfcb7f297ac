"""Planning: how flat to run a network, from a model of the machine or from measurement."""

from ._calibration import CalibrationWarning, calibrate, calibration, calibration_path
from ._model import Calibration
from ._plan import Plan, PlanWarning
from ._planner import plan
from ._rewrites import Rewrite

__all__ = [
    "Calibration",
    "CalibrationWarning",
    "Plan",
    "PlanWarning",
    "Rewrite",
    "calibrate",
    "calibration",
    "calibration_path",
    "plan",
]
