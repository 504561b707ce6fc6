/*
 * Unit tests of src/core/frame.c: any split of any text into reads, any emptying of the block and
 * any mixing of connections gives the lines and counts of a naive splitter; and of one connection
 * also what counts with each line.
 */

#include <check.h>
#include <string.h>

#include "core/block.h"
#include "core/frame.h"
#include "util.h"

Suite *frame_suite(void);

#define CONNECTIONS 4

struct connection {
	struct framer	framer;
	struct buf	text;		/* what it sends */
	size_t		sent;
	struct buf	got, want;	/* its lines, each ended by \n */
};

struct scene {
	struct connection	 c[CONNECTIONS];
	int			 n;
	struct lines		 block;
	struct buf		 shadow;	/* what the block must hold */
	size_t			 max_line, max_read;
	struct frame_counts	 counts, want;
	uint64_t		 lines;		/* told by the blocks that were emptied */
	struct buf		 each, want_each;	/* figures of lines, bad ones before them */
	struct frame_counts	 open, want_open;	/* of what comes before the next line */
	int			 result;	/* of frame_take and frame_end */
};

/* ---- the model ---- */

/* Adds figures to those of the next line; then that line has come, or it is bad. */
static void
add_each(struct frame_counts *open, struct buf *each, struct frame_counts more, bool line)
{
	frame_counts_add(open, &more);
	if (!line)
		return;
	text_add(each, (const char *)open, sizeof(*open));
	*open = (struct frame_counts){ 0 };
}

/* A line of SIZE bytes, its end included, of which LEN come before it. */
static void
want_line(struct scene *s, struct connection *c, const char *line, size_t len, size_t size)
{
	struct frame_counts more = { .records = 1, .bytes = size };

	if (len > 0 && line[len - 1] == '\r')
		len--;
	more.bad = len > s->max_line;
	frame_counts_add(&s->want, &more);
	add_each(&s->want_open, &s->want_each, more, more.bad == 0);
	if (more.bad > 0)
		return;
	text_add(&c->want, line, len);
	text_add(&c->want, "\n", 1);
}

static void
want_lines(struct scene *s, struct connection *c)
{
	size_t from = 0;

	for (size_t i = 0; i < c->text.len; i++) {
		if (c->text.data[i] != '\n')
			continue;
		want_line(s, c, c->text.data + from, i - from, i + 1 - from);
		from = i + 1;
	}
	if (from < c->text.len)
		want_line(s, c, c->text.data + from, c->text.len - from, c->text.len - from);
}

/* ---- the driver ---- */

/* Takes the marks before line AT; returns how many are taken by then. */
static size_t
take_marks(struct scene *s, size_t mark, uint64_t at)
{
	for (; mark < s->block.marks && s->block.mark[mark].at == at; mark++)
		add_each(&s->open, &s->each, s->block.mark[mark].more, false);
	return mark;
}

static void
empty(struct scene *s)
{
	struct buf held = { .data = s->block.data, .len = s->block.len };
	uint64_t lines = 0;
	size_t from = 0, mark = take_marks(s, 0, 0);

	text_same(&held, &s->shadow, "the block");
	for (size_t i = 0; i < held.len; i++) {
		if (held.data[i] != '\n')
			continue;
		add_each(&s->open, &s->each,
		    (struct frame_counts){ .records = 1, .bytes = i + 1 - from }, true);
		from = i + 1;
		mark = take_marks(s, mark, ++lines);
	}
	DEMAND(s->block.records == lines && s->block.marks == mark);
	s->lines += lines;
	lines_empty(&s->block);
	s->shadow.len = 0;
}

/* Notes what has joined the block since it was FROM bytes long. */
static void
joined(struct scene *s, struct connection *c, size_t from)
{
	const char *text = s->block.data + from, *end = s->block.data + s->block.len;

	text_add(&s->shadow, text, (size_t)(end - text));
	while (text < end) {
		const char *line = text;
		size_t len;

		text = line_next(text, end, &len);
		text_add(&c->got, line, len);
		text_add(&c->got, "\n", 1);
	}
}

static size_t
read_size(const struct scene *s, const struct connection *c, size_t room)
{
	size_t left = c->text.len - c->sent, size = 1 + rand_below(s->max_read);

	if (size > room)
		size = room;
	return size < left ? size : left;
}

