/*
 * Unit tests of judging by a model, of models as bytes and of learning one: src/core/sentiment.c,
 * sentiment_model.c, sentiment_train.c and what they use.
 */

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sentiment.h"
#include "core/sentiment_data.h"
#include "core/sentiment_model.h"
#include "core/sentiment_weigh.h"
#include "util.h"

Suite *sentiment_suite(void);

static struct sentiment
judged(const struct sentiment_model *m, const char *text, int threshold)
{
	struct sentiment_scratch scratch = { NULL };
	struct sentiment out;

	ck_assert_int_eq(sentiment_judge(m, &scratch, text, strlen(text), threshold, &out), 0);
	sentiment_scratch_free(&scratch);
	return out;
}

/* ---- the model of the executable ---- */

static const struct {
	const char *text;
	enum sentiment_label label;
} plain[] = {
	{ "I love this, it is great!", SENTIMENT_POSITIVE },
	{ "I don't like it, it is not good", SENTIMENT_NEGATIVE },
	{ "worst service ever, I am so angry", SENTIMENT_NEGATIVE },
	{ "thank you so much :)", SENTIMENT_POSITIVE },
	{ "this is so sad :(", SENTIMENT_NEGATIVE },
	{ "\U0001f60d\U0001f60d\U0001f60d", SENTIMENT_POSITIVE },
	{ "The meeting is on Tuesday at 10:30", SENTIMENT_NEUTRAL },
	{ "", SENTIMENT_NEUTRAL },
	{ "   ", SENTIMENT_NEUTRAL },
	{ "@someone http://x.example", SENTIMENT_NEUTRAL },
	{ "qwertz asdfgh yxcvbn", SENTIMENT_NEUTRAL },
	{ "\u044d\u0442\u043e \u043f\u043b\u043e\u0445\u043e", SENTIMENT_NEUTRAL },
};

START_TEST(plain_texts)
{
	struct sentiment out = judged(sentiment_model_builtin(), plain[_i].text,
	    SENTIMENT_LIKELIEST);

	ck_assert_int_eq(out.label, plain[_i].label);
	if (out.label == SENTIMENT_NEUTRAL && strlen(plain[_i].text) < 4)
		ck_assert_int_eq(out.score, 0);
}
END_TEST

START_TEST(thresholds)
{
	const struct sentiment_model *m = sentiment_model_builtin();
	int score = judged(m, "I love this, it is great!", SENTIMENT_LIKELIEST).score;

	ck_assert_int_gt(score, 0);
	ck_assert_int_eq(judged(m, "I love this, it is great!", score).label, SENTIMENT_POSITIVE);
	ck_assert_int_eq(judged(m, "I love this, it is great!", score + 1).label,
	    SENTIMENT_NEUTRAL);
	score = judged(m, "worst service ever", SENTIMENT_LIKELIEST).score;
	ck_assert_int_lt(score, 0);
	ck_assert_int_eq(judged(m, "worst service ever", -score).label, SENTIMENT_NEGATIVE);
	ck_assert_int_eq(judged(m, "worst service ever", -score + 1).label, SENTIMENT_NEUTRAL);
	ck_assert_int_eq(judged(m, "", 0).label, SENTIMENT_NEUTRAL);
}
END_TEST

