/*
 * Unit tests of how a text becomes tokens (src/core/sentiment_text.c, sentiment_gap.c,
 * sentiment_word.c, sentiment_emoticon.c): what is one, what is skipped, which are the same.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sentiment_text.h"
#include "util.h"

Suite *sentiment_text_suite(void);

static struct sentiment_text split;

static void
take(const char *text)
{
	sentiment_text_split(&split, scan_best(), text, strlen(text));
}

/* ---- tokens ---- */

static const struct {
	const char *text;
	const char *tokens;	/* each behind a letter: Word, Sign, Mark; a bar behind each */
} cases[] = {
	{ "", "" },
	{ "   ", "" },
	{ "one two", "Wone|Wtwo|" },
	{ "don't 'quoted' it's'", "Wdon't|Wquoted|Wit's|" },
	{ "well-known a/b c_d", "Wwell|Wknown|Wa|Wb|Wc|Wd|" },
	/* skipped: addresses and mentions; of a hashtag the word counts */
	{ "see http://x.example/good?a=b now", "Wsee|Wnow|" },
	{ "see https://x.example/good.", "Wsee|" },
	{ "www.good.example is", "Wis|" },
	{ "http is a word, www too", "Whttp|Wis|Wa|Wword|Wwww|Wtoo|" },
	{ "thanks @good_Guy99, bye", "Wthanks|Wbye|" },
	{ "#good day", "Wgood|Wday|" },
	{ "Tom &amp; Jerry &quot;x&quot; &lt;3", "WTom|WJerry|Wx|S&lt;3|" },
	{ "a & b", "Wa|Wb|" },
	/* marks: runs */
	{ "no! no!! no?! no...", "Wno|M!|Wno|M!!|Wno|M?!|Wno|M...|" },
	{ "f**k this.", "Wf|M**|Wk|Wthis|" },
	{ "one. two, three", "Wone|Wtwo|Wthree|" },
	/* emoticons */
	{ ":) :-) =) :D ;) :( :'( :/ <3 </3 ^_^ -_- (: \\o/",
	    "S:)|S:-)|S=)|S:D|S;)|S:(|S:'(|S:/|S<3|S</3|S^_^|S-_-|S(:|S\\o/|" },
	{ "good:))) bad:(", "Wgood|S:)))|Wbad|S:(|" },
	{ "at 3:30, 10:00", "Wat|W3|W30|W10|W00|" },
	{ "list:(a) x=(y) a:b file:///x", "Wlist|Wa|Wx|Wy|Wa|Wb|Wfile|Wx|" },
	{ ":Dear :P :paris", "WDear|S:P|Wparis|" },
	{ "a < b > c", "Wa|Wb|Wc|" },
	{ ":", "" },
	{ ":-", "" },
	/* UTF-8 */
	{ "don\u2019t \u201cstop\u201d now\u2026ok", "Wdon\u2019t|Wstop|Wnow|Wok|" },
	{ "caf\u00e9 na\u00efve", "Wcaf\u00e9|Wna\u00efve|" },
	{ "nice\U0001f600day \u2764\ufe0f", "Wnice|S\U0001f600|Wday|S\u2764|" },
	{ "\U0001f44d\U0001f3fd ok", "S\U0001f44d|Wok|" },
	{ "a\xff" "b \xe2\x80", "Wa|Wb|" },
	{ "yen \u00a5\u20ac", "Wyen|" },
};

START_TEST(tokens)
{
	char got[512] = "";

	take(cases[_i].text);
	for (size_t i = 0; i < split.n; i++) {
		const struct sentiment_token *t = &split.token[i];

		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%c%.*s|", "WSM"[t->kind],
		    (int)t->len, cases[_i].text + t->at);
	}
	ck_assert_str_eq(got, cases[_i].tokens);
}
END_TEST

/* ---- keys ---- */

static const struct {
	const char *one, *other;
	bool same;
} keys[] = {
	{ "Good", "good", true },
	{ "GOOD", "good", true },
	{ "good", "goods", false },
	{ "don't", "don\u2019t", true },
	{ "don`t", "don't", true },
	{ "\u00c9t\u00e9", "\u00e9t\u00e9", true },
	{ "sooooo", "sooo", true },
	{ "sooo", "soo", true },
	{ "soo", "so", false },
	{ "1000", "100", false },		/* digits are no elongation */
	{ "#good", "good", true },
	{ ":)", ":-)))", true },
	{ ":)", "=]", true },
	{ ":)", ":(", false },
	{ ":)", ";)", false },
	{ "\u2764", "\u2764\ufe0f", true },
	{ "\U0001f44d", "\U0001f44d\U0001f3fd", true },
	{ "\U0001f600", "\U0001f620", false },
	{ "!!!", "!!!!!!", true },
	{ "!", "!!", false },
	{ "?!", "!?", true },
	{ "abcdefgh", "abcdefghi", false },
	{ "abcdefghijklmnopqrst", "abcdefghijklmnopqrsu", false },
};

START_TEST(same_key)
{
	uint64_t one;

	take(keys[_i].one);
	ck_assert_uint_eq(split.n, 1);
	one = split.token[0].key;
	take(keys[_i].other);
	ck_assert_uint_eq(split.n, 1);
	ck_assert_int_eq(one == split.token[0].key, keys[_i].same);
}
END_TEST

