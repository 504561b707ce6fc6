/*
 * Unit tests of how dir and tail go on: files that came, went, were renamed, rotated, truncated or
 * copied while nobody was looking are found, and each line comes once.
 */
#include "engine/sys.h"
#include "source_util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *refind_suite(void);

static struct rig rig;
static char dir[128], tail[128];	/* addresses */

static void
setup(void)
{
	files_open();
	rig_open(&rig);
	rand_start(11);
	strcpy(dir, in_folder("dir:in"));
	strcpy(tail, in_folder("tail:in/log"));
	DEMAND(mkdir(in_folder("in"), 0700) == 0);
}

static void
teardown(void)
{
	rig_close(&rig);
	files_close();
}

static void
put_text(const char *path, const char *text)
{
	file_write(path, text, strlen(text));
}

static void
took(const char *text)
{
	const struct buf want = { .data = (char *)(uintptr_t)text, .len = strlen(text) };

	text_same(&rig.out, &want, "lines");
}

static void
run(const char *address, uint64_t stop)
{
	ck_assert_msg(rig_run(&rig, address, stop) == 0, "%s", rig.err.message);
	ck_assert_msg(!rig.failed, "%s", rig.err.message);
}

static void
told(const char *text)
{
	ck_assert_msg(strstr(rig.told.data, text) != NULL, "told: %s", rig.told.data);
}

static void
told_nothing(void)
{
	ck_assert_str_eq(rig.told.data, "");
}

/* ---- dir ---- */

START_TEST(dir_cut_anywhere)
{
	struct buf want = { 0 };

	for (int i = 0; i < 30; i++) {
		struct buf text = { 0 };

		for (uint64_t n = rand_below(200); n > 0; n--)
			text_printf(&text, "%d %llu\n", i, (unsigned long long)rand_u64() >> 20);
		text_printf(&text, "end of %d\n", i);
		file_write(in_folder("in/%03d", i), text.data, text.len);
		text_add(&want, text.data, text.len);
		buf_free(&text);
	}
	for (int round = 0; round < 5; round++) {
		rig.piece = 1 + rand_below(3000);
		rig.eager = round % 2 == 0;
		while (rig.out.len < want.len)
			run(dir, 1 + rand_below(want.len / 4));
		text_same(&rig.out, &want, "files of a directory");
		rig.out.len = 0;
		rig_forget(&rig);
	}
	buf_free(&want);
}
END_TEST

START_TEST(dir_while_down)
{
	put_text(in_folder("in/a"), "a1\na2\n");
	put_text(in_folder("in/b"), "b1\nb2\nb3\n");
	rig.piece = 3;
	run(dir, 7);		/* in the second file */
	took("a1\na2\nb1\n");
	put_text(in_folder("in/c"), "c\n");
	put_text(in_folder("in/0"), "0\n");
	DEMAND(rename(in_folder("in/a"), in_folder("in/z")) == 0);
	DEMAND(rename(in_folder("in/b"), in_folder("in/y")) == 0);
	run(dir, FOR_EVER);
	took("a1\na2\nb1\nb2\nb3\n0\nc\n");
	told_nothing();
	run(dir, FOR_EVER);
	took("a1\na2\nb1\nb2\nb3\n0\nc\n");
	put_text(in_folder("in/c"), "new\n");
	run(dir, FOR_EVER);
	took("a1\na2\nb1\nb2\nb3\n0\nc\nnew\n");
	told_nothing();
}
END_TEST

START_TEST(dir_half_is_gone)
{
	put_text(in_folder("in/a"), "a1\na2\n");
	put_text(in_folder("in/b"), "b\n");
	rig.piece = 3;
	run(dir, 1);
	DEMAND(remove(in_folder("in/a")) == 0);
	run(dir, FOR_EVER);
	took("a1\nb\n");
	told("a was read to byte 3 by the run before, and is gone");
	run(dir, FOR_EVER);
	told_nothing();
}
END_TEST

START_TEST(dir_half_is_restored)
{
	put_text(in_folder("in/a"), "a1\na2\na3\n");
	rig.piece = 3;
	run(dir, 1);
	put_text(in_folder("copy"), "a1\na2\na3\n");
	DEMAND(rename(in_folder("copy"), in_folder("in/a")) == 0);	/* another inode */
	run(dir, FOR_EVER);
	took("a1\na2\na3\n");
	told_nothing();
}
END_TEST

START_TEST(dir_new_only)
{
	rig.host.options.new_only = true;
	put_text(in_folder("in/a"), "a\n");
	run(dir, FOR_EVER);
	took("");
	put_text(in_folder("in/b"), "b\n");	/* new: the run before would have seen it come */
	run(dir, FOR_EVER);
	took("b\n");
}
END_TEST

