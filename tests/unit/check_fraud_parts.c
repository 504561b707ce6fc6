/* Unit tests of the pieces of the fraud core, each by itself. */

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fraud_account.h"
#include "core/fraud_bins.h"
#include "core/fraud_learn.h"
#include "core/fraud_math.h"
#include "core/fraud_raw.h"
#include "core/fraud_wait.h"
#include "util.h"

Suite *fraud_parts_suite(void);

static double
rand_unit(void)
{
	return (double)(rand_u64() >> 11) * 0x1p-53;
}

/* About normal: of mean 0 and variance 1. */
static double
rand_normal(void)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += rand_unit();
	return sum;
}

START_TEST(powers_and_logarithms)
{
	for (int i = 0; i < 20000; i++) {
		double x = (rand_unit() - 0.5) * 200, y = exp2(x);

		DEMAND(fabs(fraud_exp2(x) / y - 1) < 1e-10);
		DEMAND(fabs(fraud_log2(y) - x) < 1e-9);
		DEMAND(fabs(fraud_sigmoid(x) - 1 / (1 + exp(-x))) < 1e-10);
		DEMAND(fabs(fraud_softplus(x / 4) - log1p(exp(x / 4))) < 1e-9);
	}
	DEMAND(fraud_exp2(0) == 1 && fraud_exp2(10) == 1024 && fraud_log2(1) == 0);
	DEMAND(fraud_log2(8) == 3 && fraud_log2(0.25) == -2);
	DEMAND(fraud_exp2(-1e9) == 0 && fraud_exp2(NAN) == 0 && isfinite(fraud_exp2(1e9)));
	DEMAND(fraud_fade(-5, 10) == 1 && fraud_fade(0, 10) == 1);
	DEMAND(fabs(fraud_fade(20, 10) - 0.25) < 1e-12);
}
END_TEST

/* Of those that are usual, whatever comes between. */
static void
check_spread(double share, double far)
{
	struct prior prior = { 10, 100, 3 };
	struct spread s = { 0 };
	double mean, sd;

	for (int i = 0; i < 3000; i++) {
		double x = 50 + 10 * rand_normal();

		spread_guess(&s, &prior, &mean, &sd);
		if (i > 200 && rand_unit() < share)
			x = far;
		spread_add(&s, x, mean, sd, 100);
	}
	spread_guess(&s, &prior, &mean, &sd);
	ck_assert_double_lt(fabs(mean - 50), 8);
	ck_assert_double_gt(sd, 7);
	ck_assert_double_lt(sd, 16);
}

START_TEST(outliers_drag_nothing)
{
	check_spread(0, 0);
	check_spread(0.05, 1000);
	check_spread(0.05, 1e9);
	check_spread(0.05, -1e9);
}
END_TEST

START_TEST(little_leans_on_the_prior)
{
	struct prior prior = { 10, 4, 3 };
	struct spread s = { 0 };
	double mean, sd, before;

	spread_guess(&s, &prior, &mean, &sd);
	ck_assert_double_eq_tol(mean, 10, 1e-9);
	ck_assert_double_eq_tol(sd, 2, 1e-6);
	for (int i = 0; i < 50; i++) {
		before = mean;
		spread_add(&s, 14, mean, sd, 100);
		spread_guess(&s, &prior, &mean, &sd);
		DEMAND(mean > before && mean < 14);
	}
	ck_assert_double_gt(mean, 13.5);
}
END_TEST

START_TEST(tails)
{
	static struct tail t;
	static double x[20000];
	double before = 1;

	memset(&t, 0, sizeof(t));
	for (int i = 0; i < COUNT(x); i++) {
		x[i] = exp(3 + rand_normal());
		tail_take(&t, x[i]);
	}
	for (double at = 1e-6; at < 1e13; at *= 1.07) {
		double share = tail_share(&t, at);
		int n = 0;

		for (int i = 0; i < COUNT(x); i++)
			n += x[i] >= at;
		DEMAND(share > 0 && share <= 1 && share <= before);
		DEMAND(share < before || at < 3e-4 || at > 0x1p39);
		DEMAND(fabs(share - (double)n / COUNT(x)) < 0.004);
		before = share;
	}
	for (int i = 0; i < 3000000; i++)
		tail_take(&t, 1);
	DEMAND(t.n < 2.2e6 && t.n > 1e6 && tail_share(&t, 2) < 0.01);
}
END_TEST

