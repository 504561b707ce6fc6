/*
 * Unit tests of the rules (src/core/sentiment_rules.c) and of lists of words
 * (src/core/sentiment_list.c): what each rule makes of a valence, and what comes out of a text.
 */

#include <check.h>
#include <string.h>

#include "core/sentiment_list.h"
#include "core/sentiment_rules.h"
#include "base/mem.h"
#include "util.h"

Suite *sentiment_rules_suite(void);

static struct sentiment_text split;
static struct sentiment_list list;
static struct sentiment_outcomes outcomes;

static void
setup(void)
{
	struct err err;

	ck_assert_int_eq(sentiment_list_builtin(&list, &split, &err), 0);
}

static void
teardown(void)
{
	sentiment_list_free(&list);
}

static void
take(const char *text)
{
	struct sentiment_lookup lookup = { .words = sentiment_list_words(&list) };

	sentiment_text_split(&split, scan_best(), text, strlen(text));
	sentiment_rules(&split, &lookup, &outcomes);
}

/* The valence of the token that reads WORD. */
static int
valence_in(const char *text, const char *word)
{
	take(text);
	for (size_t i = 0; i < split.n; i++)
		if (split.token[i].len == strlen(word) &&
		    memcmp(text + split.token[i].at, word, strlen(word)) == 0)
			return split.token[i].valence;
	ck_abort_msg("'%s' has no '%s'", text, word);
	return 0;
}

/* ---- each rule ---- */

enum change { SAME, STRONGER, WEAKER, TURNED, GONE };

static const struct {
	const char *text, *word, *plain;
	enum change change;
} rules[] = {
	/* negation within three words back, not beyond a clause */
	{ "not good", "good", "good", TURNED },
	{ "not a good", "good", "good", TURNED },
	{ "not such a good", "good", "good", TURNED },
	{ "not the least a good", "good", "good", SAME },
	{ "not, good", "good", "good", SAME },
	{ "no. good", "good", "good", SAME },
	{ "don't like", "like", "like", TURNED },
	{ "don\u2019t like", "like", "like", TURNED },
	{ "NEVER good", "good", "good", TURNED },
	{ "without love", "love", "love", TURNED },
	{ "not bad", "bad", "bad", TURNED },
	{ "good not", "good", "good", SAME },
	{ "not but good", "good", "good", SAME },
	/* boosters and dampeners, the less the farther back */
	{ "very good", "good", "good", STRONGER },
	{ "extremely bad", "bad", "bad", STRONGER },
	{ "really good", "good", "a really x x good", STRONGER },
	{ "slightly good", "good", "good", WEAKER },
	{ "kinda bad", "bad", "bad", WEAKER },
	{ "good very", "good", "good", SAME },
	/* capitals count where not all is in capitals */
	{ "a GOOD one", "GOOD", "a good one", STRONGER },
	{ "a BAD one", "BAD", "a bad one", STRONGER },
	{ "A GOOD ONE", "GOOD", "a good one", SAME },
	{ "a Good one", "Good", "a good one", SAME },
	/* elongation */
	{ "gooood", "gooood", "good", STRONGER },
	{ "baaaad", "baaaad", "bad", STRONGER },
};

START_TEST(one_rule)
{
	const char *bare = strstr(rules[_i].text, rules[_i].word) != NULL ? rules[_i].word : "";
	char lower[16] = "";
	int v, plain;

	for (size_t i = 0; bare[i] != '\0'; i++)
		lower[i] = (char)(bare[i] >= 'A' && bare[i] <= 'Z' ? bare[i] + 32 : bare[i]);
	if (strstr(rules[_i].plain, lower) == NULL)
		strcpy(lower, rules[_i].plain);
	plain = valence_in(rules[_i].plain, lower);
	v = valence_in(rules[_i].text, rules[_i].word);
	ck_assert_int_ne(plain, 0);
	if (plain < 0) {
		plain = -plain;
		v = -v;
	}
	ck_assert_msg(rules[_i].change == SAME ? v == plain :
	    rules[_i].change == STRONGER ? v > plain :
	    rules[_i].change == WEAKER ? v > 0 && v < plain : v < 0 && -v < plain,
	    "'%s': %d beside %d", rules[_i].text, v, plain);
}
END_TEST