/* The strongest reasons, in order, are pieces of the text, and fewer are the first of more. */
START_TEST(reasons)
{
	static const char text[] = "I love this phone but the battery is terrible :( @shop";
	struct sentiment_scratch scratch = { NULL };
	struct sentiment_reason all[32], two[2];
	const struct sentiment_model *m = sentiment_model_builtin();
	struct sentiment out;
	size_t n, few;

	ck_assert_int_eq(sentiment_explain(m, &scratch, text, sizeof(text) - 1,
	    SENTIMENT_LIKELIEST, &out, all, 32, &n), 0);
	ck_assert_int_eq(sentiment_explain(m, &scratch, text, sizeof(text) - 1,
	    SENTIMENT_LIKELIEST, &out, two, 2, &few), 0);
	ck_assert_uint_eq(few, 2);
	ck_assert_uint_ge(n, 5);
	for (size_t i = 0; i < few; i++) {
		ck_assert_ptr_eq(two[i].text, all[i].text);
		ck_assert_int_eq(two[i].weight, all[i].weight);
	}
	for (size_t i = 0; i < n; i++) {
		ck_assert(all[i].text >= text && all[i].text + all[i].len < text + sizeof(text));
		ck_assert(i == 0 || abs(all[i].weight) <= abs(all[i - 1].weight));
		if (all[i].len == 4 && memcmp(all[i].text, "love", 4) == 0)
			ck_assert_int_gt(all[i].weight, 0);
		if (all[i].len == 8 && memcmp(all[i].text, "terrible", 8) == 0)
			ck_assert_int_lt(all[i].weight, 0);
	}
	sentiment_scratch_free(&scratch);
}
END_TEST

START_TEST(lexicon)
{
	static const char words[] = "blorf\t4\nlove\t-4\n";
	const struct sentiment_model *base = sentiment_model_builtin();
	struct sentiment_model *m;
	struct err err;

	ck_assert_int_eq(sentiment_model_lexicon(&m, base, words, sizeof(words) - 1, &err), 0);
	ck_assert_int_eq(judged(base, "blorf", SENTIMENT_LIKELIEST).score, 0);
	ck_assert_int_eq(judged(m, "blorf", SENTIMENT_LIKELIEST).label, SENTIMENT_POSITIVE);
	ck_assert_int_gt(judged(base, "love it", SENTIMENT_LIKELIEST).score, 0);
	ck_assert_int_lt(judged(m, "love it", SENTIMENT_LIKELIEST).score, 0);
	ck_assert_int_eq(judged(m, "great phone", SENTIMENT_LIKELIEST).score,
	    judged(base, "great phone", SENTIMENT_LIKELIEST).score);
	sentiment_model_free(m);
	ck_assert_int_eq(sentiment_model_lexicon(&m, base, "x", 1, &err), -1);
	ck_assert_str_eq(err.message, "line 1: 'x' has no tab between word and valence");
}
END_TEST

/* The executable's bytes pass all checks that those of a file must; a megabyte at most. */
START_TEST(builtin)
{
	struct sentiment_model *m;
	struct err err;

	ck_assert_int_eq(sentiment_model_read(&m, (const char *)sentiment_data_model,
	    sentiment_data_model_size, &err), 0);
	ck_assert_int_eq(judged(m, "great phone", -1).score,
	    judged(sentiment_model_builtin(), "great phone", -1).score);
	ck_assert_uint_le(sentiment_data_model_size + sentiment_data_words_size, 1 << 20);
	sentiment_model_free(m);
}
END_TEST

/* ---- numbers ---- */

START_TEST(softmax)
{
	for (int a = -20000; a <= 20000; a += 777)
		for (int b = -3000; b <= 3000; b += 501) {
			int32_t z[] = { a, b, 0 };
			double e[] = { exp(a / 1024.0), exp(b / 1024.0), 1 };
			uint32_t p[3];

			weigh_softmax(z, p);
			for (int i = 0; i < 3; i++)
				ck_assert_double_eq_tol(p[i] / 1073741824.0,
				    e[i] / (e[0] + e[1] + e[2]), 4e-6);
		}
}
END_TEST

START_TEST(shrinking)
{
	for (uint32_t n = 1; n < 100000; n += n / 50 + 1)
		ck_assert_double_eq_tol(weigh_shrink(n) / 65536.0, pow(n, -0.25),
		    n < 256 ? 1e-5 : 0.02 * pow(n, -0.25));
}
END_TEST

/* ---- learning ---- */

