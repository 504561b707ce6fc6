/*
 * Unit tests of src/core/history_save.c: a history that is read goes on as the one that was put
 * down, over many generations of its log.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/history_save.h"
#include "store_util.h"

Suite *history_suite(void);

static const unsigned widths[] = { 2 };

struct marks_read {
	uint64_t	row[4096];
	size_t		n;
};

static void
marked(void *arg, uint64_t row)
{
	struct marks_read *m = arg;

	DEMAND(m->n < COUNT(m->row));
	m->row[m->n++] = row;
}

static void
save(struct history *h, struct history_marks *marks, struct memory_store *m)
{
	struct buf out = { 0 };
	struct saving s = store_saving(m, STORE_LANE, &out);
	struct err err;

	DEMAND(history_save(h, marks, &s, &err) == 0 && out.len == 0);
	buf_free(&out);
}

static void
load(struct history *h, const struct memory_store *m, int64_t length, int64_t slide,
    struct marks_read *marks)
{
	const struct history_reader r = {
		.arg = marks, .width = widths, .ports = 1, .marked = marked,
	};

	marks->n = 0;
	history_init(h, length, slide, false);
	for (size_t i = 0; i < m->n; i++) {
		struct wire in = store_wire(&m->chunk[i]);

		DEMAND(history_load(h, &r, &m->chunk[i].part, &in) == 0);
		DEMAND(!in.damaged && in.at == in.end);
	}
}

static void
show(const struct history *h, struct buf *out)
{
	size_t n = history_count(h);
	struct block *b = calloc(n + 1, sizeof(*b));

	history_blocks(h, b);
	for (size_t i = 0; i < n; i++)
		for (uint64_t row = 0; row < b[i].records; row++)
			text_printf(out, "%lld %.*s\n", (long long)b[i].cells[row * 2].i,
			    (int)b[i].cells[row * 2 + 1].len, b[i].cells[row * 2 + 1].text);
	free(b);
}

static void
same_history(const struct history *got, const struct history *want)
{
	struct buf x = { 0 }, y = { 0 };

	show(got, &x);
	show(want, &y);
	text_same(&x, &y, "rows of a window");
	if (want->records > 0)
		DEMAND(history_base(got) == history_base(want) && got->next == want->next);
	buf_free(&x);
	buf_free(&y);
}

static void
add_rows(struct history *x, struct history *y, uint64_t n)
{
	static char text[] = "some text of a row";
	struct value cells[2 * 256];
	struct block b = { .cells = cells, .width = 2, .source = -1, .records = n };

	for (uint64_t i = 0; i < n; i++) {
		cells[2 * i] = value_int((int64_t)rand_u64());
		cells[2 * i + 1] = value_text(text, rand_below(sizeof(text)));
	}
	DEMAND(history_add(x, &b) == 0 && history_add(y, &b) == 0);
}

/* Some windows, and how many rows come at most. */
static const struct {
	int64_t		length, slide;
	uint64_t	rows;
} shapes[] = { { 1, 1, 200 }, { 12, 4, 200 }, { 30, 10, 100 }, { 300, 1, 20 }, { 7, 7, 3 } };

/* One history is read again and again, the other one never; the same happens to both. */
START_TEST(goes_on)
{
	int64_t length = shapes[_i].length, slide = shapes[_i].slide;
	static struct marks_read seen;
	struct history_marks marks = { 0 };
	struct history kept, read;
	struct memory_store m;
	uint64_t most = 0, last = 0;

	history_init(&kept, length, slide, false);
	history_init(&read, length, slide, false);
	store_start(&m);
	for (int64_t tick = 1; tick < 1500; tick++) {
		bool quiet = tick / 100 % 5 == 4;

		for (uint64_t n = quiet ? 0 : rand_below(3); n > 0; n--)
			add_rows(&kept, &read, 1 + rand_below(shapes[_i].rows));
		if (rand_below(10) == 0)
			save(&read, NULL, &m);	/* the batch is open */
		if (read.records > 0 && rand_below(10) == 0) {
			last = history_base(&read) + rand_below(read.records);
			DEMAND(history_mark(&marks, last) == 0);
		}
		history_tick(&kept, tick);
		history_tick(&read, tick);
		if (rand_below(5) > 0) {
			history_drop(&kept, tick - length);
			history_drop(&read, tick - length);
		}
		if (rand_below(5) == 0)
			continue;
		save(&read, &marks, &m);
		if (store_bytes(&m) > most)
			most = store_bytes(&m);
		if (rand_below(4) > 0)
			continue;
		history_free(&read);
		load(&read, &m, length, slide, &seen);
		same_history(&read, &kept);
		DEMAND(last < history_base(&kept) ||
		    (seen.n > 0 && seen.row[seen.n - 1] == last));
	}
	same_history(&read, &kept);
	if (shapes[_i].rows > 3)
		ck_assert_uint_gt(read.log.generation, 3);
	/* the rows of a window twice, and of a generation */
	ck_assert_uint_lt(most, 40 * (4 * shapes[_i].rows * (uint64_t)(length + slide + 4) + 4096));
	history_free(&kept);
	history_free(&read);
	mem_free(marks.row);
	store_free(&m);
}
END_TEST

Suite *
history_suite(void)
{
	Suite *suite = suite_create("history");
	TCase *tc = case_add(suite, "history");

	tcase_add_loop_test(tc, goes_on, 0, COUNT(shapes));
	return suite;
}