/* What is forgotten stays so: the inode may be another file's by now. */
START_TEST(dir_log_is_short)
{
	size_t bytes = 0;

	for (int i = 0; i < 60; i++) {
		char text[16];

		(void)snprintf(text, sizeof(text), "%d\n", i + 100);
		put_text(in_folder("in/%d", i), text);
		run(dir, 4);
		DEMAND(remove(in_folder("in/%d", i)) == 0);
	}
	ck_assert_uint_eq(rig.out.len, 240);
	for (size_t i = 0; i < rig.chunks; i++)
		bytes += rig.chunk[i].bytes.len;
	ck_assert_uint_lt(bytes, 60 * 200);
	run(dir, FOR_EVER);
	ck_assert_uint_eq(rig.out.len, 240);
}
END_TEST

START_TEST(dir_written_anew)
{
	struct buf want = { 0 };

	for (int i = 0; i < 20000; i++)
		text_printf(&want, "%d\n", i);
	file_write(in_folder("in/a"), want.data, want.len);
	rig.piece = 8;
	rig.eager = true;
	while (rig.out.len < want.len) {
		run(dir, 1 + rand_below(60000));
		ck_assert_uint_lt(rig.chunks, 4200);
	}
	text_same(&rig.out, &want, "one file");
	buf_free(&want);
}
END_TEST

/* ---- tail ---- */

/* Sets the time of the last write, so that files are as old as the test has it. */
static void
age(const char *path, int seconds)
{
	struct stat st;
	struct timespec times[2];

	DEMAND(stat(path, &st) == 0);
	times[0] = times[1] = st.st_mtim;
	times[0].tv_sec -= seconds;
	times[1].tv_sec -= seconds;
	DEMAND(utimensat(AT_FDCWD, path, times, 0) == 0);
}

#define LONG "lines enough for a file to be known\nby how it begins, even in a copy of it\n"

static void
begin_tail(const char *text, uint64_t stop)
{
	rig.host.options.from = FROM_START;
	put_text(in_folder("in/log"), text);
	run(tail, stop);
}

static void
rotate(const char *name, const char *text)
{
	DEMAND(rename(in_folder("in/log"), in_folder("in/%s", name)) == 0);
	put_text(in_folder("in/log"), text);
}

START_TEST(tail_same_file)
{
	begin_tail("one\ntw", FOR_EVER);

	took("one\n");
	file_append(in_folder("in/log"), "o\nthree\nfo");
	run(tail, FOR_EVER);
	took("one\ntwo\nthree\n");
	file_append(in_folder("in/log"), "ur\n");
	run(tail, FOR_EVER);
	took("one\ntwo\nthree\nfour\n");
	told_nothing();
}
END_TEST

START_TEST(tail_from_the_end)
{
	put_text(in_folder("in/log"), "old\nhalf of");
	run(tail, FOR_EVER);
	file_append(in_folder("in/log"), " an old one\nnew\n");
	run(tail, FOR_EVER);
	took("new\n");
}
END_TEST

START_TEST(tail_came_while_down)
{
	run(tail, FOR_EVER);
	told("waiting");
	put_text(in_folder("in/log"), "one\n");
	run(tail, FOR_EVER);
	took("one\n");
}
END_TEST

START_TEST(tail_rotated)
{
	rig.piece = 4;
	begin_tail("one\ntwo\nhalf", 1);
	took("one\n");
	age(in_folder("in/log"), 10);
	rotate("log.1", "new\n");
	run(tail, FOR_EVER);
	took("one\ntwo\nhalf\nnew\n");
	told_nothing();
	file_append(in_folder("in/log"), "more\n");
	run(tail, FOR_EVER);
	took("one\ntwo\nhalf\nnew\nmore\n");
}
END_TEST

START_TEST(tail_rotated_often)
{
	put_text(in_folder("in/log.2"), "of long ago\n");
	put_text(in_folder("in/log.err"), "another log\n");
	age(in_folder("in/log.2"), 100);
	begin_tail("one\ntwo\n", FOR_EVER);
	file_append(in_folder("in/log"), "three\n");
	age(in_folder("in/log"), 30);
	rotate("log-20261124", "four\n");
	age(in_folder("in/log"), 20);
	rotate("log-20261125", "five\n");
	age(in_folder("in/log"), 10);
	rotate("log-20261126", "six\n");
	run(tail, FOR_EVER);
	took("one\ntwo\nthree\nfour\nfive\nsix\n");
	told("was rotated to log-20261125 since the run before");
	run(tail, FOR_EVER);
	took("one\ntwo\nthree\nfour\nfive\nsix\n");
	told_nothing();
}
END_TEST

START_TEST(tail_rotated_away)
{
	begin_tail("one\ntwo\n", FOR_EVER);

	DEMAND(remove(in_folder("in/log")) == 0);
	put_text(in_folder("in/log.1.gz"), "\x1f\x8b\x08 compressed");
	put_text(in_folder("in/log"), "new, of another length\n");
	run(tail, FOR_EVER);
	took("one\ntwo\nnew, of another length\n");
	ck_assert(strstr(rig.told.data, "is not found") != NULL ||
	    strstr(rig.told.data, "was truncated") != NULL);	/* the inode may be used again */
}
END_TEST

