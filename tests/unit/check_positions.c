/*
 * Unit tests of how sources go on: files, plain and compressed, standard input and rate: cut at any
 * byte give every line once; files that are not what they were are refused; saved bytes that
 * are damaged are found out.
 */
#include "source_util.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

Suite *positions_suite(void);

enum packing { PLAIN, GZIP, ZSTD, PACKINGS };

static struct rig rig;

static void
setup(void)
{
	files_open();
	rig_open(&rig);
	rand_start(7);
}

static void
teardown(void)
{
	rig_close(&rig);
	files_close();
}

/* Lines of which some are empty, over the limit or end in "\r\n"; the last one has no end. */
static void
make_text(struct buf *text, size_t lines)
{
	for (size_t i = 0; i < lines; i++) {
		size_t len = rand_below(10) == 0 ? rand_below(4 * RIG_MAX_LINE) : rand_below(30);

		for (size_t j = 0; j < len; j++)
			text_printf(text, "%c", (int)('a' + rand_below(26)));
		text_printf(text, "%s", rand_below(8) == 0 ? "\r\n" : "\n");
	}
	text_printf(text, "the last line, %llu", (unsigned long long)rand_u64());
}

static void
pack_gzip(const char *path, const char *mode, const struct buf *text, size_t from, size_t to)
{
	gzFile z = gzopen(path, mode);

	DEMAND(gzwrite(z, text->data + from, (unsigned)(to - from)) == (int)(to - from));
	DEMAND(gzclose(z) == Z_OK);
}

/* Writes TEXT; gzip in two members. */
static void
pack(const char *path, enum packing packing, const struct buf *text)
{
	size_t bound = ZSTD_compressBound(text->len);
	char *bytes;

	if (packing == PLAIN) {
		file_write(path, text->data, text->len);
	} else if (packing == GZIP) {
		pack_gzip(path, "wb", text, 0, text->len / 3);
		pack_gzip(path, "ab", text, text->len / 3, text->len);
	} else {
		bytes = malloc(bound);
		file_write(path, bytes, ZSTD_compress(bytes, bound, text->data, text->len, 3));
		free(bytes);
	}
}

static void
same_again(const struct buf *want, const char *what)
{
	text_same(&rig.out, want, what);
	rig.out.len = 0;
	rig_forget(&rig);
}

/* What an undisturbed run gives. */
static void
take_all(const char *address, struct buf *want)
{
	DEMAND(rig_run(&rig, address, FOR_EVER) == 0);
	DEMAND(rig.ended);
	*want = rig.out;
	rig.out = (struct buf){ 0 };
	rig_forget(&rig);
}

/* ---- files ---- */

START_TEST(cut_anywhere)
{
	struct buf text = { 0 }, want;
	const char *path = in_folder("file");

	make_text(&text, 3000);
	pack(path, (enum packing)_i, &text);
	take_all(path, &want);
	ck_assert_uint_gt(want.len, text.len / 4);
	for (int round = 0; round < 60; round++) {
		rig.piece = 1 + rand_below(round % 2 == 0 ? 300 : 40000);
		rig.eager = round % 3 == 0;
		do
			DEMAND(rig_run(&rig, path, 1 + rand_below(text.len / 2)) == 0);
		while (!rig.ended);
		DEMAND(!rig.failed);
		DEMAND(rig_run(&rig, path, FOR_EVER) == 0);	/* it is over, and stays so */
		DEMAND(rig.ended);
		same_again(&want, "cut and taken up");
	}
	buf_free(&want);
	buf_free(&text);
}
END_TEST

START_TEST(appended)
{
	static const char first[] = "one\ntwo\nhal", all[] = "one\ntwo\nhal\nf\nthree\n";
	const struct buf want = { .data = (char *)(uintptr_t)all, .len = sizeof(all) - 1 };
	const char *path = in_folder("log");

	file_write(path, "", 0);
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0);
	file_append(path, first);
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0);
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0);
	file_append(path, "f\nth");
	DEMAND(rig_run(&rig, path, 1) == 0);	/* cut in the third line */
	file_append(path, "ree\n");
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0);
	text_same(&rig.out, &want, "a file that grows");
}
END_TEST

START_TEST(gzip_appended)
{
	struct buf text = { 0 };
	const char *path = in_folder("log.gz");

	make_text(&text, 500);
	text_printf(&text, "\n");
	pack_gzip(path, "wb", &text, 0, text.len);
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0 && rig.ended);
	rig.out.len = 0;
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0 && rig.ended);
	ck_assert_uint_eq(rig.out.len, 0);
	pack_gzip(path, "ab", &text, text.len - 1, text.len);
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0 && rig.ended);
	ck_assert_uint_eq(rig.out.len, 1);
	buf_free(&text);
}
END_TEST

