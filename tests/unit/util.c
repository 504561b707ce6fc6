/* What the unit tests share, see util.h. */
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define KEY_SPACE 96		/* bytes of the longest key */
#define CASE_SECONDS 60

const uint64_t test_seed[2] = { UINT64_C(0x8f3a51c2d94b7e61), UINT64_C(0x5bd1e995a3c7f20d) };

static uint64_t random_state = 1;

/* ---- cases ---- */

static void
clear_fault(void)
{
	(void)fault_clear();
}

static void
start_random(void)
{
	rand_start(1);
}

TCase *
case_add(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, CASE_SECONDS);
	tcase_add_checked_fixture(tc, start_random, clear_fault);
	suite_add_tcase(suite, tc);
	return tc;
}

/* ---- random numbers ---- */

void
rand_start(uint64_t seed)
{
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
}

/* splitmix64 (Steele, Lea and Flood 2014). */
uint64_t
rand_u64(void)
{
	uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

uint64_t
rand_below(uint64_t bound)
{
	return rand_u64() % bound;
}

void
rand_bytes(char *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (char)rand_u64();
}

/* ---- keys ---- */

static size_t
wild_key(char *out)
{
	size_t len = rand_below(41);

	rand_bytes(out, len);
	for (size_t i = rand_below(2) * len; i < len; i++)
		if (rand_below(3) == 0)
			out[i] = '\0';
	return len;
}

static size_t
words_key(char *out)
{
	size_t len = 8 + rand_below(9);

	for (size_t i = 0; i < len; i++)
		out[i] = (char)('a' + rand_below(26));
	return len;
}

/* Key I of a kind; the wild ones and words are random, and made different by pool_make. */
static size_t
key_write(char *out, enum key_kind kind, size_t i)
{
	size_t len;

	switch (kind) {
	case KEYS_WILD:
		return wild_key(out);
	case KEYS_NULS:
		len = (size_t)snprintf(out, KEY_SPACE, "%zx", i / 32);
		memset(out + len, 0, 32);
		return len + i % 32;
	case KEYS_LOGS:
		return (size_t)snprintf(out, KEY_SPACE,
		    "2026-11-22T23:10:00.000Z shop-1 GET /item/%zu", i);
	case KEYS_DECIMAL:
		return (size_t)snprintf(out, KEY_SPACE, "%zu", i);
	default:
		return words_key(out);
	}
}

int
key_compare(const struct key *x, const struct key *y)
{
	int order = memcmp(x->bytes, y->bytes, x->len < y->len ? x->len : y->len);

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static int
compare_void(const void *x, const void *y)
{
	return key_compare(x, y);
}

static void
drop_equal(struct pool *p)
{
	size_t kept = 0;

	qsort(p->key, p->n, sizeof(*p->key), compare_void);
	for (size_t i = 0; i < p->n; i++)
		if (kept == 0 || key_compare(&p->key[kept - 1], &p->key[i]) != 0)
			p->key[kept++] = p->key[i];
	p->n = kept;
}

static void
shuffle(struct pool *p)
{
	for (size_t i = p->n; i > 1; i--) {
		size_t k = rand_below(i);
		struct key swap = p->key[k];

		p->key[k] = p->key[i - 1];
		p->key[i - 1] = swap;
	}
}

void
pool_make(struct pool *p, enum key_kind kind, size_t n)
{
	char *at;

	p->n = n;
	p->key = malloc(n * sizeof(*p->key));
	p->space = at = malloc(n * KEY_SPACE);
	DEMAND(p->key != NULL && p->space != NULL);
	for (size_t i = 0; i < n; i++) {
		p->key[i] = (struct key){ at, key_write(at, kind, i) };
		at += p->key[i].len;
	}
	if (kind == KEYS_DECIMAL)
		return;
	drop_equal(p);
	shuffle(p);
}

void
pool_free(struct pool *p)
{
	free(p->key);
	free(p->space);
	*p = (struct pool){ 0 };
}

/* ---- words ---- */

void
words_split(struct words *w, const char *line)
{
	char *at = w->text;

	DEMAND(strlen(line) < sizeof(w->text));
	strcpy(w->text, line);
	w->n = 0;
	while (*(at += strspn(at, " ")) != '\0') {
		const char *stop = *at == '\'' ? "'" : *at == '"' ? "\"" : " ";

		at += *stop != ' ';
		w->word[w->n++] = at;
		at += strcspn(at, stop);
		if (*at != '\0')
			*at++ = '\0';
	}
	w->word[w->n] = NULL;
}

int
plan_lines(struct plan *plan, const struct plan_defaults *d, char *const *words, int n, int base,
    struct err *err)
{
	if (plan_parse(plan, d, words, n, base, err) == -1 ||
	    plan_input(plan, FORMAT_BARE, NULL, 0, err) == -1)
		return -1;
	return plan_bind(plan, err);
}

/* ---- allocations that fail ---- */

static uint64_t asked, failing;
static bool all_behind;

static bool
fault(size_t size)
{
	(void)size;
	asked++;
	return failing != 0 && (asked == failing || (all_behind && asked > failing));
}

void
fault_set(uint64_t nth, bool sticky)
{
	asked = 0;
	failing = nth;
	all_behind = sticky;
	mem_fault = fault;
}

uint64_t
fault_clear(void)
{
	mem_fault = NULL;
	return asked;
}

/* ---- maps of an aggregate's values as bytes ---- */

int
map_saved(const struct aggregate *agg, const struct map *m, struct buf *out)
{
	for (uint32_t id = 1; id < m->count; id++)
		if (aggregate_save(agg, (const uint64_t *)(map_entry(m, id) + 1), out) == -1)
			return -1;
	return 0;
}

int
map_loaded(const struct aggregate *agg, struct map *m, const char *bytes, size_t len)
{
	char *copy = malloc(len + 1);
	struct wire in = { copy + 1, copy + 1 + len, false };
	int rc = 0;

	if (len > 0)
		memcpy(copy + 1, bytes, len);
	while (rc == 0 && in.at < in.end) {
		uint64_t *value;

		rc = aggregate_load(agg, m, &in, &value);
		DEMAND(rc == -1 || in.damaged || value != NULL);
	}
	free(copy);
	return rc == -1 ? -1 : in.damaged;
}

bool
map_ends_entry(const struct aggregate *agg, const struct map *m, size_t len)
{
	struct buf bytes = { 0 };
	bool ends = len == 0;

	for (uint32_t id = 1; id < m->count && bytes.len < len; id++) {
		DEMAND(aggregate_save(agg, (const uint64_t *)(map_entry(m, id) + 1), &bytes) == 0);
		ends |= bytes.len == len;
	}
	buf_free(&bytes);
	return ends;
}

/* ---- bytes ---- */

void
text_add(struct buf *b, const char *bytes, size_t len)
{
	DEMAND(buf_add(b, bytes, len) == 0);
}

void
text_printf(struct buf *b, const char *format, ...)
{
	char line[256];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	DEMAND(len >= 0 && (size_t)len < sizeof(line));
	text_add(b, line, (size_t)len);
}

static int
excerpt(const struct buf *b, size_t at)
{
	return (int)(b->len - at < 60 ? b->len - at : 60);
}

void
text_same(const struct buf *got, const struct buf *want, const char *what)
{
	size_t least = got->len < want->len ? got->len : want->len, at = 0, from;

	if (got->len == want->len && (least == 0 || memcmp(got->data, want->data, least) == 0))
		return;
	while (at < least && got->data[at] == want->data[at])
		at++;
	from = at < 20 ? 0 : at - 20;
	ck_abort_msg("%s: %zu bytes, want %zu, differ at %zu: got '%.*s', want '%.*s'", what,
	    got->len, want->len, at, excerpt(got, from), got->data == NULL ? "" : got->data + from,
	    excerpt(want, from), want->data == NULL ? "" : want->data + from);
}

/* ---- files ---- */

/* Waiting for a disk takes longer than all else, and tests nothing. */
void
test_folder(char folder[FOLDER_ROOM], const char *name)
{
	const char *place = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";

	(void)snprintf(folder, FOLDER_ROOM, "%s/streamctl-%s.XXXXXX", place, name);
	DEMAND(mkdtemp(folder) != NULL);
}
