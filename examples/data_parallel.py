"""Data-parallel training with MPI: each rank takes some rows of each batch, and the gradients are summed.

    pip install 'swiftreg[mpi]'                    needs an MPI, such as Debian's openmpi-bin
    mpirun -n 4 python -m mpi4py data_parallel.py
    mpirun -n 4 python -m mpi4py data_parallel.py --epochs 100 --batch 128 --save network.safetensors

(-m mpi4py: an exception on one rank ends the others too.)

All ranks begin with the same parameters, which follow from the seed, and update them with the same
gradient, so nothing but the gradient is ever sent. A row draws its dropout mask by its number in the
whole batch, on whichever rank it is: any number of ranks trains as one process does, in the same order
and with the same masks. One rank gives the same bits; several add the gradient in another order, so
that they agree within rounding. examples/c/data_parallel.c is the same in C.
"""

import argparse
import math

import numpy as np
from mpi4py import MPI

import swiftreg

SEED = 7


def rings(count, dtype):
    """Points of a square in three rings, the ring as one of three columns.

    Here each rank makes them all; it needs to hold no more than the rows that it will take.
    """
    X = 2 * np.random.RandomState(SEED).uniform(size=(count, 2)) - 1
    ring = np.digitize((X**2).sum(axis=1), [0.25, 0.75])
    return X.astype(dtype), np.eye(3, dtype=dtype)[ring]


def create(dtype):
    return swiftreg.MLP(
        [2, 32, 32, 3], loss="softmax_cross_entropy", keep_prob=[1, 0.9, 0.9], l2=0.01,
        optimizer="adam", learning_rate=0.01, seed=SEED, dtype=dtype,
    )


def order_of(epoch, count):
    """The examples in the order of an epoch: the same on every rank."""
    return np.random.default_rng((SEED, epoch)).permutation(count)


def step(comm, net, X, Y):
    """One update from the batch X, Y. Returns this rank's share of the batch's cost."""
    m, rank, ranks = len(X), comm.Get_rank(), comm.Get_size()
    rows = slice(m * rank // ranks, m * (rank + 1) // ranks)
    cost = 0.0
    if rows.start < rows.stop:
        cost = net.gradient(X[rows], Y[rows], first_row=rows.start, mean_over=m)
    else:  # fewer rows than ranks
        net.gradients[:] = 0
    comm.Allreduce(MPI.IN_PLACE, net.gradients, op=MPI.SUM)
    net.apply()
    return cost


def train_epoch(comm, net, X, Y, batch):
    """The mean of the batches' costs, on every rank."""
    order = order_of(net.epoch, len(X))
    cost = 0.0
    for first in range(0, len(X), batch):
        rows = order[first : first + batch]
        cost += step(comm, net, X[rows], Y[rows]) * len(rows)
    net.epoch += 1
    return comm.allreduce(cost) / len(X)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--epochs", type=int, default=40)
    options.add_argument("--batch", type=int, default=250)
    options.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    options.add_argument("--save", help="a safetensors file")
    options = options.parse_args()

    comm = MPI.COMM_WORLD
    swiftreg.set_num_threads(1)  # the cores belong to the ranks
    X, Y = rings(1001, options.dtype)
    net = create(options.dtype)
    for epoch in range(1, options.epochs + 1):
        cost = train_epoch(comm, net, X, Y, options.batch)
        if not math.isfinite(cost):
            raise FloatingPointError(f"the cost of epoch {epoch} is {cost}")
        if comm.Get_rank() == 0:
            print(f"epoch {epoch}: cost {cost:.17g}", flush=True)

    # MPI does not guarantee that a sum has the same bits on every rank, but its libraries ensure it.
    everywhere = comm.allgather(net.parameters.tobytes())
    if len(set(everywhere)) != 1:
        raise SystemExit("data_parallel: the ranks have different parameters")
    if comm.Get_rank() == 0:
        right = int(np.sum(net.predict(X).argmax(axis=1) == Y.argmax(axis=1)))
        print(f"ranks: {comm.Get_size()}, all with the same parameters")
        print(f"accuracy: {right}/{len(X)}")
        if options.save:
            net.save(options.save)


if __name__ == "__main__":
    main()