/* A damaged file fails where it is; put right, it goes on behind the line that was cut. */
START_TEST(gzip_put_right)
{
	struct buf text = { 0 }, want;
	const char *path = in_folder("a.gz"), *short_path = in_folder("short.gz");
	struct buf head = { 0 };
	FILE *f;

	for (int i = 0; i < 4000; i++)
		text_printf(&text, "%llu\n", (unsigned long long)rand_u64());
	pack_gzip(path, "wb", &text, 0, text.len);
	take_all(path, &want);
	buf_reserve(&head, 20000);
	f = fopen(path, "r");
	DEMAND(fread(head.data, 1, 20000, f) == 20000);
	fclose(f);
	file_write(short_path, head.data, 20000);
	DEMAND(rig_run(&rig, short_path, FOR_EVER) == 0 && rig.failed);
	ck_assert_ptr_nonnull(strstr(rig.err.message, "cut short"));
	DEMAND(rig_run(&rig, short_path, FOR_EVER) == 0 && rig.failed);
	DEMAND(rename(path, short_path) == 0);
	DEMAND(rig_run(&rig, short_path, FOR_EVER) == 0 && rig.ended && !rig.failed);
	ck_assert_uint_gt(rig.out.len, want.len - 2 * RIG_MAX_LINE);
	ck_assert_uint_lt(rig.out.len, want.len);
	DEMAND(memcmp(rig.out.data, want.data, rig.out.len / 3) == 0);
	DEMAND(memcmp(rig.out.data + rig.out.len - 5000, want.data + want.len - 5000, 5000) == 0);
	buf_free(&head);
	buf_free(&text);
	buf_free(&want);
}
END_TEST

/* ---- identity ---- */

static void
refused(const char *path, const char *why)
{
	ck_assert_int_eq(rig_run(&rig, path, FOR_EVER), -1);
	ck_assert_msg(strstr(rig.err.message, why) != NULL, "%s", rig.err.message);
	ck_assert_ptr_nonnull(strstr(rig.err.message, "--state reset"));
	ck_assert_ptr_nonnull(strstr(rig.err.message, path));
}

START_TEST(another_file)
{
	static const char text[] = "one\ntwo\nthree\n";
	const char *path = in_folder("file"), *copy = in_folder("copy");

	file_write(path, text, sizeof(text) - 1);
	DEMAND(rig_run(&rig, path, 5) == 0);
	file_write(path, "one\nt", 5);
	refused(path, "was read to byte 14, and has only 5 bytes");
	file_write(path, "One\ntwo\nthree\nfour\n", 19);
	refused(path, "was overwritten");
	file_write(copy, "Two\ntwo\nthree\nfour\n", 19);
	DEMAND(rename(copy, path) == 0);
	refused(path, "is another file than the one that was read to byte 14");
	file_write(copy, "one\ntwo\nthree\nfour\n", 19);
	DEMAND(rename(copy, path) == 0);
	rig.out.len = 0;
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0 && rig.ended);
	ck_assert_uint_eq(rig.out.len, 5);	/* a longer copy is the same file */
}
END_TEST

START_TEST(shorter_gzip)
{
	struct buf text = { 0 };
	const char *path = in_folder("a.gz");

	for (int i = 0; i < 20000; i++)
		text_printf(&text, "%llu\n", (unsigned long long)rand_u64());
	pack_gzip(path, "wb", &text, 0, text.len - 100000);
	pack_gzip(path, "ab", &text, text.len - 100000, text.len);
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0 && rig.ended);
	pack_gzip(path, "wb", &text, 0, text.len - 100000);
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0 && rig.failed);
	ck_assert_ptr_nonnull(strstr(rig.err.message, "its text ends 100000 bytes before"));
	buf_free(&text);
}
END_TEST

START_TEST(not_begun)
{
	const char *path = in_folder("file");

	file_write(path, "unfinished", 10);
	DEMAND(rig_run(&rig, path, 0) == 0);	/* its only line has not ended */
	ck_assert_uint_eq(rig.chunks, 0);
	file_write(path, "other\n", 6);
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0 && rig.ended);
	ck_assert_uint_eq(rig.out.len, 6);
}
END_TEST

START_TEST(fifo_is_not_replayable)
{
	const char *path = in_folder("file");

	file_write(path, "one\ntwo\n", 8);
	DEMAND(rig_run(&rig, path, FOR_EVER) == 0);
	DEMAND(rig.source.replayable);
	DEMAND(remove(path) == 0 && mkfifo(path, 0600) == 0);
	refused(path, "was a regular file that was read to byte 8, and is none now");
	DEMAND(!rig.source.replayable);
	rig_forget(&rig);
}
END_TEST

