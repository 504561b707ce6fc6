/*
 * What mapping stages put down at batch ends, against runs that were never cut: whole pipelines in
 * memory, begun again behind any batch by one with other seeds.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pipeline.h"
#include "flow_util.h"
#include "store_util.h"

Suite *saved_suite(void);

#define BATCHES 16

static const uint64_t other_seed[2] = { 0x1234567890abcdefU, 0xfedcba0987654321U };

static const struct {
	const char	*line;		/* within a query tabs stand for blanks */
	int64_t		 rows;		/* of a batch; 0: batches are seconds */
} plays[] = {
	{ "dedup k", 0 },
	{ "dedup", 0 },
	{ "dedup k,g --within 3s", 0 },
	{ "dedup k --within 9rows", 3 },
	{ "delta v --by k", 0 },
	{ "delta v --by k,g --ttl 3s", 0 },
	{ "delta v --by k --ttl 9rows", 3 },
	{ "rate v --by k", 0 },
	{ "rate v --ttl 2s", 0 },
	{ "ewma v --alpha 0.3 --by k", 0 },
	{ "ewma v --half-life 3s --by k --ttl 4s", 0 },
	{ "ewma v --half-life 9rows --by k", 3 },
	{ "sessions --gap 3s k", 0 },
	{ "sessions --gap 2s k,v", 0 },
	{ "sessions --gap 9rows k", 3 },
	{ "countby k then trend count", 0 },
	{ "countby k,g then trend count --alpha 0.6 --min-usual 0.5", 0 },
	{ "head --total 60", 0 },
	{ "head 3", 0 },
	{ "sample 0.5", 0 },
	{ "sample 0.5 --key k", 0 },
	{ "countby k then top 3", 0 },
	{ "top 3 v", 0 },
	{ "where v>0 then dedup k --within 4s then delta v then sessions --gap 2s g", 0 },
	{ "countby k,g then pivot g --values p,q then delta p --by k", 0 },
	{ "select k,v then grep 1 then dedup k", 0 },
	{ "as x then where v>20 then join x --on k", 0 },
	{ "as x then where v>20 then join x --on k --within 3s", 0 },
	{ "as x then where v>20 then join x --on k,g --within 2s --left", 0 },
	{ "as x then where v>70 then select k,v then join x --on k --within 2s --full", 0 },
	{ "as x then where v>50 then join x --on k --within 9rows --full", 3 },
	{ "sql select\tk,\tcount(*)\tn,\tsum(v)\tfrom\tstream\tgroup\tby\tk\torder\tby\tk", 0 },
	{ "sql -w 4s -s 2s select\tk,\tv,\tg\tfrom\tstream", 0 },
	{ "sql -w 5s -s 1s select\tcount(*),\tmax(v)\tfrom\tstream", 0 },
	{ "sql -w 9rows -s 6rows select\tk,\tg,\tv\tfrom\tstream", 3 },
	{ "as x then where v>50 then sql -w 3s "
	    "select\ta.k,\ta.v,\tb.v\tw\tfrom\tstream\ta\tjoin\tx\tb\tusing\t(k)", 0 },
};

/* ---- putting down and reading back ---- */

struct cut {
	struct memory_store	*store;		/* put down at batch ends; NULL: nothing is */
	const struct memory_store *from;	/* read at the start, or NULL */
	struct memory_store	*copy;		/* of each batch end, or NULL */
	size_t			*len;		/* of OUT at each batch end, or NULL */
	struct buf		*out;
	bool			 closed;	/* as in struct flow_piece */
	int			 unsaved;	/* stages that could not be */
	bool			 damaged;
	uint64_t		 fault;		/* the allocation that fails, from opened on */
	uint64_t		 asked;
};

static struct store_part
part_of(unsigned stage)
{
	return (struct store_part){ .role = STORE_LANE, .owner = stage };
}

static int
load(struct cut *c, struct pipeline *p, struct err *err)
{
	for (size_t i = 0; i < c->from->n; i++) {
		const struct stored *chunk = &c->from->chunk[i];
		const struct stage *s = &p->plan->stage[chunk->part.owner];
		struct wire in = store_wire(chunk);

		if (s->class->load(s, p->lane[0].private[chunk->part.owner], &chunk->part, &in,
		    err) == -1)
			return -1;
		c->damaged |= in.damaged || in.at < in.end;
	}
	return 0;
}

