/*
 * Unit tests of src/engine/journal.c: entries come back in order with all that they had, those that
 * a commit covers go, an entry that was cut short ends the journal wherever it was cut, and of
 * damaged bytes nothing is given that was not put.
 */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/journal.h"
#include "engine/sys.h"
#include "util.h"

Suite *journal_suite(void);

#define MOST 600

static char folder[FOLDER_ROOM], path[96];
static struct sys real;

/* Entries that were put and may come back, from 1. */
static struct model {
	struct {
		int	 source;
		uint64_t records;
		char	*bytes;		/* header, then text */
		size_t	 header, len;
	} entry[MOST + 1];
	uint64_t last;
} model;

static void
setup(void)
{
	real = sys;
	test_folder(folder, "journal");
	(void)snprintf(path, sizeof(path), "%s/state", folder);
}

static void
teardown(void)
{
	char command[128];

	sys = real;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
	while (model.last > 0)
		free(model.entry[model.last--].bytes);
}

static void
must_open(struct journal *j, bool sync)
{
	struct err err;

	if (journal_open(j, path, true, sync, &err) == -1)
		ck_abort_msg("%s", err.message);
}

/* A random entry, which becomes the model's next if it is taken. */
static int
add(struct journal *j, size_t most, struct err *err)
{
	uint64_t n = model.last + 1;
	struct journal_entry e = {
		.source = (int)rand_below(4) - 1, .records = rand_below(1000),
		.header_len = rand_below(3) * rand_below(20), .len = 1 + rand_below(most),
	};
	char *bytes = malloc(e.header_len + e.len);
	int rc;

	DEMAND(n <= MOST);
	rand_bytes(bytes, e.header_len + e.len);
	e.header = bytes;
	e.text = bytes + e.header_len;
	rc = journal_add(j, &e, err);
	if (rc == -1) {
		free(bytes);
		return -1;
	}
	DEMAND(e.number == n);
	model.entry[n].source = e.source;
	model.entry[n].records = e.records;
	model.entry[n].bytes = bytes;
	model.entry[n].header = e.header_len;
	model.entry[n].len = e.len;
	model.last = n;
	return 0;
}

static void
must_add(struct journal *j, size_t most)
{
	struct err err;

	if (add(j, most, &err) == -1)
		ck_abort_msg("%s", err.message);
}

/* ---- replaying ---- */

struct taken {
	uint64_t next;			/* the entry that comes now */
	uint64_t gaps;			/* entries that did not come, and later ones did */
	uint64_t refuse;		/* this one is not taken */
};

static int
take(void *arg, const struct journal_entry *e, struct err *err)
{
	struct taken *t = arg;
	uint64_t n = e->number;

	if (n == t->refuse)
		return err_set(err, ERR_RUN, "not taken");
	DEMAND(n >= t->next && n <= model.last);
	t->gaps += n - t->next;
	t->next = n + 1;
	DEMAND(e->source == model.entry[n].source && e->records == model.entry[n].records);
	DEMAND(e->header_len == model.entry[n].header && e->len == model.entry[n].len);
	DEMAND(memcmp(e->header, model.entry[n].bytes, e->header_len) == 0);
	DEMAND(memcmp(e->text, model.entry[n].bytes + e->header_len, e->len) == 0);
	return 0;
}

/* Another run: all behind AFTER comes, up to LAST. */
static void
must_replay(struct journal *j, uint64_t after, uint64_t last)
{
	struct taken t = { .next = after + 1 };
	struct err err;

	must_open(j, false);
	if (journal_replay(j, after, take, &t, &err) == -1)
		ck_abort_msg("%s", err.message);
	ck_assert_uint_eq(t.next, last + 1);
	ck_assert_uint_eq(t.gaps, 0);
}

static uint64_t
file_size(int number)
{
	char name[128];
	struct stat st;

	(void)snprintf(name, sizeof(name), "%s.journal-%d", path, number);
	ck_assert_int_eq(stat(name, &st), 0);
	return (uint64_t)st.st_size;
}

/*
 * Runs that add, commit (in the middle of the last entry, too) and are killed; what the last commit
 * does not cover comes back.
 */
START_TEST(random_runs)
{
	uint64_t covered = 0;

	rand_start((uint64_t)_i);
	while (model.last < 180) {
		struct journal j;
		struct err err;

		must_replay(&j, covered, model.last);
		DEMAND(j.number == model.last);
		for (uint64_t n = rand_below(12); n > 0; n--) {
			must_add(&j, rand_below(10) == 0 ? 100000 : 100);
			if (rand_below(3) == 0) {
				bool cut = rand_below(2) == 0;

				covered = model.last - cut;
				DEMAND(journal_committed(&j, covered, cut, &err) == 0);
				DEMAND(cut || journal_bytes(&j) == 0);
			}
			DEMAND(journal_bytes(&j) == file_size(1) + file_size(2));
		}
		journal_close(&j);
	}
}
END_TEST

