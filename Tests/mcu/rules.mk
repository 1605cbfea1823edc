# The library for microcontrollers, and its tests in an emulator. A part of the Makefile. Targets and their
# tools: scripts/mcu.
#
#   build/mcu/TARGET/libSwiftReg.a, include     the library
#   build/mcu/TARGET/codes/...                  the same without the sentences of errors: MCU_ERRORS=codes
#   build/mcu/TARGET/chosen/..., codes/chosen   with the activations, losses, optimizers and schedules that are named:
#                                               MCU_ACTIVATIONS, MCU_LOSSES, MCU_OPTIMIZERS, MCU_SCHEDULES
#   build/mcu/TARGET/NAME                       a program: an example, or a test

MCU := $(BUILD)/mcu
MCU_TARGETS := cortex-m4f cortex-m7 cortex-m33 rv32imafc
# Folders below TARGET.
MCU_WITH_sentences :=
MCU_WITH_codes := codes/
MCU_ERRORS ?= sentences
$(if $(filter sentences codes,$(MCU_ERRORS)),,$(error MCU_ERRORS=$(MCU_ERRORS): must be sentences or codes))
MCU_CHOICES := $(strip $(foreach v,MCU_ACTIVATIONS MCU_LOSSES MCU_OPTIMIZERS MCU_SCHEDULES,$(if $($v),$v='$(strip $($v))')))
MCU_FOLDER := $(MCU_WITH_$(MCU_ERRORS))$(if $(MCU_CHOICES),chosen/)
MCU_LIBRARIES := $(MCU_TARGETS:%=$(MCU)/%/$(MCU_FOLDER)libSwiftReg.a)
MCU_EXAMPLES := regularization drift
MCU_SOURCES := $(wildcard examples/mcu/*)

mcu: ## the library for microcontrollers: build/mcu/TARGET/libSwiftReg.a; smaller ones: docs/microcontroller.md
	@$(NEED) swift mcu
	@$(MAKE) --no-print-directory $(MCU_LIBRARIES)
	@ls -l $(MCU_LIBRARIES)

MCU_BUILD := $(SWIFT_SOURCES) scripts/mcu scripts/cross-modules scripts/static-library
# No names: what make was given is for the folder of chosen ones alone.
MCU_ALL := MCU_ACTIVATIONS= MCU_LOSSES= MCU_OPTIMIZERS= MCU_SCHEDULES=
# $(call mcu_library,FOLDER,ERRORS,CHOICES)
define mcu_library
$(MCU_TARGETS:%=$(MCU)/%/$1libSwiftReg.a): $(MCU)/%/$1libSwiftReg.a: $(MCU_BUILD) $(if $(filter %chosen/,$1),$(MCU)/choices)
	@$$(NEED) swift mcu
	@$$(STEP) "Library, $$*$(if $1, $(patsubst %/,%,$1))" env MCU_ERRORS=$2 $(MCU_ALL) $3 scripts/mcu library $$* $$(@D)
endef

# The libraries of names are built anew where the names are others.
$(if $(MCU_CHOICES),$(shell mkdir -p $(MCU); echo "$(MCU_CHOICES)" | cmp -s - $(MCU)/choices || \
    echo "$(MCU_CHOICES)" >$(MCU)/choices))
$(eval $(call mcu_library,,sentences,))
$(eval $(call mcu_library,codes/,codes,))
$(if $(MCU_CHOICES),$(eval $(call mcu_library,$(MCU_FOLDER),$(MCU_ERRORS),$(MCU_CHOICES))))

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

# A library with few values of the enums, and what a network of those gives.
MCU_FEW := $(MCU)/cortex-m4f/few
$(eval $(call mcu_library,few/,sentences,MCU_ACTIVATIONS=relu MCU_LOSSES=binary_cross_entropy MCU_OPTIMIZERS=adam \
    MCU_SCHEDULES=constant))
$(MCU_FEW)/regularization: PARTS := examples/mcu/regularization.c $(MCU_PARTS)
$(MCU_FEW)/chosen: PARTS := Tests/mcu/chosen.c $(MCU_TEST_PARTS)
$(MCU_FEW)/regularization $(MCU_FEW)/chosen: $(MCU_FEW)/libSwiftReg.a Tests/mcu/chosen.c $(MCU_TEST_SOURCES) $(MCU)/points.h
	@$(STEP) "$(@F), cortex-m4f, few" env MCU_LIBRARY=few scripts/mcu program cortex-m4f $@ -I$(MCU) $(PARTS)

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
    $(MCU_FEW)/regularization $(MCU_FEW)/chosen \
    $(BUILD)/c/hash
	@Tests/mcu/run $(MCU_TARGETS)