START_TEST(tail_truncated)
{
	begin_tail("one\ntwo\n", FOR_EVER);

	put_text(in_folder("in/log"), "n\n");
	run(tail, FOR_EVER);
	took("one\ntwo\nn\n");
	told("was truncated since the run before, at byte 8");
	put_text(in_folder("in/log"), "longer than it was\n");
	run(tail, FOR_EVER);
	took("one\ntwo\nn\nlonger than it was\n");
	told("was truncated");
}
END_TEST

START_TEST(tail_copied_and_truncated)
{
	begin_tail(LONG "one\n", FOR_EVER);

	put_text(in_folder("in/log.1"), LONG "one\ntwo\n");	/* a copy, then ... */
	put_text(in_folder("in/log"), "new\n");			/* ... truncated */
	run(tail, FOR_EVER);
	took(LONG "one\ntwo\nnew\n");
	told_nothing();
}
END_TEST

START_TEST(tail_restored)
{
	begin_tail(LONG "one\n", FOR_EVER);

	put_text(in_folder("copy"), LONG "one\ntwo\n");
	DEMAND(rename(in_folder("copy"), in_folder("in/log")) == 0);
	run(tail, FOR_EVER);
	took(LONG "one\ntwo\n");
	told_nothing();
}
END_TEST

static struct sys real;

static int
no_copy_open(const char *path, int flags, mode_t mode)
{
	if (strstr(path, "/log.1") == NULL)
		return real.open(path, flags, mode);
	errno = EMFILE;
	return -1;
}

/* What may be the file is not given up because it cannot be opened now. */
START_TEST(tail_copy_not_opened)
{
	begin_tail(LONG "one\n", FOR_EVER);

	put_text(in_folder("in/log.1"), LONG "one\ntwo\n");
	put_text(in_folder("in/log"), "new\n");
	real = sys;
	sys.open = no_copy_open;
	ck_assert_int_eq(rig_run(&rig, tail, FOR_EVER), -1);
	ck_assert_ptr_nonnull(strstr(rig.err.message, "log.1: open: Too many open files"));
	sys = real;
	run(tail, FOR_EVER);
	took(LONG "one\ntwo\nnew\n");
	told_nothing();
}
END_TEST

/* ---- damage ---- */

static bool
load_damaged(const char *address, const char *bytes, size_t len)
{
	rig_forget(&rig);
	rig.chunk = calloc(1, sizeof(*rig.chunk));
	rig.chunks = 1;
	text_add(&rig.chunk[0].bytes, bytes, len);
	return rig_run(&rig, address, 1) == -1;
}

START_TEST(damaged)
{
	const char *address = _i == 0 ? dir : tail;
	struct buf saved = { 0 }, bad = { 0 };
	int found = 0;

	rig.host.options.from = FROM_START;
	rig.piece = 4;
	put_text(in_folder("in/log"), "one\ntwo\n");
	run(address, 1);
	for (size_t i = 0; i < rig.chunks; i++)
		text_add(&saved, rig.chunk[i].bytes.data, rig.chunk[i].bytes.len);
	ck_assert_uint_gt(saved.len, 20);
	rig.dry = true;
	for (int i = 0; i < 100; i++) {
		bad.len = 0;
		text_add(&bad, saved.data, i % 2 == 0 ? 1 + rand_below(saved.len - 1) : saved.len);
		for (uint64_t n = 1 + rand_below(3); n > 0; n--)
			bad.data[rand_below(bad.len)] = (char)rand_below(256);
		if (load_damaged(address, bad.data, bad.len)) {
			ck_assert_ptr_nonnull(strstr(rig.err.message, "position is damaged"));
			found++;
		}
	}
	ck_assert_int_gt(found, 30);
	buf_free(&saved);
	buf_free(&bad);
}
END_TEST

Suite *
refind_suite(void)
{
	Suite *suite = suite_create("refind");
	TCase *tcase = case_add(suite, "sources");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, dir_cut_anywhere);
	tcase_add_test(tcase, dir_while_down);
	tcase_add_test(tcase, dir_half_is_gone);
	tcase_add_test(tcase, dir_half_is_restored);
	tcase_add_test(tcase, dir_new_only);
	tcase_add_test(tcase, dir_log_is_short);
	tcase_add_test(tcase, dir_written_anew);
	tcase_add_test(tcase, tail_same_file);
	tcase_add_test(tcase, tail_from_the_end);
	tcase_add_test(tcase, tail_came_while_down);
	tcase_add_test(tcase, tail_rotated);
	tcase_add_test(tcase, tail_rotated_often);
	tcase_add_test(tcase, tail_rotated_away);
	tcase_add_test(tcase, tail_truncated);
	tcase_add_test(tcase, tail_copied_and_truncated);
	tcase_add_test(tcase, tail_restored);
	tcase_add_test(tcase, tail_copy_not_opened);
	tcase_add_loop_test(tcase, damaged, 0, 2);
	return suite;
}