START_TEST(roles_have_no_valence)
{
	ck_assert_int_eq(valence_in("no very but kinda", "no"), 0);
	ck_assert_int_eq(valence_in("no very but kinda", "very"), 0);
	ck_assert_int_eq(valence_in("no very but kinda", "but"), 0);
	ck_assert_int_eq(valence_in("no very but kinda", "kinda"), 0);
}
END_TEST

static const struct {
	const char *text;
	int sign;
} signs[] = {
	{ ":)", 1 }, { ":-D", 1 }, { "<3", 1 }, { ":(", -1 }, { ":'(", -1 }, { ":-/", -1 },
	{ "\U0001f600", 1 }, { "\u2764\ufe0f", 1 }, { "\U0001f620", -1 }, { "table", 0 },
};

START_TEST(signs_have_valence)
{
	take(signs[_i].text);
	ck_assert_uint_eq(split.n, 1);
	ck_assert_int_eq((split.token[0].valence > 0) - (split.token[0].valence < 0),
	    signs[_i].sign);
}
END_TEST

/* ---- outcomes ---- */

/* Which of the N outcomes from BASE on a text has, or -1. */
static int
outcome(const char *text, unsigned base, unsigned n)
{
	int found = -1;

	take(text);
	for (unsigned i = 0; i < outcomes.n; i++)
		if (outcomes.at[i] >= base && outcomes.at[i] < base + n) {
			ck_assert_int_eq(found, -1);
			found = (int)(outcomes.at[i] - base);
		}
	return found;
}

START_TEST(sums)
{
	ck_assert_int_eq(outcome("table", OUTCOME_SUM, 20), 0);
	ck_assert_int_ge(outcome("good", OUTCOME_SUM, 20), 1);
	ck_assert_int_le(outcome("good", OUTCOME_SUM, 20), 9);
	ck_assert_int_ge(outcome("bad", OUTCOME_SUM, 20), 10);
	ck_assert_int_gt(outcome("good great love", OUTCOME_SUM, 20),
	    outcome("good", OUTCOME_SUM, 20));
	ck_assert_int_eq(outcome("good nice bad", OUTCOME_HITS, 25), 5 * 2 + 1);
	ck_assert_int_ge(outcome("good or bad", OUTCOME_LAST, 9), 5);
	ck_assert_int_le(outcome("good or bad", OUTCOME_FIRST, 9), 4);
}
END_TEST

/* What is behind a "but" counts more than what is before it. */
START_TEST(but)
{
	ck_assert_int_eq(outcome("good bad", OUTCOME_BUT, 3), -1);
	ck_assert_int_eq(outcome("good but bad", OUTCOME_BUT, 3), 2);
	ck_assert_int_eq(outcome("bad but good", OUTCOME_BUT, 3), 1);
	ck_assert_int_ge(outcome("good but bad", OUTCOME_SUM, 20), 10);
	ck_assert_int_le(outcome("bad but good", OUTCOME_SUM, 20), 9);
	ck_assert_int_ge(outcome("bad but good", OUTCOME_SUM, 20), 1);
}
END_TEST

START_TEST(marks)
{
	ck_assert_int_eq(outcome("table", OUTCOME_EXCLAIM, 12), 0);
	ck_assert_int_eq(outcome("table!", OUTCOME_EXCLAIM, 12), 1);
	ck_assert_int_eq(outcome("good!!", OUTCOME_EXCLAIM, 12), 4 + 2);
	ck_assert_int_eq(outcome("bad!!!!!", OUTCOME_EXCLAIM, 12), 8 + 3);
	ck_assert_int_eq(outcome("bad?", OUTCOME_QUESTION, 12), 8 + 1);
	ck_assert_int_eq(outcome("not bad", OUTCOME_NEGATORS, 9), 3 * 1 + 1);
	ck_assert_int_eq(outcome("a GOOD one", OUTCOME_CAPS, 2), 1);
	ck_assert_int_eq(outcome("A GOOD ONE", OUTCOME_CAPS, 2), 0);
	ck_assert_int_eq(outcome("x :)", OUTCOME_SIGNS, 4), 1);
	ck_assert_int_eq(outcome("x :(", OUTCOME_SIGNS, 4), 2);
	ck_assert_int_eq(outcome("x @you", OUTCOME_SEEN, 9), 1);
	ck_assert_int_eq(outcome("x", OUTCOME_SEEN, 9), -1);
}
END_TEST

