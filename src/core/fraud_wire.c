/* The state of the fraud core as bytes, see fraud_wire.h. */
#include "core/fraud_wire.h"

#include "core/fraud_wait.h"
#include "core/tick.h"

#include <math.h>
#include <string.h>

int
floats_put(struct buf *out, const float *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t bits;

		memcpy(&bits, &v[i], sizeof(bits));
		if (wire_put(out, bits) == -1)
			return -1;
	}
	return 0;
}

void
floats_get(struct wire *in, float *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t word = wire_get(in);
		uint32_t bits = (uint32_t)word;

		memcpy(&v[i], &bits, sizeof(bits));
		if (word > UINT32_MAX || !isfinite(v[i])) {
			in->damaged = true;
			v[i] = 0;
		}
	}
}

static int
spread_put(struct buf *out, const struct spread *s)
{
	return floats_put(out, (const float[]){ s->mean, s->var, s->n }, 3);
}

/* A variance or a count below 0 is never put. */
static void
spread_get(struct wire *in, struct spread *s)
{
	float v[3];

	floats_get(in, v, 3);
	in->damaged |= v[1] < 0 || v[2] < 0;
	*s = (struct spread){ 0 };
	if (!in->damaged)
		*s = (struct spread){ v[0], v[1], v[2] };
}

static int
tail_put(struct buf *out, const struct tail *t)
{
	if (wire_put_double(out, t->n) == -1 ||
	    floats_put(out, t->power, TAIL_POWERS) == -1)
		return -1;
	return floats_put(out, t->part, TAIL_POWERS * TAIL_PARTS);
}

static void
tail_get(struct wire *in, struct tail *t)
{
	t->n = wire_get_double(in);
	in->damaged |= t->n < 0;
	floats_get(in, t->power, TAIL_POWERS);
	floats_get(in, t->part, TAIL_POWERS * TAIL_PARTS);
	for (unsigned i = 0; i < TAIL_POWERS * TAIL_PARTS; i++)
		in->damaged |= t->part[i] < 0;
}

/* ---- accounts ---- */

static int
account_put(struct buf *out, const void *value)
{
	const struct fraud_account *a = value;
	const float v[] = {
		a->small_amount, a->small_run, a->count, a->pace, a->outliers, a->hourly, a->fraud,
	};

	if (tick_put(out, a->last) == -1 || tick_put(out, a->small_at) == -1 ||
	    tick_put(out, a->fraud_at) == -1 || wire_put(out, a->small_merchant) == -1 ||
	    floats_put(out, v, sizeof(v) / sizeof(v[0])) == -1 ||
	    spread_put(out, &a->amount) == -1 || spread_put(out, &a->size) == -1)
		return -1;
	return floats_put(out, a->hour, FRAUD_HOURS);
}

static int
account_get(struct wire *in, void *value)
{
	struct fraud_account *a = value;
	float v[7];

	a->last = tick_get(in);
	a->small_at = tick_get(in);
	a->fraud_at = tick_get(in);
	a->small_merchant = (uint32_t)wire_get(in);
	floats_get(in, v, sizeof(v) / sizeof(v[0]));
	a->small_amount = v[0];
	a->small_run = v[1];
	a->count = v[2];
	a->pace = v[3];
	a->outliers = v[4];
	a->hourly = v[5];
	a->fraud = v[6];
	spread_get(in, &a->amount);
	spread_get(in, &a->size);
	floats_get(in, a->hour, FRAUD_HOURS);
	return 0;
}

const struct keyed_kind fraud_account_kind = { .put = account_put, .get = account_get };

/* ---- merchants ---- */

static int
merchant_put(struct buf *out, const void *value)
{
	const struct fraud_merchant *m = value;

	if (tick_put(out, m->labelled) == -1 || tick_put(out, m->run_at) == -1 ||
	    tick_put(out, m->fraud_at) == -1 || floats_put(out, m->fraud, FRAUD_SHARES) == -1 ||
	    floats_put(out, m->seen, FRAUD_SHARES) == -1 || floats_put(out, &m->run, 1) == -1 ||
	    floats_put(out, &m->clean, 1) == -1)
		return -1;
	return spread_put(out, &m->size);
}

static int
merchant_get(struct wire *in, void *value)
{
	struct fraud_merchant *m = value;

	m->labelled = tick_get(in);
	m->run_at = tick_get(in);
	m->fraud_at = tick_get(in);
	floats_get(in, m->fraud, FRAUD_SHARES);
	floats_get(in, m->seen, FRAUD_SHARES);
	floats_get(in, &m->run, 1);
	floats_get(in, &m->clean, 1);
	spread_get(in, &m->size);
	return 0;
}

const struct keyed_kind fraud_merchant_kind = { .put = merchant_put, .get = merchant_get };

/* ---- what awaits its label ---- */

static int
key_put(struct buf *out, const struct map_key *key)
{
	size_t len;
	const char *bytes = map_key_bytes(key, &len);

	return wire_put_bytes(out, bytes, len);
}

