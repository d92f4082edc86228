# capsa: GNU make builds, tests and installs everything; there is no configure step.
#
#   make            the library and the programs, below build/
#   make help       all targets
#
# Variables, given on the command line (make PREFIX=/usr) or in the environment:
#
#   CC CPPFLAGS CFLAGS LDFLAGS LDLIBS    as usual; CFLAGS is -O2 -g unless given
#   AR NM CLANG PKG_CONFIG INSTALL       tools; CLANG builds the fuzz targets
#   ZSTD_CFLAGS ZSTD_LIBS SODIUM_CFLAGS SODIUM_LIBS UTF8PROC_CFLAGS UTF8PROC_LIBS
#   and for each foreign library its name and _CFLAGS, _LIBS:
#   JANSSON YAML XML UCHARDET ZLIB BROTLI LZMA ARCHIVE NETTLE CRYPTO
#                                        how to use the libraries; pkg-config knows
#   PREFIX                               where to install, /usr/local
#   BINDIR LIBDIR LIBEXECDIR INCLUDEDIR DATADIR DOCDIR MANDIR BASHDIR ZSHDIR FISHDIR
#                                        the same in parts
#   DESTDIR                              put before all of these by install and uninstall
#   BUILD                                where things are built, build
#   SAN=address,undefined                build and test with these sanitizers, below build/
#   WERROR=1                             warnings are errors
#   V=1                                  show commands
#   FLIPS OVERWRITES CUTS SEED SAMPLES   for torture: how many bits (10000) and overwrites (2000), every which
#                                        truncation (1), which of all that there are; through the command (300)
#   SECONDS FUZZ_SECONDS                 how long fuzz (60) and check-all (30) run a target
#   CORPORA ROUNDS PARTS BENCH_LARGE BENCH_DIR QUICK
#                                        for bench; tests/bench/bench.sh says what they are
#   JOBS                                 how many tests or fuzz targets run side by side

CFLAGS     ?= -O2 -g
CLANG      ?= clang
NM         ?= nm
PKG_CONFIG ?= pkg-config
INSTALL    ?= install
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
LIBEXECDIR ?= $(PREFIX)/libexec
INCLUDEDIR ?= $(PREFIX)/include
DATADIR    ?= $(PREFIX)/share
DOCDIR     ?= $(DATADIR)/doc/capsa
MANDIR     ?= $(DATADIR)/man
BASHDIR    ?= $(DATADIR)/bash-completion/completions
ZSHDIR     ?= $(DATADIR)/zsh/site-functions
FISHDIR    ?= $(DATADIR)/fish/vendor_completions.d
BUILD      ?= build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
SECONDS    ?= 60
FUZZ_SECONDS ?= 30
JOBS       ?= 2

comma := ,

# Debian's names of what building, demo and tests need, and what check-all and bench need besides.
PACKAGES       = gcc g++ libc6-dev binutils pkg-config libzstd-dev libsodium-dev libutf8proc-dev \
                 libjansson-dev libyaml-dev libxml2-dev libuchardet-dev zlib1g-dev libbrotli-dev \
                 liblzma-dev libarchive-dev libcmocka-dev bats expect jq mandoc minisign zstd \
                 libarchive-tools nettle-dev libssl-dev openssl ca-certificates zim-tools \
                 python3 valgrind
CHECK_PACKAGES = clang libclang-rt-dev libc6-dbg
BENCH_PACKAGES = zim-tools squashfs-tools zip unzip

# ---- the architecture: a file includes only headers of files before it in these lists ------

# The world: bytes, text, digests, signatures, compression, threads, temporary files.
FORMAT_1 = base utf8 source digest sink sign codec pool temporary sorter date path json
# The structures of spec/capsa.md: bytes in, struct out, and back.
FORMAT_2 = frame tar metadata line keys spine page statement attestation trailer
# Trees of pages, then what a caller wants done.
FORMAT_3 = page_store tree_builder walk spine_walk index bodies readme seal frame_writer head writer_options writer \
           reader reader_open reader_find resign visit reader_sizes multiset verify verify_index verify_frames \
           verify_content verify_articles withhold proof prover \
           overlay repair_part repair frame_scan saved_bodies salvage

