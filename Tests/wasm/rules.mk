# The library for WebAssembly, and its tests in an engine. A part of the Makefile.
#
#   build/wasm/swiftreg.wasm          for every engine with SIMD: multiply-adds are emulated exactly
#   build/wasm/swiftreg-relaxed.wasm  for an engine that fuses the multiply-add of relaxed SIMD
#   build/javascript                  the Node.js package: both modules with bindings/javascript
#   build/wasm/KIND/abi, hash, fused  the C tests, for the libraries plain and relaxed, as WASI programs

WASM := $(BUILD)/wasm
WASM_KINDS := plain relaxed
WASM_LIBRARIES := $(WASM)/swiftreg.wasm $(WASM)/swiftreg-relaxed.wasm
# wasi-libc: of Debian's package.
WASI_INCLUDE ?= /usr/include/wasm32-wasi
WASI_LIB ?= /usr/lib/wasm32-wasi
WASM_FLAGS := -isystem $(WASI_INCLUDE) -D__wasi__ -msimd128 -ffp-contract=off
WASM_FLAGS_relaxed := -mrelaxed-simd
WASM_SWIFT_relaxed := -D REG_RELAXED_SIMD
WASM_CC = $(SWIFT_CLANG) --target=wasm32-wasi -nostdlib

wasm: $(BUILD)/javascript/.made ## the library for WebAssembly, as a Node.js package: build/javascript
	@for f in $(WASM_LIBRARIES); do printf '%s: %s bytes, %s gzipped\n' $$f $$(wc -c <$$f) $$(gzip -9c $$f | wc -c); done

# ---- The library ---------------------------------------------------------------------------

