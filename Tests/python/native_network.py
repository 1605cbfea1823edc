"""include/swiftreg_network.h by ctypes, with the library of the package: tests of the C interface."""

from __future__ import annotations

import ctypes as c
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import swiftreg

Array = NDArray[Any]

LIBRARY = c.CDLL(str(Path(swiftreg.__file__).parent / "libSwiftReg.so.0"), use_errno=True)

OK, ERROR_FILE, ERROR_FORMAT = 0, 26, 27
ACTIVATIONS = ("identity", "relu", "sigmoid", "leaky_relu", "tanh", "gelu", "silu", "selu")
LOSSES = ("binary_cross_entropy", "softmax_cross_entropy", "squared_error")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "lion")
SCHEDULES = ("constant", "step", "cosine", "inverse_scaling")


class _Sized(c.Structure):
    def __init__(self, **fields: Any) -> None:
        super().__init__(struct_size=c.sizeof(type(self)), **fields)


class Options(_Sized):
    _fields_ = [
        ("struct_size", c.c_size_t),
        ("layers", c.c_size_t),
        ("widths", c.POINTER(c.c_size_t)),
        ("activations", c.POINTER(c.c_int)),
        ("loss", c.c_int),
        ("init", c.c_int),
        ("seed", c.c_uint64),
        ("keep_prob", c.POINTER(c.c_double)),
        ("l2", c.POINTER(c.c_double)),
        ("l1", c.POINTER(c.c_double)),
        ("label_smoothing", c.c_double),
        ("max_norm", c.c_double),
    ]


class OptimizerOptions(_Sized):
    _fields_ = [
        ("struct_size", c.c_size_t),
        ("kind", c.c_int),
        ("schedule", c.c_int),
        *[
            (name, c.c_double)
            for name in (
                "learning_rate momentum beta1 beta2 epsilon weight_decay clip_norm decay".split()
            )
        ],
        ("period", c.c_uint64),
        ("min_learning_rate", c.c_double),
    ]


class Position(_Sized):
    _fields_ = [("struct_size", c.c_size_t), ("step", c.c_uint64), ("epoch", c.c_uint64)]


class Strides(c.Structure):
    _fields_ = [("unit", c.c_ssize_t), ("example", c.c_ssize_t)]


class Data(_Sized):
    _fields_ = [
        ("struct_size", c.c_size_t),
        ("m", c.c_size_t),
        ("x", c.c_void_p),
        ("x_strides", Strides),
        ("y", c.c_void_p),
        ("y_strides", Strides),
        ("weights", c.c_void_p),
    ]


class FitOptions(_Sized):
    _fields_ = [
        ("struct_size", c.c_size_t),
        ("epochs", c.c_uint64),
        ("batch_size", c.c_size_t),
        ("shuffle", c.c_int32),
        ("patience", c.c_uint64),
        ("min_delta", c.c_double),
        ("costs", c.c_void_p),
        ("validation_costs", c.c_void_p),
        ("report", c.c_void_p),
        ("context", c.c_void_p),
        ("report_every", c.c_uint64),
        ("masks", c.c_void_p),
    ]


def _doubles(values: Any) -> Any:
    return (c.c_double * len(values))(*values)