static void
read_some(struct scene *s, struct connection *c)
{
	size_t room, size, from;
	char *to = frame_room(&c->framer, &s->block, &room);

	if (room == 0) {
		DEMAND(s->block.len > 0);
		empty(s);
		to = frame_room(&c->framer, &s->block, &room);
	}
	DEMAND(room > 0 && to + room <= s->block.data + s->block.cap);
	size = read_size(s, c, room);
	memcpy(to, c->text.data + c->sent, size);
	c->sent += size;
	from = s->block.len;
	s->result = frame_take(&c->framer, &s->block, scan_best(), size, s->max_line, &s->counts);
	if (s->result == 0)
		joined(s, c, from);
	DEMAND(c->framer.partial.len <= s->max_line + 1);
}

static void
end_connection(struct scene *s, struct connection *c)
{
	empty(s);
	s->result = frame_end(&c->framer, &s->block, s->max_line, &s->counts);
	if (s->result == 0)
		joined(s, c, 0);
}

/* Lets the connections send in random turns until all have ended, or memory is short. */
static void
play(struct scene *s)
{
	int open = s->n;
	bool ended[CONNECTIONS] = { false };

	while (open > 0 && s->result == 0) {
		int i = (int)rand_below((uint64_t)s->n);
		struct connection *c = &s->c[i];

		if (rand_below(400) == 0)
			empty(s);
		if (ended[i])
			continue;
		if (c->sent < c->text.len) {
			read_some(s, c);
			continue;
		}
		end_connection(s, c);
		ended[i] = true;
		open--;
	}
}

static void
scene_close(struct scene *s)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		frame_close(&s->c[i].framer);
		buf_free(&s->c[i].text);
		buf_free(&s->c[i].got);
		buf_free(&s->c[i].want);
	}
	lines_close(&s->block);
	buf_free(&s->shadow);
	buf_free(&s->each);
	buf_free(&s->want_each);
}

static void
check_scene(struct scene *s)
{
	ck_assert_int_eq(s->result, 0);
	empty(s);
	for (int i = 0; i < s->n; i++) {
		want_lines(s, &s->c[i]);
		text_same(&s->c[i].got, &s->c[i].want, "lines");
	}
	ck_assert_uint_eq(s->counts.records, s->want.records);
	ck_assert_uint_eq(s->counts.bad, s->want.bad);
	ck_assert_uint_eq(s->counts.bytes, s->want.bytes);
	ck_assert_uint_eq(s->lines, s->want.records - s->want.bad);
	if (s->n > 1)
		return;
	text_same(&s->each, &s->want_each, "figures of each line");
	ck_assert_mem_eq(&s->open, &s->want_open, sizeof(s->open));
}

/* ---- random text ---- */

static void
add_random_line(struct buf *text, size_t max_line)
{
	static const char *const ends[] = { "\n", "\n", "\n", "\r\n", "\r\n", "\r\r\n" };
	const char *end = ends[rand_below(COUNT(ends))];
	size_t len = rand_below(3) == 0 ? max_line - 2 + rand_below(6) :
	    rand_below(rand_below(8) == 0 ? 4 * max_line + 4 : max_line / 4 + 2);

	for (size_t i = 0; i < len && len < SIZE_MAX / 2; i++) {
		char byte = "\r\0ab cd"[rand_below(7)];

		text_add(text, &byte, 1);
	}
	text_add(text, end, strlen(end));
}

/* About SIZE bytes of lines around MAX_LINE; the last may lack its end. */
static void
random_text(struct buf *text, size_t size, size_t max_line)
{
	while (text->len < size)
		add_random_line(text, max_line);
	if (text->len > 0)
		text->len -= rand_below(3) * rand_below(text->len < 9 ? text->len : 9) / 2;
}

static const struct {
	size_t cap, max_line, max_read, size;
	int connections, rounds;
} scenes[] = {
	{ 64, 10, 5, 300, 1, 300 },
	{ 64, 10, 64, 300, 1, 300 },
	{ 16, 40, 1, 500, 1, 100 },
	{ 64, 3, 7, 200, 4, 300 },
	{ 100, 300, 100, 3000, 2, 100 },
	{ 1000, 300, 2000, 3000, 4, 100 },
	{ 1000, 30000, 1000, 100000, 2, 4 },
	{ 40000, 100, 9000, 100000, 3, 10 },
	{ 70000, 5000, 200, 60000, 4, 3 },
	{ 70000, 20000, 70000, 200000, 4, 3 },
	{ 300000, 100, 300000, 600000, 2, 1 },
};