/* A text has at most as many outcomes as there is room for. */
START_TEST(most_outcomes)
{
	take("@a #b http://c GOOD but not so BAD :) :( !!! ??? nice");
	ck_assert_uint_le(outcomes.n, SENTIMENT_OUTCOMES_MAX);
	for (unsigned i = 0; i < outcomes.n; i++)
		ck_assert_uint_lt(outcomes.at[i], SENTIMENT_OUTCOMES);
}
END_TEST

/* ---- lists ---- */

static const struct {
	const char *text, *message;
} wrong[] = {
	{ "good\t3\nbad", "line 2: 'bad' has no tab between word and valence" },
	{ "good\t3\n\n# x\nbad\tvery", "line 4: 'very' is no valence from -4 to 4" },
	{ "good\t4.1", "line 1: '4.1' is no valence from -4 to 4" },
	{ "good\t-5", "line 1: '-5' is no valence from -4 to 4" },
	{ "good\t", "line 1: '' is no valence from -4 to 4" },
	{ "good\t1\t2", "line 1: '1\t2' is no valence from -4 to 4" },
	{ "two words\t1", "line 1: 'two words' is not one word" },
	{ "\t1", "line 1: '' is not one word" },
	{ "@name\t1", "line 1: '@name' is not one word" },
};

START_TEST(wrong_list)
{
	struct sentiment_list l = { .n = 0 };
	struct err err;

	ck_assert_int_eq(sentiment_list_read(&l, &split, wrong[_i].text, strlen(wrong[_i].text),
	    &err), -1);
	ck_assert_str_eq(err.message, wrong[_i].message);
	ck_assert_ptr_null(l.bucket);
}
END_TEST

START_TEST(right_list)
{
	static const char judged[] = "good bad :-) \u2764\ufe0f nice";
	static const char text[] = "# words\n\nGood\t3\r\nbad\t-2.5\ngood\t4\n:)\t-1\n\u2764\t-0.1";
	struct sentiment_list own = { .n = 0 };
	struct sentiment_lookup lookup = { .words = sentiment_list_words(&list) };
	struct err err;

	ck_assert_int_eq(sentiment_list_read(&own, &split, text, sizeof(text) - 1, &err), 0);
	ck_assert_uint_eq(own.words, 4);
	lookup.own = sentiment_list_words(&own);
	sentiment_text_split(&split, scan_best(), judged, strlen(judged));
	sentiment_rules(&split, &lookup, &outcomes);
	ck_assert_int_eq(split.token[0].valence, 80);
	ck_assert_int_eq(split.token[1].valence, -50);
	ck_assert_int_eq(split.token[2].valence, -20);
	ck_assert_int_eq(split.token[3].valence, -2);
	ck_assert(split.token[3].own && !split.token[4].own);
	ck_assert_int_gt(split.token[4].valence, 0);
	sentiment_list_free(&own);
}
END_TEST

Suite *
sentiment_rules_suite(void)
{
	Suite *suite = suite_create("sentiment_rules");
	TCase *tcase = tcase_create("sentiment_rules");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, one_rule, 0, COUNT(rules));
	tcase_add_test(tcase, roles_have_no_valence);
	tcase_add_loop_test(tcase, signs_have_valence, 0, COUNT(signs));
	tcase_add_test(tcase, sums);
	tcase_add_test(tcase, but);
	tcase_add_test(tcase, marks);
	tcase_add_test(tcase, most_outcomes);
	tcase_add_loop_test(tcase, wrong_list, 0, COUNT(wrong));
	tcase_add_test(tcase, right_list);
	suite_add_tcase(suite, tcase);
	return suite;
}
