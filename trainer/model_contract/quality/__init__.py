"""Quality of telemetry: whether a window may be judged, trained on and promoted by."""

from model_contract.quality.report import QualityCheck, QualityFault, QualityReport

__all__ = ["QualityCheck", "QualityFault", "QualityReport"]
