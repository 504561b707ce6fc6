/*
 * Unit tests of src/engine/checkpoint.c and identity.c: what was committed is there, and nothing
 * else; files that are none of ours are refused; and of damaged ones nothing is taken that was not
 * put.
 */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/lite.h"
#include "engine/checkpoint.h"
#include "engine/identity.h"
#include "engine/sys.h"
#include "store_util.h"

Suite *checkpoint_suite(void);

static char folder[FOLDER_ROOM], file[96];
static struct sys real;

static void
setup(void)
{
	struct err err;

	ck_assert_int_eq(lite_setup(&err), 0);	/* before any other use of SQLite */
	real = sys;
	test_folder(folder, "checkpoint");
	(void)snprintf(file, sizeof(file), "%s/state", folder);
}

static void
teardown(void)
{
	char command[128];

	sys = real;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void
must_open(struct checkpoint *c)
{
	struct err err;

	if (checkpoint_open(c, file, false, &err) == -1)
		ck_abort_msg("%s", err.message);
}

/* It cannot be opened, and the message says WHY behind the name of the file. */
static void
refused(enum err_code code, const char *why)
{
	struct checkpoint c;
	struct err err = { 0 };

	ck_assert_int_eq(checkpoint_open(&c, file, false, &err), -1);
	ck_assert_msg(err.code == code, "%s", err.message);
	ck_assert_msg(strncmp(err.message, file, strlen(file)) == 0 &&
	    strstr(err.message, why) != NULL, "%s", err.message);
	checkpoint_close(&c);
}

static void
execute(const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

static void
write_file(const char *bytes, size_t len)
{
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static void
read_file(struct buf *out)
{
	static char bytes[1 << 16];
	FILE *f = fopen(file, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		text_add(out, bytes, n);
	ck_assert_int_eq(fclose(f), 0);
}

/* ---- state ---- */

/* The same into the model and into the checkpoint: puts of a few parts, and clears. */
static void
change(struct checkpoint *c, struct memory_store *m)
{
	char bytes[300];
	struct err err;

	for (uint64_t n = 1 + rand_below(10); n > 0; n--) {
		struct store_part part = {
			.role = (enum store_role)(1 + rand_below(3)),
			.owner = (uint32_t)rand_below(2) * UINT32_MAX,
			.tick = (int64_t)rand_below(3) - 1, .generation = rand_below(3),
		};
		size_t len = 1 + rand_below(sizeof(bytes));

		rand_bytes(bytes, len);
		if (rand_below(6) == 0) {
			if (rand_below(2) == 0)
				part.generation = INT64_MAX;
			DEMAND(c->store.clear(c->store.arg, &part, &err) == 0);
			DEMAND(m->store.clear(m, &part, &err) == 0);
		} else {
			DEMAND(c->store.put(c->store.arg, &part, bytes, len, &err) == 0);
			DEMAND(m->store.put(m, &part, bytes, len, &err) == 0);
		}
	}
}

static int
take(void *arg, const struct store_part *part, const char *bytes, size_t len, struct err *err)
{
	struct memory_store *m = arg;

	return m->store.put(m, part, bytes, len, err);
}

static bool
same_part(const struct store_part *x, const struct store_part *y)
{
	return x->role == y->role && x->owner == y->owner && x->tick == y->tick &&
	    x->generation == y->generation;
}

static bool
same_chunk(const struct stored *x, const struct stored *y)
{
	return same_part(&x->part, &y->part) && x->len == y->len &&
	    memcmp(x->bytes, y->bytes, x->len) == 0;
}

/* The chunks are those of the model, in the order of their parts. */
static void
same_state(struct checkpoint *c, const struct memory_store *want)
{
	const struct stored **chunk = store_sorted(want);
	struct memory_store got;
	struct err err;

	store_start(&got);
	DEMAND(checkpoint_chunks(c, take, &got, &err) == 0);
	DEMAND(got.n == want->n);
	for (size_t i = 0; i < got.n; i++)
		DEMAND(same_chunk(&got.chunk[i], chunk[i]));
	store_free(&got);
	free(chunk);
}

START_TEST(committed_stays)
{
	struct memory_store all, committed;
	struct checkpoint c;
	struct err err;

	rand_start((uint64_t)_i);
	store_start(&committed);
	for (int life = 0; life < 12; life++) {
		must_open(&c);
		same_state(&c, &committed);
		store_copy(&all, &committed);
		for (uint64_t n = rand_below(5); n > 0; n--) {
			change(&c, &all);
			same_state(&c, &all);
			if (rand_below(2) == 0)
				continue;
			DEMAND(checkpoint_commit(&c, &err) == 0);
			store_free(&committed);
			store_copy(&committed, &all);
		}
		checkpoint_close(&c);	/* what was not committed is gone */
		store_free(&all);
	}
	store_free(&committed);
}
END_TEST

static int
take_none(void *arg, const struct store_part *part, const char *bytes, size_t len, struct err *err)
{
	++*(int *)arg;
	(void)part;
	(void)bytes;
	(void)len;
	return err_set(err, ERR_RUN, "not taken");
}

START_TEST(taker_fails)
{
	struct memory_store m;
	struct checkpoint c;
	struct err err;
	int asked = 0;

	store_start(&m);
	must_open(&c);
	while (m.n < 3)
		change(&c, &m);
	ck_assert_int_eq(checkpoint_chunks(&c, take_none, &asked, &err), -1);
	ck_assert_str_eq(err.message, "not taken");
	ck_assert_int_eq(asked, 1);
	same_state(&c, &m);
	checkpoint_close(&c);
	store_free(&m);
}
END_TEST

/* ---- rows ---- */

START_TEST(rows)
{
	struct progress p = {
		.batch = 1, .time = INT64_MIN, .rows = INT64_MAX,
		.lines = { .records = 2, .bad = 1, .bytes = 30 }, .bad = 3, .late = 4,
		.keys = 5, .state_bytes = 6, .journal = 7, .skip_bytes = 8, .skip_records = 9,
		.open = true, .finished = true,
	}, got;
	struct account counts = { .records = 1, .counted = 2, .late = 3, .bad = UINT64_MAX >> 1 };
	struct account back = { 0 };
	struct buf text = { 0 }, state = { 0 };
	struct checkpoint c;
	uint64_t reconnects;
	int64_t one, two, again;
	struct err err;

	must_open(&c);
	ck_assert(!c.resumed);
	ck_assert_int_eq(checkpoint_get(&c, "name", &text, &err), 0);
	ck_assert_int_eq(checkpoint_output(&c, 0, &state, &err), 0);
	ck_assert_int_eq(checkpoint_set(&c, "name", "first", &err), 0);
	ck_assert_int_eq(checkpoint_set(&c, "name", "a\nvalue", &err), 0);
	ck_assert_int_eq(checkpoint_source(&c, 0, "file:x", &one, &reconnects, &err), 0);
	ck_assert_int_eq(checkpoint_source(&c, 1, "file:x", &two, &reconnects, &err), 0);
	ck_assert_int_ne(one, two);
	ck_assert_uint_eq(reconnects, 0);
	ck_assert_int_eq(checkpoint_set_source(&c, two, 1234, 17, &err), 0);
	text_add(&state, "a\0b", 3);
	ck_assert_int_eq(checkpoint_set_output(&c, 1, "out", &state, &err), 0);
	state.len = 0;
	ck_assert_int_eq(checkpoint_set_output(&c, 2, "empty", &state, &err), 0);
	ck_assert_int_eq(checkpoint_set_progress(&c, &p, 99, &err), 0);
	ck_assert_int_eq(checkpoint_set_account(&c, 3, &counts, &err), 0);
	p.batch = 100;
	ck_assert_int_eq(checkpoint_set_progress(&c, &p, 99, &err), 0);
	ck_assert_int_eq(checkpoint_commit(&c, &err), 0);
	checkpoint_close(&c);

	must_open(&c);
	ck_assert(c.resumed);
	ck_assert_int_eq(checkpoint_get(&c, "name", &text, &err), 1);
	ck_assert_str_eq(text.data, "a\nvalue");
	ck_assert_int_eq(checkpoint_progress(&c, &got, &err), 0);
	ck_assert_mem_eq(&got, &p, offsetof(struct progress, open));
	ck_assert(got.open && got.finished);
	ck_assert_int_ge(checkpoint_account(&c, 3, &back, &err), 0);
	ck_assert_mem_eq(&back, &counts, sizeof(back));
	back = counts;
	ck_assert_int_ge(checkpoint_account(&c, 4, &back, &err), 0);
	ck_assert_mem_eq(&back, &counts, sizeof(back));
	ck_assert_int_eq(checkpoint_source(&c, 1, "file:x", &again, &reconnects, &err), 0);
	ck_assert_int_eq(again, two);
	ck_assert_uint_eq(reconnects, 17);
	ck_assert_int_eq(checkpoint_output(&c, 1, &state, &err), 1);
	ck_assert_uint_eq(state.len, 3);
	ck_assert_mem_eq(state.data, "a\0b", 3);
	ck_assert_int_eq(checkpoint_output(&c, 2, &state, &err), 1);
	ck_assert_uint_eq(state.len, 3);
	ck_assert_int_eq(checkpoint_output(&c, 3, &state, &err), 0);
	checkpoint_close(&c);
	buf_free(&text);
	buf_free(&state);
}
END_TEST

/* A first commit makes a run that can be gone on with; a crash before it does not. */
START_TEST(resumed)
{
	const struct progress p = { .batch = 1 };
	struct checkpoint c;
	struct progress got;
	struct err err;

	for (int life = 0; life < 2; life++) {
		must_open(&c);
		ck_assert(!c.resumed);
		ck_assert_int_eq(checkpoint_progress(&c, &got, &err), -1);
		ck_assert_ptr_nonnull(strstr(err.message, "damaged"));
		ck_assert_int_eq(checkpoint_set_progress(&c, &p, 0, &err), 0);
		checkpoint_close(&c);
	}
	must_open(&c);
	ck_assert_int_eq(checkpoint_set_progress(&c, &p, 0, &err), 0);
	ck_assert_int_eq(checkpoint_commit(&c, &err), 0);
	ck_assert_int_eq(checkpoint_commit(&c, &err), 0);	/* nothing new */
	checkpoint_close(&c);
	must_open(&c);
	ck_assert(c.resumed);
	checkpoint_close(&c);
}
END_TEST

/* ---- files that are refused ---- */

START_TEST(one_has_it)
{
	struct checkpoint c;

	must_open(&c);
	refused(ERR_RUN, "another streamctl has this checkpoint");
	checkpoint_close(&c);
	must_open(&c);
	checkpoint_close(&c);
}
END_TEST

START_TEST(not_ours)
{
	struct buf before = { 0 }, after = { 0 };
	char text[4096];

	execute("CREATE TABLE t(x)");
	read_file(&before);
	refused(ERR_CHECKPOINT, "is a database, but no checkpoint");
	read_file(&after);
	text_same(&after, &before, "another's file");
	buf_free(&before);
	buf_free(&after);
	ck_assert_int_eq(unlink(file), 0);
	execute("PRAGMA application_id=5");
	refused(ERR_CHECKPOINT, "is a database, but no checkpoint");
	memset(text, 'x', sizeof(text));
	write_file(text, sizeof(text));
	refused(ERR_RUN, "is no checkpoint, or its beginning is damaged");
	write_file(text, 5);
	refused(ERR_RUN, "is no checkpoint, or its beginning is damaged");
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(mkdir(file, 0777), 0);
	refused(ERR_RUN, "");
}
END_TEST

START_TEST(newer)
{
	struct checkpoint c;

	must_open(&c);
	checkpoint_close(&c);
	execute("PRAGMA user_version=2");
	refused(ERR_CHECKPOINT, "is a checkpoint of a newer version (2, this program knows 1)");
}
END_TEST

static int
no_open(const char *path, int flags, mode_t mode)
{
	(void)path;
	(void)flags;
	(void)mode;
	errno = EROFS;
	return -1;
}

static int
no_flock(int fd, int how)
{
	(void)fd;
	(void)how;
	errno = ENOLCK;
	return -1;
}

START_TEST(calls_fail)
{
	sys.open = no_open;
	refused(ERR_RUN, strerror(EROFS));
	sys = real;
	sys.flock = no_flock;
	refused(ERR_RUN, strerror(ENOLCK));
}
END_TEST

/* SQLite's own files cannot be written: nothing is lost, and the message names the file. */
START_TEST(cannot_write)
{
	struct checkpoint c;
	char folded[128];

	must_open(&c);
	checkpoint_close(&c);
	(void)snprintf(folded, sizeof(folded), "%s-wal", file);
	ck_assert_int_eq(mkdir(folded, 0777), 0);	/* in the way of the log */
	refused(ERR_RUN, "the checkpoint");
	ck_assert_int_eq(rmdir(folded), 0);
	must_open(&c);
	checkpoint_close(&c);
}
END_TEST

START_TEST(short_of_memory)
{
	int failed = 0;

	for (uint64_t nth = 1, asked = nth; asked >= nth && nth < 3000; nth++) {
		struct checkpoint c;
		struct err err = { 0 };
		int rc;

		(void)unlink(file);
		fault_set(nth, nth % 2 == 0);
		rc = checkpoint_open(&c, file, false, &err);
		if (rc == 0)
			rc = checkpoint_set(&c, "a", "b", &err);
		if (rc == 0)
			rc = checkpoint_commit(&c, &err);
		asked = fault_clear();
		DEMAND(rc == 0 || strstr(err.message, "memory") != NULL);
		failed += rc == -1;
		checkpoint_close(&c);
	}
	ck_assert_int_gt(failed, 0);
}
END_TEST

/* ---- damage ---- */

/* A closed one with some state, and its bytes. */
static void
make_good(struct memory_store *m, struct buf *bytes)
{
	const struct progress p = { .batch = 7 };
	struct buf state = { 0 };
	struct checkpoint c;
	int64_t id;
	uint64_t reconnects;
	struct err err;

	store_start(m);
	must_open(&c);
	while (m->n < 60)
		change(&c, m);
	text_add(&state, "state", 5);
	DEMAND(checkpoint_set(&c, "identity", "stage: count\n", &err) == 0);
	DEMAND(checkpoint_source(&c, 0, "tcp:", &id, &reconnects, &err) == 0);
	DEMAND(checkpoint_set_output(&c, 0, "out", &state, &err) == 0);
	DEMAND(checkpoint_set_progress(&c, &p, 1, &err) == 0);
	DEMAND(checkpoint_commit(&c, &err) == 0);
	checkpoint_close(&c);
	read_file(bytes);
	buf_free(&state);
}

/* All that can be read of a checkpoint: 0, or -1 with a message. */
static int
read_all(struct checkpoint *c, struct memory_store *got, struct err *err)
{
	struct progress p;
	struct buf text = { 0 };
	uint64_t reconnects;
	int64_t id;
	int rc = checkpoint_chunks(c, take, got, err);

	if (rc == 0 && c->resumed)
		rc = checkpoint_progress(c, &p, err);
	if (rc == 0)
		rc = checkpoint_get(c, "identity", &text, err) == -1 ? -1 : 0;
	if (rc == 0)
		rc = checkpoint_source(c, 0, "tcp:", &id, &reconnects, err);
	text.len = 0;
	if (rc == 0)
		rc = checkpoint_output(c, 0, &text, err) == -1 ? -1 : 0;
	buf_free(&text);
	return rc == 0 ? checkpoint_commit(c, err) : rc;
}

/* What is taken of a damaged file was put as it is; else there is a message.  True if it is. */
static bool
check_damaged(const struct memory_store *want)
{
	struct memory_store got;
	struct checkpoint c;
	struct err err = { 0 };
	int rc = checkpoint_open(&c, file, false, &err);

	store_start(&got);
	if (rc == 0)
		rc = read_all(&c, &got, &err);
	DEMAND(rc == 0 || err.message[0] != '\0');
	for (size_t i = 0; i < got.n; i++) {
		bool found = false;

		for (size_t k = 0; k < want->n && !found; k++)
			found = same_chunk(&got.chunk[i], &want->chunk[k]);
		DEMAND(found);
	}
	checkpoint_close(&c);
	store_free(&got);
	return rc == -1;
}

START_TEST(flipped_bytes)
{
	struct memory_store m;
	struct buf good = { 0 };
	int found = 0;

	rand_start((uint64_t)_i);
	make_good(&m, &good);
	for (int round = 0; round < 400; round++) {
		struct buf bad = { 0 };

		text_add(&bad, good.data, good.len);
		for (uint64_t n = 1 + rand_below(8); n > 0; n--)
			bad.data[rand_below(rand_below(4) == 0 ? 200 : bad.len)] ^=
			    (char)(1 << rand_below(8));
		write_file(bad.data, bad.len);
		found += check_damaged(&m);
		buf_free(&bad);
	}
	ck_assert_int_gt(found, 50);
	buf_free(&good);
	store_free(&m);
}
END_TEST

START_TEST(cut_short)
{
	struct memory_store m;
	struct buf good = { 0 };

	make_good(&m, &good);
	for (int round = 0; round < 150; round++) {
		write_file(good.data, 1 + rand_below(good.len - 1));
		(void)check_damaged(&m);
	}
	write_file(good.data, good.len / 2);
	ck_assert(check_damaged(&m));
	write_file(good.data, 100);
	ck_assert(check_damaged(&m));
	write_file(good.data, good.len);
	ck_assert(!check_damaged(&m));
	buf_free(&good);
	store_free(&m);
}
END_TEST

/* ---- identity ---- */

static const struct {
	const char	*now, *why;
} others[] = {
	{ "stage: count\nformat: csv\nbatch: 1s\n",
	    "it has 'stage: countby k', this one 'stage: count'" },
	{ "stage: countby k\nformat: csv\n", "this one has no 'batch: 1s'" },
	{ "stage: countby k\nformat: csv\nbatch: 1s\nx: y\n", "it has no 'x: y'" },
	{ "", "this one has no 'stage: countby k'" },
	{ "stage: countby k\nformat: csv\nbatch: 1s", NULL },
};

START_TEST(identity)
{
	const struct job_config same = {
		.identity = "stage: countby k\nformat: csv\nbatch: 1s\n",
	};
	struct checkpoint c;
	struct err err;

	must_open(&c);
	ck_assert_int_eq(identity_check(&c, &same, &err), 0);
	ck_assert_int_eq(identity_check(&c, &same, &err), 0);
	ck_assert_int_eq(checkpoint_commit(&c, &err), 0);
	checkpoint_close(&c);
	must_open(&c);
	ck_assert_int_eq(identity_check(&c, &same, &err), 0);
	for (int i = 0; i < COUNT(others); i++) {
		const struct job_config other = { .identity = others[i].now };

		ck_assert_int_eq(identity_check(&c, &other, &err), -1);
		ck_assert_int_eq(err.code, ERR_CHECKPOINT);
		ck_assert_ptr_nonnull(strstr(err.message, "the checkpoint of another pipeline: "));
		ck_assert_msg(others[i].why == NULL || strstr(err.message, others[i].why) != NULL,
		    "%s", err.message);
		ck_assert_int_eq(strncmp(err.message, file, strlen(file)), 0);
	}
	checkpoint_close(&c);
}
END_TEST

Suite *
checkpoint_suite(void)
{
	Suite *suite = suite_create("checkpoint");
	TCase *tc = case_add(suite, "checkpoint");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, committed_stays, 0, 4);
	tcase_add_test(tc, taker_fails);
	tcase_add_test(tc, rows);
	tcase_add_test(tc, resumed);
	tcase_add_test(tc, one_has_it);
	tcase_add_test(tc, not_ours);
	tcase_add_test(tc, newer);
	tcase_add_test(tc, calls_fail);
	tcase_add_test(tc, cannot_write);
	tcase_add_test(tc, short_of_memory);
	tcase_add_loop_test(tc, flipped_bytes, 0, 4);
	tcase_add_test(tc, cut_short);
	tcase_add_test(tc, identity);
	return suite;
}
