/*
 * Checkpoints of the fraud core: a part for each of what is known of all, accounts, merchants, what
 * awaits its label, and weights.  The first is small and put whole; of the others, what changed.
 */
#include "core/fraud_wire.h"

enum part { PART_COMMON = 1, PART_ACCOUNTS, PART_MERCHANTS, PART_WAITING, PART_WEIGHTS };

/* ---- putting down ---- */

static int
no_memory(struct err *err)
{
	return err_memory(err, "saving the state of accounts");
}

static int
put_figures(struct buf *out, const struct fraud *f)
{
	const struct fraud_figures *g = &f->figures;
	const uint64_t v[] = {
		g->accounts_evicted, g->merchants_evicted, g->waiting_evicted, g->labels,
		g->frauds, g->unmatched,
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (wire_put(out, v[i]) == -1)
			return -1;
	return 0;
}

static int
save_common(struct fraud *f, struct saving s, struct err *err)
{
	s.part.tick = PART_COMMON;
	s.part.generation = 0;
	if (save_clear(&s, err) == -1)
		return -1;
	if (put_figures(s.out, f) == -1 || common_put(s.out, &f->common) == -1)
		return no_memory(err);
	return save_flush(&s, err);
}

static int
save_keyed(struct keyed *k, const struct keyed_kind *kind, uint64_t number, int64_t part,
    struct saving s, struct err *err)
{
	s.part.tick = part;
	return keyed_save(k, kind, number, &s, err);
}

static int
put_block(struct fraud_learner *l, unsigned i, struct saving *s, struct err *err)
{
	if (save_room(s, err) == -1)
		return -1;
	l->dirty[i / 64] &= ~((uint64_t)1 << i % 64);
	if (wire_put(s->out, i) == -1 || weights_put(s->out, l, i) == -1)
		return no_memory(err);
	return 0;
}

/* Adds to N how many there were. */
static int
put_dirty(struct fraud_learner *l, struct saving *s, uint64_t *n, struct err *err)
{
	for (unsigned word = 0; word < sizeof(l->dirty) / sizeof(l->dirty[0]); word++)
		while (l->dirty[word] != 0) {
			unsigned bit = (unsigned)__builtin_ctzll(l->dirty[word]);

			if (put_block(l, word * 64 + bit, s, err) == -1)
				return -1;
			++*n;
		}
	return 0;
}

static int
save_weights(struct fraud_learner *l, struct saving s, struct err *err)
{
	uint64_t n = 0;
	uint32_t from, to;

	s.part.tick = PART_WEIGHTS;
	s.part.generation = l->log.generation;
	if (put_dirty(l, &s, &n, err) == -1)
		return -1;
	if (n == 0)
		return 0;
	if (save_flush(&s, err) == -1)
		return -1;
	changelog_sweep(&l->log, &s, n, LEARN_BLOCKS, &from, &to);
	for (; from < to; from++)
		if (put_block(l, from - 1, &s, err) == -1)
			return -1;
	return changelog_swept(&l->log, &s, LEARN_BLOCKS, err);
}

int
fraud_save(struct fraud *f, struct saving *to, struct err *err)
{
	if (!f->changed)
		return 0;
	if (save_common(f, *to, err) == -1 ||
	    save_keyed(&f->accounts, &fraud_account_kind, f->sequence, PART_ACCOUNTS, *to,
	    err) == -1 || save_keyed(&f->merchants, &fraud_merchant_kind, f->sequence,
	    PART_MERCHANTS, *to, err) == -1 || save_keyed(&f->waiting, &fraud_waiting_kind,
	    (uint64_t)f->expires, PART_WAITING, *to, err) == -1)
		return -1;
	if (f->learner != NULL && save_weights(f->learner, *to, err) == -1)
		return -1;
	f->changed = false;
	return 0;
}

/* ---- reading back ---- */

static void
load_common(struct fraud *f, struct wire *in)
{
	struct fraud_figures *g = &f->figures;
	uint64_t *const v[] = {
		&g->accounts_evicted, &g->merchants_evicted, &g->waiting_evicted, &g->labels,
		&g->frauds, &g->unmatched,
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		*v[i] = wire_get(in);
	common_get(in, &f->common);
}

static int
load_weights(struct fraud *f, const struct store_part *part, struct wire *in, struct err *err)
{
	uint64_t n = 0;

	if (learner_make(f) == -1)
		return err_memory(err, "reading the state of accounts");
	for (; !in->damaged && in->at < in->end; n++) {
		uint64_t i = wire_get(in);

		in->damaged |= i >= LEARN_BLOCKS;
		if (!in->damaged)
			weights_get(in, f->learner, (unsigned)i);
	}
	changelog_loaded(&f->learner->log, part, n);
	return 0;
}

static int
load_waiting(struct fraud *f, const struct store_part *part, struct wire *in, struct err *err)
{
	uint64_t expires = (uint64_t)f->expires;
	int rc = keyed_load(&f->waiting, &fraud_waiting_kind, &expires, part, in, err);

	f->expires = (int64_t)expires;
	return rc;
}

int
fraud_load(struct fraud *f, const struct store_part *part, struct wire *in, struct err *err)
{
	switch (part->tick) {
	case PART_COMMON:
		load_common(f, in);
		return 0;
	case PART_ACCOUNTS:
		return keyed_load(&f->accounts, &fraud_account_kind, &f->sequence, part, in, err);
	case PART_MERCHANTS:
		return keyed_load(&f->merchants, &fraud_merchant_kind, &f->sequence, part, in,
		    err);
	case PART_WAITING:
		return load_waiting(f, part, in, err);
	case PART_WEIGHTS:
		return load_weights(f, part, in, err);
	default:
		in->damaged = true;
		return 0;
	}
}