/* The Ith of some made-up texts, whose label hangs on one word, or on that and "not". */
static enum sentiment_label
example(unsigned i, char *text, size_t size)
{
	static const char *const good[] = { "zig", "zag", "zog" }, *const bad[] = { "fip", "fap" };
	unsigned kind = i % 4, x = i * 7 % 101;

	if (kind == 0)
		snprintf(text, size, "the %s thing w%u x%u", good[i / 4 % 3], x, i);
	else if (kind == 1)
		snprintf(text, size, "the %s thing w%u x%u", bad[i / 4 % 2], x, i);
	else if (kind == 2)
		snprintf(text, size, "the not %s thing w%u x%u", good[i / 4 % 3], x, i);
	else
		snprintf(text, size, "the thing w%u x%u", x, i);
	return kind == 0 ? SENTIMENT_POSITIVE : kind == 3 ? SENTIMENT_NEUTRAL : SENTIMENT_NEGATIVE;
}

/* Examples FIRST, FIRST + STEP ... below N. */
static struct sentiment_trainer *
trainer(unsigned first, unsigned step, unsigned n)
{
	struct sentiment_trainer *t = sentiment_trainer_new();
	char text[100];

	ck_assert_ptr_nonnull(t);
	for (unsigned i = first; i < n; i += step) {
		enum sentiment_label label = example(i, text, sizeof(text));

		ck_assert_int_eq(sentiment_trainer_add(t, label, i % 3, text, strlen(text)), 0);
	}
	return t;
}

static void
learn(struct sentiment_trainer *t, struct buf *model, struct sentiment_report *report)
{
	struct err err;

	ck_assert_int_eq(sentiment_trainer_run(t, report, &err), 0);
	ck_assert_int_eq(sentiment_trainer_write(t, model), 0);
	sentiment_trainer_free(t);
}

START_TEST(learns)
{
	struct buf bytes = { 0 };
	struct sentiment_report r;
	struct sentiment_model *m;
	struct err err;
	size_t sum = 0;

	learn(trainer(0, 1, 4000), &bytes, &r);
	ck_assert_uint_eq(r.examples, 4000);
	ck_assert_uint_ge(r.held, 300);
	ck_assert_uint_le(r.held, 500);
	for (int i = 0; i < 9; i++)
		sum += r.counts[i / 3][i % 3];
	ck_assert_uint_eq(sum, r.held);
	ck_assert_int_ge(r.accuracy, 9900);
	ck_assert_int_ge(r.macro_f1, 9900);
	ck_assert_int_eq(sentiment_model_read(&m, bytes.data, bytes.len, &err), 0);
	ck_assert_int_eq(judged(m, "the zog thing", -1).label, SENTIMENT_POSITIVE);
	ck_assert_int_eq(judged(m, "the not zog thing", -1).label, SENTIMENT_NEGATIVE);
	ck_assert_int_eq(judged(m, "the fip thing", -1).label, SENTIMENT_NEGATIVE);
	ck_assert_int_eq(judged(m, "the thing", -1).label, SENTIMENT_NEUTRAL);
	sentiment_model_free(m);
	buf_free(&bytes);
}
END_TEST

/* The same bytes whatever the order, the batches and the repetitions. */
START_TEST(order_is_nothing)
{
	struct buf one = { 0 }, other = { 0 };
	struct sentiment_trainer *t = trainer(1, 2, 900), *rest = trainer(0, 2, 900);
	struct sentiment_trainer *again = trainer(0, 5, 900);
	struct sentiment_report r;

	learn(trainer(0, 1, 900), &one, &r);
	ck_assert_int_eq(sentiment_trainer_merge(t, rest), 0);
	ck_assert_int_eq(sentiment_trainer_merge(t, again), 0);
	sentiment_trainer_free(rest);
	sentiment_trainer_free(again);
	learn(t, &other, &r);
	ck_assert_uint_eq(r.examples, 900);
	text_same(&other, &one, "the model");
	buf_free(&one);
	buf_free(&other);
}
END_TEST