static int
save(struct cut *c, struct pipeline *p, struct err *err)
{
	for (unsigned i = 0; i < p->plan->n; i++) {
		const struct stage *s = &p->plan->stage[i];
		struct buf out = { 0 };
		struct saving to = { &c->store->store, part_of(i), &out };
		int rc;

		if (s->class->save == NULL)
			continue;
		rc = s->class->save(s, p->lane[0].private[i], &to, err);
		if (rc == 0)
			rc = save_flush(&to, err);
		else if (rc == 1)
			c->unsaved++;
		buf_free(&out);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
opened(void *arg, struct pipeline *p, struct err *err)
{
	struct cut *c = arg;
	int rc;

	if (c->from == NULL)
		return 0;
	if (c->fault != 0)
		fault_set(c->fault, c->fault % 2 == 0);
	rc = load(c, p, err);
	if (c->fault != 0)
		c->asked = fault_clear();
	if (rc == 0 && c->damaged) {
		err_set(err, ERR_RUN, "damaged");
		return -1;
	}
	return rc;
}

static int
ended(void *arg, struct pipeline *p, int batch, struct err *err)
{
	struct cut *c = arg;
	int rc = 0;

	if (c->store != NULL) {
		if (c->fault > c->asked)
			fault_set(c->fault - c->asked, c->fault % 2 == 0);
		rc = save(c, p, err);
		if (c->fault > c->asked)
			c->asked += fault_clear();
	}
	if (rc == 0 && c->copy != NULL)
		store_copy(&c->copy[batch], c->store);
	if (c->len != NULL)
		c->len[batch] = c->out->len;
	return rc;
}

static int
run(struct flow *f, struct buf *batch, int n, int from, int to, const uint64_t *seed,
    struct cut *c, struct err *err)
{
	const struct flow_piece piece = {
		.from = from, .to = to, .closed = c->closed, .seed = seed, .arg = c,
		.opened = opened, .ended = ended,
	};
	struct flow_end end;
	int rc;

	f->piece = &piece;
	rc = flow_try(f, batch, n, false, c->out, &end, err);
	f->piece = NULL;
	return rc;
}

static void
must_run(struct flow *f, struct buf *batch, int n, int from, int to, const uint64_t *seed,
    struct cut *c)
{
	struct err err;

	if (run(f, batch, n, from, to, seed, c, &err) == -1)
		ck_abort_msg("%s, from batch %d: %s", f->line, from, err.message);
	ck_assert_msg(c->unsaved == 0, "%s: a stage cannot be saved", f->line);
}

/* ---- records ---- */

static void
add_record(struct buf *text)
{
	static const char *const keys[] = { "1", "2", "3", "x", "", "a key of more than 16 bytes",
		"another key of more than 16 bytes", "y", "z" };
	static const char *const numbers[] = { "", "1e300", "-1e308", "0.1", "1.5", "-3" };

	text_printf(text, "%s%d,%s,", keys[rand_below(COUNT(keys))], (int)rand_below(3),
	    rand_below(2) ? "p" : "q");
	if (rand_below(8) == 0)
		text_printf(text, "%s\n", numbers[rand_below(COUNT(numbers))]);
	else
		text_printf(text, "%d\n", (int)rand_below(100));
}

static void
make_batches(struct buf *batch, int64_t rows)
{
	memset(batch, 0, BATCHES * sizeof(*batch));
	for (int i = 0; i < BATCHES; i++) {
		uint64_t n = rows > 0 ? (uint64_t)rows : rand_below(4) == 0 ? 0 : rand_below(25);

		while (n-- > 0)
			add_record(&batch[i]);
	}
}

static void
free_batches(struct buf *batch)
{
	for (int i = 0; i < BATCHES; i++)
		buf_free(&batch[i]);
}

static struct flow
flow_of(int play)
{
	return (struct flow){
		.line = plays[play].line, .format = "csv", .columns = "k,g,v",
		.batch = { .ticks = plays[play].rows, .rows = plays[play].rows > 0 },
	};
}

/* ---- the tests ---- */

/* Begun again behind each batch in turn, from what the run that was not cut had put down there. */
static void
check_cuts(struct flow *f, struct buf *batch, bool closed, const struct buf *want,
    const size_t *len, const struct memory_store *copy)
{
	for (int at = 0; at + !closed < BATCHES; at++) {
		struct buf out = { 0 }, rest = { .data = want->data + len[at],
			.len = want->len - len[at] };
		struct memory_store store;
		struct cut c = { .store = &store, .from = &copy[at], .out = &out,
			.closed = closed };

		store_copy(&store, &copy[at]);
		must_run(f, batch, BATCHES, at + 1, BATCHES + closed, other_seed, &c);
		text_same(&out, &rest, f->line);
		store_free(&store);
		buf_free(&out);
	}
}

/* Begun again behind every batch: what is read must be tracked, too. */
static void
check_chain(struct flow *f, struct buf *batch, bool closed, const struct buf *want)
{
	struct memory_store store;
	struct buf out = { 0 };

	store_start(&store);
	for (int at = 0; at < BATCHES + closed; at++) {
		struct memory_store from;
		struct cut c = { .store = &store, .from = &from, .out = &out, .closed = closed };

		store_copy(&from, &store);
		must_run(f, batch, BATCHES, at, at + 1, at % 2 == 0 ? test_seed : other_seed, &c);
		store_free(&from);
	}
	text_same(&out, want, f->line);
	store_free(&store);
	buf_free(&out);
}

START_TEST(goes_on)
{
	struct flow f = flow_of(_i);

	for (int round = 0; round < 12; round++) {
		struct memory_store store, copy[BATCHES];
		struct buf batch[BATCHES], want = { 0 }, got = { 0 };
		size_t len[BATCHES];
		bool closed = round % 2 == 1;
		struct cut none = { .out = &want, .closed = closed }, all = {
			.store = &store, .copy = copy, .len = len, .out = &got, .closed = closed,
		};

		store_start(&store);
		make_batches(batch, plays[_i].rows);
		must_run(&f, batch, BATCHES, 0, BATCHES + closed, test_seed, &none);
		must_run(&f, batch, BATCHES, 0, BATCHES + closed, test_seed, &all);
		text_same(&got, &want, f.line);
		check_cuts(&f, batch, closed, &want, len, copy);
		check_chain(&f, batch, closed, &want);
		for (int i = 0; i < BATCHES; i++)
			store_free(&copy[i]);
		store_free(&store);
		free_batches(batch);
		buf_free(&want);
		buf_free(&got);
	}
}
END_TEST

/* Any bytes can be read: they are found damaged, or the run goes on with something else. */
START_TEST(damage)
{
	struct flow f = flow_of(_i);
	struct memory_store store;
	struct buf batch[BATCHES], out = { 0 };
	struct cut first = { .store = &store, .out = &out };
	int half = BATCHES / 2;

	store_start(&store);
	make_batches(batch, plays[_i].rows);
	must_run(&f, batch, BATCHES, 0, half, test_seed, &first);
	for (int round = 0; round < 300 && store.n > 0; round++) {
		struct memory_store bad, after;
		struct cut c = { .store = &after, .from = &bad, .out = &out };
		struct err err;

		store_copy(&bad, &store);
		store_copy(&after, &store);
		store_damage(&bad.chunk[rand_below(bad.n)]);
		out.len = 0;
		(void)run(&f, batch, BATCHES, half, BATCHES, other_seed, &c, &err);
		store_free(&bad);
		store_free(&after);
	}
	store_free(&store);
	free_batches(batch);
	buf_free(&out);
}
END_TEST

/* Each allocation of reading back and of putting down fails in turn: an error, or no difference. */
START_TEST(short_of_memory)
{
	struct flow f = flow_of(_i);
	struct memory_store store;
	struct buf batch[BATCHES], want = { 0 }, out = { 0 };
	struct cut first = { .store = &store, .out = &out };
	struct cut rest = { .from = &store, .out = &want };
	int half = BATCHES / 2;

	store_start(&store);
	make_batches(batch, plays[_i].rows);
	must_run(&f, batch, BATCHES, 0, half, test_seed, &first);
	must_run(&f, batch, BATCHES, half, BATCHES, test_seed, &rest);
	for (uint64_t nth = 1; nth < 400; nth++) {
		struct memory_store after;
		struct cut c = { .store = &after, .from = &store, .out = &out, .fault = nth };
		struct err err = { 0 };
		int rc;

		store_copy(&after, &store);
		out.len = 0;
		rc = run(&f, batch, BATCHES, half, BATCHES, other_seed, &c, &err);
		store_free(&after);
		if (rc == 0)
			text_same(&out, &want, f.line);
		else
			ck_assert_msg(strstr(err.message, "memory") != NULL, "%s: %s", f.line,
			    err.message);
		if (c.asked < nth)
			break;
	}
	store_free(&store);
	free_batches(batch);
	buf_free(&want);
	buf_free(&out);
}
END_TEST

/* ---- the cost ---- */

static const char *const keyed[] = {
	"dedup k --within 1000s", "delta v --by k", "rate v --by k --ttl 1000s",
	"ewma v --alpha 0.5 --by k", "sessions --gap 1000s k",
};

static const char *const windows[] = {		/* of 20 batches */
	"as x then where v>=0 then join x --on k --within 20s --full",
	"sql -w 20s -s 1s select\tmax(k),\tsum(v)\tfrom\tstream",
	"sql -w 20s -s 20s select\tmax(k),\tsum(v)\tfrom\tstream",
};

static const char *const long_windows[] = {
	"as x then where v>=0 then join x --on k --within 1000s --full",
	"sql -w 1000s -s 1000s select\tmax(k),\tsum(v)\tfrom\tstream",
};

struct cost {
	struct cut	 cut;
	size_t		 first, most;	/* bytes of the first batch, of any later one */
	size_t		 longest;	/* all that there is, at most */
};

static int
ended_cost(void *arg, struct pipeline *p, int batch, struct err *err)
{
	struct cost *c = arg;
	struct memory_store *m = c->cut.store;

	m->put = 0;
	if (save(&c->cut, p, err) == -1)
		return -1;
	if (batch == 0)
		c->first = m->put;
	else if (m->put > c->most)
		c->most = m->put;
	if (store_bytes(m) > c->longest)
		c->longest = store_bytes(m);
	return 0;
}

/* The first batch has all keys, later ones TOUCHED of them. */
static void
measure(const char *line, int keys, int touched, int batches, struct cost *c)
{
	struct memory_store store;
	struct buf *batch = calloc((size_t)batches, sizeof(*batch)), out = { 0 };
	const struct flow_piece piece = {
		.to = batches, .seed = test_seed, .arg = c, .opened = opened, .ended = ended_cost,
	};
	struct flow f = { .line = line, .format = "csv", .columns = "k,g,v", .piece = &piece };

	*c = (struct cost){ .cut = { .store = &store, .out = &out } };
	store_start(&store);
	for (int i = 0; i < keys; i++)
		text_printf(&batch[0], "key%d,g,%d\n", i, i);
	for (int b = 1; b < batches; b++)
		for (int i = 0; i < touched; i++)
			text_printf(&batch[b], "key%d,g,%d\n", (int)rand_below((uint64_t)keys), b);
	flow_run(&f, batch, batches + 1, false, &out, NULL);
	store_free(&store);
	for (int b = 0; b < batches; b++)
		buf_free(&batch[b]);
	free(batch);
	buf_free(&out);
}

/* What is put follows the keys that changed, not those that are held. */
START_TEST(follows_changes)
{
	struct cost c;

	measure(keyed[_i], 100000, 10, 30, &c);
	ck_assert_uint_gt(c.first, 1000000);
	ck_assert_uint_lt(c.most, 2000);
}
END_TEST

START_TEST(follows_rows)
{
	struct cost c;

	measure(long_windows[_i], 50000, 10, 30, &c);
	ck_assert_uint_gt(c.first, 500000);
	ck_assert_uint_lt(c.most, 3000);
}
END_TEST

/* Each batch has as many rows: what is held are those of 21 batches, or of 20. */
START_TEST(rows_are_bounded)
{
	struct cost c;

	measure(windows[_i], 500, 500, 200, &c);
	ck_assert_uint_lt(c.longest, 3 * 21 * c.first);
	ck_assert_uint_lt(c.most, 2 * c.first);
}
END_TEST

/* The log stays in bounds, and no save is long, while what it has is put down anew. */
START_TEST(is_bounded)
{
	struct cost c;

	measure(keyed[_i], 20000, 1000, 400, &c);
	ck_assert_uint_lt(c.longest, 5 * c.first);
	ck_assert_uint_lt(c.most, c.first / 4);
}
END_TEST

Suite *
saved_suite(void)
{
	Suite *suite = suite_create("saved");
	TCase *stages = case_add(suite, "stages"), *cost = case_add(suite, "cost");

	tcase_add_loop_test(stages, goes_on, 0, COUNT(plays));
	tcase_add_loop_test(stages, damage, 0, COUNT(plays));
	tcase_add_loop_test(stages, short_of_memory, 0, COUNT(plays));
	tcase_add_loop_test(cost, follows_changes, 0, COUNT(keyed));
	tcase_add_loop_test(cost, is_bounded, 0, COUNT(keyed));
	tcase_add_loop_test(cost, follows_rows, 0, COUNT(long_windows));
	tcase_add_loop_test(cost, rows_are_bounded, 0, COUNT(windows));
	return suite;
}
