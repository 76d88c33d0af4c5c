# SPDX-FileCopyrightText: The dreamfs authors
# SPDX-License-Identifier: Apache-2.0
#
# make            build/dreamfs
# make install    honours PREFIX, SBINDIR, UNITDIR and DESTDIR
# make deb        Debian packages, in build/deb
# make check      unit tests and tests/*.bats; check-asan, check-tsan likewise;
#                 TESTS says which (see tests/run)
# make check-plain    what sanitizers have nothing to say about
# make check-threads  what has threads, under the thread sanitizer
# make lint       formatting, static analysis, include order
# make fuzz       every parser, FUZZ_SECONDS each
# make bench      ratios against tmpfs, Go groupcache and nginx
# make demo       the main job, shown

FUZZ_SECONDS ?= 20

PREFIX  ?= /usr/local
SBINDIR ?= /sbin
BINDIR   = $(PREFIX)/bin
DATADIR  = $(PREFIX)/share
UNITDIR ?= $(PREFIX)/lib/systemd/system
HELPERS  = mount.dreamfs mount.fuse.dreamfs
CC      ?= cc
CFLAGS  ?= -O2 -g
BUILD   ?= build
V       ?= 0
Q       := $(if $(filter 0,$(V)),@)

VERSION := 0.1.0
LIBS    := fuse3 libcurl libcrypto libprotobuf-c zlib libmicrohttpd hiredis \
           smartcols
WARN    := -Wall -Wextra -Wshadow -Werror -Wvla -Wstrict-prototypes \
           -Wmissing-prototypes -Wpointer-arith -Wformat=2
override CFLAGS += -std=gnu11 $(WARN) -pthread -fvisibility=hidden \
           -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -iquote src -I$(BUILD)/proto \
           -DDREAMFS_VERSION='"$(VERSION)"' $(SANITIZE) $(CPPFLAGS) \
           $(shell pkg-config --cflags $(LIBS))
LDLIBS  += $(shell pkg-config --libs $(LIBS)) -pthread

