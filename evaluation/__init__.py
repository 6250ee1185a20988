"""How good the judgement is: metrics, intervals, calibration, paired comparison."""
