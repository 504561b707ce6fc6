/*
 * Unit tests of src/base/near.c: words that are near enough or not, and random pairs against the
 * plain recursive definition of the distance.
 */

#include <check.h>
#include <string.h>

#include "base/near.h"
#include "util.h"

Suite *near_suite(void);

static const char *const known[] = { "wordcount", "count", "countby", "top", "grep" };

static const struct {
	const char *word;
	const char *best;	/* NULL: none */
} cases[] = {
	{ "wordcuont", "wordcount" },		/* two neighbours swapped */
	{ "worcount", "wordcount" },
	{ "wordcounts", "wordcount" },
	{ "wurdcaunt", "wordcount" },
	{ "wurdcaant", NULL },			/* three edits */
	{ "cuont", "count" },
	{ "countdy", "countby" },
	{ "counter", "count" },			/* as near to countby, which comes later */
	{ "cout", "count" },
	{ "otp", "top" },
	{ "tpo", "top" },
	{ "to", "top" },
	{ "ti", NULL },				/* two edits of three bytes */
	{ "t", NULL },
	{ "", NULL },
	{ "grpe", "grep" },
	{ "egrpe", NULL },
	{ "Grep", "grep" },
	{ "GREP", NULL },
	{ "xyzzy", NULL },
	{ "count", "count" },
	{ "a-word-that-is-much-too-long-to-be-compared", NULL },
};

START_TEST(known_words)
{
	struct near n;

	near_start(&n, cases[_i].word, strlen(cases[_i].word));
	for (int i = 0; i < COUNT(known); i++)
		near_try(&n, known[i]);
	if (cases[_i].best == NULL)
		ck_assert_ptr_null(n.best);
	else
		ck_assert_str_eq(n.best, cases[_i].best);
}
END_TEST

static unsigned
least(unsigned x, unsigned y)
{
	return x < y ? x : y;
}

/* Restricted edit distance by its definition. */
static unsigned
distance(const char *x, size_t i, const char *y, size_t k)
{
	unsigned d;

	if (i == 0 || k == 0)
		return (unsigned)(i + k);
	d = least(distance(x, i - 1, y, k), distance(x, i, y, k - 1)) + 1;
	d = least(d, distance(x, i - 1, y, k - 1) + (x[i - 1] != y[k - 1]));
	if (i > 1 && k > 1 && x[i - 1] == y[k - 2] && x[i - 2] == y[k - 1])
		d = least(d, distance(x, i - 2, y, k - 2) + 1);
	return d;
}

static size_t
random_word(char *out)
{
	size_t len = rand_below(7);

	for (size_t i = 0; i < len; i++)
		out[i] = (char)('a' + rand_below(3));
	out[len] = '\0';
	return len;
}

START_TEST(random_pairs)
{
	for (int round = 0; round < 1500; round++) {
		char x[8], y[8];
		size_t xlen = random_word(x), ylen = random_word(y);
		unsigned want = distance(x, xlen, y, ylen);
		bool near_enough = want <= 2 && want * 3 <= (xlen > ylen ? xlen : ylen);
		struct near n;

		near_start(&n, x, xlen);
		near_try(&n, y);
		if ((n.best != NULL) != near_enough || (near_enough && n.distance != want))
			ck_abort_msg("'%s' and '%s': %u", x, y, want);
	}
}
END_TEST

START_TEST(longest_words)
{
	char word[NEAR_MAX + 2], other[NEAR_MAX + 2];
	struct near n;

	memset(word, 'w', sizeof(word));
	memset(other, 'w', sizeof(other));
	other[NEAR_MAX - 1] = 'v';
	other[NEAR_MAX] = '\0';
	near_start(&n, word, NEAR_MAX);
	near_try(&n, other);
	ck_assert_ptr_eq(n.best, other);
	near_start(&n, word, NEAR_MAX + 1);
	near_try(&n, other);
	ck_assert_ptr_null(n.best);
	other[NEAR_MAX] = 'w';
	other[NEAR_MAX + 1] = '\0';
	near_start(&n, word, NEAR_MAX);
	near_try(&n, other);
	ck_assert_ptr_null(n.best);
}
END_TEST

Suite *
near_suite(void)
{
	Suite *suite = suite_create("near");
	TCase *tc = case_add(suite, "near");

	tcase_add_loop_test(tc, known_words, 0, COUNT(cases));
	tcase_add_test(tc, random_pairs);
	tcase_add_test(tc, longest_words);
	return suite;
}