/* A view of nothing unusual. */
static struct fraud_view
plain_view(void)
{
	struct fraud_view v = { .gap = FRAUD_DAY, .small_gap = -1, .run_age = -1, .fraud_age = -1 };

	return v;
}

START_TEST(bins_keep_order)
{
	struct fraud_view v = plain_view();
	unsigned before = 0;

	for (v.z = -10; v.z < 30; v.z += 0.25) {
		bins_own(&v);
		DEMAND(v.bin[F_Z] >= before && v.bin[F_Z] < FRAUD_BINS);
		before = v.bin[F_Z];
	}
	ck_assert_uint_eq(before, FRAUD_BINS - 1);
	bins_learned(&v);
	ck_assert_uint_eq(v.bin[F_RUN_AGE], 0);
	v.run_age = 0;
	bins_learned(&v);
	ck_assert_uint_eq(v.bin[F_RUN_AGE], 1);
	v.small = true;
	v.small_run = 3;
	bins_own(&v);
	ck_assert_uint_eq(v.bin[F_SMALL], SMALL_NOW + 6);
}
END_TEST

static void
rand_bins(uint8_t bin[F_ALL])
{
	for (unsigned i = 0; i < F_ALL; i++)
		bin[i] = (uint8_t)rand_below(4);
}

/* Two bins that are a fraud when they are the same: no single one says anything. */
START_TEST(learns_pairs)
{
	struct fraud_learner *l = calloc(1, sizeof(*l));
	uint8_t bin[F_ALL];
	int right = 0;

	rand_bins(bin);
	ck_assert_double_eq(learn_predict(l, bin), 0.5);
	for (int i = 0; i < 30000; i++) {
		rand_bins(bin);
		learn_label(l, bin, bin[F_TAIL] == bin[F_RUN]);
	}
	for (int i = 0; i < 1000; i++) {
		rand_bins(bin);
		right += (learn_predict(l, bin) > 0.5) == (bin[F_TAIL] == bin[F_RUN]);
	}
	ck_assert_int_gt(right, 950);
	free(l);
}
END_TEST

/* What the amount explains, and what only the merchant does. */
START_TEST(explains_by_the_amount)
{
	struct fraud_learner *l = calloc(1, sizeof(*l));
	uint8_t bin[F_ALL];

	for (int i = 0; i < 20000; i++) {
		rand_bins(bin);
		bin[F_Z] = rand_below(20) == 0 ? 15 : 3;
		bin[F_RUN] = rand_below(20) == 0 ? 9 : 0;
		learn_label(l, bin, bin[F_Z] == 15 || bin[F_RUN] == 9);
	}
	rand_bins(bin);
	bin[F_RUN] = 9;
	bin[F_Z] = 3;
	ck_assert_double_lt(learn_explained(l, bin), 0.2);
	ck_assert_double_gt(learn_predict(l, bin), 0.8);
	bin[F_Z] = 15;
	ck_assert_double_gt(learn_explained(l, bin), 0.8);
	free(l);
}
END_TEST

static struct fraud_view
view_merchant(const struct fraud_merchant *m, int64_t time)
{
	static struct fraud_common c;
	struct fraud_txn txn = { .time = time };
	struct fraud_view v = plain_view();

	c.size = c.amount = (struct spread){ 3, 1, 100 };
	v.txn = &txn;
	merchant_view(m, &c, &v);
	v.txn = NULL;
	return v;
}