class Network:
    """A handle. Statuses that are not OK are assertion errors, but those of `load` and `deserialize`."""

    def __init__(self, handle: c.c_void_p, dtype: Any) -> None:
        self.handle, self.dtype = handle, np.dtype(dtype)

    @staticmethod
    def _function(name: str, dtype: Any) -> Any:
        return getattr(LIBRARY, f"reg_network_{name}" + ("_f64" if np.dtype(dtype) == np.float64 else ""))

    def _call(self, name: str, *arguments: Any) -> None:
        assert self._function(name, self.dtype)(self.handle, *arguments) == OK, name

    @classmethod
    def create(
        cls,
        widths: list[int],
        dtype: Any,
        activations: list[str] | None = None,
        loss: str = "binary_cross_entropy",
        seed: int = 0,
        **options: Any,
    ) -> Network:
        values = Options(layers=len(widths) - 1, widths=(c.c_size_t * len(widths))(*widths), seed=seed)
        values.loss = LOSSES.index(loss)
        if activations is not None:
            values.activations = (c.c_int * len(activations))(*map(ACTIVATIONS.index, activations))
        for name, value in options.items():
            setattr(values, name, _doubles(value) if isinstance(value, list) else value)
        handle = c.c_void_p()
        assert cls._function("create", dtype)(c.byref(values), c.byref(handle)) == OK
        return cls(handle, dtype)

    @classmethod
    def _made(cls, name: str, dtype: Any, *arguments: Any) -> Network | int:
        handle = c.c_void_p(1)
        status = int(cls._function(name, dtype)(*arguments, c.byref(handle)))
        assert (status == OK) == (handle.value is not None)
        return cls(handle, dtype) if status == OK else status

    @classmethod
    def load(cls, path: Path, dtype: Any) -> Network | int:
        return cls._made("load", dtype, str(path).encode())

    @classmethod
    def deserialize(cls, data: bytes, dtype: Any) -> Network | int:
        return cls._made("deserialize", dtype, data, c.c_size_t(len(data)))

    def __del__(self) -> None:
        self._function("destroy", self.dtype)(self.handle)

    def save(self, path: Path) -> None:
        self._call("save", str(path).encode())

    def export_c(self, path: Path, name: str) -> None:
        self._call("export_c", str(path).encode(), name.encode(), None)

    def serialize(self) -> bytes:
        size = c.c_size_t()
        self._call("serialize", None, c.c_size_t(0), c.byref(size))
        buffer = c.create_string_buffer(size.value)
        self._call("serialize", buffer, size, c.byref(size))
        return buffer.raw

    def _flat(self, name: str) -> Array:
        pointer, count = c.c_void_p(), c.c_size_t()
        self._call(name, c.byref(pointer), c.byref(count))
        if count.value == 0:
            return np.empty(0, self.dtype)
        raw = (c.c_char * (count.value * self.dtype.itemsize)).from_address(pointer.value or 0)
        return np.frombuffer(raw, self.dtype)

    @property
    def parameters(self) -> Array:
        return self._flat("parameters")

    @property
    def state(self) -> Array:
        return self._flat("optimizer_state")

    def set_optimizer(self, kind: str, **options: Any) -> None:
        values = OptimizerOptions()
        assert LIBRARY.reg_optimizer_defaults(OPTIMIZERS.index(kind), c.byref(values)) == OK
        for name, value in options.items():
            setattr(values, name, value)
        self._call("set_optimizer", c.byref(values))

    def set_position(self, step: int, epoch: int) -> None:
        self._call("set_position", c.byref(Position(step=step, epoch=epoch)))

    def fit(self, x: Array, y: Array, epochs: int, batch_size: int) -> None:
        """x and y are (examples, units), contiguous and of the network's dtype."""
        assert x.dtype == y.dtype == self.dtype
        data = Data(m=len(x), x=x.ctypes.data, y=y.ctypes.data)
        data.x_strides, data.y_strides = Strides(1, x.shape[1]), Strides(1, y.shape[1])
        options = FitOptions(epochs=epochs, batch_size=batch_size, shuffle=1)
        self._call("fit", c.byref(data), None, c.byref(options), None)

    def predict(self, x: Array, outputs: int) -> Array:
        out = np.empty((len(x), outputs), self.dtype)
        strides = Strides(1, x.shape[1]), Strides(1, outputs)
        self._call(
            "predict",
            c.c_size_t(len(x)),
            c.c_void_p(x.ctypes.data),
            strides[0],
            c.c_void_p(out.ctypes.data),
            None,
            strides[1],
        )
        return out