/* With a commit in the middle of every entry both files are used, and neither grows. */
START_TEST(always_in_the_middle)
{
	struct journal j;
	struct err err;

	must_replay(&j, 0, 0);
	for (int i = 0; i < 200; i++) {
		must_add(&j, 1000);
		ck_assert_int_eq(journal_committed(&j, model.last - 1, true, &err), 0);
		ck_assert_uint_lt(journal_bytes(&j), 4000);
	}
	journal_close(&j);
	must_replay(&j, model.last - 1, model.last);
	journal_close(&j);
}
END_TEST

START_TEST(synced)
{
	struct journal j;

	must_open(&j, true);
	must_add(&j, 50);
	journal_close(&j);
	must_replay(&j, 0, 1);
	journal_close(&j);
}
END_TEST

START_TEST(taker_fails)
{
	struct taken t = { .next = 1, .refuse = 3 };
	struct journal j;
	struct err err;

	must_replay(&j, 0, 0);
	for (int i = 0; i < 5; i++)
		must_add(&j, 50);
	journal_close(&j);
	must_open(&j, false);
	ck_assert_int_eq(journal_replay(&j, 0, take, &t, &err), -1);
	ck_assert_str_eq(err.message, "not taken");
	ck_assert_uint_eq(t.next, 3);
	journal_close(&j);
	must_replay(&j, 0, 5);		/* nothing was lost by that */
	journal_close(&j);
}
END_TEST

/* ---- damage ---- */