START_TEST(merchants_risk)
{
	struct fraud_merchant m = { 0 };
	struct fraud_view v;

	v = view_merchant(&m, 100 * FRAUD_DAY);
	ck_assert_double_lt(v.share[1], 0.011);
	ck_assert_double_eq(v.run_age, -1);
	merchant_label(&m, 100 * FRAUD_DAY, true, 0.05);	/* the amount explains it */
	v = view_merchant(&m, 101 * FRAUD_DAY);
	ck_assert_double_lt(v.share[1], 0.15);
	ck_assert_double_eq(v.run_age, -1);
	for (int day = 101; day < 105; day++)
		merchant_label(&m, day * FRAUD_DAY, true, 1);
	v = view_merchant(&m, 105 * FRAUD_DAY);
	ck_assert_double_gt(v.share[1], 0.8);
	ck_assert_double_eq(v.run, 4);
	ck_assert_double_eq(v.run_age, 4);
	ck_assert_double_eq(v.fraud_age, 1);
	merchant_label(&m, 105 * FRAUD_DAY, false, 1);
	v = view_merchant(&m, 105 * FRAUD_DAY);
	DEMAND(v.run == 0 && v.clean == 1 && v.share[0] < v.share[2]);
	v = view_merchant(&m, 400 * FRAUD_DAY);
	ck_assert_double_lt(v.share[1], 0.011);			/* long ago */
}
END_TEST

/* The hour comes to speak where odd amounts come at night, and there alone. */
START_TEST(company_of_odd_amounts)
{
	static struct fraud_sides s[2];

	for (int i = 0; i < 200000; i++) {
		struct fraud_view v = plain_view();
		bool odd = rand_below(400) == 0;

		v.z = odd ? 9 : rand_unit();
		v.tail = odd ? 3 : rand_unit();
		v.clock = (unsigned)rand_below(24);
		for (int night = 0; night < 2; night++) {
			struct fraud_view w = v;

			if (night == 1 && odd)
				w.clock = 2;
			bins_own(&w);
			raw_score(&s[night], &w);
			raw_learn(&s[night], &w);
		}
	}
	for (int night = 0; night < 2; night++) {
		struct fraud_view day = plain_view(), late = plain_view();

		day.z = late.z = 4;
		day.clock = 14;
		late.clock = 2;
		bins_own(&day);
		bins_own(&late);
		raw_score(&s[night], &day);
		raw_score(&s[night], &late);
		DEMAND(day.raw > 0);
		DEMAND((late.raw > day.raw * 2) == (night == 1));
	}
}
END_TEST

START_TEST(long_names)
{
	char name[64];
	struct map_key key = wait_key(NULL, 0), other;
	size_t len;

	DEMAND(key.a == 0 && key.b == 0);
	key = wait_key("sixteen bytes ok", 16);
	DEMAND(memcmp(&key, "sixteen bytes ok", 16) == 0);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "a name of more than sixteen bytes %d", i);
		key = wait_key(name, strlen(name));
		DEMAND(!map_key_is_long(key));
		(void)map_key_bytes(&key, &len);
		ck_assert_uint_eq(len, 16);
		name[0] = 'A';
		other = wait_key(name, strlen(name));
		DEMAND(!map_key_equal(key, other));
		name[0] = 'a';
		other = wait_key(name, strlen(name));
		DEMAND(map_key_equal(key, other));
	}
}
END_TEST

Suite *
fraud_parts_suite(void)
{
	Suite *suite = suite_create("fraud_parts");
	TCase *c = case_add(suite, "parts");

	tcase_add_test(c, powers_and_logarithms);
	tcase_add_test(c, outliers_drag_nothing);
	tcase_add_test(c, little_leans_on_the_prior);
	tcase_add_test(c, tails);
	tcase_add_test(c, bins_keep_order);
	tcase_add_test(c, learns_pairs);
	tcase_add_test(c, explains_by_the_amount);
	tcase_add_test(c, merchants_risk);
	tcase_add_test(c, company_of_odd_amounts);
	tcase_add_test(c, long_names);
	return suite;
}
