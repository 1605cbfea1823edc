"""A sweep over lambda and keep_prob in processes, in threads and on a Dask cluster, with the same scores.

    python examples/sweep.py

Each worker is to use its share of the cores and no more. joblib's loky and Dask's workers are processes
that are started with OMP_NUM_THREADS set to that share, which swiftreg heeds. Threads of one process
share its setting: swiftreg.set_num_threads(1) while there are as many threads as cores.
SWIFTREG_NUM_THREADS in the environment goes before all of this.
"""

import math
import os
import time

import joblib
import numpy as np
from dask.distributed import Client, LocalCluster
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

import swiftreg

WORKERS = 2
GRID = {"alpha": [0.01, 1.0, 100.0], "keep_prob": [0.6, 0.8, 1.0]}


def sweep():
    """The scores of the grid's points, the best of them, and the threads that each worker uses."""
    X, y = load_digits(return_X_y=True)
    model = swiftreg.MLPClassifier(
        100, learning_rate_init=0.01, max_iter=20, n_iter_no_change=math.inf, random_state=0
    )
    search = GridSearchCV(model, GRID, cv=3, n_jobs=WORKERS).fit((X / 16).astype("float32"), y)
    threads = joblib.Parallel(n_jobs=WORKERS)(
        joblib.delayed(swiftreg.get_num_threads)() for _ in range(WORKERS)
    )
    return search.cv_results_["mean_test_score"], search.best_params_, max(threads)


def report(name, start, result):
    scores, best, threads = result
    print(
        f"{name:<10} {time.perf_counter() - start:5.1f} s, {WORKERS} workers of {threads} thread(s):"
        f" best {scores.max():.4f} with {best}",
        flush=True,
    )
    return scores


def main():
    print(f"{len(GRID['alpha']) * len(GRID['keep_prob'])} networks, 3 folds each; {os.cpu_count()} cores")
    results = []

    start = time.perf_counter()
    with joblib.parallel_config("loky"):
        results.append(report("loky", start, sweep()))

    before = swiftreg.get_num_threads()
    swiftreg.set_num_threads(max(1, before // WORKERS))
    start = time.perf_counter()
    with joblib.parallel_config("threading"):
        results.append(report("threading", start, sweep()))
    swiftreg.set_num_threads(before)

    with LocalCluster(WORKERS, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        start = time.perf_counter()
        with joblib.parallel_config("dask"):
            results.append(report("dask", start, sweep()))

    print(f"The same scores: {all(np.array_equal(results[0], other) for other in results)}")


if __name__ == "__main__":
    main()
