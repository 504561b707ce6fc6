/*
 * Sinks and checkpoints: a process gives batches to a sink, saves, commits and publishes, and is
 * killed at some system call, or that call fails; others go on from what was committed.  In the end
 * there must be what was committed and nothing else, whenever it was.  Batches that are given
 * again have another content and another time, as those by rows have.
 */
#include "core/lite.h"
#include "engine/sys.h"
#include "sink/seen.h"
#include "sink/sink_table.h"
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *resume_suite(void);

#define T0 INT64_C(1795389000000000)	/* 2026-11-22T23:10:00.000Z, microseconds */
#define SECOND INT64_C(1000000)
#define BATCHES 6
#define ROOM 8192
#define SPARED 98			/* nothing went wrong: it made fewer calls */
#define KILLED 99

enum mishap { NONE, KILL, FAIL, STARVE };	/* STARVE: an allocation fails */

#define COUNT_TABLES "'SELECT \"litter \" || count(*) FROM sqlite_schema " \
	"WHERE name LIKE \"streamctl_%\"'"

static const struct kind {
	const char	*prefix, *behind;	/* the folder is between */
	const char	*shown;			/* a command that shows all of what is there */
	const char	*before;		/* one that puts something there, or NULL */
} kinds[] = {
	{ "", "/out", "cat out; ls -A | grep -vx out; echo litter 0", NULL },
	{ "dir:", "/d", "cat d/*; ls d | grep -v ^2026; ls -A | grep -vx d; "
	    "echo litter $(ls -A d | grep -c ^.streamctl)", NULL },
	{ "sqlite:", "/db#t", "sqlite3 db 'SELECT v FROM t ORDER BY rowid' "
	    COUNT_TABLES, NULL },
	/* Rows of an earlier run: those of times that are answered again give way, once. */
	{ "sqlite:", "/db#t", "sqlite3 db 'SELECT v FROM t WHERE v <> \"old 5\" ORDER BY rowid' "
	    "'SELECT \"gone\" WHERE NOT EXISTS (SELECT * FROM t WHERE v = \"old 5\")' "
	    COUNT_TABLES,
	    "sqlite3 db 'CREATE TABLE t (time, v)'; for i in 0 1 2 5; do sqlite3 db \"INSERT "
	    "INTO t VALUES ('2026-11-22T23:10:0$i.000Z', 'old $i')\"; done" },
};

/* What outlives a process: the checkpoint, and what must be there by now. */
static struct survivor {
	bool		 committed;
	unsigned	 batch;			/* the next */
	size_t		 len;
	char		 saved[ROOM];
	char		 rows[ROOM];		/* that were committed */
	unsigned	 life;			/* processes that there were ... */
	unsigned	 early;			/* ... and ended before anything was committed */
	char		 message[480];
} *left;

static char folder[FOLDER_ROOM];
static struct sys real;
static enum mishap mishap;
static bool same_times;			/* of batches that are given again */
static unsigned long calls, strikes_at;

/* ---- mishaps ---- */

/* To be called before each system call; true if it is to fail. */
static bool
strike(void)
{
	if (mishap != KILL && mishap != FAIL)
		return false;
	if (++calls != strikes_at)
		return false;
	if (mishap == KILL)
		_exit(KILLED);
	errno = EIO;
	return true;
}

#define FAULTY(type, name, declared, given) \
	static type \
	f_##name declared \
	{ \
		return strike() ? (type)-1 : real.name given; \
	}

FAULTY(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode))
FAULTY(ssize_t, write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
FAULTY(int, fsync, (int fd), (fd))
FAULTY(int, ftruncate, (int fd, off_t length), (fd, length))
FAULTY(off_t, lseek, (int fd, off_t offset, int from), (fd, offset, from))
FAULTY(int, fstat, (int fd, struct stat *st), (fd, st))
FAULTY(int, stat, (const char *path, struct stat *st), (path, st))
FAULTY(int, rename, (const char *from, const char *to), (from, to))
FAULTY(int, mkdir, (const char *path, mode_t mode), (path, mode))
FAULTY(int, unlink, (const char *path), (path))
FAULTY(ssize_t, getrandom, (void *bytes, size_t size, unsigned flags), (bytes, size, flags))

static DIR *
f_opendir(const char *path)
{
	return strike() ? NULL : real.opendir(path);
}

static struct dirent *
f_readdir(DIR *dir)
{
	return strike() ? NULL : real.readdir(dir);
}

static int
f_close(int fd)
{
	bool fails = strike();
	int rc = real.close(fd);

	errno = EIO;
	return fails ? -1 : rc;
}

/* SQLite's way to the disk. */
static ssize_t
lite_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	return strike() ? -1 : pwrite(fd, bytes, size, at);
}

