/* Unit tests of the fraud core as a whole: scores, reasons, labels, bounds. */

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fraud_util.h"

Suite *fraud_suite(void);

static struct fraud_result
score(struct fraud *f, const struct fraud_txn *txn)
{
	struct fraud_result r;
	struct err err;

	DEMAND(fraud_score(f, txn, &r, &err) == 0);
	DEMAND(r.score >= 0 && r.score <= 1 && r.n <= FRAUD_REASONS);
	return r;
}

static int
label(struct fraud *f, int64_t time, const char *id, bool is_fraud)
{
	struct err err;

	return fraud_label(f, time, id, strlen(id), is_fraud, &err);
}

/* The reason of this kind as text, or "". */
static const char *
reason(const struct fraud_result *r, enum fraud_kind kind)
{
	static char text[FRAUD_REASON_TEXT];

	text[0] = 0;
	for (size_t i = 0; i < r->n; i++)
		if (r->reason[i].kind == kind)
			ck_assert_uint_eq(fraud_reason_text(&r->reason[i], text), strlen(text));
	return text;
}

/* A payment of ACCOUNT, at a time of day that no one minds. */
static struct fraud_result
pay(struct fraud *f, const char *account, const char *merchant, int64_t time, double amount)
{
	struct fraud_txn txn = {
		.time = time, .account = account, .account_len = strlen(account),
		.merchant = merchant, .merchant_len = merchant == NULL ? 0 : strlen(merchant),
		.amount = amount,
	};

	return score(f, &txn);
}

/* Twenty accounts that spend about 40, for a month. */
static struct fraud *
usual_bank(int64_t *time)
{
	struct fraud *f = bank_open(false, 1000);

	for (int i = 0; i < 2000; i++) {
		char account[8];

		snprintf(account, sizeof(account), "a%d", i % 20);
		*time = i * BANK_DAY / 50;
		(void)pay(f, account, "shop", *time, 30 + i * 7 % 21);
	}
	return f;
}

START_TEST(odd_amounts)
{
	int64_t time;
	struct fraud *f = usual_bank(&time);
	struct fraud_result usual = pay(f, "a1", "shop", time + 2 * BANK_DAY / 50, 41);
	struct fraud_result odd = pay(f, "a2", "shop", time + 3 * BANK_DAY / 50, 812.4);
	struct fraud_result again = pay(f, "a2", "shop", time + BANK_DAY / 4, 45);
	const char *text;

	ck_assert_double_lt(usual.score, 0.5);
	ck_assert_str_eq(reason(&usual, FRAUD_AMOUNT), "");
	ck_assert_uint_eq(usual.n, 0);
	ck_assert_double_gt(odd.score, 0.8);
	text = reason(&odd, FRAUD_AMOUNT);
	ck_assert_ptr_nonnull(strstr(text, "amount=812.40 usual="));
	ck_assert_int_eq(odd.reason[0].kind, FRAUD_AMOUNT);
	ck_assert_double_eq_tol(odd.reason[0].usual, 40, 3);
	ck_assert_double_gt(odd.reason[0].extra, 20);
	ck_assert_ptr_nonnull(strstr(reason(&odd, FRAUD_TAIL), "one-in="));
	ck_assert_ptr_nonnull(strstr(reason(&odd, FRAUD_MERCHANT_AMOUNT), "merchant-amount="));
	ck_assert_ptr_nonnull(strstr(reason(&again, FRAUD_OUTLIERS), "in 3d"));
	fraud_close(f);
}
END_TEST

START_TEST(one_sign)
{
	int64_t time;
	struct fraud *f = usual_bank(&time), *g = usual_bank(&time);
	struct fraud_result plus = pay(f, "a2", NULL, time, 500);
	struct fraud_result minus = pay(g, "a2", NULL, time, -500);

	DEMAND(plus.score == minus.score);
	ck_assert_double_gt(plus.score, 0.5);
	for (int i = 0; i < 4; i++)
		(void)pay(f, "a3", "", time, (double[]){ 0, 1e300, 1e-300, -0.0 }[i]);
	fraud_close(f);
	fraud_close(g);
}
END_TEST

