/* Unit tests of src/core/rowlog.c: what is put down comes back, and any bytes can be read. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rowlog.h"
#include "store_util.h"

Suite *rowlog_suite(void);

#define PORTS 3

static const unsigned widths[PORTS] = { 3, 1, 4 };

static struct value
random_value(char *space, size_t len)
{
	switch (rand_below(6)) {
	case 0:
		return value_null();
	case 1:
		return value_int((int64_t)rand_u64());
	case 2:
		return value_double((double)(int64_t)rand_u64() / 64);
	case 3:
		return value_bool(rand_below(2) == 1);
	default:
		rand_bytes(space, len);
		return value_text(space, rand_below(len + 1));
	}
}

/* Adds a block of random rows, some of them with long text. */
static void
add_random(struct rowlog *log, size_t text)
{
	static char space[64][3000];
	struct value cells[16 * 4];
	struct block b = {
		.cells = cells, .port = (unsigned)rand_below(PORTS),
		.source = (int)rand_below(3) - 1, .time = (int64_t)rand_below(3) - 1,
		.records = rand_below(16) + 1,
	};

	b.width = widths[b.port];
	for (uint64_t i = 0; i < b.records * b.width; i++)
		cells[i] = random_value(space[i], rand_below(text) + 1);
	DEMAND(rowlog_add(log, &b) == 0);
}

/* All rows from number FROM on as a text; without FROM also how they are cut into blocks. */
static void
show(const struct rowlog *log, uint64_t from, struct buf *out)
{
	const struct rowlog_part *part = NULL;
	uint64_t at = 0;
	struct block b;

	while (rowlog_next(log, &part, &b))
		for (uint64_t row = 0; row < b.records; row++, at++) {
			if (at < from)
				continue;
			text_printf(out, "\n%u %d %lld %u:", b.port, b.source, (long long)b.time,
			    b.width);
			for (unsigned i = 0; i < b.width; i++)
				DEMAND(value_put(out, &b.cells[row * b.width + i]) == 0);
		}
}

static void
same_rows(const struct rowlog *got, const struct rowlog *want, uint64_t from)
{
	struct buf x = { 0 }, y = { 0 };

	DEMAND(got->records == want->records - from);
	show(got, 0, &x);
	show(want, from, &y);
	text_same(&x, &y, "rows that were put down");
	buf_free(&x);
	buf_free(&y);
}

static int
load_all(struct rowlog *log, const struct memory_store *m, bool *damaged)
{
	*damaged = false;
	for (size_t i = 0; i < m->n; i++) {
		struct wire in = store_wire(&m->chunk[i]);

		if (rowlog_load(log, &in, widths, PORTS) == -1)
			return -1;
		*damaged |= in.damaged;
	}
	return 0;
}

static int
save_rows(const struct rowlog *log, uint64_t from, struct memory_store *m, struct err *err)
{
	struct buf out = { 0 };
	struct saving s = store_saving(m, STORE_ROWS, &out);
	int rc = rowlog_save(log, from, &s, err) == -1 ? -1 : save_flush(&s, err);

	buf_free(&out);
	return rc;
}

/* From any row on, also when it is put piece by piece as rows come. */
START_TEST(comes_back)
{
	for (int round = 0; round < 60; round++) {
		struct rowlog log = { 0 }, back = { 0 };
		struct memory_store m;
		uint64_t from = 0, first = rand_below(40), put;
		bool damaged;
		struct err err;

		store_start(&m);
		for (int i = 0; i < 30; i++)
			add_random(&log, round % 10 == 0 ? 3000 : 20);
		from = put = first;
		for (int i = 0; i < 30; i++) {
			DEMAND(save_rows(&log, from, &m, &err) == 0);
			put = from = log.records;
			for (uint64_t n = rand_below(4); n > 0; n--)
				add_random(&log, 20);
		}
		DEMAND(save_rows(&log, put, &m, &err) == 0);
		DEMAND(load_all(&back, &m, &damaged) == 0 && !damaged);
		same_rows(&back, &log, first);
		rowlog_free(&log);
		rowlog_free(&back);
		store_free(&m);
	}
}
END_TEST

/* Much text becomes many chunks, none much larger than the bound of save_room. */
START_TEST(chunks)
{
	struct rowlog log = { 0 }, back = { 0 };
	struct memory_store m;
	bool damaged;
	struct err err;

	store_start(&m);
	while (log.bytes < 8 << 20)
		add_random(&log, 3000);
	DEMAND(save_rows(&log, 0, &m, &err) == 0);
	ck_assert_uint_gt(m.n, 2);
	for (size_t i = 0; i < m.n; i++)
		DEMAND(m.chunk[i].len < (1 << 20) + (1 << 18));
	DEMAND(load_all(&back, &m, &damaged) == 0 && !damaged);
	same_rows(&back, &log, 0);
	rowlog_free(&log);
	rowlog_free(&back);
	store_free(&m);
}
END_TEST

/* Every row that is read from damaged bytes has a port and a width that were asked for. */
START_TEST(damage)
{
	struct rowlog log = { 0 };
	struct memory_store m;
	int found = 0;
	struct err err;

	store_start(&m);
	for (int i = 0; i < 6; i++)
		add_random(&log, 20);
	DEMAND(save_rows(&log, 0, &m, &err) == 0);
	for (int round = 0; round < 4000; round++) {
		struct rowlog back = { 0 };
		const struct rowlog_part *part = NULL;
		struct memory_store bad;
		struct block b;
		bool damaged;

		store_copy(&bad, &m);
		store_damage(&bad.chunk[0]);
		DEMAND(load_all(&back, &bad, &damaged) == 0);
		while (rowlog_next(&back, &part, &b))
			DEMAND(b.port < PORTS && b.width == widths[b.port] && b.source >= -1);
		found += damaged;
		rowlog_free(&back);
		store_free(&bad);
	}
	ck_assert_int_gt(found, 1000);
	rowlog_free(&log);
	store_free(&m);
}
END_TEST

START_TEST(short_of_memory)
{
	struct rowlog log = { 0 };
	uint64_t asked = 1;

	for (int i = 0; i < 40; i++)
		add_random(&log, 200);
	for (uint64_t nth = 1; asked >= nth; nth++) {
		struct rowlog back = { 0 };
		struct memory_store m;
		struct err err = { 0 };
		bool damaged;
		int rc;

		store_start(&m);
		fault_set(nth, nth % 2 == 0);
		rc = save_rows(&log, 0, &m, &err);
		DEMAND(rc == 0 || strstr(err.message, "memory") != NULL);
		if (rc == 0)
			rc = load_all(&back, &m, &damaged);
		asked = fault_clear();
		DEMAND((rc == -1) == (asked >= nth));
		rowlog_free(&back);
		store_free(&m);
	}
	rowlog_free(&log);
}
END_TEST

Suite *
rowlog_suite(void)
{
	Suite *suite = suite_create("rowlog");
	TCase *tc = case_add(suite, "rowlog");

	tcase_add_test(tc, comes_back);
	tcase_add_test(tc, chunks);
	tcase_add_test(tc, damage);
	tcase_add_test(tc, short_of_memory);
	return suite;
}
