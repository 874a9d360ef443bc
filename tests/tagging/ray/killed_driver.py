"""A run on a cluster, started by a process that a test can kill: ADDRESS PHOTOS OUT SCRATCH."""

import sys
from pathlib import Path

from tagonaut.tagging.options import ClusterOptions
from tagonaut.tagging.ray.engine import tag_distributed
from tests.tagging.ray.jobs import job_of, local
from tests.tagging.ray.taggers import Watched
from tests.tagging.ray.test_cluster import load

address, photos, out, scratch = sys.argv[1:]
job = job_of(local(Path(photos)), local(Path(out)))
tag_distributed(job, load(Watched, Path(scratch, "first"), 0.1), ClusterOptions(address, 2))