START_TEST(small_then_large)
{
	int64_t time;
	struct fraud *f = usual_bank(&time);
	struct fraud_result r;

	time += BANK_DAY;
	r = pay(f, "a3", "till", time, 1);
	ck_assert_str_eq(reason(&r, FRAUD_SMALL_RUN), "");
	r = pay(f, "a3", "till", time + 60 * BANK_SECOND, 1.5);
	ck_assert_ptr_nonnull(strstr(reason(&r, FRAUD_SMALL_RUN), "small-run=2.0 amount=1.50"));
	r = pay(f, "a3", "till", time + 250 * BANK_SECOND, 612.4);
	ck_assert_ptr_nonnull(strstr(reason(&r, FRAUD_SMALL_THEN_LARGE),
	    "small-then-large 1.50->612.40 usual="));
	ck_assert_ptr_nonnull(strstr(reason(&r, FRAUD_SMALL_THEN_LARGE), " in 00:03:10"));
	(void)pay(f, "a4", "till", time, 1);
	r = pay(f, "a4", "till", time + 3600 * BANK_SECOND, 612.4);
	ck_assert_ptr_nonnull(strstr(reason(&r, FRAUD_SMALL_THEN_LARGE), " in 01:00:00"));
	(void)pay(f, "a5", "till", time, 1);
	r = pay(f, "a5", "till", time + 3601 * BANK_SECOND, 612.4);
	ck_assert_str_eq(reason(&r, FRAUD_SMALL_THEN_LARGE), "");
	fraud_close(f);
}
END_TEST

START_TEST(warming_up)
{
	int64_t time;
	struct fraud *f = usual_bank(&time);

	for (int i = 0; i < 8; i++) {
		struct fraud_result r = pay(f, "new", "shop", time + i * BANK_DAY, 40);

		DEMAND(r.warming == (i < 5));
		DEMAND((strcmp(reason(&r, FRAUD_WARMING), "") != 0) == (i < 5));
	}
	fraud_close(f);
}
END_TEST

START_TEST(velocity_is_a_reason_only)
{
	int64_t time;
	struct fraud *f = usual_bank(&time);
	struct fraud_result r = { 0 };

	for (int i = 0; i < 8; i++)
		r = pay(f, "a7", "shop", time + BANK_DAY + i * BANK_SECOND, 40);
	ck_assert_ptr_nonnull(strstr(reason(&r, FRAUD_VELOCITY), "velocity="));
	fraud_close(f);
}
END_TEST

/* Those that were not seen for longest go. */
START_TEST(accounts_are_bounded)
{
	struct fraud *f = bank_open(false, 10);
	struct fraud_figures figures;
	struct fraud_result r;

	for (int i = 0; i < 300; i++) {
		char account[16];

		snprintf(account, sizeof(account), "a%d", i % 3 == 0 ? i : 1);
		r = pay(f, account, account, i * BANK_SECOND, 40);
		fraud_figures(f, &figures);
		DEMAND(figures.accounts <= 10 && figures.merchants <= 10);
	}
	ck_assert_uint_eq(figures.accounts_evicted, 91);
	ck_assert_uint_eq(figures.merchants_evicted, 91);
	r = pay(f, "a1", NULL, 301 * BANK_SECOND, 40);
	DEMAND(!r.warming);
	r = pay(f, "a0", NULL, 302 * BANK_SECOND, 40);
	DEMAND(r.warming);
	fraud_close(f);
}
END_TEST

/* Runs payments [FROM, TO), each labelled LATE ones after it; mean scores of genuine and fraud. */
static void
run_bank(struct fraud *f, uint64_t from, uint64_t to, uint64_t late, double mean[2])
{
	double sum[2] = { 0 }, n[2] = { 0 };
	struct payment p;

	for (uint64_t i = from; i < to; i++) {
		if (i >= late) {
			bank_payment(&p, i - late);
			(void)label(f, p.txn.time + 1, p.id, p.is_fraud);
		}
		bank_payment(&p, i);
		sum[p.is_fraud] += score(f, &p.txn).score;
		n[p.is_fraud]++;
	}
	mean[0] = sum[0] / n[0];
	mean[1] = sum[1] / n[1];
}

START_TEST(labels_teach)
{
	struct fraud *f = bank_open(true, 1000);
	struct fraud_figures figures;
	struct fraud_result r = { 0 };
	double mean[2];
	struct payment p;
	bool told = false;

	run_bank(f, 0, 3000, 100, mean);
	run_bank(f, 3000, 6000, 100, mean);
	ck_assert_double_gt(mean[1], 0.5);
	ck_assert_double_lt(mean[0], 0.1);
	fraud_figures(f, &figures);
	ck_assert_uint_eq(figures.labels, 5900);
	ck_assert_uint_eq(figures.waiting, 100);
	ck_assert_uint_eq(figures.unmatched, 0);
	run_bank(f, 6000, 6600, 100, mean);		/* some merchants are bad by now */
	for (uint64_t i = 6600; i < 6800 && !told; i++) {
		bank_payment(&p, i);
		r = score(f, &p.txn);
		told = r.score > 0.5 && p.is_fraud && reason(&r, FRAUD_MERCHANT_RISK)[0] != 0;
	}
	DEMAND(told);
	ck_assert_ptr_nonnull(strstr(reason(&r, FRAUD_MERCHANT_RISK), "merchant-risk="));
	fraud_close(f);
}
END_TEST