SRC  := $(wildcard src/*.c src/*/*.c src/*/*/*.c)
OBJ  := $(SRC:src/%.c=$(BUILD)/%.o)
PB   := $(BUILD)/proto/groupcache.pb-c
LIB  := $(BUILD)/libdreamfs.a
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,\
        $(wildcard tests/unit/*/*.c tests/unit/*/*/*.c))
HELP := $(patsubst tests/helpers/%.c,$(BUILD)/helpers/%,\
        $(wildcard tests/helpers/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))

all: $(BUILD)/dreamfs

$(BUILD)/dreamfs: $(BUILD)/main.o $(LIB)
	@echo "LD $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(filter-out $(BUILD)/main.o,$(OBJ)) $(PB).o
	@echo "AR $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# protobuf-c writes the source of the messages.
$(BUILD)/proto/%.pb-c.c $(BUILD)/proto/%.pb-c.h: proto/%.proto
	@mkdir -p $(@D)
	@echo "PB $<"
	$(Q)protoc-c --proto_path=proto --c_out=$(BUILD)/proto $<

$(PB).o: $(PB).c
	@echo "CC $<"
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

$(BUILD)/peer/wire/protobuf.o: | $(PB).h

# The page is a part of the program.
$(BUILD)/serve/page.o: src/serve/page.html

$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -iquote tests/unit -MMD -MP -o $@ $< \
		$(LIB) -lcmocka $(LDLIBS)

# Never sanitized: the tests start them often.
$(BUILD)/helpers/%: tests/helpers/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) -O1 -std=gnu11 $(WARN) -D_GNU_SOURCE -o $@ $<

$(BUILD)/fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -MMD -MP -o $@ $< \
		$(LIB) $(LDLIBS)

$(BUILD)/bench: scripts/bench.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LDLIBS)

$(BUILD)/bench-peers: scripts/bench-peers.c $(LIB)
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)

$(BUILD)/bench-misses: scripts/bench-misses.c $(LIB)
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)

# A node of another kind for our tests to meet, from Debian's sources.
GO := GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$(abspath build/go)
$(BUILD)/groupcache: tests/fixtures/groupcache/main.go
	@mkdir -p $(@D)
	@echo "GO $<"
	$(Q)$(GO) go build -o $@ $<

units: $(UNIT) $(HELP)
benches: $(BUILD)/bench $(BUILD)/bench-peers $(BUILD)/bench-misses
fuzzers: $(FUZZ)

# Sanitizers leave their reports beside each test, which then fails.
CHECKED := -O1 -g -fno-omit-frame-pointer

check: all units $(BUILD)/groupcache $(if $(SANITIZE),,benches)
	tests/run $(BUILD) $(TESTS)

check-plain: all benches $(HELP) $(BUILD)/groupcache
	tests/run $(BUILD) plain

check-threads:
	$(MAKE) check-tsan TESTS=threads

check-asan:
	$(MAKE) BUILD=build-asan CFLAGS='$(CHECKED)' check \
		SANITIZE='-fsanitize=address,undefined \
		-fno-sanitize-recover=undefined'

check-tsan:
	$(MAKE) BUILD=build-tsan CFLAGS='$(CHECKED)' check \
		SANITIZE='-fsanitize=thread'

# libFuzzer comes with clang.
fuzz:
	$(MAKE) BUILD=build-fuzz CC=clang CFLAGS='$(CHECKED)' fuzzers \
		SANITIZE='-fsanitize=address,undefined,fuzzer-no-link \
		-fno-sanitize-recover=undefined'
	tests/fuzz/run build-fuzz $(FUZZ_SECONDS)

lint:
	scripts/lint

# How a file is compiled, for other tools.
flags:
	$(info $(CFLAGS))@:

bench: all benches $(BUILD)/groupcache
	scripts/bench $(BUILD)
	scripts/bench-peers $(BUILD)

demo:
	scripts/demo

deb:
	scripts/package $(BUILD)/deb

# A file of packaging/ is installed by being there.
MANUALS  := $(notdir $(wildcard packaging/man/*.[1-8]))
UNITS    := $(notdir $(wildcard packaging/systemd/*.service))
EXAMPLES := $(notdir $(wildcard packaging/examples/*))
COMPLETE  = $(DATADIR)/bash-completion/completions/dreamfs
MANDIR    = $(DATADIR)/man
DOCDIR    = $(DATADIR)/doc/dreamfs
INSTALLED = $(BINDIR)/dreamfs $(HELPERS:%=$(SBINDIR)/%) $(COMPLETE) \
            $(foreach m,$(MANUALS),$(MANDIR)/man$(subst .,,$(suffix $m))/$m) \
            $(PLACED)
# Units and examples say where the rest is.
PLACED    = $(UNITS:%=$(UNITDIR)/%) $(EXAMPLES:%=$(DOCDIR)/examples/%)

install: all
	install -D -m 755 $(BUILD)/dreamfs $(DESTDIR)$(BINDIR)/dreamfs
	install -D -m 644 packaging/completion/dreamfs $(DESTDIR)$(COMPLETE)
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(DOCDIR)/examples
	set -e; for f in $(HELPERS); do \
		ln -sf $(BINDIR)/dreamfs $(DESTDIR)$(SBINDIR)/$$f; done
	set -e; for f in $(MANUALS); do install -D -m 644 packaging/man/$$f \
		$(DESTDIR)$(MANDIR)/man$${f##*.}/$$f; done
	install -D -m 644 -t $(DESTDIR)$(UNITDIR) $(UNITS:%=packaging/systemd/%)
	cp -f $(EXAMPLES:%=packaging/examples/%) $(DESTDIR)$(DOCDIR)/examples
	sed -i -e 's|@BINDIR@|$(BINDIR)|g' \
		-e 's|/usr/local/share/|$(DATADIR)/|g' $(PLACED:%=$(DESTDIR)%)
	chmod u=rwX,go=rX $(PLACED:%=$(DESTDIR)%)

uninstall:
	rm -f $(INSTALLED:%=$(DESTDIR)%)
	rmdir $(DESTDIR)$(DOCDIR)/examples $(DESTDIR)$(DOCDIR) 2>/dev/null || :

clean:
	rm -rf build build-*

-include $(OBJ:.o=.d) $(addsuffix .d,$(UNIT) $(FUZZ))

.PHONY: all units benches fuzzers check check-plain check-threads check-asan \
        check-tsan fuzz lint flags bench demo deb install uninstall clean
