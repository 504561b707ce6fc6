/* Unit tests of what the fraud core puts down: checkpoints and models. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fraud_util.h"
#include "store_util.h"

Suite *fraud_saved_suite(void);

#define LATE 150			/* payments after which a label comes */

static struct fraud_result
result_of(struct fraud *f, uint64_t i)
{
	struct payment p;
	struct fraud_result r;
	struct err err;

	if (i >= LATE && i % 10 > 3) {
		bank_payment(&p, i - LATE);
		(void)fraud_label(f, p.txn.time, p.id, p.txn.id_len, p.is_fraud, &err);
	}
	bank_payment(&p, i);
	DEMAND(fraud_score(f, &p.txn, &r, &err) == 0);
	return r;
}

static double
step(struct fraud *f, uint64_t i)
{
	return result_of(f, i).score;
}

static void
same_step(struct fraud *f, struct fraud *g, uint64_t i)
{
	struct fraud_result a = result_of(f, i), b = result_of(g, i);

	DEMAND(a.score == b.score && a.warming == b.warming && a.n == b.n);
	for (size_t j = 0; j < a.n; j++) {
		const struct fraud_reason *x = &a.reason[j], *y = &b.reason[j];

		DEMAND(x->kind == y->kind && x->value == y->value && x->usual == y->usual &&
		    x->extra == y->extra && x->window == y->window);
	}
}

static void
save(struct fraud *f, struct memory_store *m)
{
	struct buf out = { 0 };
	struct saving s = store_saving(m, STORE_LANE, &out);
	struct err err;

	DEMAND(fraud_save(f, &s, &err) == 0 && out.len == 0);
	buf_free(&out);
}

static struct fraud *
load(const struct memory_store *m, bool labels, uint64_t max_accounts)
{
	struct fraud *f = bank_open(labels, max_accounts);
	const struct stored **chunk = store_sorted(m);
	struct err err;

	for (size_t i = 0; i < m->n; i++) {
		struct wire in = store_wire(chunk[i]);

		DEMAND(fraud_load(f, &chunk[i]->part, &in, &err) == 0);
		DEMAND(!in.damaged && in.at == in.end);
	}
	free(chunk);
	return f;
}

static void
model_of(const struct fraud *f, struct buf *out)
{
	struct err err;

	out->len = 0;
	DEMAND(fraud_model_put(f, out, &err) == 0);
}

/* A run that stops now and then and goes on gives what one does that does not: to the last bit. */
START_TEST(goes_on)
{
	bool labels = _i % 2 == 1;
	uint64_t accounts = _i < 2 ? 1000 : 12;
	struct fraud *f = bank_open(labels, accounts), *g = bank_open(labels, accounts);
	struct fraud_figures a, b;
	struct buf x = { 0 }, y = { 0 };
	struct memory_store m;

	store_start(&m);
	for (uint64_t i = 0; i < 4000; i++) {
		same_step(f, g, i);
		if (rand_below(25) == 0)
			save(g, &m);
		if (rand_below(200) == 0) {
			save(g, &m);
			fraud_close(g);
			g = load(&m, labels, accounts);
		}
	}
	fraud_figures(f, &a);
	fraud_figures(g, &b);
	a.bytes = b.bytes;
	DEMAND(memcmp(&a, &b, sizeof(a)) == 0);
	model_of(f, &x);
	model_of(g, &y);
	text_same(&x, &y, "models");
	buf_free(&x);
	buf_free(&y);
	store_free(&m);
	fraud_close(f);
	fraud_close(g);
}
END_TEST

/* What a save costs follows what has changed, and the log stays in bounds. */
START_TEST(costs_what_changed)
{
	struct fraud *f = bank_open(true, 100000);
	struct fraud_result r;
	struct memory_store m;
	struct err err;
	size_t whole, most = 0;

	store_start(&m);
	for (int i = 0; i < 20000; i++) {
		char name[16];
		struct fraud_txn txn = { .time = i, .account = name, .amount = 5 + i % 70 };

		txn.account_len = (size_t)snprintf(name, sizeof(name), "a%d", i);
		DEMAND(fraud_score(f, &txn, &r, &err) == 0);
	}
	save(f, &m);
	whole = m.put;
	for (int i = 0; i < 300; i++) {
		struct fraud_txn txn = {
			.time = 20000 + i, .account = "a7", .account_len = 2, .amount = 9,
		};

		DEMAND(fraud_score(f, &txn, &r, &err) == 0);
		m.put = 0;
		save(f, &m);
		most = m.put > most ? m.put : most;
	}
	ck_assert_uint_gt(whole, 20000 * 60);
	ck_assert_uint_lt(most, 16384);
	m.put = 0;
	save(f, &m);
	ck_assert_uint_eq(m.put, 0);
	store_free(&m);
	fraud_close(f);
}
END_TEST

