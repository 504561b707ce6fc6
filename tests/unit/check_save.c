/*
 * Unit tests of src/core/save.c: chunks, values as bytes, and the log of numbered entries: what is
 * in it is always what the entries are, it does not grow beyond its bound, and what is put down
 * follows what has changed.
 */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store_util.h"

Suite *save_suite(void);

#define SLACK 4096			/* as in save.c */
#define ENTRY 10			/* bytes: a number of two, and a word */

/* ---- the log ---- */

struct play {
	struct memory_store	 m;
	struct buf		 out;
	struct saving		 to;
	struct changelog	 log;
	uint64_t		*entry;		/* from 1 */
	uint32_t		 count, room;
};

static void
play_start(struct play *p, uint32_t room)
{
	*p = (struct play){ .entry = calloc(room + 1, sizeof(*p->entry)), .room = room };
	store_start(&p->m);
	p->to = store_saving(&p->m, STORE_TOTAL, &p->out);
}

static void
play_end(struct play *p)
{
	store_free(&p->m);
	buf_free(&p->out);
	free(p->entry);
}

static void
put_entry(struct play *p, uint32_t id)
{
	const unsigned char number[] = { (unsigned char)id, (unsigned char)(id >> 8) };
	struct err err;

	text_add(&p->out, (const char *)number, 2);
	DEMAND(wire_put_word(&p->out, p->entry[id]) == 0 && save_room(&p->to, &err) == 0);
}

/* Changes N entries, some of them new ones, and puts them down. */
static void
change(struct play *p, uint64_t n, bool new)
{
	uint32_t id, to;
	struct err err;

	p->to.part.generation = p->log.generation;
	for (uint64_t i = 0; i < n; i++) {
		bool grow = p->count < p->room && (p->count == 0 || (new && rand_below(2) == 0));

		id = grow ? ++p->count : 1 + (uint32_t)rand_below(p->count);
		p->entry[id] = rand_u64();
		put_entry(p, id);
	}
	DEMAND(save_flush(&p->to, &err) == 0);
	changelog_sweep(&p->log, &p->to, n, p->count, &id, &to);
	DEMAND(to - id <= 2 * n && (to > id || n == 0 || !p->log.sweeping || id > p->count));
	for (; id < to; id++)
		put_entry(p, id);
	DEMAND(changelog_swept(&p->log, &p->to, p->count, &err) == 0);
}

/* What is stored, read from the beginning; how the log of one that goes on from it begins. */
static void
read_back(const struct play *p, struct changelog *log)
{
	uint64_t *entry = calloc(p->room + 1, sizeof(*entry));
	const struct stored **chunk = store_sorted(&p->m);

	*log = (struct changelog){ 0 };
	for (size_t i = 0; i < p->m.n; i++) {
		struct wire in = store_wire(chunk[i]);

		while (in.at < in.end) {
			const unsigned char *number = (const unsigned char *)in.at;
			uint32_t id = number[0] + number[1] * 256U;

			in.at += 2;
			entry[id] = wire_get_word(&in);
		}
		DEMAND(!in.damaged);
		changelog_loaded(log, &chunk[i]->part, chunk[i]->len / ENTRY);
	}
	DEMAND(memcmp(entry, p->entry, (p->room + 1) * sizeof(*entry)) == 0);
	free(entry);
	free(chunk);
}

/* Older generations are there while a sweep is under way, or what it replaced is being dropped. */
static void
check_generations(const struct play *p)
{
	const struct changelog *log = &p->log;

	for (size_t i = 0; i < p->m.n; i++) {
		uint64_t generation = p->m.chunk[i].part.generation;

		DEMAND(generation == log->generation ||
		    (log->sweeping && generation + 1 == log->generation) ||
		    (log->trimming && generation <= log->void_to));
	}
}

START_TEST(log_is_bounded)
{
	static const uint64_t changed[] = { 1, 10, 300, 4000, 60000 };
	struct play p;

	play_start(&p, 15000);
	while (p.count < p.room)
		change(&p, 5000, true);
	for (int i = 0; (p.log.generation < 4 || p.log.sweeping) && i < 1000000; i++) {
		uint64_t n = changed[_i] / 2 + rand_below(changed[_i] / 2 + 1) + 1;
		struct changelog log;

		p.m.put = 0;
		change(&p, n, false);
		DEMAND(p.m.put <= 3 * n * ENTRY);	/* and so there is no pause */
		DEMAND(store_bytes(&p.m) / ENTRY <= 4 * (uint64_t)p.count + SLACK + 3 * n);
		check_generations(&p);
		if (i % (changed[_i] < 300 ? 20000 : 3) == 0)
			read_back(&p, &log);
	}
	ck_assert_uint_eq(p.log.generation, 4);
	play_end(&p);
}
END_TEST