START_TEST(any_split)
{
	for (int round = 0; round < scenes[_i].rounds; round++) {
		struct scene s = {
			.n = scenes[_i].connections, .max_line = scenes[_i].max_line,
			.max_read = 1 + rand_below(scenes[_i].max_read),
		};

		ck_assert_int_eq(lines_open(&s.block, scenes[_i].cap), 0);
		for (int i = 0; i < s.n; i++)
			random_text(&s.c[i].text, rand_below(scenes[_i].size), s.max_line);
		play(&s);
		check_scene(&s);
		scene_close(&s);
	}
}
END_TEST

/* Reads that end at each byte of the text in turn, for every place of the limit. */
START_TEST(every_split_in_two)
{
	static const char text[] =
	    "abc\r\nabcd\n\r\n\n\rabc\r\r\nabcde\r\nab\0\n\0\nabcd\rx\nabcd\r";
	enum { LEN = sizeof(text) - 1 };

	for (size_t max_line = 1; max_line <= 7; max_line++) {
		for (size_t at = 0; at <= LEN; at++) {
			struct scene s = { .n = 1, .max_line = max_line, .max_read = 1 };

			ck_assert_int_eq(lines_open(&s.block, 200), 0);
			text_add(&s.c[0].text, text, LEN);
			for (; s.c[0].sent < LEN; s.max_read = 1) {
				s.max_read = s.c[0].sent < at ? at : LEN;
				read_some(&s, &s.c[0]);
			}
			end_connection(&s, &s.c[0]);
			check_scene(&s);
			scene_close(&s);
		}
	}
}
END_TEST

/* ---- edges of the limit ---- */

static const struct {
	const char *text;
	size_t max_line;
	uint64_t records, bad;
	const char *lines;
} edges[] = {
	{ "", 4, 0, 0, "" },
	{ "\n", 4, 1, 0, "\n" },
	{ "\n\n", 4, 2, 0, "\n\n" },
	{ "\r\n", 4, 1, 0, "\n" },
	{ "\r", 4, 1, 0, "\n" },
	{ "a", 4, 1, 0, "a\n" },
	{ "abcd", 4, 1, 0, "abcd\n" },
	{ "abcd\n", 4, 1, 0, "abcd\n" },
	{ "abcd\r\n", 4, 1, 0, "abcd\n" },
	{ "abcd\r", 4, 1, 0, "abcd\n" },
	{ "abcde\n", 4, 1, 1, "" },
	{ "abcde", 4, 1, 1, "" },
	{ "abcd\re\n", 4, 1, 1, "" },
	{ "abcd\r\r\n", 4, 1, 1, "" },
	{ "abc\r\r\n", 4, 1, 0, "abc\r\n" },
	{ "abcdefghijkl\nx\n", 4, 2, 1, "x\n" },
	{ "x\nabcdefghijkl", 4, 2, 1, "x\n" },
	{ "abcde\nabcde\nabcd\nabcde", 4, 4, 3, "abcd\n" },
	{ "a\rb\n", 4, 1, 0, "a\rb\n" },
};

START_TEST(edge_of_the_limit)
{
	for (size_t max_read = 1; max_read < 20; max_read++) {
		struct scene s = { .n = 1, .max_line = edges[_i].max_line, .max_read = max_read };
		struct buf want = { 0 };

		ck_assert_int_eq(lines_open(&s.block, 64), 0);
		text_printf(&s.c[0].text, "%s", edges[_i].text);
		text_printf(&want, "%s", edges[_i].lines);
		play(&s);
		check_scene(&s);
		text_same(&s.c[0].got, &want, "lines");
		ck_assert_uint_eq(s.counts.records, edges[_i].records);
		ck_assert_uint_eq(s.counts.bad, edges[_i].bad);
		buf_free(&want);
		scene_close(&s);
	}
}
END_TEST

