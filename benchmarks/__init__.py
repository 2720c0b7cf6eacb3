"""Speed of this package. `python -m benchmarks` prints the simulation's table, `python -m benchmarks scale` its growth.

One thread each, so that ratios mean the same on any machine; set here, before NumPy and JAX start their own.
"""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
