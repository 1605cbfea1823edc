# The library for microcontrollers, and its tests in an emulator. A part of the Makefile. Targets and their
# tools: scripts/mcu.
#
#   build/mcu/TARGET/libSwiftReg.a, include     the library
#   build/mcu/TARGET/codes/...                  the same without the sentences of errors: MCU_ERRORS=codes
#   build/mcu/TARGET/NAME                       a program: an example, or a test

MCU := $(BUILD)/mcu
MCU_TARGETS := cortex-m4f cortex-m7 cortex-m33 rv32imafc
# Folders below TARGET.
MCU_WITH_sentences :=
MCU_WITH_codes := codes/
MCU_ERRORS ?= sentences
$(if $(filter sentences codes,$(MCU_ERRORS)),,$(error MCU_ERRORS=$(MCU_ERRORS): must be sentences or codes))
MCU_LIBRARIES := $(MCU_TARGETS:%=$(MCU)/%/$(MCU_WITH_$(MCU_ERRORS))libSwiftReg.a)
MCU_EXAMPLES := regularization drift
MCU_SOURCES := $(wildcard examples/mcu/*)

mcu: ## the library for microcontrollers: build/mcu/TARGET/libSwiftReg.a; MCU_ERRORS=codes; docs/microcontroller.md
	@$(NEED) swift mcu
	@$(MAKE) --no-print-directory $(MCU_LIBRARIES)
	@ls -l $(MCU_LIBRARIES)

MCU_BUILD := $(SWIFT_SOURCES) scripts/mcu scripts/cross-modules scripts/static-library
$(MCU_TARGETS:%=$(MCU)/%/libSwiftReg.a): $(MCU)/%/libSwiftReg.a: $(MCU_BUILD)
	@$(NEED) swift mcu
	@$(STEP) "Library, $*" env MCU_ERRORS=sentences scripts/mcu library $* $(MCU)/$*

$(MCU_TARGETS:%=$(MCU)/%/codes/libSwiftReg.a): $(MCU)/%/codes/libSwiftReg.a: $(MCU_BUILD)
	@$(NEED) swift mcu
	@$(STEP) "Library, $*, error codes" env MCU_ERRORS=codes scripts/mcu library $* $(MCU)/$*/codes

$(MCU)/points.h: scripts/mcu_points.py $(wildcard datasets/data.mat) $(VENV)/.installed
	@mkdir -p $(MCU)
	@$(VENV)/bin/python $< >$@

# ---- Programs ------------------------------------------------------------------------------

MCU_PARTS := examples/mcu/text.c examples/mcu/heap.c

define mcu_program
@$(STEP) "$(notdir $@), $(patsubst $(MCU)/%/,%,$(dir $@))" env MCU_ERRORS=sentences scripts/mcu program $(patsubst $(MCU)/%/,%,$(dir $@)) $@
endef

$(foreach t,$(MCU_TARGETS),$(foreach p,$(MCU_EXAMPLES),$(eval \
    $(MCU)/$t/$p: $(MCU)/$t/libSwiftReg.a examples/mcu/$p.c)))
$(foreach t,$(MCU_TARGETS),$(eval $(MCU)/$t/heap: $(MCU)/$t/libSwiftReg.a))

$(foreach p,$(MCU_EXAMPLES),$(MCU_TARGETS:%=$(MCU)/%/$p)): $(MCU_SOURCES) $(MCU)/points.h
	$(mcu_program) -I$(MCU) examples/mcu/$(notdir $@).c $(MCU_PARTS)

# Sources of tests, beside their own.
MCU_TEST_PARTS := Tests/mcu/checks.c examples/mcu/text.c
MCU_TEST_SOURCES := $(wildcard Tests/mcu/checks.*) $(MCU_SOURCES)

$(MCU_TARGETS:%=$(MCU)/%/heap): Tests/mcu/heap.c $(MCU_TEST_SOURCES)
	$(mcu_program) $< $(MCU_TEST_PARTS)

# Both forms of errors.
MCU_ERROR_TESTS := $(MCU)/cortex-m4f/errors $(MCU)/cortex-m4f/codes/errors
$(MCU)/cortex-m4f/errors: $(MCU)/cortex-m4f/libSwiftReg.a Tests/mcu/errors.c $(MCU_TEST_SOURCES)
	@$(STEP) "errors, cortex-m4f" env MCU_ERRORS=sentences scripts/mcu program cortex-m4f $@ -DSENTENCES=1 \
	    Tests/mcu/errors.c $(MCU_TEST_PARTS)
$(MCU)/cortex-m4f/codes/errors: $(MCU)/cortex-m4f/codes/libSwiftReg.a Tests/mcu/errors.c $(MCU_TEST_SOURCES)
	@$(STEP) "errors, cortex-m4f, error codes" env MCU_ERRORS=codes scripts/mcu program cortex-m4f $@ -DSENTENCES=0 \
	    Tests/mcu/errors.c $(MCU_TEST_PARTS)

# The hashes of every kernel, on the core with the least: without an FPU for doubles.
MCU_HASH := $(MCU)/cortex-m4f/hash
MCU_HASH_SOURCES := $(foreach f,hash check host_wasi network_oracle oracle hash_kernels hash_networks network_cases,Tests/c/$f.c)
$(MCU_HASH): $(MCU)/cortex-m4f/libSwiftReg.a Tests/mcu/console.c Tests/mcu/an386_psram.ld $(MCU_HASH_SOURCES) $(MCU_SOURCES)
	@$(STEP) "hash, cortex-m4f" env MCU_ERRORS=sentences SCRIPT=Tests/mcu/an386_psram.ld scripts/mcu program \
	    cortex-m4f $@ -D_GNU_SOURCE -Wno-format -DTEST_FLOAT_ONLY=1 -DTEST_F64=0 -ITests/c \
	    Tests/mcu/console.c $(MCU_HASH_SOURCES)

# The same examples on this machine.
$(MCU_EXAMPLES:%=$(MCU)/host/%): $(MCU)/host/%: examples/mcu/%.c $(MCU_SOURCES) $(MCU)/points.h $(LIB_LINK)
	@mkdir -p $(dir $@)
	@$(CC) -std=c11 -O2 $(C_WARNINGS) -ffp-contract=off -Iinclude -Iexamples/mcu -I$(MCU) $< \
	    examples/mcu/host.c examples/mcu/text.c -L$(BUILD)/lib -lSwiftReg \
	    -Wl,-rpath,'$$ORIGIN/../../lib' -lm -o $@

# ---- Tests ---------------------------------------------------------------------------------

test-mcu: # the library on emulated microcontrollers: the same bits, memory from one block
	@$(OR_LEAVE_OUT) "microcontrollers" mcu -- $(MAKE) --no-print-directory test-mcu-programs

test-mcu-programs: $(MCU_EXAMPLES:%=$(MCU)/host/%) \
    $(foreach t,$(MCU_TARGETS),$(foreach p,$(MCU_EXAMPLES) heap,$(MCU)/$t/$p)) $(MCU_ERROR_TESTS) $(MCU_HASH) \
    $(BUILD)/c/hash
	@Tests/mcu/run $(MCU_TARGETS)