/* An elongated word may be any that is shorter: "loooove" is "love", "happyyyy" is "happy". */
START_TEST(bare_key)
{
	take("loooove happyyyy coooool good");
	ck_assert_uint_eq(split.token[0].bare, sentiment_key("love", 4));
	ck_assert_uint_eq(split.token[1].bare, sentiment_key("happy", 5));
	ck_assert_uint_eq(split.token[2].key, sentiment_key("cool", 4));
	ck_assert_uint_eq(split.token[3].bare, split.token[3].key);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq((split.token[i].flags & SENTIMENT_LONG) != 0, i < 3);
}
END_TEST

/* ---- flags ---- */

static const struct {
	const char *text;
	size_t token;
	unsigned flags, not;
} flags[] = {
	{ "very GOOD day", 1, SENTIMENT_CAPS, 0 },
	{ "very Good day", 1, 0, SENTIMENT_CAPS },
	{ "I am", 0, 0, SENTIMENT_CAPS },
	{ "very GOOOOD day", 1, SENTIMENT_CAPS | SENTIMENT_LONG, 0 },
	{ "not, good", 1, SENTIMENT_BREAK, 0 },
	{ "not. good", 1, SENTIMENT_BREAK, 0 },
	{ "not \u2014 good", 1, SENTIMENT_BREAK, 0 },
	{ "not good", 1, 0, SENTIMENT_BREAK },
	{ "not-good", 1, 0, SENTIMENT_BREAK },
};

START_TEST(token_flags)
{
	take(flags[_i].text);
	ck_assert_uint_gt(split.n, flags[_i].token);
	ck_assert_uint_eq(split.token[flags[_i].token].flags & flags[_i].flags, flags[_i].flags);
	ck_assert_uint_eq(split.token[flags[_i].token].flags & flags[_i].not, 0);
}
END_TEST

START_TEST(what_was_seen)
{
	take("@you #tag http://x !? !");
	ck_assert_uint_eq(split.seen, SENTIMENT_SEEN_MENTION | SENTIMENT_SEEN_HASHTAG |
	    SENTIMENT_SEEN_URL | SENTIMENT_SEEN_LOWER);
	ck_assert_uint_eq(split.exclaims, 2);
	ck_assert_uint_eq(split.questions, 1);
	take("ALL CAPS");
	ck_assert_uint_eq(split.seen, 0);
}
END_TEST

/* ---- length ---- */

/* Only the front of a long text counts, and no half word. */
START_TEST(long_text)
{
	static char text[3 * SENTIMENT_TEXT_MAX];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 5 == 4 ? ' ' : 'w';
	sentiment_text_split(&split, scan_best(), text, sizeof(text));
	ck_assert_uint_ge(split.n, SENTIMENT_TEXT_MAX / 5 - 1);
	ck_assert_uint_le(split.n, SENTIMENT_TEXT_MAX / 5 + 1);
	for (size_t i = 0; i < split.n; i++)
		ck_assert_uint_eq(split.token[i].len, 4);
	memset(text, 'w', sizeof(text));
	sentiment_text_split(&split, scan_best(), text, sizeof(text));
	ck_assert_uint_eq(split.n, 1);
}
END_TEST

/* As many tokens as there can be. */
START_TEST(dense_text)
{
	static char text[SENTIMENT_TEXT_MAX];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'a' : '!';
	sentiment_text_split(&split, scan_best(), text, sizeof(text));
	ck_assert_uint_eq(split.n, sizeof(text));
}
END_TEST

/* Pieces cut anywhere are read no further than they are long. */
START_TEST(cut_anywhere)
{
	static const char text[] =
	    "@a http://b.c :-( don\u2019t &lt;3 \U0001f600 f** soooo #x www.y !?";

	for (size_t from = 0; from < sizeof(text); from++)
		for (size_t len = 0; from + len < sizeof(text); len++) {
			char *piece = malloc(len + 1);

			memcpy(piece, text + from, len);
			piece = realloc(piece, len > 0 ? len : 1);
			sentiment_text_split(&split, scan_best(), piece, len);
			for (size_t i = 0; i < split.n; i++) {
				ck_assert_uint_le(split.token[i].at + split.token[i].len, len);
				ck_assert_uint_gt(split.token[i].len, 0);
			}
			free(piece);
		}
}
END_TEST

Suite *
sentiment_text_suite(void)
{
	Suite *suite = suite_create("sentiment_text");
	TCase *tcase = tcase_create("sentiment_text");

	tcase_add_loop_test(tcase, tokens, 0, COUNT(cases));
	tcase_add_loop_test(tcase, same_key, 0, COUNT(keys));
	tcase_add_test(tcase, bare_key);
	tcase_add_loop_test(tcase, token_flags, 0, COUNT(flags));
	tcase_add_test(tcase, what_was_seen);
	tcase_add_test(tcase, long_text);
	tcase_add_test(tcase, dense_text);
	tcase_add_test(tcase, cut_anywhere);
	suite_add_tcase(suite, tcase);
	return suite;
}
