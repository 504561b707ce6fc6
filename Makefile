# streamctl.  make, make check, make install DESTDIR= PREFIX=, make uninstall, make clean.
# make builds in build/ (objects) and ./streamctl; nothing here installs packages.
# Variants have a folder each: make BUILD=build/asan CFLAGS="-O1 -g -fsanitize=address" ...

CC = gcc
CFLAGS = -O2 -g
PREFIX = /usr/local
UNITS = $(PREFIX)/lib/systemd/system
BUILD = build
PACKAGES = libevent libpcre2-8 jansson sqlite3 zlib libzstd

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
	-Wsign-conversion -Wcast-qual -Wpointer-arith -Wformat=2 -Wundef -Wvla
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -Isrc $(WARNINGS) -pthread -MMD -MP \
	$(shell pkg-config --cflags $(PACKAGES)) $(CFLAGS)
LIBS = $(shell pkg-config --libs $(PACKAGES)) -pthread -lm

SOURCES = $(wildcard src/*/*.c)
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o)
UNIT = $(wildcard tests/unit/*.c)
UNIT_OBJECTS = $(UNIT:%.c=$(BUILD)/%.o)
BINARY = $(if $(filter build,$(BUILD)),streamctl,$(BUILD)/streamctl)

all: $(BINARY)

$(BINARY): $(OBJECTS) $(BUILD)/src/main.o
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The assembler puts these into the object.
$(BUILD)/src/core/sentiment_data.o: src/data/sentiment.model src/data/sentiment-words.tsv
# What is learnt is the same bits everywhere: no product and sum in one rounding.
$(BUILD)/src/core/sentiment_learn.o: ALL_CFLAGS += -ffp-contract=off

unit: $(BUILD)/unit
$(BUILD)/unit: ALL_CFLAGS += -Itests/unit -Wno-sign-conversion
$(BUILD)/unit: $(OBJECTS) $(UNIT_OBJECTS)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs check) $(LIBS)

# streamctl with faults behind its seams, under sanitizers: what scripts/torture runs.
TORTURE_CFLAGS = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
torture:
	$(MAKE) BUILD=build/torture CFLAGS="$(TORTURE_CFLAGS)" build/torture/streamctl-torture
torture-plain:
	$(MAKE) BUILD=build/torture-plain build/torture-plain/streamctl-torture
$(BUILD)/streamctl-torture: $(OBJECTS) $(BUILD)/tests/torture/driver.o $(BUILD)/tests/torture/serve.o
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# All that needs nothing but what is installed; scripts/check does this and all the rest.
check: all unit
	$(BUILD)/unit
	tests/run-cases --binary $(BINARY)
	tests/net/run --binary $(BINARY)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/doc/streamctl \
	    $(DESTDIR)$(PREFIX)/share/man/man7 $(DESTDIR)$(UNITS)
	install -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/streamctl
	install -m 644 man/streamctl.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 man/streamctl-stages.7 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 644 src/data/NOTICE $(DESTDIR)$(PREFIX)/share/doc/streamctl
	install -d $(DESTDIR)$(PREFIX)/share/streamctl/rules
	install -m 644 share/rules/* $(DESTDIR)$(PREFIX)/share/streamctl/rules
	sed 's,/usr/local/bin,$(PREFIX)/bin,' systemd/streamctl@.service > \
	    $(DESTDIR)$(UNITS)/streamctl@.service
	chmod 644 $(DESTDIR)$(UNITS)/streamctl@.service

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/streamctl \
	    $(DESTDIR)$(PREFIX)/share/man/man1/streamctl.1 \
	    $(DESTDIR)$(PREFIX)/share/man/man7/streamctl-stages.7 \
	    $(DESTDIR)$(PREFIX)/share/doc/streamctl/NOTICE \
	    $(DESTDIR)$(UNITS)/streamctl@.service
	rm -rf $(DESTDIR)$(PREFIX)/share/streamctl/rules

clean:
	rm -rf build streamctl

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: all unit torture torture-plain check install uninstall clean