/* A label at the very end of the delay counts; what has none after it is genuine. */
START_TEST(labels_in_time)
{
	struct fraud_config config;
	struct fraud_figures figures;
	struct payment p, q;
	struct err err;
	struct fraud *f;

	fraud_config_default(&config);
	config.labels = true;
	config.label_delay = BANK_DAY;
	config.max_waiting = 3;
	f = fraud_open(&config, test_seed, &err);
	bank_payment(&p, 0);
	(void)score(f, &p.txn);
	ck_assert_int_eq(label(f, BANK_DAY, "other", true), 1);
	ck_assert_int_eq(label(f, BANK_DAY, p.id, true), 0);
	ck_assert_int_eq(label(f, BANK_DAY, p.id, true), 1);
	bank_payment(&q, 4);
	(void)score(f, &q.txn);
	ck_assert_int_eq(label(f, q.txn.time + BANK_DAY + 1, q.id, true), 1);
	fraud_figures(f, &figures);
	DEMAND(figures.labels == 2 && figures.frauds == 1 && figures.unmatched == 3);
	for (uint64_t i = 101; i < 106; i++) {
		bank_payment(&p, i);
		(void)score(f, &p.txn);
	}
	fraud_figures(f, &figures);
	DEMAND(figures.waiting == 3 && figures.waiting_evicted == 2);
	fraud_close(f);
}
END_TEST

/* Labels of another stream do nothing where none are wanted. */
START_TEST(no_labels)
{
	struct fraud *f = bank_open(false, 100);
	struct fraud_figures figures;
	struct payment p;

	bank_payment(&p, 0);
	(void)score(f, &p.txn);
	ck_assert_int_eq(label(f, BANK_DAY, p.id, true), 1);
	fraud_figures(f, &figures);
	DEMAND(figures.waiting == 0 && figures.labels == 0);
	fraud_close(f);
}
END_TEST

START_TEST(asking_ahead_changes_nothing)
{
	struct fraud *f = bank_open(false, 100), *g = bank_open(false, 100);
	struct payment p[32];
	struct fraud_txn txn[32];

	for (uint64_t i = 0; i < 640; i++) {
		uint64_t at = i % 32;

		for (uint64_t j = 0; at == 0 && j < 32; j++) {
			bank_payment(&p[j], i + j);
			txn[j] = p[j].txn;
		}
		if (at == 0)
			fraud_ahead(f, txn, 1 + rand_below(40));
		DEMAND(score(f, &txn[at]).score == score(g, &txn[at]).score);
	}
	fraud_close(f);
	fraud_close(g);
}
END_TEST

START_TEST(short_of_memory)
{
	bool reached = true;

	for (uint64_t nth = 1; reached; nth++) {
		struct fraud_config config;
		struct fraud *f;
		struct err err;
		bool failed;

		fraud_config_default(&config);
		config.labels = true;
		fault_set(nth, nth % 2 == 0);
		f = fraud_open(&config, test_seed, &err);
		failed = f == NULL;
		for (uint64_t i = 0; i < 400 && !failed; i++) {
			struct payment p;
			struct fraud_result r;

			bank_payment(&p, i);
			failed = fraud_score(f, &p.txn, &r, &err) == -1;
			if (i > 10)
				(void)fraud_label(f, p.txn.time, "p3", 2, false, &err);
		}
		reached = fault_clear() >= nth;
		DEMAND(failed == reached);
		fraud_close(f);
	}
}
END_TEST

Suite *
fraud_suite(void)
{
	Suite *suite = suite_create("fraud");
	TCase *c = case_add(suite, "core");

	tcase_add_test(c, odd_amounts);
	tcase_add_test(c, one_sign);
	tcase_add_test(c, small_then_large);
	tcase_add_test(c, warming_up);
	tcase_add_test(c, velocity_is_a_reason_only);
	tcase_add_test(c, accounts_are_bounded);
	tcase_add_test(c, labels_teach);
	tcase_add_test(c, labels_in_time);
	tcase_add_test(c, no_labels);
	tcase_add_test(c, asking_ahead_changes_nothing);
	tcase_add_test(c, short_of_memory);
	return suite;
}
