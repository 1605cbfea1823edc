"""Our copy of NumPy's legacy generator against NumPy's own."""

from __future__ import annotations

import threading
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from swiftreg import _core
from swiftreg.notebook import _masks

seeds = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 3, 2**32 - 1]))
draws = st.lists(
    st.tuples(st.sampled_from(["uniform", "normal"]), st.sampled_from([0, 1, 2, 3, 311, 624, 1249])),
    max_size=6,
)


def same_state(ours: _core.LegacyGenerator, theirs: np.random.RandomState) -> None:
    state: Any = theirs.get_state()
    for mine, wanted in zip(ours.state(), state):
        assert np.array_equal(mine, wanted)


@given(seeds, draws)
def test_any_sequence_of_draws(seed: int, sequence: list[tuple[str, int]]) -> None:
    ours, theirs = _core.LegacyGenerator(seed), np.random.RandomState(seed)
    for kind, count in sequence:
        if kind == "uniform":
            assert np.array_equal(ours.uniform(count), theirs.rand(count))
        else:
            assert np.array_equal(ours.normal(count), theirs.randn(count))
        same_state(ours, theirs)


def test_shapes_and_long_draws() -> None:
    ours, theirs = _core.LegacyGenerator(1), np.random.RandomState(1)
    assert np.array_equal(ours.uniform((20, 211)), theirs.rand(20, 211))
    assert np.array_equal(ours.normal((300, 401)), theirs.randn(300, 401))
    same_state(ours, theirs)


def test_replace_writes_only_over_the_state_expected() -> None:
    numpy = np.random.MT19937()
    generator = np.random.RandomState(numpy)
    generator.seed(1)
    before, after = _core.LegacyGenerator(1), _core.LegacyGenerator(1)
    after.uniform(5)
    assert after.replace(numpy.capsule, before)
    same_state(after, generator)
    assert generator.rand() == np.random.RandomState(1).rand(6)[5]
    # The generator has advanced since.
    state = generator.get_state()
    assert not after.replace(numpy.capsule, before)
    assert np.array_equal(generator.get_state()[1], state[1])
    # At the same position, with another seed.
    other = np.random.MT19937()
    np.random.RandomState(other).seed(2)
    assert not after.replace(other.capsule, before)
    assert np.random.RandomState(other).rand() == np.random.RandomState(2).rand()
    with pytest.raises(ValueError, match="PyCapsule"):
        after.replace(object(), before)
    with pytest.raises(TypeError, match="expected"):
        after.replace(numpy.capsule, numpy)  # type: ignore[arg-type]


def test_masks_fall_back_where_the_state_cannot_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    masks = _masks.notebook_masks((20, 3), 211, 0.86)
    monkeypatch.setattr(_masks, "_seeded", _core.LegacyGenerator(2))
    _masks.leave_numpy_after(masks)
    assert np.random.rand() == 0.160400046327681


def test_normals_left_over_are_dropped() -> None:
    np.random.seed(0)
    np.random.randn()
    _masks.leave_numpy_after(_masks.notebook_masks((2,), 3, 0.5))
    theirs = np.random.RandomState(1)
    theirs.rand(2, 3)
    assert np.array_equal(np.random.randn(3), theirs.randn(3))


def test_one_generator_in_two_threads_is_refused_or_right() -> None:
    generator = _core.LegacyGenerator(5)
    expected = np.random.RandomState(5).rand(8 * 400_000).reshape(8, 400_000)
    rows, refused = [], []

    def draw() -> None:
        while len(rows) < 8:
            try:
                rows.append(generator.uniform(400_000))
            except RuntimeError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=draw) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(refused) <= {"the generator is in use by another thread"}
    assert {row[0] for row in rows[:8]} >= {row[0] for row in expected[:6]}


@pytest.mark.parametrize("seed", [-1, 2**32, 2**70])
def test_seed_out_of_range(seed: int) -> None:
    with pytest.raises(ValueError, match=f"seed.*{seed}"):
        _core.LegacyGenerator(seed)


def test_seed_of_another_type() -> None:
    with pytest.raises(TypeError, match="seed.*1.5"):
        _core.LegacyGenerator(1.5)  # type: ignore[arg-type]
