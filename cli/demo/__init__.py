"""`caseload demo`: the main job on the written cases, from a file to a ranked queue and a better model."""
