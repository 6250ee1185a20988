"""Faults made on purpose: crowds of claimers, killed services and databases, holders who come back too late.

`CASELOAD_SOAK=1` (`make soak`) runs them at the length that is quoted; without it a twentieth to a tenth of that.
"""