/* It is read back at random moments, also in a sweep, and goes on from there; all may go, too. */
START_TEST(log_goes_on)
{
	rand_start((uint64_t)_i);
	for (int round = 0; round < 10; round++) {
		struct play p;
		uint64_t most = 1 + rand_below(3000);

		play_start(&p, 1 + (uint32_t)rand_below(8000));
		for (int i = 0; i < 150; i++) {
			struct changelog log;
			struct err err;

			change(&p, rand_below(most), rand_below(4) > 0);
			if (rand_below(6) == 0) {
				read_back(&p, &log);
				p.log = log;
			}
			if (rand_below(60) == 0) {
				DEMAND(changelog_clear(&p.log, &p.to, &err) == 0 && p.m.n == 0);
				memset(p.entry, 0, (p.room + 1) * sizeof(*p.entry));
				p.count = 0;
			}
			DEMAND(store_bytes(&p.m) / ENTRY <=
			    6 * (uint64_t)p.count + 2 * SLACK + 6 * most);
		}
		play_end(&p);
	}
}
END_TEST

/* What was cleared stays so when more is put, and the other way round. */
START_TEST(clear_is_of_before)
{
	struct play p;
	struct changelog log;
	struct err err;

	play_start(&p, 10);
	change(&p, 5, true);
	ck_assert_int_eq(changelog_clear(&p.log, &p.to, &err), 0);
	memset(p.entry, 0, 11 * sizeof(*p.entry));
	p.count = 0;
	change(&p, 3, true);
	read_back(&p, &log);
	ck_assert_uint_eq(log.generation, 1);
	ck_assert_uint_eq(log.written, 3);
	play_end(&p);
}
END_TEST

START_TEST(store_fails)
{
	struct play p;
	struct err err;
	uint32_t from, to;

	play_start(&p, 10);
	change(&p, 5, true);
	p.m.fails = true;
	text_add(&p.out, "x", 1);
	ck_assert_int_eq(save_flush(&p.to, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "full"));
	ck_assert_int_eq(changelog_clear(&p.log, &p.to, &err), -1);
	ck_assert_uint_eq(p.log.generation, 0);
	p.log.written = SLACK + 100;
	changelog_sweep(&p.log, &p.to, 10, p.count, &from, &to);
	ck_assert_uint_eq(from, 1);
	ck_assert_uint_eq(to, p.count + 1);
	err.message[0] = '\0';
	ck_assert_int_eq(changelog_swept(&p.log, &p.to, p.count, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "full"));
	play_end(&p);
}
END_TEST

/* ---- chunks ---- */

START_TEST(chunks)
{
	struct memory_store m;
	struct buf out = { 0 };
	char entry[1000];
	struct saving to;
	struct err err;
	size_t sum = 0;

	store_start(&m);
	to = store_saving(&m, STORE_LANE, &out);
	memset(entry, 'e', sizeof(entry));
	ck_assert_int_eq(save_flush(&to, &err), 0);
	ck_assert_uint_eq(m.n, 0);	/* nothing is no chunk */
	for (int i = 0; i < 5000; i++) {
		DEMAND(save_room(&to, &err) == 0);
		text_add(&out, entry, sizeof(entry));
	}
	ck_assert_int_eq(save_flush(&to, &err), 0);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_uint_eq(m.n, 5);
	for (size_t i = 0; i < m.n; i++) {
		ck_assert_uint_eq(m.chunk[i].len % sizeof(entry), 0);
		ck_assert_uint_lt(m.chunk[i].len, (1 << 20) + sizeof(entry));
		sum += m.chunk[i].len;
	}
	ck_assert_uint_eq(sum, 5000 * sizeof(entry));
	text_add(&out, "x", 1);
	ck_assert_int_eq(save_clear(&to, &err), 0);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_uint_eq(m.n, 0);
	store_free(&m);
	buf_free(&out);
}
END_TEST

/* ---- values ---- */

