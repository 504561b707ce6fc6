/*
 * Every sink by its contract, against real files, processes, sockets and databases: what a batch
 * leaves behind, what a batch that is given again does, and what failed allocations do.
 */
#include "base/mem.h"
#include "sink/sink_table.h"
#include "util.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

Suite *sinks_suite(void);

#define T0 INT64_C(1795389000000000)	/* 2026-11-22T23:10:00.000Z, microseconds */
#define SECOND INT64_C(1000000)

static char folder[FOLDER_ROOM];			/* where the test's files are */
static char told[512];			/* the last notice */
static unsigned notices;

struct rig {
	struct sink	 sink;
	struct err	 err;
	char		 address[256];
};

/* ---- a sink in the hands of a test ---- */

static void __attribute__((format(printf, 2, 3)))
keep_notice(struct sink *s, const char *format, ...)
{
	va_list ap;

	(void)s;
	notices++;
	va_start(ap, format);
	(void)vsnprintf(told, sizeof(told), format, ap);
	va_end(ap);
}

static const struct sink_class *
class_of(const char *address)
{
	const struct sink_class *const *c = sink_table;

	while (strncmp(address, (*c)->prefix, strlen((*c)->prefix)) != 0)
		c++;
	return *c;
}

/* Opens a sink; %s in FORMAT is the test's folder. */
static int __attribute__((format(printf, 2, 3)))
rig_open(struct rig *r, const char *format, ...)
{
	struct sink *s = &r->sink;
	va_list ap;

	*r = (struct rig){ 0 };
	va_start(ap, format);
	(void)vsnprintf(r->address, sizeof(r->address), format, ap);
	va_end(ap);
	s->class = class_of(r->address);
	s->address = r->address;
	s->rest = r->address + strlen(s->class->prefix);
	s->word = ERR_NO_WORD;
	s->format = "tsv";
	s->fd = -1;
	s->notice = keep_notice;
	s->private = calloc(1, s->class->size + 1);
	return s->class->open == NULL ? 0 : s->class->open(s, &r->err);
}

static int
rig_write(struct rig *r, const char *text)
{
	return r->sink.class->write(&r->sink, text, strlen(text), &r->err);
}

static int
rig_end(struct rig *r, int64_t time)
{
	return r->sink.class->end == NULL ? 0 : r->sink.class->end(&r->sink, time, &r->err);
}

/* A batch of encoded rows. */
static int
rig_batch(struct rig *r, const char *text, int64_t time)
{
	return rig_write(r, text) == -1 ? -1 : rig_end(r, time);
}

static int
rig_close(struct rig *r)
{
	int rc = r->sink.class->close == NULL ? 0 : r->sink.class->close(&r->sink, &r->err);

	free(r->sink.private);
	return rc;
}