static void
write_file(int number, const char *bytes, size_t len)
{
	char name[128];
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s.journal-%d", path, number);
	f = fopen(name, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static void
read_file(int number, struct buf *out)
{
	static char bytes[1 << 16];
	char name[128];
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s.journal-%d", path, number);
	f = fopen(name, "r");
	ck_assert_ptr_nonnull(f);
	text_add(out, bytes, fread(bytes, 1, sizeof(bytes), f));
	ck_assert_int_eq(fclose(f), 0);
}

/* The last entry of all, which need not be the model's. */
struct last {
	uint64_t	number;
	char		text[16];
};

static int
take_last(void *arg, const struct journal_entry *e, struct err *err)
{
	struct last *last = arg;

	(void)err;
	last->number = e->number;
	(void)snprintf(last->text, sizeof(last->text), "%.*s", (int)(e->len < 15 ? e->len : 15),
	    e->text);
	return 0;
}

/* WHOLE entries are left: they come back, and what is added is behind them. */
static void
goes_on_behind(uint64_t whole, uint64_t size)
{
	struct journal_entry again = { .text = "again", .len = 5, .records = 1 };
	struct last last = { 0 };
	struct journal j;
	struct err err;

	must_replay(&j, 0, whole);
	DEMAND(journal_bytes(&j) == size && file_size(1) == size);
	DEMAND(journal_add(&j, &again, &err) == 0 && again.number == whole + 1);
	journal_close(&j);
	must_open(&j, false);
	DEMAND(journal_replay(&j, 0, take_last, &last, &err) == 0);
	DEMAND(last.number == whole + 1 && strcmp(last.text, "again") == 0);
	journal_close(&j);
}

START_TEST(cut_anywhere)
{
	struct buf good = { 0 };
	uint64_t ends[8] = { 0 }, whole = 0;
	struct journal j;

	must_replay(&j, 0, 0);
	for (int i = 1; i < COUNT(ends); i++) {
		must_add(&j, 60);
		ends[i] = journal_bytes(&j);
	}
	journal_close(&j);
	read_file(1, &good);
	for (size_t len = 0; len < good.len; len++) {
		write_file(1, good.data, len);
		while (ends[whole + 1] <= len)
			whole++;
		goes_on_behind(whole, ends[whole]);
	}
	buf_free(&good);
}
END_TEST

/* One entry is damaged, in what it has or in its sum: all others come, and it is missed. */
START_TEST(one_is_damaged)
{
	uint64_t ends[8] = { 0 };
	struct buf good = { 0 };
	struct journal j;
	struct err err;

	must_replay(&j, 0, 0);
	for (int i = 1; i < COUNT(ends); i++) {
		must_add(&j, 60);
		ends[i] = journal_bytes(&j);
	}
	journal_close(&j);
	read_file(1, &good);
	for (unsigned n = 1; n + 1 < COUNT(ends); n++)
		for (uint64_t at = ends[n - 1] + 8; at < ends[n]; at++) {
			struct taken t = { .next = 1 };

			good.data[at] ^= 1;
			write_file(1, good.data, good.len);
			good.data[at] ^= 1;
			must_open(&j, false);
			ck_assert_int_eq(journal_replay(&j, 0, take, &t, &err), 0);
			ck_assert_uint_eq(t.next, model.last + 1);
			ck_assert_uint_eq(t.gaps, 1);
			ck_assert_uint_eq(j.lost, 1);
			journal_close(&j);
		}
	buf_free(&good);
}
END_TEST

/* Entries in both files, and bytes of either that are flipped. */
START_TEST(flipped_bytes)
{
	struct buf good[2] = { { 0 }, { 0 } };
	struct journal j;
	struct err err;
	int found = 0;

	rand_start((uint64_t)_i);
	must_replay(&j, 0, 0);
	for (int i = 0; i < 20; i++) {
		must_add(&j, 60);
		if (i == 8)
			ck_assert_int_eq(journal_committed(&j, 5, true, &err), 0);
	}
	journal_close(&j);
	read_file(1, &good[0]);
	read_file(2, &good[1]);
	ck_assert(good[0].len > 0 && good[1].len > 0);
	for (int round = 0; round < 1000; round++) {
		struct taken t = { .next = 6 };
		int which = (int)rand_below(2);
		struct buf bad = { 0 };

		text_add(&bad, good[which].data, good[which].len);
		for (uint64_t n = 1 + rand_below(3); n > 0; n--)
			bad.data[rand_below(bad.len)] ^= (char)(1 << rand_below(8));
		write_file(which + 1, bad.data, bad.len);
		write_file(2 - which, good[!which].data, good[!which].len);
		must_open(&j, false);
		DEMAND(journal_replay(&j, 5, take, &t, &err) == 0);
		DEMAND(j.lost == t.gaps);
		found += t.next <= model.last || t.gaps > 0;
		journal_close(&j);
		buf_free(&bad);
	}
	ck_assert_int_gt(found, 500);
	buf_free(&good[0]);
	buf_free(&good[1]);
}
END_TEST

/* ---- calls that fail ---- */

static int calls_left;			/* then they fail */

static bool
strike(int error)
{
	errno = error;
	return calls_left-- <= 0;
}

/* Writes a part of what it is given, or is interrupted. */
static ssize_t
little_write(int fd, const void *bytes, size_t size)
{
	if (strike(ENOSPC))
		return -1;
	if (rand_below(4) == 0) {
		errno = EINTR;
		return -1;
	}
	return real.write(fd, bytes, 1 + rand_below(size));
}

static ssize_t
little_pread(int fd, void *bytes, size_t size, off_t at)
{
	if (strike(EIO))
		return -1;
	if (rand_below(4) == 0) {
		errno = EINTR;
		return -1;
	}
	return real.pread(fd, bytes, 1 + rand_below(size), at);
}

static int
no_ftruncate(int fd, off_t length)
{
	return strike(EIO) ? -1 : real.ftruncate(fd, length);
}

static int
no_open(const char *name, int flags, mode_t mode)
{
	return strike(EROFS) ? -1 : real.open(name, flags, mode);
}

static int
no_fstat(int fd, struct stat *st)
{
	return strike(EIO) ? -1 : real.fstat(fd, st);
}

static int
no_fsync(int fd)
{
	return strike(EIO) ? -1 : real.fsync(fd);
}

/* What was written of an entry that could not be is not there for the next run. */
START_TEST(write_fails)
{
	for (int round = 0; round < 60; round++) {
		struct journal j;
		struct err err = { 0 };

		must_replay(&j, 0, model.last);
		sys.write = little_write;
		calls_left = (int)rand_below(30);
		while (add(&j, 40, &err) == 0)
			;
		sys = real;
		ck_assert_int_eq(err.code, ERR_RUN);
		ck_assert_ptr_nonnull(strstr(err.message, strerror(ENOSPC)));
		ck_assert_ptr_nonnull(strstr(err.message, "what came last was not counted"));
		journal_close(&j);
	}
}
END_TEST

START_TEST(read_fails)
{
	int failed = 0;
	struct journal j;

	must_replay(&j, 0, 0);
	for (int i = 0; i < 6; i++)
		must_add(&j, 60);
	journal_close(&j);
	for (int calls = 0; calls < 600; calls += 1 + calls / 10) {
		struct taken t = { .next = 1 };
		struct err err = { 0 };
		int rc;

		must_open(&j, false);
		sys.pread = little_pread;
		calls_left = calls;
		rc = journal_replay(&j, 0, take, &t, &err);
		sys = real;
		DEMAND(rc == 0 || strstr(err.message, strerror(EIO)) != NULL);
		DEMAND(rc == -1 || t.next == model.last + 1);
		failed += rc == -1;
		journal_close(&j);
	}
	ck_assert_int_gt(failed, 5);
	must_replay(&j, 0, model.last);
	journal_close(&j);
}
END_TEST

START_TEST(opening_fails)
{
	for (int calls = 0; calls < 2; calls++) {
		struct journal j;
		struct err err = { 0 };

		for (int what = 0; what < 3; what++) {
			sys.open = what == 0 ? no_open : real.open;
			sys.fstat = what == 1 ? no_fstat : real.fstat;
			sys.fsync = what == 2 ? no_fsync : real.fsync;
			calls_left = what == 2 ? 0 : calls;
			ck_assert_int_eq(journal_open(&j, path, true, true, &err), -1);
			sys = real;
			ck_assert_ptr_nonnull(strstr(err.message, what == 0 ? strerror(EROFS) :
			    strerror(EIO)));
			ck_assert_ptr_null(j.file[0].path);	/* it is closed */
			journal_close(&j);
		}
	}
}
END_TEST

START_TEST(others_fail)
{
	struct journal j;
	struct err err = { 0 };

	must_open(&j, true);
	must_add(&j, 60);
	calls_left = 0;
	sys.ftruncate = no_ftruncate;
	ck_assert_int_eq(journal_committed(&j, model.last, false, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, strerror(EIO)));
	sys = real;
	sys.fsync = no_fsync;
	err.message[0] = '\0';
	ck_assert_int_eq(add(&j, 60, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, strerror(EIO)));
	sys = real;
	journal_close(&j);
}
END_TEST

/* Once interrupted, then as it is. */
static int
interrupted_ftruncate(int fd, off_t length)
{
	if (calls_left++ == 0) {
		errno = EINTR;
		return -1;
	}
	return real.ftruncate(fd, length);
}

START_TEST(cutting_is_interrupted)
{
	struct journal j;
	struct err err = { 0 };

	must_open(&j, false);
	must_add(&j, 60);
	calls_left = 0;
	sys.ftruncate = interrupted_ftruncate;
	ck_assert_int_eq(journal_committed(&j, model.last, false, &err), 0);
	ck_assert_int_eq(calls_left, 2);
	ck_assert_uint_eq(journal_bytes(&j), 0);
	sys = real;
	journal_close(&j);
}
END_TEST

static int
count_entry(void *arg, const struct journal_entry *e, struct err *err)
{
	(void)e;
	(void)err;
	(*(int *)arg)++;
	return 0;
}

/* Only read: files that are missing are empty, and are not made. */
START_TEST(missing_is_empty)
{
	struct journal j;
	struct err err = { 0 };
	struct stat st;
	char name[sizeof(path) + 16];
	int n = 0;

	ck_assert_int_eq(journal_open(&j, path, false, true, &err), 0);
	ck_assert_int_eq(journal_replay(&j, 0, count_entry, &n, &err), 0);
	ck_assert_int_eq(journal_committed(&j, 9, true, &err), 0);
	ck_assert_int_eq(journal_clear(&j, &err), 0);
	ck_assert_uint_eq(journal_bytes(&j), 0);
	journal_close(&j);
	(void)snprintf(name, sizeof(name), "%s.journal-1", path);
	ck_assert_int_eq(stat(name, &st), -1);
	must_open(&j, false);
	must_add(&j, 60);
	journal_close(&j);
	ck_assert_int_eq(journal_open(&j, path, false, false, &err), 0);
	ck_assert_int_eq(journal_replay(&j, 0, count_entry, &n, &err), 0);
	ck_assert_int_eq(n, 1);
	journal_close(&j);
}
END_TEST

Suite *
journal_suite(void)
{
	Suite *suite = suite_create("journal");
	TCase *tc = case_add(suite, "journal");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, random_runs, 0, 6);
	tcase_add_test(tc, always_in_the_middle);
	tcase_add_test(tc, synced);
	tcase_add_test(tc, taker_fails);
	tcase_add_test(tc, cut_anywhere);
	tcase_add_test(tc, one_is_damaged);
	tcase_add_loop_test(tc, flipped_bytes, 0, 4);
	tcase_add_test(tc, write_fails);
	tcase_add_test(tc, read_fails);
	tcase_add_test(tc, opening_fails);
	tcase_add_test(tc, others_fail);
	tcase_add_test(tc, cutting_is_interrupted);
	tcase_add_test(tc, missing_is_empty);
	return suite;
}
