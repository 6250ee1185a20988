from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import fresh_database

ROWS = int(os.environ.get("CASELOAD_TEST_INTAKE_ROWS", "30000"))
GROWTH_MB = 30  # of a process that has taken 2,000 rows in already; keeping the rows would take 64

# Writes a file, takes a small part of it in, then all of it; prints by how many MB the peak grew.
SCRIPT = """
import csv, sys
from pathlib import Path
import psutil
from cases.intake.load import load
from cases.store import CaseStore
from cases.taxonomy_file import load_taxonomy

folder, url, rows = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def write(path, first, last):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["external_id", "description", "received_at", "reach"])
        for n in range(first, last):
            text = f"Report {n}: " + "somebody copied my lectures and sells them as his own. " * 40
            writer.writerow([f"T-{n}", text, "2026-03-01T09:30:00Z", "many" if n % 10 == 0 else n])
    return str(path)

class Peak:
    # Measured after each batch: the system's own peak of a process begins with that of its parent, the test run.
    mb = 0.0

    def __call__(self, rows, share):
        self.mb = max(self.mb, psutil.Process().memory_info().rss / 2**20)

small, large = write(folder / "small.csv", 0, 2_000), write(folder / "large.csv", 2_000, rows)
with CaseStore.open(url) as store:
    first, then = Peak(), Peak()
    load(store, small, taxonomy=load_taxonomy(), actor="test", progress=first)
    report = load(store, large, taxonomy=load_taxonomy(), actor="test", progress=then)
print(report.created, report.rejected, then.mb - first.mb)
"""


@pytest.mark.slow
def test_a_large_file_is_taken_in_at_constant_memory(tmp_path: Path) -> None:
    with fresh_database("sqlite", tmp_path) as url:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path), url, str(ROWS)], capture_output=True, text=True, check=True
        )

    created, rejected, growth = done.stdout.split()
    assert int(created) == (ROWS - 2_000) * 9 // 10
    assert int(rejected) == (ROWS - 2_000) // 10
    assert float(growth) < GROWTH_MB
