/*
 * Models of the fraud core: what labels have taught, to begin another stream with.  The same state
 * gives the same bytes.
 *
 *   "streamctl fraud model N\n"  numbers that tell how it is laid out  what is known of all
 *   merchants that have labels, by name  weights  a word that checks all before it
 */
#include "core/fraud_learn.h"
#include "core/fraud_wait.h"
#include "core/fraud_wire.h"

#include "base/mem.h"
#include "core/sort.h"

#include <stdio.h>
#include <string.h>

#define VERSION 1
#define CHECK 8				/* bytes of the word at the end */

static const char magic[] = "streamctl fraud model ";

static const uint64_t layout[] = { F_ALL, F_OWN, FRAUD_SIDES, FRAUD_BINS, LEARN_BLOCKS };

#define LAYOUT (sizeof(layout) / sizeof(layout[0]))

static uint64_t
check_of(const char *bytes, size_t len)
{
	static const uint64_t seed[2] = { 0x2d358dccaa6c78a5, 0x8bb84b93962eacc9 };

	return map_key_hash(map_key_long(bytes, len), seed);
}

/* ---- putting down ---- */

static int
put_head(struct buf *out)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%s%d\n", magic, VERSION);

	if (buf_add(out, line, (size_t)n) == -1)
		return -1;
	for (size_t i = 0; i < LAYOUT; i++)
		if (wire_put(out, layout[i]) == -1)
			return -1;
	return 0;
}

static bool
has_labels(const struct keyed *k, uint32_t id)
{
	const struct fraud_merchant *m = (const void *)(keyed_at(k, id) + 1);

	return m->labelled != 0;
}

static int
put_sorted(struct buf *out, const void **entry, size_t n)
{
	if (sort_pointers(entry, n, keyed_compare, NULL) == -1 || wire_put(out, n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct keyed_entry *e = entry[i];
		size_t len;
		const char *key = map_key_bytes(&e->key, &len);

		if (wire_put_bytes(out, key, len) == -1 ||
		    fraud_merchant_kind.put(out, e + 1) == -1)
			return -1;
	}
	return 0;
}

static int
put_merchants(struct buf *out, const struct keyed *k)
{
	const void **entry = mem_alloc(((size_t)k->count + 1) * sizeof(*entry));
	size_t n = 0;
	int rc;

	if (entry == NULL)
		return -1;
	for (uint32_t id = 1; id <= k->count; id++)
		if (has_labels(k, id))
			entry[n++] = keyed_at(k, id);
	rc = put_sorted(out, entry, n);
	mem_free(entry);
	return rc;
}

static int
put_weights(struct buf *out, const struct fraud_learner *l)
{
	if (wire_put(out, l != NULL) == -1)
		return -1;
	for (unsigned i = 0; l != NULL && i < LEARN_BLOCKS; i++)
		if (weights_put(out, l, i) == -1)
			return -1;
	return 0;
}

int
fraud_model_put(const struct fraud *f, struct buf *out, struct err *err)
{
	size_t from = out->len;

	if (put_head(out) == -1 || common_put(out, &f->common) == -1 ||
	    put_merchants(out, &f->merchants) == -1 || put_weights(out, f->learner) == -1 ||
	    wire_put_word(out, check_of(out->data + from, out->len - from)) == -1)
		return err_memory(err, "writing a model");
	return 0;
}

/* ---- reading ---- */

/* Finds what follows the first line; 0 or -1. */
static int
get_head(struct wire *in, struct err *err)
{
	size_t left = (size_t)(in->end - in->at), known = sizeof(magic) - 1;
	const char *end = memchr(in->at, '\n', left < 64 ? left : 64);
	unsigned long version = 0;

	if (end == NULL || (size_t)(end - in->at) <= known || memcmp(in->at, magic, known) != 0)
		return err_set(err, ERR_RUN, "it is not a model of the stage fraud");
	for (const char *digit = in->at + known; digit < end && version < 1000000; digit++)
		version = version * 10 + (unsigned long)(unsigned char)*digit - '0';
	if (version != VERSION)
		return err_set(err, ERR_RUN, "it is a model of version %lu: this streamctl "
		    "reads version %d", version, VERSION);
	in->at = end + 1;
	for (size_t i = 0; i < LAYOUT; i++)
		in->damaged |= wire_get(in) != layout[i];
	return 0;
}

static int
get_merchant(struct fraud *f, struct wire *in)
{
	size_t len;
	const char *key = wire_get_bytes(in, &len);
	struct map_key name = map_key_make(key, len);
	struct fraud_merchant ignored = { 0 };
	void *value = &ignored;
	bool fresh;

	in->damaged |= map_key_is_long(name);
	if (!in->damaged && f->merchants.count < f->config.max_accounts) {
		value = keyed_put(&f->merchants, name, &fresh);
		if (value == NULL ||
		    keyed_due(&f->merchants, value, (int64_t)++f->sequence) == -1)
			return -1;
		keyed_touch(&f->merchants, value);
	}
	return fraud_merchant_kind.get(in, value);
}

static int
get_weights(struct fraud *f, struct wire *in)
{
	if (wire_get(in) == 0)
		return 0;
	if (learner_make(f) == -1)
		return -1;
	for (unsigned i = 0; i < LEARN_BLOCKS && !in->damaged; i++)
		weights_get(in, f->learner, i);
	for (unsigned i = 0; i < LEARN_BLOCKS; i++)
		f->learner->dirty[i / 64] |= (uint64_t)1 << i % 64;
	return 0;
}

static int
get_body(struct fraud *f, struct wire *in)
{
	common_get(in, &f->common);
	for (uint64_t n = wire_get(in); n > 0 && !in->damaged; n--)
		if (get_merchant(f, in) == -1)
			return -1;
	f->changed = true;
	return in->damaged ? 0 : get_weights(f, in);
}

int
fraud_model_get(struct fraud *f, const char *bytes, size_t len, struct err *err)
{
	struct wire in = { .at = bytes, .end = bytes + len };

	if (get_head(&in, err) == -1)
		return -1;
	if (len >= CHECK) {
		struct wire check = { .at = bytes + len - CHECK, .end = bytes + len };

		in.end -= CHECK;
		in.damaged |= wire_get_word(&check) != check_of(bytes, len - CHECK);
	}
	if (!in.damaged && get_body(f, &in) == -1)
		return err_memory(err, "reading a model");
	if (in.damaged || in.at != in.end)
		return err_set(err, ERR_RUN, "the model is damaged");
	return 0;
}