/* A line without an end is not kept beyond the limit, and the next line is whole. */
START_TEST(endless_line)
{
	enum { MAX = 1000, READS = 2000 };
	struct scene s = { .n = 1, .max_line = MAX };
	struct connection *c = &s.c[0];
	size_t room;

	ck_assert_int_eq(lines_open(&s.block, 65536), 0);
	for (int i = 0; i < READS; i++) {
		memset(frame_room(&c->framer, &s.block, &room), 'x', 5000);
		DEMAND(frame_take(&c->framer, &s.block, scan_best(), 5000, MAX, &s.counts) == 0);
		DEMAND(c->framer.partial.cap <= 4 * MAX && s.block.len == 0);
	}
	memcpy(frame_room(&c->framer, &s.block, &room), "x\nyes\n", 6);
	ck_assert_int_eq(frame_take(&c->framer, &s.block, scan_best(), 6, MAX, &s.counts), 0);
	ck_assert_uint_eq(s.block.len, 4);
	ck_assert_mem_eq(s.block.data, "yes\n", 4);
	ck_assert_uint_eq(s.counts.records, 2);
	ck_assert_uint_eq(s.counts.bad, 1);
	ck_assert_uint_eq(s.counts.bytes, READS * 5000 + 6);
	ck_assert_uint_eq(s.block.marks, 1);
	scene_close(&s);
}
END_TEST

/* Sends TEXT over the first connection and then loses it, if so told. */
static int
send_and_lose(struct scene *s, const char *text, bool lose)
{
	struct connection *c = &s->c[0];

	text_printf(&c->text, "%s", text);
	while (c->sent < c->text.len)
		read_some(s, c);
	return lose ? frame_drop(&c->framer, &s->block, &s->counts) : 0;
}

START_TEST(lost_connection)
{
	struct scene s = { .n = 1, .max_line = 4, .max_read = 100 };

	ck_assert_int_eq(lines_open(&s.block, 64), 0);
	ck_assert_int_eq(send_and_lose(&s, "", true), 0);
	ck_assert_int_eq(send_and_lose(&s, "ab\ncd", true), 1);
	ck_assert_uint_eq(s.counts.records, 2);
	ck_assert_uint_eq(s.counts.bad, 1);
	ck_assert_int_eq(send_and_lose(&s, "", true), 0);
	(void)send_and_lose(&s, "overlong", true);	/* was counted when it got too long */
	(void)send_and_lose(&s, "ef\n", false);
	ck_assert_uint_eq(s.counts.records, 4);
	ck_assert_uint_eq(s.counts.bad, 2);
	ck_assert_uint_eq(s.counts.bytes, strlen("ab\ncdoverlongef\n"));
	text_printf(&s.c[0].want, "ab\nef\n");
	text_same(&s.c[0].got, &s.c[0].want, "lines");
	scene_close(&s);
}
END_TEST

/* ---- memory runs out ---- */

/* True if the NTH allocation was reached; then it is an error and nothing else. */
static bool
play_failing(uint64_t nth)
{
	struct scene s = { .n = 1, .max_line = 4000, .max_read = 200 };
	bool reached;

	rand_start(nth);
	random_text(&s.c[0].text, 20000, s.max_line);
	text_add(&s.shadow, s.c[0].text.data, s.c[0].text.len);
	text_add(&s.c[0].got, s.c[0].text.data, s.c[0].text.len);
	for (size_t i = 0; i < s.c[0].text.len; i++)
		text_add(&s.each, (const char *)&s.open, sizeof(s.open));
	s.shadow.len = s.c[0].got.len = s.each.len = 0;	/* no more is allocated for these */
	fault_set(nth, nth % 2 == 0);
	s.result = lines_open(&s.block, 500);
	if (s.result == 0)
		play(&s);
	reached = fault_clear() >= nth;
	ck_assert_int_eq(s.result, reached ? -1 : 0);
	if (!reached)
		check_scene(&s);
	scene_close(&s);
	return reached;
}

START_TEST(memory_fails)
{
	uint64_t nth = 1;

	while (play_failing(nth))
		nth++;
	ck_assert_uint_gt(nth, 5);
}
END_TEST

Suite *
frame_suite(void)
{
	Suite *suite = suite_create("frame");
	TCase *split = case_add(suite, "split"), *limit = case_add(suite, "limit");
	TCase *memory = case_add(suite, "memory");

	tcase_add_loop_test(split, any_split, 0, COUNT(scenes));
	tcase_add_test(split, every_split_in_two);
	tcase_add_loop_test(limit, edge_of_the_limit, 0, COUNT(edges));
	tcase_add_test(limit, endless_line);
	tcase_add_test(limit, lost_connection);
	tcase_add_test(memory, memory_fails);
	return suite;
}