START_TEST(too_few)
{
	struct sentiment_trainer *t = sentiment_trainer_new();
	struct sentiment_report r;
	struct err err;

	ck_assert_int_eq(sentiment_trainer_run(t, &r, &err), -1);
	ck_assert_str_eq(err.message, "too few examples to learn from: 0 negative, 0 neutral, "
	    "0 positive; two labels need 10 each");
	sentiment_trainer_free(t);
}
END_TEST

/* What fails for want of memory says so, and leaves nothing behind. */
START_TEST(short_of_memory)
{
	for (uint64_t nth = 1;; nth++) {
		struct sentiment_trainer *t;
		struct sentiment_report r;
		struct err err = { .code = ERR_DONE };
		struct buf bytes = { 0 };
		bool failed = true;
		char text[100];

		fault_set(nth, true);
		t = sentiment_trainer_new();
		if (t != NULL) {
			failed = false;
			for (unsigned i = 0; i < 60; i++)
				failed |= sentiment_trainer_add(t,
				    example(i, text, sizeof(text)), 0, text, strlen(text)) == -1;
			if (!failed && sentiment_trainer_run(t, &r, &err) == -1) {
				ck_assert_ptr_nonnull(strstr(err.message, "out of memory"));
				failed = true;
			}
			failed |= !failed && sentiment_trainer_write(t, &bytes) == -1;
		}
		sentiment_trainer_free(t);
		buf_free(&bytes);
		if (fault_clear() < nth) {
			ck_assert(!failed);
			break;
		}
		ck_assert(failed);
	}
}
END_TEST

/* ---- models as bytes ---- */

static void
small_model(struct buf *bytes)
{
	struct sentiment_report r;

	learn(trainer(0, 1, 300), bytes, &r);
}

/* No prefix of a model is one, and no byte of it can be another. */
START_TEST(damaged)
{
	struct buf bytes = { 0 };
	struct sentiment_model *m;
	struct err err;

	small_model(&bytes);
	for (size_t len = 0; len < bytes.len; len += len < 200 ? 1 : 577)
		ck_assert_int_eq(sentiment_model_read(&m, bytes.data, len, &err), -1);
	for (size_t at = 0; at < bytes.len; at += at < 200 ? 1 : 13) {
		bytes.data[at] ^= 4;
		ck_assert_int_eq(sentiment_model_read(&m, bytes.data, bytes.len, &err), -1);
		bytes.data[at] ^= 4;
	}
	ck_assert_int_eq(sentiment_model_read(&m, bytes.data, bytes.len, &err), 0);
	sentiment_model_free(m);
	buf_free(&bytes);
}
END_TEST

START_TEST(foreign)
{
	char other[MODEL_HEAD] = "streamctl sentiment model 9\n";
	struct sentiment_model *m;
	struct err err;

	ck_assert_int_eq(sentiment_model_read(&m, "good\t3\n", 7, &err), -1);
	ck_assert_str_eq(err.message, "is no model that the stage sentiment has written");
	ck_assert_int_eq(sentiment_model_read(&m, other, sizeof(other), &err), -1);
	ck_assert_str_eq(err.message,
	    "is a model of another version of streamctl; learn it again (--train)");
}
END_TEST

Suite *
sentiment_suite(void)
{
	Suite *suite = suite_create("sentiment");
	TCase *tcase = tcase_create("sentiment");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, plain_texts, 0, COUNT(plain));
	tcase_add_test(tcase, thresholds);
	tcase_add_test(tcase, reasons);
	tcase_add_test(tcase, lexicon);
	tcase_add_test(tcase, builtin);
	tcase_add_test(tcase, softmax);
	tcase_add_test(tcase, shrinking);
	tcase_add_test(tcase, learns);
	tcase_add_test(tcase, order_is_nothing);
	tcase_add_test(tcase, too_few);
	tcase_add_test(tcase, short_of_memory);
	tcase_add_test(tcase, damaged);
	tcase_add_test(tcase, foreign);
	suite_add_tcase(suite, tcase);
	return suite;
}