static void
install(void)
{
	sqlite3_vfs *vfs;
	struct err err;

	ck_assert_int_eq(lite_setup(&err), 0);
	vfs = sqlite3_vfs_find(NULL);
	(void)vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)lite_pwrite);
	(void)vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)lite_pwrite);
	real = sys;
	sys.open = f_open;
	sys.close = f_close;
	sys.write = f_write;
	sys.fsync = f_fsync;
	sys.ftruncate = f_ftruncate;
	sys.lseek = f_lseek;
	sys.fstat = f_fstat;
	sys.stat = f_stat;
	sys.rename = f_rename;
	sys.mkdir = f_mkdir;
	sys.unlink = f_unlink;
	sys.getrandom = f_getrandom;
	sys.opendir = f_opendir;
	sys.readdir = f_readdir;
}

static void
uninstall(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	(void)vfs->xSetSystemCall(vfs, NULL, NULL);
	sys = real;
}

/* ---- a process ---- */

struct life {
	struct sink	 sink;
	struct err	 err;
	char		 address[128];
	char		 rows[ROOM];	/* given and not committed */
	struct buf	 before, out;	/* what was saved */
};

static void __attribute__((format(printf, 2, 3)))
no_notice(struct sink *s, const char *format, ...)
{
	(void)s;
	(void)format;
}

static int
life_open(struct life *l, const struct kind *kind)
{
	const struct sink_class *const *c = sink_table;
	struct sink *s = &l->sink;

	(void)snprintf(l->address, sizeof(l->address), "%s%s%s", kind->prefix, folder,
	    kind->behind);
	while (strncmp(l->address, (*c)->prefix, strlen((*c)->prefix)) != 0)
		c++;
	*s = (struct sink){
		.class = *c, .address = l->address, .word = ERR_NO_WORD, .fd = -1,
		.rest = l->address + strlen((*c)->prefix), .format = "tsv", .notice = no_notice,
		.deferred = true, .private = calloc(1, (*c)->size + 1),
	};
	l->before = (struct buf){ .data = left->saved, .len = left->len };
	if (left->len > 0)
		s->saved = &l->before;
	return s->class->open(s, &l->err);
}

static int
give(struct life *l, const char *text, int64_t time)
{
	struct schema schema = { .columns = 1, .width = 1, .column = { { .name = "v" } } };
	struct value cell = value_text(text, strlen(text) - 1);
	struct block b = { .cells = &cell, .width = 1, .records = 1, .time = time };

	strcat(l->rows, text);
	return l->sink.class->rows != NULL ?
	    l->sink.class->rows(&l->sink, &schema, &b, &l->err) :
	    l->sink.class->write(&l->sink, text, strlen(text), &l->err);
}

/* Two rows, but none in the third batch; a batch that is given again is shorter. */
static int
batch(struct life *l, unsigned n)
{
	int64_t time = T0 + (same_times ? n / 2 * SECOND : n * SECOND + left->life * 100000);
	char text[64];

	for (unsigned i = 0; i < 2 && n != 2; i++) {
		(void)snprintf(text, sizeof(text), "batch %u row %u life %u%.*s\n", n, i,
		    left->life, left->life < 3 ? 6 - 2 * (int)left->life : 0, "xxxxxx");
		if (give(l, text, time) == -1)
			return -1;
	}
	return l->sink.class->end == NULL ? 0 : l->sink.class->end(&l->sink, time, &l->err);
}

static int
commit(struct life *l, unsigned next, bool sync)
{
	l->out.len = 0;
	if (l->sink.class->save(&l->sink, sync, &l->out, &l->err) == -1)
		return -1;
	(void)strike();
	ck_assert_uint_le(l->out.len, ROOM);
	if (l->out.len > 0)
		memcpy(left->saved, l->out.data, l->out.len);
	left->len = l->out.len;
	strcat(left->rows, l->rows);
	l->rows[0] = '\0';
	left->batch = next;
	left->committed = true;
	return l->sink.class->publish == NULL ? 0 : l->sink.class->publish(&l->sink, &l->err);
}

static int
live(struct life *l, const struct kind *kind, bool sync, unsigned every)
{
	if (life_open(l, kind) == -1)
		return -1;
	for (unsigned n = left->batch; n < BATCHES; n++)
		if (batch(l, n) == -1 || ((n + 1) % every == 0 && commit(l, n + 1, sync) == -1))
			return -1;
	return 0;
}

