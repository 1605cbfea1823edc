# The fuzzers of Tests/fuzz, and the C tests under the sanitizers. A part of the Makefile.
#
#   build/fuzz/fuzz-NAME      on the shipped library
#   build/address/fuzz-NAME   libFuzzer, on an ordinary build with coverage and the address sanitizer
#   build/address/abi         the C tests on that build
#   build/thread/abi          the C tests on a build with the thread sanitizer

FUZZERS := kernels networks files
FUZZ_kernels := kernels
FUZZ_networks := networks network_options network_calls
FUZZ_files := files network_options network_calls
FUZZ_FLAGS := -std=c11 -O1 -g $(C_WARNINGS) -Wno-pedantic -D_GNU_SOURCE -Iinclude -ITests/c -MMD -MP
# The fuzzer $1 in the folder $2: each of its files for float and for double, and $3.
fuzz_objects = $(foreach f,$(FUZZ_$1) ,$(foreach t,0 1,$2/$(f)_$(t).o)) $(patsubst %,$2/%.o,$3)
SWIFT_CLANG := scripts/swift-clang

$(BUILD)/fuzz $(BUILD)/address/fuzz $(BUILD)/address/c $(BUILD)/thread/c:
	@mkdir -p $@

# ---- On the shipped library ----------------------------------------------------------------

$(BUILD)/fuzz/%_0.o: Tests/fuzz/%.c | $(BUILD)/fuzz
	@$(CC) $(FUZZ_FLAGS) -DTEST_F64=0 -c $< -o $@

$(BUILD)/fuzz/%_1.o: Tests/fuzz/%.c | $(BUILD)/fuzz
	@$(CC) $(FUZZ_FLAGS) -DTEST_F64=1 -c $< -o $@

$(BUILD)/fuzz/%.o: Tests/fuzz/%.c | $(BUILD)/fuzz
	@$(CC) $(FUZZ_FLAGS) -c $< -o $@

define shipped_fuzzer
$(BUILD)/fuzz/fuzz-$1: $(call fuzz_objects,$1,$(BUILD)/fuzz,fuzz driver) | $(LIB_LINK)
	@$(CC) $$^ $$(C_LINK) -o $$@
endef
$(foreach f,$(FUZZERS),$(eval $(call shipped_fuzzer,$f)))

# ---- Under the sanitizers ------------------------------------------------------------------

LIBRARY_address := --sanitize=address -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp
LIBRARY_thread := --sanitize=thread
# The thread sanitizer knows Dispatch, and wants it.
SANITIZED_LINK_thread := -ldispatch -lBlocksRuntime

define sanitized
$(BUILD)/$1/libSwiftReg.so.0: $(SWIFT_SOURCES) | $(BUILD)/$1/c
	@$(NEED) swift
	@$(STEP) "Library, $1 sanitizer" env SWIFTREG_SHARED=1 swift build -c release --product SwiftReg $(LIBRARY_$1) \
	    --scratch-path .build-library-$1
	@cp .build-library-$1/release/libSwiftReg.so $$@

$(BUILD)/$1/c/%_0.o: Tests/c/%.c | $(BUILD)/$1/c
	@$(SWIFT_CLANG) -fsanitize=$1 $(FUZZ_FLAGS) -ffp-contract=off -DTEST_F64=0 -c $$< -o $$@

$(BUILD)/$1/c/%_1.o: Tests/c/%.c | $(BUILD)/$1/c
	@$(SWIFT_CLANG) -fsanitize=$1 $(FUZZ_FLAGS) -ffp-contract=off -DTEST_F64=1 -c $$< -o $$@

$(BUILD)/$1/c/%.o: Tests/c/%.c | $(BUILD)/$1/c
	@$(SWIFT_CLANG) -fsanitize=$1 $(FUZZ_FLAGS) -ffp-contract=off -DTEST_RUNTIME='"swift"' -c $$< -o $$@

$(BUILD)/$1/abi: $(C_OBJECTS:$(BUILD)/c/%=$(BUILD)/$1/c/%) $(BUILD)/$1/libSwiftReg.so.0
	@$(SWIFT_CLANG) -fsanitize=$1 $$^ -Wl,-rpath,'$$$$ORIGIN' $(SANITIZED_LINK_$1) -lm -lpthread -o $$@
endef
$(foreach s,address thread,$(eval $(call sanitized,$s)))

# ---- Guided by coverage --------------------------------------------------------------------

$(BUILD)/address/fuzz/%_0.o: Tests/fuzz/%.c | $(BUILD)/address/fuzz
	@$(SWIFT_CLANG) -fsanitize=fuzzer,address $(FUZZ_FLAGS) -DTEST_F64=0 -c $< -o $@

$(BUILD)/address/fuzz/%_1.o: Tests/fuzz/%.c | $(BUILD)/address/fuzz
	@$(SWIFT_CLANG) -fsanitize=fuzzer,address $(FUZZ_FLAGS) -DTEST_F64=1 -c $< -o $@

$(BUILD)/address/fuzz/%.o: Tests/fuzz/%.c | $(BUILD)/address/fuzz
	@$(SWIFT_CLANG) -fsanitize=fuzzer,address $(FUZZ_FLAGS) -c $< -o $@

define guided_fuzzer
$(BUILD)/address/fuzz-$1: $(call fuzz_objects,$1,$(BUILD)/address/fuzz,fuzz) $(BUILD)/address/libSwiftReg.so.0
	@$(SWIFT_CLANG) -fsanitize=fuzzer,address $$^ -Wl,-rpath,'$$$$ORIGIN' -lm -o $$@
endef
$(foreach f,$(FUZZERS),$(eval $(call guided_fuzzer,$f)))

FUZZ_PROGRAMS := $(FUZZERS:%=$(BUILD)/fuzz/fuzz-%) $(FUZZERS:%=$(BUILD)/address/fuzz-%)
SANITIZED_TESTS := $(BUILD)/address/abi $(BUILD)/thread/abi

-include $(wildcard $(BUILD)/fuzz/*.d $(BUILD)/address/*/*.d $(BUILD)/thread/c/*.d)