/* ---- standard input ---- */

static int
give_stdin(const char *path, off_t at)
{
	int fd = open(path, O_RDONLY), before = dup(STDIN_FILENO);

	DEMAND(fd != -1);
	DEMAND(lseek(fd, at, SEEK_SET) == at);
	DEMAND(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	if (fd != STDIN_FILENO)
		close(fd);
	return before;
}

static void
run_stdin(const char *path, off_t at, uint64_t stop)
{
	int before = give_stdin(path, at);

	DEMAND(rig_run(&rig, "-", stop) == 0);
	if (before != -1) {
		DEMAND(dup2(before, STDIN_FILENO) == STDIN_FILENO);
		close(before);
	}
}

/* It begins where it was at first; where the next ones find it does not matter. */
START_TEST(stdin_from_the_middle)
{
	struct buf text = { 0 }, want;
	const char *path = in_folder("file");
	off_t start;

	make_text(&text, 1000);
	start = (char *)memchr(text.data + 500, '\n', 1000) + 1 - text.data;
	file_write(path, text.data + start, text.len - (size_t)start);
	take_all(path, &want);
	file_write(path, text.data, text.len);
	for (int round = 0; round < 30; round++) {
		off_t at = start;

		rig.piece = 1 + rand_below(4000);
		do {
			run_stdin(path, at, 1 + rand_below(text.len / 2));
			at = (off_t)rand_below(text.len);
		} while (!rig.ended);
		same_again(&want, "standard input");
	}
	buf_free(&text);
	buf_free(&want);
}
END_TEST

/* ---- rate ---- */

START_TEST(rate_goes_on)
{
	uint64_t next = 0;

	for (int round = 0; round < 20; round++) {
		rig.piece = 1 + rand_below(3000);
		DEMAND(rig_run(&rig, "rate:1000000", 1 + rand_below(20000)) == 0);
	}
	for (char *line = rig.out.data; line < rig.out.data + rig.out.len;) {
		char *end;

		DEMAND(strtoull(line, &end, 10) == next++);
		DEMAND(*end == '\n');
		line = end + 1;
	}
	ck_assert_uint_gt(next, 10000);
}
END_TEST

/* ---- damage ---- */

static int
try_damaged(const char *address, const struct buf *bytes)
{
	rig_forget(&rig);
	rig.chunk = calloc(1, sizeof(*rig.chunk));
	rig.chunks = 1;
	text_add(&rig.chunk[0].bytes, bytes->data, bytes->len);
	if (rig_run(&rig, address, 1) == 0)
		return 0;
	ck_assert_ptr_nonnull(strstr(rig.err.message, "--state reset"));
	return -1;
}

static void
damage(const char *address)
{
	struct buf saved = { 0 }, bad = { 0 };

	DEMAND(rig_run(&rig, address, 5) == 0);
	ck_assert_uint_eq(rig.chunks, 1);
	rig.dry = true;
	text_add(&saved, rig.chunk[0].bytes.data, rig.chunk[0].bytes.len);
	for (size_t len = 1; len < saved.len; len++) {
		bad.len = 0;
		text_add(&bad, saved.data, len);
		DEMAND(try_damaged(address, &bad) == -1);
		ck_assert_ptr_nonnull(strstr(rig.err.message, "saved position is damaged"));
	}
	for (int i = 0; i < 400; i++) {
		bad.len = 0;
		text_add(&bad, saved.data, saved.len);
		for (uint64_t n = 1 + rand_below(3); n > 0; n--)
			bad.data[rand_below(bad.len)] = (char)rand_below(256);
		try_damaged(address, &bad);
	}
	rig.dry = false;
	buf_free(&saved);
	buf_free(&bad);
}

START_TEST(damaged)
{
	const char *path = in_folder("file");

	file_write(path, "one\ntwo\nthree\n", 14);
	damage(path);
	rig_forget(&rig);
	damage("rate:100000");
}
END_TEST

Suite *
positions_suite(void)
{
	Suite *suite = suite_create("positions");
	TCase *tcase = case_add(suite, "sources");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, cut_anywhere, 0, PACKINGS);
	tcase_add_test(tcase, appended);
	tcase_add_test(tcase, gzip_appended);
	tcase_add_test(tcase, gzip_put_right);
	tcase_add_test(tcase, another_file);
	tcase_add_test(tcase, shorter_gzip);
	tcase_add_test(tcase, not_begun);
	tcase_add_test(tcase, fifo_is_not_replayable);
	tcase_add_test(tcase, stdin_from_the_middle);
	tcase_add_test(tcase, rate_goes_on);
	tcase_add_test(tcase, damaged);
	return suite;
}