/* Lives in a process of its own; its exit status. */
static int
process(const struct kind *kind, bool sync, unsigned every, enum mishap what, unsigned long at)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct life l = { 0 };
		int rc;

		mishap = what;
		strikes_at = at;
		if (what == STARVE)
			fault_set(at, false);
		rc = live(&l, kind, sync, every);
		if (rc == -1)
			strcpy(left->message, l.err.message);
		if (l.sink.class->close(&l.sink, &l.err) == -1 && rc == 0)
			rc = -1;
		if (what == STARVE)
			calls = fault_clear();
		_exit(rc == -1 ? 1 : what != NONE && calls < at ? SPARED : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	left->life++;
	left->early += !left->committed;
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* ---- files ---- */

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static void
remove_folder(void)
{
	ck_assert_int_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void
setup(void)
{
	test_folder(folder, "resume");
	left = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(left, MAP_FAILED);
	install();
}

static void
teardown(void)
{
	uninstall();
	remove_folder();
	ck_assert_int_eq(munmap(left, sizeof(*left)), 0);
}

static void
restart(void)
{
	remove_folder();
	ck_assert_int_eq(mkdir(folder, 0777), 0);
	*left = (struct survivor){ 0 };
}

static const char *
shell(const char *command)
{
	static char said[ROOM];
	char line[512];
	FILE *f;

	(void)snprintf(line, sizeof(line), "cd %s && { LC_ALL=C; %s; }", folder, command);
	f = popen(line, "r");
	ck_assert_ptr_nonnull(f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	(void)pclose(f);
	return said;
}

/* What is there must be what was committed; a process that committed nothing may leave litter. */
static void
compare(const struct kind *kind, unsigned every)
{
	const char *said = shell(kind->shown), *end = strstr(said, "litter ");

	ck_assert_ptr_nonnull(end);
	ck_assert_msg(strncmp(said, left->rows, (size_t)(end - said)) == 0 &&
	    left->rows[end - said] == '\0', "there is\n%s\nand not\n%s", said, left->rows);
	ck_assert_int_le(atoi(end + 7), (int)(left->early * (every + 1)));
}

/* ---- tests ---- */

/* A process under AddressSanitizer starts slowly: then every fifth call. */
#ifdef __SANITIZE_ADDRESS__
#define STEP 5
#else
#define STEP 1
#endif

/* Every call goes wrong once, then another one of the process behind it; the third is spared. */
static void
disturb(const struct kind *kind, bool sync, unsigned every, enum mishap what)
{
	for (unsigned long at = 1;; at += what == STARVE ? at / 16 + 1 : STEP) {
		int status;

		restart();
		same_times = kind->before != NULL;
		if (same_times)
			(void)shell(kind->before);
		status = process(kind, sync, every, what, at);
		if (status != SPARED)
			(void)process(kind, sync, every, what, at * 7 % 23 + 1);
		if (process(kind, sync, every, NONE, 0) != 0)
			ck_abort_msg("call %lu, sync %d: %s", at, sync, left->message);
		compare(kind, every);
		if (status == SPARED)
			break;
		DEMAND(at < 2000);
	}
}

START_TEST(killed)
{
	disturb(&kinds[_i], true, 1, KILL);
	disturb(&kinds[_i], false, 3, KILL);
}
END_TEST

START_TEST(failed)
{
	disturb(&kinds[_i], true, 2, FAIL);
}
END_TEST

START_TEST(starved)
{
	disturb(&kinds[_i], true, 2, STARVE);
}
END_TEST

/* Bytes of the checkpoint that are damaged, and some that are missing: no crash, but a message. */
START_TEST(damaged)
{
	const struct kind *kind = &kinds[_i];
	struct survivor good;

	ck_assert_int_eq(process(kind, false, 3, NONE, 0), 0);
	good = *left;
	for (size_t i = 1; i < good.len; i++) {
		*left = good;
		left->len = i;
		ck_assert_int_eq(process(kind, false, 3, NONE, 0), 1);
		ck_assert_ptr_nonnull(strstr(left->message, "--state reset"));
	}
	for (size_t i = 0; i < good.len; i++) {
		int status;

		*left = good;
		left->saved[i] = (char)(left->saved[i] ^ (1 << i % 8));
		status = process(kind, false, 3, NONE, 0);
		ck_assert(status == 0 || status == 1);
	}
}
END_TEST

START_TEST(file_changed)
{
	ck_assert_int_eq(process(&kinds[0], false, 1, NONE, 0), 0);
	shell("truncate -s 10 out");
	ck_assert_int_eq(process(&kinds[0], false, 1, NONE, 0), 1);
	ck_assert_ptr_nonnull(strstr(left->message, "/out: has 10 bytes, and the checkpoint says "
	    "that 270 were written: was it changed? put it back as it was, or begin anew with "
	    "--state reset"));
	shell("rm out");
	ck_assert_int_eq(process(&kinds[0], false, 1, NONE, 0), 1);
	ck_assert_ptr_nonnull(strstr(left->message, "/out: has 0 bytes"));
	ck_assert_str_eq(shell("ls"), "");
	shell("mkdir out");
	ck_assert_int_eq(process(&kinds[0], false, 1, NONE, 0), 1);
	ck_assert_ptr_nonnull(strstr(left->message, "/out: was a regular file and is none now"));
}
END_TEST

START_TEST(sqlite_gone)
{
	ck_assert_int_eq(process(&kinds[2], false, 1, NONE, 0), 0);
	shell("sqlite3 db 'DROP TABLE t'");
	ck_assert_int_eq(process(&kinds[2], false, 1, NONE, 0), 1);
	ck_assert_ptr_nonnull(strstr(left->message, "/db: table t is gone; put it back as it was, "
	    "or begin anew with --state reset"));
	shell("rm db*");
	ck_assert_int_eq(process(&kinds[2], false, 1, NONE, 0), 1);
	ck_assert_ptr_nonnull(strstr(left->message, "unable to open database file; put it back"));
	ck_assert_str_eq(shell("ls"), "");
}
END_TEST

/* A reader may take the files of a folder away as they come; no other file is touched. */
START_TEST(dir_taken)
{
	ck_assert_int_eq(process(&kinds[1], false, 1, KILL, 25), KILLED);
	shell("rm d/2026*; touch d/.streamctl-0123456789abcdef-1.tmp d/mine");
	ck_assert_int_eq(process(&kinds[1], false, 1, NONE, 0), 0);
	ck_assert_str_eq(shell("ls -A d | grep -v ^2026"),
	    ".streamctl-0123456789abcdef-1.tmp\nmine\n");
}
END_TEST

/* So many times are forgotten that the rest can be saved; they count as seen. */
START_TEST(times_seen)
{
	struct seen all = { 0 }, some = { .limited = true }, again = { .limited = true };
	struct buf out = { 0 };
	struct wire in;

	for (int64_t i = 0; i < 5000; i++) {
		DEMAND(seen_add(&all, 2 * i) == 1);
		DEMAND(seen_add(&some, 2 * i) == 1);
	}
	ck_assert_int_eq(seen_save(&some, &out), 0);
	ck_assert_uint_lt(out.len, 9000);
	in = (struct wire){ .at = out.data, .end = out.data + out.len };
	ck_assert_int_eq(seen_load(&again, &in), 0);
	ck_assert(!in.damaged && in.at == in.end);
	for (int64_t i = 0; i < 5000; i++) {
		DEMAND(seen_add(&all, 2 * i) == 0);
		DEMAND(seen_add(&again, 2 * i) == 0);
	}
	ck_assert_int_eq(seen_add(&all, 1), 1);
	ck_assert_int_eq(seen_add(&again, 1), 0);
	ck_assert_int_eq(seen_add(&again, 9995), 1);
	seen_free(&all);
	seen_free(&some);
	seen_free(&again);
	buf_free(&out);
}
END_TEST

/* What cannot be cut is not. */
START_TEST(device)
{
	shell("ln -s /dev/null out");
	ck_assert_int_eq(process(&kinds[0], true, 1, NONE, 0), 0);
	ck_assert_int_eq(process(&kinds[0], true, 1, NONE, 0), 0);
}
END_TEST

Suite *
resume_suite(void)
{
	Suite *suite = suite_create("resume");
	TCase *tc = case_add(suite, "resume");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, killed, 0, COUNT(kinds));
	tcase_add_loop_test(tc, failed, 0, COUNT(kinds));
	tcase_add_loop_test(tc, starved, 0, COUNT(kinds));
	tcase_add_loop_test(tc, damaged, 0, COUNT(kinds));
	tcase_add_test(tc, file_changed);
	tcase_add_test(tc, sqlite_gone);
	tcase_add_test(tc, dir_taken);
	tcase_add_test(tc, times_seen);
	tcase_add_test(tc, device);
	return suite;
}
