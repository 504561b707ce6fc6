/*
 * join against loops over all pairs of random records, by the clock and by event time, with records
 * out of order and late ones; and memory that runs out anywhere.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "core/joiner.h"
#include "store_util.h"
#include "twin_util.h"

Suite *join_suite(void);

struct choice {
	int64_t	within;			/* batches */
	bool	left, full, two, typed;
};

static void
choose(struct choice *c)
{
	*c = (struct choice){
		.within = rand_below(3) == 0 ? 0 : (int64_t)rand_below(6),
		.left = rand_below(3) == 0,
		.full = rand_below(3) == 0, .two = rand_below(3) == 0, .typed = rand_below(2) == 0,
	};
}

/* ---- the words ---- */

static char within_text[32];

static void
make_words(const struct choice *c, bool events, char **words)
{
	static const char typed[] =
	    "t, s, case when 1 then k end as k, g, case when 1 then v end as v";
	int n = 0;

	if (events) {
		words[n++] = "where";
		words[n++] = "s = 'a'";
		words[n++] = "as";
		words[n++] = "a";
		words[n++] = "also";
		words[n++] = "where";
		words[n++] = "s = 'b'";
		words[n++] = "as";
		words[n++] = "b";
		words[n++] = "also";
	}
	if (c->typed) {
		words[n++] = "from";
		words[n++] = "b";
		words[n++] = "select";
		words[n++] = (char *)(uintptr_t)typed;
		words[n++] = "as";
		words[n++] = "c";
		words[n++] = "also";
	}
	words[n++] = "from";
	words[n++] = "a";
	words[n++] = "then";
	words[n++] = "join";
	words[n++] = c->typed ? "c" : "b";
	words[n++] = "--on";
	words[n++] = c->two ? "k,g=g" : "k";
	if (c->within > 0) {
		snprintf(within_text, sizeof(within_text), "%dms", (int)c->within);
		words[n++] = "--within";
		words[n++] = within_text;
	}
	if (c->left)
		words[n++] = "--left";
	if (c->full)
		words[n++] = "--full";
	words[n++] = "then";
	words[n++] = "select";
	words[n++] = c->typed ? c->two ? "k, g, v, \"c.v\"" : "k, g, v, \"c.g\", \"c.v\"" :
	    c->two ? "k, g, v, \"b.v\"" : "k, g, v, \"b.g\", \"b.v\"";
	words[n] = NULL;
}

/* ---- the model ---- */

static bool
is_number(const char *text, double *d)
{
	int64_t whole;
	enum decimal kind = decimal_parse(text, strlen(text), &whole, d);

	if (kind == DECIMAL_INT)
		*d = (double)whole;
	return kind != DECIMAL_NONE;
}

static bool
equal(const struct choice *c, const struct twin_record *l, const struct twin_record *r)
{
	double x, y;

	if (strcmp(l->k, "\\N") == 0 || strcmp(r->k, "\\N") == 0)
		return false;
	if (c->two && strcmp(l->g, r->g) != 0)
		return false;
	if (c->typed && is_number(l->k, &x) && is_number(r->k, &y))
		return x == y;
	return strcmp(l->k, r->k) == 0;
}

/* What a value of the right's looks like when its column has types. */
static const char *
shown(const struct choice *c, const char *k)
{
	return c->typed && strcmp(k, "1.0") == 0 ? "1" : k;
}

static void
give(const struct choice *c, struct buf *want, int64_t tick, const struct twin_record *l,
    const struct twin_record *r)
{
	text_printf(want, "%lld\t%s\t%s\t", (long long)(tick / 1000), l != NULL ? l->k :
	    shown(c, r->k), l != NULL ? l->g : c->two ? r->g : "\\N");
	if (l != NULL)
		text_printf(want, "%d\t", l->v);
	else
		text_printf(want, "\\N\t");
	if (!c->two)
		text_printf(want, "%s\t", r != NULL ? r->g : "\\N");
	if (r != NULL)
		text_printf(want, "%d\n", r->v);
	else
		text_printf(want, "\\N\n");
}

struct model {
	const struct choice		*c;
	const struct twin_record	*record[TWIN_RECORDS];
	bool				 matched[TWIN_RECORDS], given[TWIN_RECORDS];
	int				 n;
};

static bool
alone(struct model *m, int i, int64_t tick, bool done)
{
	if (m->matched[i] || m->given[i] || m->record[i]->tick > tick ||
	    (!done && tick - m->record[i]->tick < m->c->within * TWIN_BATCH))
		return false;
	return m->given[i] = true;
}

/* FRESH: the batch has not been answered before. */
static void
model_end(struct model *m, struct buf *want, int64_t tick, bool fresh, bool done)
{
	for (int i = 0; i < m->n; i++) {
		const struct twin_record *l = m->record[i];

		for (int k = 0; k < m->n && l->side == 0 && fresh; k++) {
			const struct twin_record *r = m->record[k];

			if (r->side == 0 || (l->tick > r->tick ? l->tick : r->tick) != tick ||
			    llabs(l->tick - r->tick) > m->c->within * TWIN_BATCH ||
			    !equal(m->c, l, r))
				continue;
			m->matched[i] = m->matched[k] = true;
			give(m->c, want, tick, l, r);
		}
		if (l->side == 0 && (m->c->left || m->c->full) && alone(m, i, tick, done))
			give(m->c, want, tick, l, NULL);
	}
	for (int i = 0; i < m->n && m->c->full; i++)
		if (m->record[i]->side == 1 && alone(m, i, tick, done))
			give(m->c, want, tick, NULL, m->record[i]);
}