static struct map_key
key_get(struct wire *in)
{
	size_t len;
	const char *bytes = wire_get_bytes(in, &len);
	struct map_key key = map_key_make(bytes, len);

	if (!map_key_is_long(key))
		return key;
	in->damaged = true;		/* it would borrow the bytes */
	return (struct map_key){ 0, 0 };
}

static int
waiting_put(struct buf *out, const void *value)
{
	const struct fraud_waiting *w = value;

	if (tick_put(out, w->time) == -1 || key_put(out, &w->account) == -1 ||
	    key_put(out, &w->merchant) == -1)
		return -1;
	return wire_put_bytes(out, (const char *)w->bin, F_ALL);
}

static int
waiting_get(struct wire *in, void *value)
{
	struct fraud_waiting *w = value;
	const char *bin;
	size_t len;

	w->time = tick_get(in);
	w->account = key_get(in);
	w->merchant = key_get(in);
	bin = wire_get_bytes(in, &len);
	in->damaged |= len != F_ALL;
	for (unsigned i = 0; i < F_ALL && !in->damaged; i++) {
		w->bin[i] = (uint8_t)bin[i];
		in->damaged |= w->bin[i] >= FRAUD_BINS;
		w->bin[i] %= FRAUD_BINS;
	}
	return 0;
}

const struct keyed_kind fraud_waiting_kind = { .put = waiting_put, .get = waiting_get };

/* ---- what is known of all ---- */

static int
sides_put(struct buf *out, const struct fraud_sides *s)
{
	if (floats_put(out, s->with[0], FRAUD_SIDES * FRAUD_BINS) == -1 ||
	    floats_put(out, &s->with_n, 1) == -1 ||
	    floats_put(out, s->all[0], FRAUD_SIDES * FRAUD_BINS) == -1 ||
	    floats_put(out, &s->all_n, 1) == -1)
		return -1;
	return tail_put(out, &s->base);
}

static void
sides_get(struct wire *in, struct fraud_sides *s)
{
	floats_get(in, s->with[0], FRAUD_SIDES * FRAUD_BINS);
	floats_get(in, &s->with_n, 1);
	floats_get(in, s->all[0], FRAUD_SIDES * FRAUD_BINS);
	floats_get(in, &s->all_n, 1);
	tail_get(in, &s->base);
}

int
common_put(struct buf *out, const struct fraud_common *c)
{
	if (wire_put(out, c->frauds) == -1 || wire_put(out, c->labels) == -1 ||
	    spread_put(out, &c->amount) == -1 || spread_put(out, &c->size) == -1 ||
	    spread_put(out, &c->merchant_size) == -1 || spread_put(out, &c->ratio) == -1 ||
	    spread_put(out, &c->size_ratio) == -1 || floats_put(out, c->hour, 24) == -1 ||
	    floats_put(out, &c->hours, 1) == -1)
		return -1;
	for (unsigned i = 0; i < FRAUD_BINS; i++)
		if (key_put(out, &c->category[i]) == -1 ||
		    spread_put(out, &c->category_size[i]) == -1)
			return -1;
	return tail_put(out, &c->amounts) == -1 || tail_put(out, &c->raw) == -1 ? -1 :
	    sides_put(out, &c->sides);
}

void
common_get(struct wire *in, struct fraud_common *c)
{
	c->frauds = wire_get(in);
	c->labels = wire_get(in);
	spread_get(in, &c->amount);
	spread_get(in, &c->size);
	spread_get(in, &c->merchant_size);
	spread_get(in, &c->ratio);
	spread_get(in, &c->size_ratio);
	floats_get(in, c->hour, 24);
	floats_get(in, &c->hours, 1);
	for (unsigned i = 0; i < FRAUD_BINS; i++) {
		c->category[i] = key_get(in);
		spread_get(in, &c->category_size[i]);
	}
	tail_get(in, &c->amounts);
	tail_get(in, &c->raw);
	sides_get(in, &c->sides);
}

/* ---- weights ---- */

int
weights_put(struct buf *out, const struct fraud_learner *l, unsigned i)
{
	const struct learn_state *state = &l->state[i * LEARN_BLOCK];

	for (unsigned j = 0; j < LEARN_BLOCK; j++)
		if (floats_put(out, (const float[]){ state[j].z, state[j].root }, 2) == -1)
			return -1;
	return floats_put(out, &l->w[i * LEARN_BLOCK], LEARN_BLOCK);
}

void
weights_get(struct wire *in, struct fraud_learner *l, unsigned i)
{
	struct learn_state *state = &l->state[i * LEARN_BLOCK];

	for (unsigned j = 0; j < LEARN_BLOCK; j++) {
		float v[2];

		floats_get(in, v, 2);
		in->damaged |= v[1] < 0;
		state[j] = (struct learn_state){ v[0], v[1] };
	}
	floats_get(in, &l->w[i * LEARN_BLOCK], LEARN_BLOCK);
}
