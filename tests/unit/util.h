/*
 * What the unit tests share: reproducible random numbers, pools of distinct keys, allocations that
 * fail on purpose, and slices to compare.
 */
#ifndef UNIT_UTIL_H
#define UNIT_UTIL_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/aggregate.h"
#include "core/plan.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* As ck_assert, for loops: Check's own writes to a file each time, even when all is well. */
#define DEMAND(condition) \
	do { \
		if (!(condition)) \
			ck_abort_msg("not so: %s", #condition); \
	} while (0)

extern const uint64_t test_seed[2];	/* for maps whose seed does not matter */

/* A test case in SUITE that is given a minute and leaves no injected fault behind. */
TCase *case_add(Suite *suite, const char *name);

/* ---- random numbers, the same in each run ---- */

void rand_start(uint64_t seed);
uint64_t rand_u64(void);
uint64_t rand_below(uint64_t bound);
void rand_bytes(char *out, size_t len);

/* ---- keys ---- */

struct key {
	const char	*bytes;
	size_t		 len;
};

enum key_kind {
	KEYS_WILD,		/* 0 to 40 bytes of any value, many of them NUL */
	KEYS_NULS,		/* short words that differ in their trailing NULs only */
	KEYS_LOGS,		/* a long common beginning */
	KEYS_DECIMAL,		/* numbers in order */
	KEYS_WORDS,		/* 8 to 16 bytes, no NUL */
	KEY_KINDS
};

struct pool {			/* different keys, in random order but for decimal ones */
	struct key	*key;
	size_t		 n;
	char		*space;
};

void pool_make(struct pool *, enum key_kind kind, size_t n);
void pool_free(struct pool *);

/* By bytes, a prefix before what it begins. */
int key_compare(const struct key *x, const struct key *y);

/* ---- words ---- */

struct words {			/* a command line, cut at blanks; word[n] is NULL */
	char	 text[4096];
	char	*word[512];
	int	 n;
};

/* Words with blanks in them stand in quotes of either kind. */
void words_split(struct words *, const char *line);

/*
 * plan_parse, and the rest of the way for records that are lines: plan_input and plan_bind.  As
 * plan_parse: the plan is to be closed either way.
 */
int plan_lines(struct plan *, const struct plan_defaults *, char *const *words, int n, int base,
    struct err *);

/* ---- allocations that fail ---- */

/* The NTH allocation from now on fails, and with STICKY all behind it; 0: none does. */
void fault_set(uint64_t nth, bool sticky);

/* No more failures; how many allocations were asked for since fault_set. */
uint64_t fault_clear(void);

/* ---- maps of an aggregate's values as bytes ---- */

/* Appends all entries; 0 or -1 (memory). */
int map_saved(const struct aggregate *, const struct map *, struct buf *out);

/*
 * Loads bytes from memory that ends right behind them: 0, 1 if they are damaged, or -1 (memory).
 */
int map_loaded(const struct aggregate *, struct map *, const char *bytes, size_t len);

/* True if LEN bytes are some first entries of the map and no piece of one. */
bool map_ends_entry(const struct aggregate *, const struct map *, size_t len);

/* ---- files ---- */

#define FOLDER_ROOM 64

/* Makes a folder for a test, whose name has NAME in it; in memory, if there is a place for that. */
void test_folder(char folder[FOLDER_ROOM], const char *name);

/* ---- bytes ---- */

/* Appends; memory is never short here. */
void text_add(struct buf *, const char *bytes, size_t len);
void text_printf(struct buf *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Aborts the test, with the first difference, unless GOT and WANT are the same bytes. */
void text_same(const struct buf *got, const struct buf *want, const char *what);

#endif
