"""The extension module of swiftreg; all else is in pyproject.toml, and the library's build in
bindings/python/swiftreg_build.py. Its sources are whatever is in bindings/python/src."""

from glob import glob

from setuptools import Extension, setup

setup(
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
    ext_modules=[
        Extension(
            "swiftreg._core",
            sources=sorted(glob("bindings/python/src/*.c")),
            depends=sorted(glob("bindings/python/src/*.h") + glob("include/*.h")),
            include_dirs=["include"],
            define_macros=[("Py_LIMITED_API", "0x030b0000")],
            extra_compile_args=[
                "-O3",
                "-std=c11",
                "-fvisibility=hidden",
                "-Wall",
                "-Wextra",
                "-Wno-missing-field-initializers",
            ],
            extra_link_args=[
                "-Lbindings/python/swiftreg",
                "-l:libSwiftReg.so.0",
                "-Wl,-rpath,$ORIGIN",
            ],
            py_limited_api=True,
        )
    ]
)
