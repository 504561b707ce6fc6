/*
 * Unit tests of src/core/opt.c: what the callback is told of each word of a command line, as one
 * line of text, or the error and the word it is about.
 */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/opt.h"
#include "util.h"

Suite *opt_suite(void);

#define BASE 100		/* the index of the first word, for errors */

static const struct opt first[] = {
	{ "window", 'w', 1, "DUR", "help" },
	{ "slide", 's', 2, "DUR", "help" },
	{ "fold", 'f', 3, NULL, "help" },
	{ 0 },
};

static const struct opt second[] = {
	{ "help", 'h', 4, NULL, "help" },
	{ "on-eof", 0, 5, "WHAT", "help" },
	{ "folder", 0, 6, NULL, "help" },
	{ 0 },
};

static const struct opt *const tables[] = { first, second, NULL };

/* Notes id=value@word for each. */
static int
note(void *arg, int id, const char *value, int word, struct err *err)
{
	struct buf *told = arg;

	if (value != NULL && strcmp(value, "refuse") == 0)
		return err_word(err, word, "refused");
	text_printf(told, "%d=%s@%d ", id, value == NULL ? "" : value, word - BASE);
	return 0;
}

static const struct {
	const char *line;
	const char *told;
	int read;		/* words, when the first that is no option ends it; 0: all */
} good[] = {
	{ "cmd", "", 0 },
	{ "cmd --fold", "3=@1 ", 0 },
	{ "cmd -f", "3=@1 ", 0 },
	{ "cmd --window 1s", "1=1s@2 ", 0 },
	{ "cmd --window=1s", "1=1s@1 ", 0 },
	{ "cmd --window=", "1=@1 ", 0 },
	{ "cmd --window=a=b", "1=a=b@1 ", 0 },
	{ "cmd -w 1s", "1=1s@2 ", 0 },
	{ "cmd -w1s", "1=1s@1 ", 0 },
	{ "cmd -w=1s", "1==1s@1 ", 0 },
	{ "cmd -fh", "3=@1 4=@1 ", 0 },
	{ "cmd -fw1s -h", "3=@1 1=1s@1 4=@2 ", 0 },
	{ "cmd -fw 1s -h", "3=@1 1=1s@2 4=@3 ", 0 },
	{ "cmd -ffhf", "3=@1 3=@1 4=@1 3=@1 ", 0 },
	{ "cmd --on-eof wait", "5=wait@2 ", 0 },
	{ "cmd --folder --fold", "6=@1 3=@2 ", 0 },
	{ "cmd a", "-1=a@1 ", 1 },
	{ "cmd a b", "-1=a@1 -1=b@2 ", 1 },
	{ "cmd a --fold b -w 1s", "-1=a@1 3=@2 -1=b@3 1=1s@5 ", 1 },
	{ "cmd -f a -h b", "3=@1 -1=a@2 4=@3 -1=b@4 ", 2 },
	{ "cmd -", "-1=-@1 ", 1 },
	{ "cmd - -f", "-1=-@1 3=@2 ", 1 },
	{ "cmd --", "", 2 },
	{ "cmd -- -f", "-1=-f@2 ", 2 },
	{ "cmd -f -- --fold --", "3=@1 -1=--fold@3 -1=--@4 ", 3 },
	{ "cmd a -- -f", "-1=a@1 -1=-f@3 ", 1 },
	{ "cmd -- --", "-1=--@2 ", 2 },
	{ "cmd -w -f -h", "1=-f@2 4=@3 ", 0 },
	{ "cmd -w -- a -f", "1=--@2 -1=a@3 3=@4 ", 3 },
	{ "cmd --window -- -f", "1=--@2 3=@3 ", 0 },
};

START_TEST(tells)
{
	struct buf told = { 0 };
	struct words w;
	struct err err = { 0 };
	int read;

	words_split(&w, good[_i].line);
	read = opt_parse(tables, w.word, w.n, BASE, false, note, &told, &err);
	if (read != w.n)
		ck_abort_msg("%s: %d: %s", good[_i].line, read, err.message);
	text_add(&told, "", 1);
	ck_assert_str_eq(told.data, good[_i].told);
	buf_free(&told);
	read = opt_parse(tables, w.word, w.n, BASE, true, note, &told, &err);
	ck_assert_int_eq(read, good[_i].read == 0 ? w.n : good[_i].read);
	buf_free(&told);
}
END_TEST