static const struct value values[] = {
	{ .kind = VALUE_NULL }, { .kind = VALUE_INT, .i = INT64_MIN },
	{ .kind = VALUE_INT, .i = 0 }, { .kind = VALUE_INT, .i = INT64_MAX },
	{ .kind = VALUE_BOOL, .i = 0 }, { .kind = VALUE_BOOL, .i = 1 },
	{ .kind = VALUE_DOUBLE, .d = -0.0 }, { .kind = VALUE_DOUBLE, .d = 0x1p-1074 },
	{ .kind = VALUE_DOUBLE, .d = 1.7976931348623157e308 },
	{ .kind = VALUE_TEXT, .text = "", .len = 0 },
	{ .kind = VALUE_TEXT, .text = "a\0b", .len = 3 },
};

static void
same_value(const struct value *x, const struct value *y)
{
	ck_assert_int_eq(x->kind, y->kind);
	switch (x->kind) {
	case VALUE_TEXT:
		ck_assert_uint_eq(x->len, y->len);
		ck_assert_mem_eq(x->text, y->text, x->len);
		break;
	case VALUE_DOUBLE:
		ck_assert_mem_eq(&x->d, &y->d, sizeof(x->d));
		break;
	case VALUE_INT:
	case VALUE_BOOL:
		ck_assert_int_eq(x->i, y->i);
		break;
	default:
		break;
	}
}

START_TEST(values_come_back)
{
	struct buf out = { 0 };
	struct wire in;

	for (int i = 0; i < COUNT(values); i++)
		ck_assert_int_eq(value_put(&out, &values[i]), 0);
	in = (struct wire){ out.data, out.data + out.len, false };
	for (int i = 0; i < COUNT(values); i++) {
		struct value v = value_get(&in);

		same_value(&v, &values[i]);
	}
	ck_assert(!in.damaged && in.at == in.end);
	buf_free(&out);
}
END_TEST

START_TEST(values_cut_short)
{
	for (int i = 0; i < COUNT(values); i++) {
		struct buf out = { 0 };

		ck_assert_int_eq(value_put(&out, &values[i]), 0);
		for (size_t len = 0; len < out.len; len++) {
			char *copy = malloc(len + 1);
			struct wire in = { copy + 1, copy + 1 + len, false };

			memcpy(copy + 1, out.data, len);
			(void)value_get(&in);
			ck_assert(in.damaged);
			free(copy);
		}
		buf_free(&out);
	}
}
END_TEST

/* Bytes that are no value. */
static void
refused(const char *bytes, size_t len)
{
	struct wire in = { bytes, bytes + len, false };

	(void)value_get(&in);
	ck_assert(in.damaged);
}

START_TEST(values_damaged)
{
	struct buf out = { 0 };
	char kind = VALUE_BOOL;

	refused("\x63", 1);
	refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10);
	text_add(&out, &kind, 1);
	ck_assert_int_eq(wire_put_word(&out, 2), 0);
	refused(out.data, out.len);
	out.data[0] = VALUE_DOUBLE;
	out.len = 1;
	ck_assert_int_eq(wire_put_double(&out, NAN), 0);
	refused(out.data, out.len);
	out.len = 1;
	ck_assert_int_eq(wire_put_double(&out, -INFINITY), 0);
	refused(out.data, out.len);
	out.data[0] = VALUE_TEXT;
	out.len = 1;
	ck_assert_int_eq(wire_put(&out, UINT64_MAX), 0);
	refused(out.data, out.len);
	buf_free(&out);
}
END_TEST

START_TEST(values_of_any_bytes)
{
	for (int round = 0; round < 20000; round++) {
		size_t len = rand_below(20);
		char *bytes = malloc(len + 1);
		struct wire in = { bytes + 1, bytes + 1 + len, false };
		struct value v;

		rand_bytes(bytes + 1, len);
		if (len > 0)
			bytes[1] = (char)rand_below(8);
		v = value_get(&in);
		DEMAND(in.at <= in.end && (v.kind != VALUE_TEXT || v.len <= len));
		free(bytes);
	}
}
END_TEST

Suite *
save_suite(void)
{
	Suite *suite = suite_create("save");
	TCase *log = case_add(suite, "log"), *chunk = case_add(suite, "chunks");
	TCase *value = case_add(suite, "values");

	tcase_add_loop_test(log, log_is_bounded, 0, 5);
	tcase_add_loop_test(log, log_goes_on, 0, 4);
	tcase_add_test(log, clear_is_of_before);
	tcase_add_test(log, store_fails);
	tcase_add_test(chunk, chunks);
	tcase_add_test(value, values_come_back);
	tcase_add_test(value, values_cut_short);
	tcase_add_test(value, values_damaged);
	tcase_add_test(value, values_of_any_bytes);
	return suite;
}