#define OK(call) \
	do { \
		if ((call) != 0) \
			ck_abort_msg("%s: %s", #call, r.err.message); \
	} while (0)

/* ---- files ---- */

static void
make_folder(void)
{
	(void)signal(SIGPIPE, SIG_IGN);		/* as the engine does */
	test_folder(folder, "sinks");
	notices = 0;
}

static void
remove_folder(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* What a shell command says, run in the folder. */
static const char *
shell(const char *command)
{
	static char said[4096];
	char line[512];
	FILE *f;

	(void)snprintf(line, sizeof(line), "cd %s && LC_ALL=C && %s", folder, command);
	f = popen(line, "r");
	ck_assert_ptr_nonnull(f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	(void)pclose(f);
	return said;
}

START_TEST(file_is_whole)
{
	struct rig r;

	OK(rig_open(&r, "%s/out", folder));
	OK(rig_batch(&r, "a\n", T0));
	OK(rig_batch(&r, "b\nc\n", T0 + SECOND));
	OK(rig_close(&r));
	ck_assert_str_eq(shell("cat out"), "a\nb\nc\n");
}
END_TEST

START_TEST(full_disk)
{
	struct rig r;

	OK(rig_open(&r, "/dev/full"));
	ck_assert_int_eq(rig_batch(&r, "a\n", T0), -1);
	ck_assert_str_eq(r.err.message, "/dev/full: write: No space left on device");
	OK(rig_close(&r));
}
END_TEST

/* ---- dir: ---- */

START_TEST(dir_names)
{
	struct rig r;

	OK(rig_open(&r, "dir:%s/d", folder));
	r.sink.head = "h\n";
	r.sink.head_len = 2;
	OK(rig_end(&r, T0 - SECOND));			/* an empty batch */
	OK(rig_write(&r, "a\n"));
	ck_assert_str_eq(shell("ls d"), "");		/* not complete yet */
	OK(rig_batch(&r, "b\n", T0));
	OK(rig_batch(&r, "c\n", T0 + 250));		/* in the same millisecond */
	OK(rig_batch(&r, "d\n", T0 - SECOND));		/* the clock was set back */
	r.sink.format = "table";
	OK(rig_batch(&r, "e\n", T0 + 1234000));
	OK(rig_close(&r));
	ck_assert_str_eq(shell("ls -A d"), "2026-11-22T231000.000Z.tsv\n"
	    "2026-11-22T231000.000Z_001.tsv\n2026-11-22T231000.000Z_002.tsv\n"
	    "2026-11-22T231001.234Z.txt\n");
	ck_assert_str_eq(shell("cat d/*"), "h\na\nb\nh\nc\nh\nd\nh\ne\n");
}
END_TEST

START_TEST(dir_again)
{
	struct rig r, other;

	OK(rig_open(&r, "dir:%s", folder));
	OK(rig_batch(&r, "old\n", T0));
	OK(rig_batch(&r, "kept\n", T0 + SECOND));
	OK(rig_close(&r));
	OK(rig_open(&r, "dir:%s", folder));
	OK(rig_open(&other, "dir:%s", folder));
	OK(rig_write(&other, "of another run"));	/* and that one fails before its end */
	OK(rig_batch(&r, "new\n", T0));
	OK(rig_close(&other));
	OK(rig_close(&r));
	ck_assert_str_eq(shell("ls -A | wc -l; cat *"), "2\nnew\nkept\n");
}
END_TEST

START_TEST(dir_wrong)
{
	struct rig r;

	ck_assert_int_eq(rig_open(&r, "dir:%s/no/d", folder), -1);
	ck_assert_ptr_nonnull(strstr(r.err.message, "/no/d: mkdir: No such file"));
	OK(rig_close(&r));
	shell("touch f");
	ck_assert_int_eq(rig_open(&r, "dir:%s/f", folder), -1);
	ck_assert_ptr_nonnull(strstr(r.err.message, "/f: open: Not a directory"));
	OK(rig_close(&r));
}
END_TEST

/* ---- exec: ---- */

START_TEST(exec_runs)
{
	struct rig r;

	OK(rig_open(&r, "exec:(echo $STREAMCTL_BATCH $STREAMCTL_TIME; cat) >>%s/out", folder));
	OK(rig_write(&r, "a\n"));
	OK(rig_batch(&r, "b\n", T0));
	OK(rig_end(&r, T0 + SECOND));
	OK(rig_batch(&r, "c\n", T0 + 2 * SECOND));
	OK(rig_close(&r));
	ck_assert_str_eq(shell("cat out"), "1 2026-11-22T23:10:00.000Z\na\nb\n"
	    "3 2026-11-22T23:10:02.000Z\nc\n");
}
END_TEST

START_TEST(exec_judged)
{
	size_t size = 1 << 20;
	char *large = malloc(size + 1);
	struct rig r;

	memset(large, 'x', size);
	large[size] = '\0';
	OK(rig_open(&r, "exec:exit 0"));
	OK(rig_batch(&r, large, T0));			/* EPIPE */
	OK(rig_close(&r));
	OK(rig_open(&r, "exec:exit 3"));
	ck_assert_int_eq(rig_batch(&r, large, T0), -1);
	ck_assert_str_eq(r.err.message,
	    "exec: batch 2026-11-22T23:10:00.000Z: exit status 3: exit 3");
	OK(rig_close(&r));
	OK(rig_open(&r, "exec:kill -9 $$"));
	ck_assert_int_eq(rig_batch(&r, "a\n", T0), -1);
	ck_assert_ptr_nonnull(strstr(r.err.message, "killed by signal 9 (Killed)"));
	OK(rig_close(&r));
	free(large);
}
END_TEST

/* ---- sockets ---- */

/* A socket on a free port of 127.0.0.1. */
static int
serve(int type, unsigned *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	int fd = socket(AF_INET, type, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, size), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* All that comes over a connection until its end, or LEN bytes of it. */
static const char *
take(int fd, size_t len)
{
	static char text[256];
	size_t n = 0;
	ssize_t got;

	while (n < len && (got = read(fd, text + n, len - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	return text;
}

/* The peer's end comes as a reset. */
static void
drop(int fd)
{
	struct linger now = { .l_onoff = 1 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

START_TEST(tcp_sent_again)
{
	struct rig r;
	unsigned port;
	int server = serve(SOCK_STREAM, &port), one, two;

	OK(rig_open(&r, "tcp://127.0.0.1:%u", port));
	r.sink.head = "h\n";
	r.sink.head_len = 2;
	one = accept(server, NULL, NULL);
	OK(rig_batch(&r, "a\n", T0));
	ck_assert_str_eq(take(one, 4), "h\na\n");
	OK(rig_write(&r, "b\n"));
	ck_assert_str_eq(take(one, 2), "b\n");
	drop(one);					/* in the middle of the second batch */
	OK(rig_batch(&r, "c\n", T0 + SECOND));
	ck_assert_int_eq(notices, 2);
	ck_assert_str_eq(told, "reconnected after 0.1s; the batch is sent again");
	OK(rig_batch(&r, "d\n", T0 + 2 * SECOND));
	two = accept(server, NULL, NULL);
	OK(rig_close(&r));
	ck_assert_str_eq(take(two, 99), "h\nb\nc\nd\n");
	close(two);
	close(server);
}
END_TEST

/* The peer is gone before the batch comes: the kernel takes the bytes, but nobody does. */
START_TEST(tcp_lost_between)
{
	struct rig r;
	unsigned port;
	int server = serve(SOCK_STREAM, &port), one, two;

	OK(rig_open(&r, "tcp://127.0.0.1:%u", port));
	one = accept(server, NULL, NULL);
	OK(rig_batch(&r, "a\n", T0));
	ck_assert_str_eq(take(one, 2), "a\n");
	close(one);
	OK(rig_batch(&r, "b\n", T0 + SECOND));
	OK(rig_close(&r));
	two = accept(server, NULL, NULL);
	ck_assert_str_eq(take(two, 99), "b\n");
	close(two);
	close(server);
}
END_TEST

/* A peer that sends no more reads on; one that talks is not cut off. */
START_TEST(tcp_half_closed)
{
	struct rig r;
	unsigned port;
	int server = serve(SOCK_STREAM, &port), one;

	OK(rig_open(&r, "tcp://127.0.0.1:%u", port));
	one = accept(server, NULL, NULL);
	ck_assert_int_eq(write(one, "hello", 5), 5);
	ck_assert_int_eq(shutdown(one, SHUT_WR), 0);
	for (int i = 0; i < 3; i++)
		OK(rig_batch(&r, "a\n", T0 + i * SECOND));
	OK(rig_close(&r));
	ck_assert_str_eq(take(one, 99), "a\na\na\n");
	ck_assert_int_eq(notices, 0);
	close(one);
	close(server);
}
END_TEST

START_TEST(udp_rows)
{
	char text[70000];
	struct rig r;
	unsigned port;
	int server = serve(SOCK_DGRAM, &port);

	OK(rig_open(&r, "udp://localhost:%u", port));	/* and nobody is at ::1 */
	OK(rig_write(&r, "a\nbc\n"));
	ck_assert_int_eq(recv(server, text, sizeof(text), 0), 2);
	ck_assert_int_eq(recv(server, text, sizeof(text), 0), 3);
	memset(text, 'x', sizeof(text));
	text[65506] = '\n';
	text[65507] = '\0';
	OK(rig_write(&r, text));			/* the longest */
	ck_assert_int_eq(recv(server, text, sizeof(text), 0), 65507);
	ck_assert_int_eq(notices, 0);
	memset(text, 'x', 65507);
	text[65507] = '\n';
	text[65508] = '\0';
	OK(rig_write(&r, text));
	ck_assert_str_eq(told,
	    "a row is lost: it is longer than 65507 bytes; more are only counted");
	OK(rig_close(&r));
	close(server);
}
END_TEST

/* ---- sqlite: ---- */

/* A batch of one row of two cells; the second column has no types. */
static int
row(struct rig *r, struct value first, const char *second, int64_t time)
{
	struct schema schema = {
		.columns = 2, .width = 2,
		.column = { { .name = "k", .slot = 1 }, { .name = "the \"v\"", .bare = true } },
	};
	struct value cells[2] = { value_text(second, strlen(second)), first };
	struct block b = { .cells = cells, .width = 2, .records = 1, .time = time };

	return r->sink.class->rows(&r->sink, &schema, &b, &r->err);
}

START_TEST(sqlite_values)
{
	static const char *const bare[] = {
		"12", "-9223372036854775808", "9223372036854775808", "007", "1.5", "-1e3", "1e999",
		"1.", "-", "", "0x1", " 1",
	};
	struct rig r;

	OK(rig_open(&r, "sqlite:%s/a#b.db#my \"t\"", folder));
	OK(row(&r, value_null(), "x", T0));
	OK(row(&r, value_bool(true), "x", T0));
	OK(row(&r, value_double(0.5), "x", T0));
	OK(row(&r, value_text("5", 1), "x", T0));
	for (int i = 0; i < COUNT(bare); i++)
		OK(row(&r, value_int(i), bare[i], T0));
	OK(rig_end(&r, T0));
	OK(rig_close(&r));
	ck_assert_str_eq(shell("sqlite3 'a#b.db' 'SELECT DISTINCT time, quote(k), typeof(k) FROM "
	    "\"my \"\"t\"\"\" LIMIT 5'"), "2026-11-22T23:10:00.000Z|NULL|null\n"
	    "2026-11-22T23:10:00.000Z|1|integer\n2026-11-22T23:10:00.000Z|0.5|real\n"
	    "2026-11-22T23:10:00.000Z|'5'|text\n2026-11-22T23:10:00.000Z|0|integer\n");
	ck_assert_str_eq(shell("sqlite3 'a#b.db' 'SELECT quote(\"the \"\"v\"\"\") FROM "
	    "\"my \"\"t\"\"\" WHERE rowid > 4' | tr '\\n' ' '"),
	    "12 -9223372036854775808 '9223372036854775808' '007' 1.5 -1000.0 '1e999' '1.' '-' '' "
	    "'0x1' ' 1' ");
}
END_TEST

START_TEST(sqlite_again)
{
	struct rig r;

	OK(rig_open(&r, "sqlite:%s/db#t", folder));
	for (int i = 0; i < 4; i++) {
		OK(row(&r, value_int(i), "old", T0 + i * SECOND));
		OK(row(&r, value_int(i), "old", T0 + i * SECOND));
		OK(rig_end(&r, T0 + i * SECOND));
	}
	OK(rig_close(&r));
	OK(rig_open(&r, "sqlite:%s/db#t", folder));
	for (int i = 2; i < 6; i++) {
		OK(row(&r, value_int(i), "new", T0 + i * SECOND));
		OK(rig_end(&r, T0 + i * SECOND));
		OK(row(&r, value_int(i), "more", T0 + i * SECOND));	/* of the same time */
		OK(rig_end(&r, T0 + i * SECOND));
	}
	OK(row(&r, value_int(9), "not ended", T0));
	OK(rig_close(&r));
	ck_assert_str_eq(shell("sqlite3 db 'SELECT k || \"the \"\"v\"\"\" FROM t' | tr '\\n' ' '"),
	    "0old 0old 1old 1old 2new 2more 3new 3more 4new 4more 5new 5more ");
	ck_assert_str_eq(shell("sqlite3 db 'PRAGMA journal_mode'"), "wal\n");
}
END_TEST

/* Two sinks of one file have batches open at the same time; the names are as bad as can be. */
START_TEST(sqlite_two)
{
	struct rig r, other;

	OK(rig_open(&r, "sqlite:%s/db#kept", folder));
	OK(rig_open(&other, "sqlite:%s/db#marked", folder));
	for (int i = 0; i < 3; i++) {
		OK(row(&r, value_int(i), "x", T0 + i));
		OK(row(&other, value_int(10 + i), "y", T0 + i));
		OK(rig_end(&r, T0 + i));
		OK(rig_end(&other, T0 + i));
	}
	OK(rig_close(&r));
	OK(rig_close(&other));
	ck_assert_str_eq(shell("sqlite3 db 'SELECT k FROM kept UNION ALL SELECT k FROM marked' | "
	    "tr '\\n' ' '"), "0 1 2 10 11 12 ");
}
END_TEST

START_TEST(sqlite_wrong)
{
	struct rig r;

	shell("sqlite3 db 'CREATE TABLE t (time, K)'");
	OK(rig_open(&r, "sqlite:%s/db#t", folder));
	ck_assert_int_eq(row(&r, value_int(1), "x", T0), -1);
	ck_assert_ptr_nonnull(strstr(r.err.message, "/db: table t has no column 'the \"v\"'"));
	OK(rig_close(&r));
	ck_assert_int_eq(rig_open(&r, "sqlite:%s/no/db#t", folder), -1);
	ck_assert_ptr_nonnull(strstr(r.err.message, "table t: unable to open database file"));
	OK(rig_close(&r));
	ck_assert_int_eq(rig_open(&r, "sqlite:%s/db", folder), -1);
	ck_assert_str_eq(r.err.message, "no table, write sqlite:FILE#TABLE");
	OK(rig_close(&r));
}
END_TEST

/* ---- memory that is short ---- */

/* Two batches; true if all went well. */
static bool
short_run(const char *before, const char *behind)
{
	struct rig r;
	bool well = rig_open(&r, "%s%s%s", before, folder, behind) == 0;

	for (int i = 0; i < 2 && well; i++)
		well = ((r.sink.class->flags & SINK_ROWS) != 0 ?
		    row(&r, value_int(1), "x", T0) : rig_write(&r, "x\n")) == 0 &&
		    rig_end(&r, T0) == 0;
	return (rig_close(&r) == 0) & well;
}

START_TEST(memory)
{
	static const char *const address[][2] = {
		{ "dir:", "/d" }, { "exec:cat >", "/out" }, { "sqlite:", "/db#t" },
	};
	const char *const *a = address[_i];

	ck_assert(short_run(a[0], a[1]));
	for (uint64_t n = 1;; n++) {
		bool well;

		fault_set(n, false);
		well = short_run(a[0], a[1]);
		if (fault_clear() < n)
			break;
		DEMAND(n < 5000);
		(void)well;		/* SQLite may do without */
	}
	ck_assert(short_run(a[0], a[1]));
}
END_TEST

Suite *
sinks_suite(void)
{
	Suite *suite = suite_create("sinks");
	TCase *tc = case_add(suite, "sinks");

	tcase_add_checked_fixture(tc, make_folder, remove_folder);
	tcase_add_test(tc, file_is_whole);
	tcase_add_test(tc, full_disk);
	tcase_add_test(tc, dir_names);
	tcase_add_test(tc, dir_again);
	tcase_add_test(tc, dir_wrong);
	tcase_add_test(tc, exec_runs);
	tcase_add_test(tc, exec_judged);
	tcase_add_test(tc, tcp_sent_again);
	tcase_add_test(tc, tcp_lost_between);
	tcase_add_test(tc, tcp_half_closed);
	tcase_add_test(tc, udp_rows);
	tcase_add_test(tc, sqlite_values);
	tcase_add_test(tc, sqlite_again);
	tcase_add_test(tc, sqlite_two);
	tcase_add_test(tc, sqlite_wrong);
	tcase_add_loop_test(tc, memory, 0, 3);
	return suite;
}