static void
model_run(const struct twin_play *p, const struct choice *c, struct buf *want)
{
	struct model m = { .c = c };

	m.n = twin_order(p, m.record);
	for (int64_t tick = p->first; tick <= p->last; tick += TWIN_BATCH)
		model_end(&m, want, tick, true, tick == p->last && p->open);
	if (!p->open)
		model_end(&m, want, p->last, false, true);
}

/* ---- tests ---- */

START_TEST(as_loops)
{
	rand_start((uint64_t)_i + 1);
	for (int round = 0; round < 40; round++) {
		struct twin_play play;
		struct choice c;
		struct buf want = { 0 }, got = { 0 };
		char *words[64];
		struct err err;

		twin_make(&play, round % 2 == 1, true);
		choose(&c);
		make_words(&c, play.events, words);
		if (twin_run(&play, words, NULL, &got, &err) == -1)
			ck_abort_msg("%s (word %d)", err.message, err.word);
		if (!play.events || play.n > 0)
			model_run(&play, &c, &want);
		text_same(&got, &want, "join");
		buf_free(&want);
		buf_free(&got);
	}
}
END_TEST

/* New keys all the time: what has gone leaves nothing behind, and each row finds its partner. */
START_TEST(state_is_bounded)
{
	const struct joiner_config how = { .within = 2, .keys = 1 };
	struct joiner j;
	struct joiner_pair pair;
	uint64_t pairs = 0;
	size_t most = 0, early = 0;

	joiner_init(&j, &how, test_seed);
	for (int64_t tick = 1; tick <= 1500; tick++) {
		struct value cells[2][100];

		/* The right row of a key comes two ticks behind the left one. */
		for (int i = 0; i < 100; i++) {
			cells[0][i] = value_int(tick * 100 + i);
			cells[1][i] = value_int((tick - 2) * 100 + (i * 7) % 100);
		}
		for (int side = 0; side < JOINER_SIDES; side++) {
			struct block b = { .cells = cells[side], .width = 1, .records = 100 };

			DEMAND(joiner_add(&j, (enum joiner_side)side, &b) == 0);
		}
		DEMAND(joiner_end(&j, tick, false) == 0);
		for (int64_t want = (tick - 2) * 100; joiner_next(&j, &pair); pairs++, want++)
			DEMAND(pair.row[0]->i == want && pair.row[1]->i == want);
		DEMAND(joiner_drop(&j) == 0);
		DEMAND(joiner_held(&j) <= 400);
		if (joiner_bytes(&j) > most)
			most = joiner_bytes(&j);
		if (tick == 100)
			early = most;
	}
	DEMAND(pairs == (1500 - 2) * 100);
	ck_assert_uint_le(most, early + early / 4);
	joiner_free(&j);
}
END_TEST

START_TEST(memory_fails)
{
	struct twin_play play;
	struct choice c = { .within = 3, .full = true, .two = true, .typed = _i == 1 };
	bool reached = true;
	char *words[64];

	rand_start(77);
	do
		twin_make(&play, _i == 1, true);
	while (play.n < 60);
	make_words(&c, play.events, words);
	for (uint64_t nth = 1; reached; nth += 1 + nth / 200) {
		struct buf got = { 0 };
		struct err err;
		int rc;

		fault_set(nth, nth % 2 == 0);
		rc = twin_run(&play, words, NULL, &got, &err);
		reached = fault_clear() >= nth;
		if (rc == -1 && (err.code != ERR_RUN ||
		    strncmp(err.message, "out of memory", 13) != 0))
			ck_abort_msg("'%s'", err.message);
		buf_free(&got);
	}
}
END_TEST

/* A batch of one row, whose time may be before that of the last. */
static void
one_batch(struct joiner *j, enum joiner_side side, int64_t tick)
{
	struct value cell = value_int(1);
	struct block b = { .cells = &cell, .width = 1, .records = 1, .source = -1 };
	struct joiner_pair pair;

	DEMAND(joiner_add(j, side, &b) == 0 && joiner_end(j, tick, false) == 0);
	while (joiner_next(j, &pair))
		DEMAND(pair.row[0] != NULL && pair.row[1] != NULL);
	DEMAND(joiner_drop(j) == 0);
}

/* When the clock is set back time stands still, also if what was put down is read in between. */
START_TEST(time_stands_still)
{
	const struct joiner_config how = { .within = 2, .keys = 1 };
	const unsigned width[JOINER_SIDES] = { 1, 1 };
	struct memory_store m;
	struct buf out = { 0 };
	struct joiner j, read;
	struct err err;
	struct saving s;

	store_start(&m);
	s = store_saving(&m, STORE_LANE, &out);
	joiner_init(&j, &how, test_seed);
	one_batch(&j, JOINER_LEFT, 10);
	DEMAND(joiner_save(&j, &s, &err) == 0);
	joiner_init(&read, &how, test_seed);
	for (size_t i = 0; i < m.n; i++) {
		struct wire in = store_wire(&m.chunk[i]);

		DEMAND(joiner_load(&read, width, &m.chunk[i].part, &in) == 0 && !in.damaged);
	}
	for (int64_t tick = 5; tick < 14; tick++) {
		one_batch(&j, JOINER_RIGHT, tick);
		one_batch(&read, JOINER_RIGHT, tick);
		ck_assert_uint_eq(joiner_held(&read), joiner_held(&j));
	}
	joiner_free(&j);
	joiner_free(&read);
	store_free(&m);
	buf_free(&out);
}
END_TEST

Suite *
join_suite(void)
{
	Suite *suite = suite_create("join");
	TCase *model = case_add(suite, "model"), *memory = case_add(suite, "memory");

	tcase_add_loop_test(model, as_loops, 0, 16);
	tcase_add_test(model, state_is_bounded);
	tcase_add_test(model, time_stands_still);
	tcase_add_loop_test(memory, memory_fails, 0, 2);
	return suite;
}