# clang_for_swift FLAG...: the flags as Swift's compiler takes them.
clang_for_swift = $(foreach f,$1,-Xcc $f)
WASM_EXPORTS = $(shell grep -ohw 'reg_[a-z0-9_]*' include/*.h | sort -u)

define wasm_kind
$(WASM)/$1/SwiftReg.o: $(SWIFT_SOURCES) scripts/cross-modules | $(WASM)/$1/c
	@$(NEED) swift wasi
	@$(STEP) "Library, WebAssembly, $1" scripts/cross-modules $(WASM)/$1 "WebAssembly OneThread" \
	    -target wasm32-unknown-none-wasm -D REG_FMA $(WASM_SWIFT_$1) -Xfrontend -disable-stack-protector \
	    $(call clang_for_swift,$(WASM_FLAGS) $(WASM_FLAGS_$1))

$(WASM)/$1/multi3.o: Sources/CPlatform/multi3.c | $(WASM)/$1/c
	@$(WASM_CC) -O2 $(WASM_FLAGS) -c $$< -o $$@

$(WASM)/$1/c/%_0.o: Tests/c/%.c | $(WASM)/$1/c
	@$(WASM_CC) $(WASM_TEST_FLAGS) $(WASM_FLAGS_$1) -DTEST_F64=0 -c $$< -o $$@

$(WASM)/$1/c/%_1.o: Tests/c/%.c | $(WASM)/$1/c
	@$(WASM_CC) $(WASM_TEST_FLAGS) $(WASM_FLAGS_$1) -DTEST_F64=1 -c $$< -o $$@

$(WASM)/$1/c/%.o: Tests/c/%.c | $(WASM)/$1/c
	@$(WASM_CC) $(WASM_TEST_FLAGS) $(WASM_FLAGS_$1) -c $$< -o $$@

$(WASM)/$1/c/fused.o: Tests/wasm/fused.c | $(WASM)/$1/c
	@$(WASM_CC) $(WASM_TEST_FLAGS) $(WASM_FLAGS_$1) -ISources/CPlatform -c $$< -o $$@

$(WASM)/$1/abi: $(WASM_ABI:%=$(WASM)/$1/c/%.o) $(WASM_OBJECTS:%=$(WASM)/$1/%.o)
	@$(WASM_LINK) $$^ $(WASM_WRAP) -o $$@
$(WASM)/$1/hash: $(WASM_HASH:%=$(WASM)/$1/c/%.o) $(WASM_OBJECTS:%=$(WASM)/$1/%.o)
	@$(WASM_LINK) $$^ $(WASM_WRAP) -o $$@
$(WASM)/$1/fused: $(WASM)/$1/c/fused.o $(WASM)/$1/multi3.o
	@$(WASM_LINK) $$^ -o $$@

$(WASM)/$1/c:
	@mkdir -p $$@
endef

WASM_OBJECTS := SwiftReg Network Kernels KernelInterface multi3
WASM_TEST_FLAGS := -std=c11 -O1 $(C_WARNINGS) -Wno-pedantic -D_GNU_SOURCE -Iinclude -MMD -MP \
    -DTEST_RUNTIME='"embedded"' $(WASM_FLAGS)
# No program's stack grows over its data. The limit of memory is for the tests of what happens without.
WASM_LINK = $(WASM_CC) $(WASI_LIB)/crt1-command.o -L$(WASI_LIB) -Wl,--gc-sections \
    -Wl,-z,stack-size=1048576 -Wl,--stack-first -Wl,--max-memory=50331648 -lc
WASM_WRAP := $(foreach f,malloc calloc realloc posix_memalign free,-Wl,--wrap=$f)
WASM_SHARED := check host_wasi network_oracle oracle blocks
WASM_ABI := main untyped $(WASM_SHARED) $(foreach t,0 1,$(C_TYPED_SHARED:%=%_$t) no_disk_$t)
WASM_HASH := hash $(WASM_SHARED) $(foreach t,0 1,hash_kernels_$t hash_networks_$t network_cases_$t)
$(foreach k,$(WASM_KINDS),$(eval $(call wasm_kind,$k)))

define wasm_library
@$(WASM_CC) -Wl,--no-entry -Wl,--gc-sections -Wl,--strip-all -Wl,-O2 -Wl,--stack-first \
    -Wl,-z,stack-size=131072 $(foreach f,malloc free $(WASM_EXPORTS),-Wl,--export-if-defined=$f) \
    $^ -L$(WASI_LIB) -lc -o $@
endef

$(WASM)/swiftreg.wasm: $(WASM)/plain/SwiftReg.o $(WASM)/plain/multi3.o
	$(wasm_library) $(patsubst %,$(WASM)/plain/%.o,Network Kernels KernelInterface)

$(WASM)/swiftreg-relaxed.wasm: $(WASM)/relaxed/SwiftReg.o $(WASM)/relaxed/multi3.o
	$(wasm_library) $(patsubst %,$(WASM)/relaxed/%.o,Network Kernels KernelInterface)

# Made with SwiftReg.o.
$(WASM)/%/Network.o $(WASM)/%/Kernels.o $(WASM)/%/KernelInterface.o: $(WASM)/%/SwiftReg.o
	@:

-include $(wildcard $(WASM)/*/c/*.d)

$(BUILD)/javascript/.made: $(WASM_LIBRARIES) $(wildcard bindings/javascript/*.*) LICENSE
	@mkdir -p $(dir $@)
	@cp $^ $(dir $@) && touch $@

# ---- Tests ---------------------------------------------------------------------------------

WASM_PROGRAMS := $(foreach k,$(WASM_KINDS),$(foreach p,abi hash fused,$(WASM)/$k/$p))

$(WASM)/fused-native: Tests/wasm/fused.c | $(WASM)/plain/c
	@$(NEED) cc
	@$(CC) -std=c11 -O2 $(C_WARNINGS) -ffp-contract=off -D_GNU_SOURCE $< -lm -o $@

# An engine that has relaxed SIMD without a flag.
$(WASM)/engine/.created:
	@$(NEED) python
	@$(STEP) "WebAssembly engine" sh -c "$(PYTHON) -m venv --clear $(WASM)/engine && \
	    $(WASM)/engine/bin/pip install -q --disable-pip-version-check 'wasmtime>=25'"
	@touch $@

test-wasm: # the library for WebAssembly, in node and wasmtime
	@$(OR_LEAVE_OUT) WebAssembly node wasi -- $(MAKE) --no-print-directory test-wasm-programs

test-wasm-programs: $(BUILD)/javascript/.made $(WASM_PROGRAMS) $(WASM)/fused-native $(BUILD)/c/hash $(WASM)/engine/.created
	@$(STEP) "JavaScript" node --no-warnings --test Tests/javascript/
	@Tests/wasm/run $(WASM) $(WASM)/engine/bin/python

expected-javascript: $(VENV)/.installed ## the hashes that the JavaScript tests compare with, computed anew
	@$(VENV)/bin/python Tests/javascript/expected.py >Tests/javascript/expected.json