/* Whatever is done to what was put: no crash, and no state that cannot go on. */
START_TEST(damage)
{
	struct memory_store m;
	struct fraud *f = bank_open(true, 1000);
	struct err err;

	store_start(&m);
	for (uint64_t i = 0; i < 600; i++)
		(void)step(f, i);
	save(f, &m);
	fraud_close(f);
	for (int round = 0; round < 150; round++) {
		struct memory_store copy;
		bool damaged = false;

		store_copy(&copy, &m);
		store_damage(&copy.chunk[rand_below(copy.n)]);
		f = bank_open(true, 1000);
		for (size_t i = 0; i < copy.n && !damaged; i++) {
			struct wire in = store_wire(&copy.chunk[i]);

			DEMAND(fraud_load(f, &copy.chunk[i].part, &in, &err) == 0);
			damaged = in.damaged;
		}
		for (uint64_t i = 600; i < 700 && !damaged; i++)
			(void)step(f, i);
		fraud_close(f);
		store_free(&copy);
	}
	store_free(&m);
}
END_TEST

START_TEST(store_fails)
{
	struct fraud *f = bank_open(true, 1000);
	struct buf out = { 0 };
	struct memory_store m;
	struct saving s;
	struct err err;

	store_start(&m);
	(void)step(f, 0);
	m.fails = true;
	s = store_saving(&m, STORE_LANE, &out);
	ck_assert_int_eq(fraud_save(f, &s, &err), -1);
	buf_free(&out);
	store_free(&m);
	fraud_close(f);
}
END_TEST

static double
mean_of_frauds(struct fraud *f, uint64_t from, uint64_t to)
{
	double sum = 0, n = 0;

	for (; from < to; from++) {
		struct payment p;
		double score = step(f, from);

		bank_payment(&p, from);
		sum += p.is_fraud ? score : 0;
		n += p.is_fraud;
	}
	return sum / n;
}

/* Another stream begins with what one has learned, even without labels of its own. */
START_TEST(model_is_of_use)
{
	struct fraud *f = bank_open(true, 1000), *g = bank_open(false, 1000);
	struct fraud *plain = bank_open(false, 1000);
	struct buf x = { 0 }, y = { 0 };
	struct memory_store m;
	struct err err;

	for (uint64_t i = 0; i < 4250; i++)
		(void)step(f, i);
	model_of(f, &x);
	DEMAND(fraud_model_get(g, x.data, x.len, &err) == 0);
	model_of(g, &y);
	text_same(&x, &y, "models");
	store_start(&m);
	save(g, &m);
	fraud_close(g);
	g = load(&m, false, 1000);	/* a checkpoint has the model, too */
	ck_assert_double_gt(mean_of_frauds(g, 4250, 4400),
	    mean_of_frauds(plain, 4250, 4400) * 3);
	store_free(&m);
	buf_free(&x);
	buf_free(&y);
	fraud_close(f);
	fraud_close(g);
	fraud_close(plain);
}
END_TEST

static void
refused(const char *bytes, size_t len, const char *why)
{
	struct fraud *f = bank_open(true, 1000);
	char *exact = malloc(len + 1);		/* a sanitizer sees the end */
	struct err err;

	memcpy(exact, bytes, len);
	exact = realloc(exact, len > 0 ? len : 1);
	ck_assert_int_eq(fraud_model_get(f, exact, len, &err), -1);
	DEMAND(strstr(err.message, why) != NULL);
	free(exact);
	fraud_close(f);
}

START_TEST(model_is_checked)
{
	struct fraud *f = bank_open(true, 1000);
	struct buf x = { 0 };

	for (uint64_t i = 0; i < 700; i++)
		(void)step(f, i);
	model_of(f, &x);
	refused("", 0, "not a model");
	refused("hello\n", 6, "not a model");
	refused(x.data, 10, "not a model");
	refused(x.data, 30, "damaged");
	refused(x.data, x.len - 1, "damaged");
	refused("streamctl fraud model 2\n", 24, "version 2");
	for (int round = 0; round < 60; round++) {
		size_t at = 24 + rand_below(x.len - 24);

		x.data[at] ^= 1;
		refused(x.data, x.len, "damaged");
		x.data[at] ^= 1;
	}
	buf_free(&x);
	fraud_close(f);
}
END_TEST

Suite *
fraud_saved_suite(void)
{
	Suite *suite = suite_create("fraud_saved");
	TCase *c = case_add(suite, "saved");

	tcase_add_loop_test(c, goes_on, 0, 4);
	tcase_add_test(c, costs_what_changed);
	tcase_add_test(c, damage);
	tcase_add_test(c, store_fails);
	tcase_add_test(c, model_is_of_use);
	tcase_add_test(c, model_is_checked);
	return suite;
}
