"""Many calls at once: as many as the provider lets, within a budget, each row's fate on the disk.

It knows no models and no clients: a row brings the flow that asks. `Job` decides which row begins, `Asking` is one row,
`run_job` and `async_run_job` run them; `Journal` outlives the program.
"""

from dragoman.batch.failures import Failure, error_of, failure_of
from dragoman.batch.job import Job
from dragoman.batch.journal import Journal, Record, Totals
from dragoman.batch.progress import Lines, Meter, Progress, progress_of
from dragoman.batch.purse import Purse
from dragoman.batch.results import BatchResult, BatchResults, summary
from dragoman.batch.rows import Ended, Paid, Row
from dragoman.batch.running import async_run_job, run_job
from dragoman.batch.writer import JournalFailed

__all__ = [
    "BatchResult",
    "BatchResults",
    "Ended",
    "Failure",
    "Job",
    "Journal",
    "JournalFailed",
    "Lines",
    "Meter",
    "Paid",
    "Progress",
    "Purse",
    "Record",
    "Row",
    "Totals",
    "async_run_job",
    "error_of",
    "failure_of",
    "progress_of",
    "run_job",
    "summary",
]