# The command.  One program reads and one packs, which may load more libraries: verbs.c and verbs_pack.c
# say which verbs each has.
CLI = exit clock threads terminal text output clone keyfile keys trust detached judge archive archives \
      pattern filename media object foreign_json front_matter dates fields idpath tidy charset claims references html \
      linked_data html_fields describe \
      filetree complaints sidecar dir_walk import_dir path_set twins jsonl_line rows import_jsonl csv_reader \
      import_csv import_capsa import_inputs \
      held_body stream inflate inflate_zlib inflate_brotli inflate_zstd inflate_xz digests header http_message \
      warc_bytes arc_head warc_reader warc_capture warc_body warc_revisits warc_names warc_paths warc_left warc_kind \
      import_warc zim_file zim_reader zim_cluster zim_about import_zim container_stream seven_zip \
      container_read container_end container_find container_index import_container wacz_signature wacz_package \
      wacz_pages import_wacz pack_inputs pack_options dictionary lookup select writers snapshots seen \
      report series manifest prove \
      cmd_key cmd_trust cmd_info cmd_list \
      cmd_find cmd_get cmd_extract cmd_verify cmd_sign cmd_repair cmd_salvage cmd_withhold cmd_diff cmd_pack \
      container_write export_output export_article export_container export_jsonl export_http export_warc \
      export_bag cmd_export

# ---- flags ---------------------------------------------------------------------------------

# pkg-config is asked once, and only where it is there.
define ask
ifndef $(1)_CFLAGS
$(1)_CFLAGS := $$(shell $$(PKG_CONFIG) --cflags $(2) 2>/dev/null)
endif
ifndef $(1)_LIBS
$(1)_LIBS := $$(shell $$(PKG_CONFIG) --libs $(2) 2>/dev/null || echo $(3))
endif
endef
$(eval $(call ask,ZSTD,libzstd,-lzstd))
$(eval $(call ask,SODIUM,libsodium,-lsodium))
$(eval $(call ask,UTF8PROC,libutf8proc,-lutf8proc))
$(eval $(call ask,JANSSON,jansson,-ljansson))
$(eval $(call ask,YAML,yaml-0.1,-lyaml))
$(eval $(call ask,XML,libxml-2.0,-lxml2))
$(eval $(call ask,UCHARDET,uchardet,-luchardet))
$(eval $(call ask,ZLIB,zlib,-lz))
$(eval $(call ask,BROTLI,libbrotlidec,-lbrotlidec))
$(eval $(call ask,LZMA,liblzma,-llzma))
$(eval $(call ask,ARCHIVE,libarchive,-larchive))
$(eval $(call ask,NETTLE,nettle,-lnettle))
$(eval $(call ask,CRYPTO,libcrypto,-lcrypto))
# What importers and exporters need: of the programs capsa-pack alone has them.
FOREIGN   = JANSSON YAML XML UCHARDET ZLIB BROTLI LZMA ARCHIVE NETTLE CRYPTO

VERSION  := $(shell sed -n 's/^\#define CAPSA_VERSION "\([0-9.]*\)".*/\1/p' format/capsa.h)
SONAME    = libcapsa.so.$(firstword $(subst ., ,$(VERSION)))

WARNINGS  = -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 \
            $(if $(WERROR),-Werror)
SANITIZE  = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
OWN_FLAGS = -std=c11 $(WARNINGS) -fvisibility=hidden -fPIC -pthread $(SANITIZE) -Iformat \
            $(ZSTD_CFLAGS) $(SODIUM_CFLAGS)
CLI_FLAGS = -Icli $(UTF8PROC_CFLAGS) $(foreach library,$(FOREIGN),$($(library)_CFLAGS))
LIB_LIBS  = $(ZSTD_LIBS) $(SODIUM_LIBS)
TEST_FLAGS = $(OWN_FLAGS) $(CLI_FLAGS) -MMD -MP -MF $@.d -MT $@
CLI_LIBS  = $(LIB_LIBS) $(UTF8PROC_LIBS)
PACK_LIBS = $(foreach library,$(FOREIGN),$($(library)_LIBS))
LINK      = $(CC) $(CFLAGS) -pthread $(SANITIZE) $(LDFLAGS)

ifeq ($(V),1)
Q =
SAY = @:
else
Q = @
SAY = @printf '  %-5s %s\n'
endif

# ---- what is built --------------------------------------------------------------------------

