"""The tables. A group is a table: a generator yields its cases one at a time, so that the arrays of
one are freed before the next. To add a table, add a module with a GROUP to GROUPS."""

from cases import calls, dropout, elementwise, grid, matmul, notebook, training

GROUPS = [
    group for module in (dropout, matmul, notebook, calls, elementwise, training, grid)
    for group in module.GROUPS
]