static const struct {
	const char *line;
	int word;
	const char *message;
} bad[] = {
	{ "cmd -x", 1, "unknown option '-x'" },
	{ "cmd -fx", 1, "unknown option '-x'" },
	{ "cmd a -x", 2, "unknown option '-x'" },
	{ "cmd --xyzzy", 1, "unknown option '--xyzzy'" },
	{ "cmd --windwo 1s", 1, "unknown option '--windwo', did you mean '--window'?" },
	{ "cmd --windwo=1s", 1, "unknown option '--windwo', did you mean '--window'?" },
	{ "cmd --wind 1s", 1, "unknown option '--wind', did you mean '--window'?" },
	{ "cmd --w 1s", 1, "unknown option '--w'" },
	{ "cmd --wind", 1, "unknown option '--wind', did you mean '--window'?" },
	{ "cmd --fol", 1, "unknown option '--fol', did you mean '--fold'?" },
	{ "cmd --hel=1", 1, "unknown option '--hel', did you mean '--help'?" },
	{ "cmd --Fold", 1, "unknown option '--Fold', did you mean '--fold'?" },
	{ "cmd --window", 1, "option '--window' needs a value: DUR" },
	{ "cmd -f --on-eof", 2, "option '--on-eof' needs a value: WHAT" },
	{ "cmd -w", 1, "option '-w' needs a value: DUR" },
	{ "cmd --fold=yes", 1, "option '--fold' takes no value" },
	{ "cmd --fold=", 1, "option '--fold' takes no value" },
	{ "cmd --window refuse", 2, "refused" },
	{ "cmd --window=refuse", 1, "refused" },
	{ "cmd -wrefuse", 1, "refused" },
	{ "cmd -f refuse", 2, "refused" },
	{ "cmd -- -f refuse", 3, "refused" },
};

START_TEST(refuses)
{
	struct buf told = { 0 };
	struct words w;
	struct err err = { 0 };

	words_split(&w, bad[_i].line);
	ck_assert_int_eq(opt_parse(tables, w.word, w.n, BASE, false, note, &told, &err), -1);
	ck_assert_str_eq(err.message, bad[_i].message);
	ck_assert_int_eq(err.word, BASE + bad[_i].word);
	ck_assert_int_eq(err.code, ERR_USAGE);
	buf_free(&told);
}
END_TEST

/* The word behind the last is another stage's and is never taken for a value. */
START_TEST(stays_within_its_words)
{
	struct buf told = { 0 };
	struct words w;
	struct err err = { 0 };

	words_split(&w, "cmd --fold --window then 1s");
	ck_assert_int_eq(opt_parse(tables, w.word, 3, BASE, false, note, &told, &err), -1);
	ck_assert_str_eq(err.message, "option '--window' needs a value: DUR");
	ck_assert_int_eq(opt_parse(tables, w.word, 2, BASE, false, note, &told, &err), 2);
	buf_free(&told);
}
END_TEST

/* No state is left from one parse, finished or not, to the next. */
START_TEST(starts_anew)
{
	for (int i = 0; i < 2000; i++) {
		const char *line = i % 2 == 0 ? bad[rand_below(COUNT(bad))].line :
		    good[rand_below(COUNT(good))].line;
		struct buf told = { 0 };
		struct words w;
		struct err err;
		size_t k = rand_below(COUNT(good));

		words_split(&w, line);
		(void)opt_parse(tables, w.word, w.n, BASE, i % 3 == 0, note, &told, &err);
		told.len = 0;
		words_split(&w, good[k].line);
		(void)opt_parse(tables, w.word, w.n, BASE, false, note, &told, &err);
		text_add(&told, "", 1);
		if (strcmp(told.data, good[k].told) != 0)
			ck_abort_msg("'%s' behind '%s': %s", good[k].line, line, told.data);
		buf_free(&told);
	}
}
END_TEST

Suite *
opt_suite(void)
{
	Suite *suite = suite_create("opt");
	TCase *tc = case_add(suite, "opt");

	tcase_add_loop_test(tc, tells, 0, COUNT(good));
	tcase_add_loop_test(tc, refuses, 0, COUNT(bad));
	tcase_add_test(tc, stays_within_its_words);
	tcase_add_test(tc, starts_anew);
	return suite;
}