FORMAT = $(FORMAT_1) $(FORMAT_2) $(FORMAT_3)
LIB_OBJECTS = $(FORMAT:%=$(BUILD)/format/%.o)
CLI_OBJECTS = $(CLI:%=$(BUILD)/cli/%.o)

UNITS = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/test_*.c)))
BATS  = $(sort $(wildcard tests/cli/*.bats))
FUZZ  = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
REPLAYS = $(FUZZ:$(BUILD)/tests/fuzz/%=$(BUILD)/tests/replay/%)

BENCH = $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(sort $(wildcard tests/bench/*.c)))

LIBRARY  = $(BUILD)/libcapsa.a $(BUILD)/libcapsa.so $(BUILD)/capsa.pc
PROGRAMS = $(BUILD)/capsa $(BUILD)/capsa-pack
# Programs that are suites of their own.  The last one measures memory, of which sanitizers take more.
SUITES = $(REPLAYS) $(BUILD)/torture $(if $(SAN),,$(BUILD)/run_vectors)
TESTS    = $(UNITS) $(SUITES) $(BUILD)/make_articles $(BUILD)/make_vectors $(BUILD)/dump_example $(BENCH) $(FAULT)

.PHONY: all deps check-deps demo demo-now test test-now tests instructions check-all check-all-now \
        torture torture-now faults faults-now tsan tsan-now valgrind valgrind-now coverage coverage-now fuzz fuzz-now \
        fuzz-corpus fuzz-corpus-now bench bench-now install uninstall check-install print-layers \
        clean help FORCE
.DELETE_ON_ERROR:
.SUFFIXES:

all: $(LIBRARY) $(PROGRAMS)

$(BUILD)/format/%.o: format/%.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(OWN_FLAGS) -MMD -MP $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/cli/%.o: cli/%.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(OWN_FLAGS) -D_GNU_SOURCE $(CLI_FLAGS) $(PATH_FLAGS) -MMD -MP $(CPPFLAGS) $(CFLAGS) \
	    -c -o $@ $<

$(BUILD)/libcapsa.a: $(LIB_OBJECTS)
$(BUILD)/libcli.a: $(CLI_OBJECTS)
$(BUILD)/libcapsa.a $(BUILD)/libcli.a:
	$(SAY) AR $@
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/libcapsa.so: $(LIB_OBJECTS)
	$(SAY) LINK $@
	$(Q)$(LINK) -shared -Wl,-soname,$(SONAME) -o $@ $^ $(LIB_LIBS) $(LDLIBS)
	$(Q)ln -sf libcapsa.so $(@D)/$(SONAME)

# From libcli.a a program takes what its verbs need.
$(BUILD)/capsa: $(BUILD)/cli/main.o $(BUILD)/cli/verbs.o $(BUILD)/libcli.a $(BUILD)/libcapsa.a
$(BUILD)/capsa-pack: $(BUILD)/cli/main.o $(BUILD)/cli/verbs_pack.o $(BUILD)/libcli.a $(BUILD)/libcapsa.a
$(BUILD)/capsa-pack: MORE_LIBS = $(PACK_LIBS)
$(PROGRAMS):
	$(SAY) LINK $@
	$(Q)$(LINK) -o $@ $^ $(CLI_LIBS) $(MORE_LIBS) $(LDLIBS)

# Tests of the command see what its files see; empty, so that they may define it again.
$(CLI:%=$(BUILD)/tests/unit/test_%): TEST_FLAGS += -D_GNU_SOURCE=

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libcli.a $(BUILD)/libcapsa.a $(BUILD)/.flags
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(LINK) $(TEST_FLAGS) $(CPPFLAGS) -o $@ $< $(filter %.a,$^) $(CLI_LIBS) $(PACK_LIBS) \
	    -lcmocka $(LDLIBS)

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(BUILD)/libcli.a $(BUILD)/libcapsa.a $(BUILD)/.flags
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(LINK) -fsanitize=fuzzer $(TEST_FLAGS) $(CPPFLAGS) -o $@ $< $(filter %.o,$^) $(filter %.a,$^) $(CLI_LIBS) \
	    $(PACK_LIBS) $(LDLIBS)

# Each target once on each file of its corpus, built as everything else is.
$(BUILD)/tests/replay/%: tests/fuzz/%.c tests/fuzz/replay.c $(BUILD)/libcli.a $(BUILD)/libcapsa.a $(BUILD)/.flags
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(LINK) $(TEST_FLAGS) -DFUZZ_REPLAY $(CPPFLAGS) -o $@ $(filter %.c,$^) \
	    $(filter %.o,$^) $(filter %.a,$^) $(CLI_LIBS) $(PACK_LIBS) $(LDLIBS)

# Some targets seal what they change, or know what is right, and compare digests as it is done in
# production; in the others all digests match, so that changed bytes reach the decoders.
SEALED = $(patsubst %,fuzz_%,liar repair seal)
$(SEALED:%=$(BUILD)/tests/fuzz/%): $(BUILD)/tests/digest_compared.o
$(filter-out $(SEALED:%=$(BUILD)/tests/replay/%),$(REPLAYS)): $(BUILD)/tests/digest_ignored.o
$(BUILD)/tests/digest_compared.o: DIGEST_FLAGS = -UFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
$(BUILD)/tests/digest_ignored.o: DIGEST_FLAGS = -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
$(BUILD)/tests/digest_%.o: format/digest.c format/digest.h $(BUILD)/.flags
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(CC) $(OWN_FLAGS) $(CPPFLAGS) $(DIGEST_FLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/make_articles: tests/make_articles.c $(BUILD)/.flags
	$(SAY) CC $<
	$(Q)$(LINK) $(OWN_FLAGS) -D_GNU_SOURCE $(CPPFLAGS) -o $@ $< $(LDLIBS)

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libcapsa.a $(BUILD)/.flags
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(LINK) $(OWN_FLAGS) -D_GNU_SOURCE $(CPPFLAGS) -o $@ $< $(filter %.a,$^) $(LIB_LIBS) $(LDLIBS)

$(BUILD)/make_vectors $(BUILD)/run_vectors $(BUILD)/dump_example: $(BUILD)/%: tests/vectors/%.c
$(BUILD)/torture: tests/torture/torture.c
$(BUILD)/make_vectors $(BUILD)/run_vectors $(BUILD)/dump_example $(BUILD)/torture: $(BUILD)/libcapsa.a $(BUILD)/.flags
	$(SAY) CC $(filter %.c,$^)
	$(Q)$(LINK) $(OWN_FLAGS) -D_GNU_SOURCE -MMD -MP -MF $@.d -MT $@ $(CPPFLAGS) -o $@ $(filter %.c,$^) $(filter %.a,$^) \
	    $(LIB_LIBS) $(LDLIBS)

# Programs whose system calls fail: driver.c runs what main() is in them, inject.c stands before the C library.
FAULT = $(patsubst %,$(BUILD)/tests/fault/faults-%,library capsa pack)
FAULT_OBJECTS = $(patsubst %,$(BUILD)/tests/fault/%.o,driver settings inject tree)
$(BUILD)/tests/fault/%.o: tests/fault/%.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(OWN_FLAGS) -fno-builtin -MMD -MP $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Its malloc is called before the sanitizers have begun.
$(BUILD)/tests/fault/inject.o: OWN_FLAGS += -fno-sanitize=all

# The library's is made of the public API alone.
$(BUILD)/tests/fault/faults-library: $(patsubst %,$(BUILD)/tests/fault/%.o,library library_read library_write library_mend)
$(BUILD)/tests/fault/faults-capsa: $(BUILD)/cli/main.o $(BUILD)/cli/verbs.o
$(BUILD)/tests/fault/faults-pack: $(BUILD)/cli/main.o $(BUILD)/cli/verbs_pack.o
$(BUILD)/tests/fault/faults-pack: MORE_LIBS = $(PACK_LIBS)
$(FAULT): $(FAULT_OBJECTS) $(BUILD)/libcli.a $(BUILD)/libcapsa.a
	$(SAY) LINK $@
	$(Q)$(LINK) -Wl,--wrap=main -rdynamic -o $@ $(filter %.o,$^) $(filter %.a,$^) $(CLI_LIBS) $(MORE_LIBS) $(LDLIBS)

# Only main.c knows where things are installed.
$(BUILD)/cli/main.o: PATH_FLAGS = '-DCAPSA_LIBEXECDIR="$(LIBEXECDIR)/capsa"'
$(BUILD)/cli/main.o: $(BUILD)/.paths

$(BUILD)/capsa.pc: format/capsa.pc.in format/capsa.h $(BUILD)/.paths
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	    -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' $< >$@

# Changed flags rebuild what they are used for: these files change only when their text does.
FLAGS = $(CC) $(OWN_FLAGS) $(CLI_FLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(CLI_LIBS) $(PACK_LIBS) \
        $(LDLIBS)
PATHS = $(PREFIX) $(LIBDIR) $(LIBEXECDIR) $(INCLUDEDIR)
quoted = '$(subst ','\'',$(1))'
stamp = mkdir -p $(@D); echo $(quoted) | cmp -s - $@ || echo $(quoted) >$@
$(BUILD)/.flags: FORCE
	@$(call stamp,$(FLAGS))
$(BUILD)/.paths: FORCE
	@$(call stamp,$(PATHS))

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

# ---- demo and tests ------------------------------------------------------------------------

# How to make anew: after deps, so that pkg-config is asked when it is there, or for another BUILD.
AGAIN = --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

deps:
	@sh tests/deps.sh $(PACKAGES)

check-deps:
	@sh tests/deps.sh $(PACKAGES) $(CHECK_PACKAGES)

demo: deps
	@$(MAKE) $(AGAIN) demo-now

demo-now: all
	@BUILD='$(BUILD)' sh tests/demo.sh

test: deps
	@$(MAKE) $(AGAIN) test-now

tests: all $(TESTS)

# With sanitizers, checks of the finished files would look at the sanitizers' own.
CHECKS = $(if $(SAN),,$(sort $(wildcard tests/check-*.sh)))

test-now: tests
	@BUILD='$(BUILD)' CC='$(CC)' CXX='$(CXX)' NM='$(NM)' JOBS='$(JOBS)' CFLAGS='$(CFLAGS)' \
	    CPPFLAGS='$(CPPFLAGS)' LDFLAGS='$(LDFLAGS)' \
	    FLIPS='$(or $(FLIPS),150)' OVERWRITES='$(or $(OVERWRITES),100)' CUTS='$(or $(CUTS),401)' \
	    sh tests/run.sh $(SUITES) $(UNITS) $(BATS) $(CHECKS)

# What tests/check-instructions.sh compares with, counted anew.
instructions: deps
	@$(MAKE) $(AGAIN) all $(BUILD)/make_articles
	@BUILD='$(BUILD)' CC='$(CC)' CFLAGS='$(CFLAGS)' CPPFLAGS='$(CPPFLAGS)' LDFLAGS='$(LDFLAGS)' \
	    sh tests/check-instructions.sh --renew

# Everything that takes minutes.  Stops at the first failure.  Fuzzing always goes the same way here, so that a change
# is judged for itself; the hunt is 'make fuzz'.
check-all: check-deps
	@$(MAKE) $(AGAIN) check-all-now

check-all-now:
	@echo '==== gcc, warnings are errors'
	@$(MAKE) $(AGAIN) tests BUILD=build/gcc CC=gcc WERROR=1
	@echo '==== clang, warnings are errors'
	@$(MAKE) $(AGAIN) tests BUILD=build/clang CC='$(CLANG)' WERROR=1
	@echo '==== address and undefined behaviour sanitizers'
	@$(MAKE) $(AGAIN) test-now SAN=address,undefined
	@echo '==== thread sanitizer'
	@$(MAKE) $(AGAIN) tsan
	@echo '==== valgrind'
	@$(MAKE) $(AGAIN) valgrind
	@echo '==== fuzzing, $(FUZZ_SECONDS) seconds a target'
	@FUZZ_SEED=1 $(MAKE) $(AGAIN) fuzz SECONDS=$(FUZZ_SECONDS) WERROR=1
	@echo '==== installation'
	@$(MAKE) $(AGAIN) check-install BUILD=build/gcc CC=gcc WERROR=1
	@echo '==== all good'

VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full --trace-children=yes \
           --suppressions=$(CURDIR)/tests/valgrind.supp

valgrind:
	@$(MAKE) $(AGAIN) valgrind-now BUILD=build/valgrind CFLAGS='-O1 -g -gdwarf-4'

# These limit resources or look at the clock or at memory, which valgrind changes, or take minutes in it; the
# sanitizers run them.
NOT_VALGRIND = $(patsubst %,$(BUILD)/tests/unit/test_%,sign secret filetree terminal dictionary codec_dictionary verify \
               archive salvage)
valgrind-now: tests
	@BUILD='$(BUILD)' JOBS='$(JOBS)' WRAP='$(VALGRIND)' \
	    sh tests/run.sh $(filter-out $(NOT_VALGRIND),$(UNITS)) tests/roundtrip.sh

# What has threads, under ThreadSanitizer; it does not stand how some kernels randomise addresses.
tsan:
	@$(MAKE) $(AGAIN) tsan-now BUILD=build/san-thread SAN=thread CFLAGS='-O1 -g'

tsan-now: all $(BUILD)/tests/unit/test_pool $(BUILD)/tests/unit/test_threads
	@still=$$(setarch -R echo setarch -R 2>/dev/null) || still=; \
	BUILD='$(BUILD)' JOBS='$(JOBS)' WRAP="$$still" \
	    sh tests/run.sh $(BUILD)/tests/unit/test_pool $(BUILD)/tests/unit/test_threads && \
	BUILD='$(BUILD)' $$still sh tests/tsan.sh

# The long hunt: FLIPS single bits, OVERWRITES and every truncation of three archives; SAMPLES through the command.
torture: check-deps
	@$(MAKE) $(AGAIN) torture-now
	@$(MAKE) $(AGAIN) faults-now SAN=address,undefined

torture-now: all $(BUILD)/torture
	@BUILD='$(BUILD)' FLIPS='$(FLIPS)' OVERWRITES='$(OVERWRITES)' CUTS='$(CUTS)' SEED='$(SEED)' \
	    SAMPLES='$(SAMPLES)' sh tests/torture.sh

# Every call of the system fails in turn, and the command is killed: minutes.  Sanitizers watch.
faults: check-deps
	@$(MAKE) $(AGAIN) faults-now SAN=address,undefined

faults-now: all $(FAULT)
	@BUILD='$(BUILD)' JOBS='$(JOBS)' sh tests/fault/run.sh

# Which lines of the library all tests run, the corpora of fuzzing included.
coverage: deps
	@$(MAKE) $(AGAIN) coverage-now BUILD=build/coverage CC=gcc CFLAGS='-O0 -g --coverage -fprofile-update=atomic'

coverage-now: tests
	@find '$(BUILD)' -name '*.gcda' -exec rm {} +
	@BUILD='$(BUILD)' JOBS='$(JOBS)' sh tests/run.sh $(SUITES) $(UNITS) $(BATS)
	@python3 tests/coverage.py '$(BUILD)'

fuzz fuzz-corpus:
	@$(MAKE) $(AGAIN) $@-now BUILD=build/fuzz CC='$(CLANG)' CFLAGS='-O1 -g' \
	    SAN=fuzzer-no-link,address,undefined \
	    CPPFLAGS='$(CPPFLAGS) -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION'

fuzz-now: $(FUZZ)
	@BUILD='$(BUILD)' JOBS='$(JOBS)' SECONDS='$(SECONDS)' sh tests/fuzz.sh $(FUZZ)

# What fuzzing found below BUILD, and the corpora in the tree: as little of both as covers the same.
fuzz-corpus-now: $(FUZZ)
	@BUILD='$(BUILD)' JOBS='$(JOBS)' sh tests/fuzz_corpus.sh $(FUZZ)

# Beside other programs, on real articles: about a quarter of an hour, on a machine that does nothing else.
bench:
	@sh tests/deps.sh $(PACKAGES) $(BENCH_PACKAGES)
	@$(MAKE) $(AGAIN) bench-now

bench-now: all $(BENCH) $(BUILD)/make_articles
	@BUILD='$(BUILD)' sh tests/bench/bench.sh

# ---- installation --------------------------------------------------------------------------

D = $(DESTDIR)
PAGES = $(sort $(wildcard cli/man/*.1))

install: all
	$(INSTALL) -d '$(D)$(BINDIR)' '$(D)$(LIBEXECDIR)/capsa' '$(D)$(LIBDIR)/pkgconfig' \
	    '$(D)$(INCLUDEDIR)' '$(D)$(DOCDIR)' '$(D)$(MANDIR)/man1' '$(D)$(MANDIR)/man3' \
	    '$(D)$(BASHDIR)' '$(D)$(ZSHDIR)' '$(D)$(FISHDIR)'
	$(INSTALL) -m 755 $(BUILD)/capsa '$(D)$(BINDIR)/capsa'
	$(INSTALL) -m 755 $(BUILD)/capsa-pack '$(D)$(LIBEXECDIR)/capsa/capsa-pack'
	$(INSTALL) -m 644 $(BUILD)/libcapsa.a '$(D)$(LIBDIR)/libcapsa.a'
	$(INSTALL) -m 755 $(BUILD)/libcapsa.so '$(D)$(LIBDIR)/libcapsa.so.$(VERSION)'
	ln -sf libcapsa.so.$(VERSION) '$(D)$(LIBDIR)/$(SONAME)'
	ln -sf $(SONAME) '$(D)$(LIBDIR)/libcapsa.so'
	$(INSTALL) -m 644 $(BUILD)/capsa.pc '$(D)$(LIBDIR)/pkgconfig/capsa.pc'
	$(INSTALL) -m 644 format/capsa.h '$(D)$(INCLUDEDIR)/capsa.h'
	$(INSTALL) -m 644 README.md LICENSE spec/capsa.md spec/example.md '$(D)$(DOCDIR)'
	$(INSTALL) -m 644 $(PAGES) '$(D)$(MANDIR)/man1'
	$(INSTALL) -m 644 format/capsa.3 '$(D)$(MANDIR)/man3'
	$(INSTALL) -m 644 cli/completion/capsa.bash '$(D)$(BASHDIR)/capsa'
	$(INSTALL) -m 644 cli/completion/_capsa '$(D)$(ZSHDIR)'
	$(INSTALL) -m 644 cli/completion/capsa.fish '$(D)$(FISHDIR)'

uninstall:
	rm -f '$(D)$(BINDIR)/capsa' '$(D)$(LIBEXECDIR)/capsa/capsa-pack' '$(D)$(LIBDIR)/libcapsa.a' \
	    '$(D)$(LIBDIR)/libcapsa.so.$(VERSION)' '$(D)$(LIBDIR)/$(SONAME)' \
	    '$(D)$(LIBDIR)/libcapsa.so' '$(D)$(LIBDIR)/pkgconfig/capsa.pc' \
	    '$(D)$(INCLUDEDIR)/capsa.h' '$(D)$(DOCDIR)/README.md' '$(D)$(DOCDIR)/LICENSE' \
	    '$(D)$(DOCDIR)/capsa.md' '$(D)$(DOCDIR)/example.md' $(PAGES:cli/man/%='$(D)$(MANDIR)/man1/%') \
	    '$(D)$(MANDIR)/man3/capsa.3' '$(D)$(BASHDIR)/capsa' '$(D)$(ZSHDIR)/_capsa' \
	    '$(D)$(FISHDIR)/capsa.fish'
	-rmdir '$(D)$(LIBEXECDIR)/capsa' '$(D)$(DOCDIR)'

# For tests/check-layers.sh.
print-layers:
	@echo $(FORMAT)

check-install: all
	@BUILD='$(BUILD)' CC='$(CC)' MAKE='$(MAKE)' sh tests/install.sh

clean:
	rm -rf build

help:
	@sed -n 's/^# \{0,1\}//; 1,/^$$/!{ /^CFLAGS/q; p; }' Makefile
	@echo 'Targets:'
	@echo '  all        library and programs (the default)'
	@echo '  deps       install the Debian packages that demo and test need'
	@echo '  demo       pack the corpus, verify it, and read it with stock tools'
	@echo '  test       unit tests, command tests and checks: minutes'
	@echo '  instructions  count anew what test compares instruction counts with'
	@echo '  check-all  other compiler, sanitizers, valgrind, fuzzing, installation: half an hour'
	@echo '  valgrind   the unit tests and a round trip under valgrind'
	@echo '  tsan       what has threads under ThreadSanitizer'
	@echo '  coverage   which lines of format/ the tests run'
	@echo '  fuzz       every fuzz target for SECONDS'
	@echo '  fuzz-corpus  take what it found into tests/fuzz/corpus/, minimised'
	@echo '  torture    change archives in every way, one at a time, and count what is found: minutes'
	@echo '  faults     a part of it: calls of the system fail one by one, and the command is killed'
	@echo '  bench      measure beside tar, ZIM, squashfs and zip, into tests/bench/RESULTS.md'
	@echo '  install    below DESTDIR and PREFIX; uninstall takes it away again'
	@echo '  clean      remove build/'
