/*
 * Records that are cut into fields, and stages that read a second stream: with a format and stages
 * made for the test.  What each output has, how records without the right fields are told, and that
 * it does not depend on how many records come at a time.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "core/pipeline.h"
#include "format/format_table.h"
#include "stage/stage_table.h"
#include "util.h"

Suite *fields_suite(void);

#define OUTPUTS 8

/* ---- bars: fields with bars between them ---- */

static unsigned
bars_in(const char *text, size_t len)
{
	unsigned n = 1;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '|';
	return n;
}

static struct value
field_at(const char *text, size_t len, unsigned at)
{
	const char *end = text + len, *bar;

	for (; at > 0; at--)
		text = (const char *)memchr(text, '|', (size_t)(end - text)) + 1;
	bar = memchr(text, '|', (size_t)(end - text));
	return value_text(text, (size_t)((bar == NULL ? end : bar) - text));
}

static int
bars_read(struct reading *r)
{
	const struct layout *l = r->layout;

	for (r->rows = 0; r->text < r->end && r->rows < r->cap;) {
		struct value *row = r->cells + r->rows * l->width;
		const char *text = r->text;
		size_t len;

		r->text = line_next(text, r->end, &len);
		if (bars_in(text, len) != l->places) {
			bad_record(r->bad, text, len, "%u fields", bars_in(text, len));
			continue;
		}
		row[0] = value_text(text, len);
		for (unsigned i = 0; i < l->fields; i++)
			row[l->field[i].slot] = field_at(text, len, l->field[i].at);
		r->rows++;
	}
	return 0;
}

static const struct format_class bars = {
	.name = "bars", .help = "for tests", .flags = FORMAT_BARE, .read = bars_read,
};

/* ---- is COLUMN=VALUE: passes rows; bad where the column is "bad" ---- */

struct is {
	const char	*column, *value;
	int		 at;
};

static int
is_argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct is *is = s->config;

	(void)word;
	(void)err;
	*(is->column == NULL ? &is->column : &is->value) = text;
	return 0;
}

static int
is_open(struct stage *s, struct err *err)
{
	struct is *is = s->config;

	is->at = schema_find(s->in, is->column, strlen(is->column), s->word, 0, err);
	return is->at == -1 ? -1 : 0;
}

static int
is_feed(const struct stage *s, void *lane, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct is *is = s->config;
	unsigned slot = s->in->column[is->at].slot;

	(void)lane;
	for (uint64_t row = 0; row < in->records; row++) {
		struct block one = *in;
		const struct value *v;

		one.cells = in->cells + row * in->width;
		one.records = 1;
		v = &one.cells[slot];
		if (v->len == 3 && memcmp(v->text, "bad", 3) == 0)
			bad_record(to->bad, one.cells->text, one.cells->len, "bad field");
		else if (v->len == strlen(is->value) && memcmp(v->text, is->value, v->len) == 0 &&
		    blocks_add(to->out, one) == -1)
			return err_memory(err, "passing rows");
	}
	return 0;
}

static const struct stage_class stage_is = {
	.name = "is", .usage = "COLUMN VALUE", .min_args = 2, .max_args = 2, .flags = STAGE_ROWS,
	.config_size = sizeof(struct is), .argument = is_argument, .open = is_open, .feed = is_feed,
};

/* ---- both NAME: how many rows came on the chain, and how many on the named stream ---- */

static int
both_argument(struct stage *s, const char *text, int word, struct err *err)
{
	(void)err;
	s->port[s->ports++] = (struct port){ .name = text, .len = strlen(text), .word = word };
	return 0;
}

static int
both_open(struct stage *s, struct err *err)
{
	DEMAND(s->port[0].in != NULL);
	s->out = &s->made;
	s->aggregate = &aggregate_count;
	return schema_add(s->out, "left", false, err) == -1 ? -1 :
	    schema_add(s->out, "right", false, err);
}

static int
both_feed(const struct stage *s, void *lane, const struct block *in, struct feed *to,
    struct err *err)
{
	const char *key = in->port == 0 ? "left" : "right";
	uint64_t *value = map_put(to->state, key, strlen(key));

	(void)s;
	(void)lane;
	DEMAND(in->port <= 1);
	if (value == NULL)
		return err_memory(err, "counting");
	*value += in->records;
	return 0;
}

struct two {
	uint64_t	count[2];
	bool		done;
};

static int
both_fire(const struct stage *s, void *lane, const struct map *answer, struct err *err)
{
	struct two *two = lane;
	const uint64_t *left = map_find(answer, "left", 4), *right = map_find(answer, "right", 5);

	(void)s;
	(void)err;
	*two = (struct two){ { left == NULL ? 0 : *left, right == NULL ? 0 : *right }, false };
	return 0;
}

static int
both_rows(const struct stage *s, void *lane, const struct rows *out, struct err *err)
{
	struct two *two = lane;

	(void)s;
	(void)err;
	if (two->done)
		return 0;
	two->done = true;
	out->cells[0] = value_int((int64_t)two->count[0]);
	out->cells[1] = value_int((int64_t)two->count[1]);
	return 1;
}

static const struct stage_class stage_both = {
	.name = "both", .usage = "NAME", .min_args = 1, .max_args = 1,
	.flags = STAGE_AGGREGATES | STAGE_EACH_BATCH | STAGE_LINES | STAGE_ROWS,
	.lane_size = sizeof(struct two), .argument = both_argument, .open = both_open,
	.feed = both_feed, .fire = both_fire, .rows = both_rows,
};

/* ---- a pipeline ---- */

struct job {
	const struct stage_class *classes[128];
	struct words	 words;
	struct plan	 plan;
	struct pipeline	 p;
	const struct format_class *to[OUTPUTS];
	struct buf	 out[OUTPUTS];
	struct err	 err;
};

static int
take_rows(void *arg, unsigned output, const char *bytes, size_t len, struct err *err)
{
	struct job *job = arg;

	(void)err;
	text_add(&job->out[output], bytes, len);
	return 0;
}

static void
job_open(struct job *job, const char *line, const struct format_class *from,
    const char *const *names, unsigned columns)
{
	const struct plan_defaults d = {
		.classes = job->classes, .batch = { .ticks = 1, .rows = true, .word = ERR_NO_WORD },
	};
	const struct pipeline_config config = {
		.plan = &job->plan, .from = from, .to = job->to, .lanes = 1, .seed = test_seed,
		.time_format = TIME_NONE, .keep_bad = true,
		.host = { .arg = job, .write = take_rows },
	};
	int n = 0;

	*job = (struct job){ .words = { .n = 0 } };
	for (; stage_table[n] != NULL; n++)
		job->classes[n] = stage_table[n];
	job->classes[n++] = &stage_is;
	job->classes[n] = &stage_both;
	for (int i = 0; i < OUTPUTS; i++)
		job->to[i] = format_find("tsv");
	words_split(&job->words, line);
	if (plan_parse(&job->plan, &d, job->words.word, job->words.n, 0, &job->err) == -1 ||
	    plan_input(&job->plan, from->flags, names, columns, &job->err) == -1 ||
	    plan_bind(&job->plan, &job->err) == -1 ||
	    pipeline_open(&job->p, &config, &job->err) == -1)
		ck_abort_msg("%s: %s", line, job->err.message);
}

static void
job_close(struct job *job)
{
	pipeline_close(&job->p);
	plan_close(&job->plan);
	for (int i = 0; i < OUTPUTS; i++)
		buf_free(&job->out[i]);
}

/* Feeds lines, at most MOST at a time, from memory that goes away. */
static void
job_feed(struct job *job, const char *text, size_t len, size_t most)
{
	for (const char *end = text + len; text < end;) {
		struct block b = { .source = -1 };
		const char *to = text;
		char *copy;
		size_t size;

		for (; b.records < most && to < end; b.records++)
			to = line_next(to, end, &size);
		b.len = (size_t)(to - text);
		b.text = copy = malloc(b.len + SCAN_PAD);
		memcpy(copy, text, b.len);
		memset(copy + b.len, '|', SCAN_PAD);
		ck_assert_int_eq(pipeline_feed(&job->p, 0, &b, &job->err), 0);
		free(copy);
		text = to;
	}
}

static void
job_end(struct job *job, int64_t tick, bool last)
{
	struct moment m = { .tick = tick };

	ck_assert_int_eq(last ? pipeline_finish(&job->p, m, true, &job->err) :
	    pipeline_end(&job->p, m, &job->err), 0);
	ck_assert_int_eq(pipeline_flush(&job->p, &job->err), 0);
}

/* ---- fields ---- */

static const char *const fields[] = { "x", "y", "bad", "a\tb", "back\\slash", "" };

struct sums {
	uint64_t	records, short_of, bad, x, xy, y;
};

/* A random record, what is expected of it in each output, and the sums. */
static void
add_record(struct buf *text, struct buf want[OUTPUTS], struct buf *bad, struct sums *sums)
{
	const char *f[3];
	bool short_of = rand_below(20) == 0, has_y;
	char record[64];

	for (int i = 0; i < 3; i++)
		f[i] = fields[rand_below(COUNT(fields))];
	snprintf(record, sizeof(record), short_of ? "%s|%s" : "%s|%s|%s", f[0], f[1], f[2]);
	text_printf(text, "%s%s", record, rand_below(2) == 0 ? "\n" : "\r\n");
	sums->records++;
	sums->short_of += short_of;
	if (short_of || strcmp(f[1], "bad") == 0)
		text_printf(bad, "%s\n", record);
	if (short_of)
		return;
	has_y = strchr(record, 'y') != NULL;
	sums->bad += strcmp(f[1], "bad") == 0;
	sums->x += strcmp(f[1], "x") == 0;
	sums->y += has_y;
	for (int o = 0; o < 3; o++) {
		if ((o != 2 && strcmp(f[1], "x") != 0) || (o > 0 && !has_y))
			continue;
		for (int i = 0; i < 3; i++)
			text_printf(&want[o], "%s%s", i > 0 ? "\t" : "",
			    strcmp(f[i], "a\tb") == 0 ? "a\\tb" :
			    f[i][0] == 'b' && f[i][3] == 'k' ? "back\\\\slash" : f[i]);
		text_printf(&want[o], "\n");
	}
}

/* The figures of the chain that begins with records. */
static void
same_account(const struct account *a, uint64_t records, uint64_t counted, uint64_t bad)
{
	ck_assert_uint_eq(a->records, records);
	ck_assert_uint_eq(a->counted, counted);
	ck_assert_uint_eq(a->bad, bad);
}

START_TEST(records_are_cut)
{
	static const char *const names[] = { "a", "b", "c" };
	static const char line[] = "is b x as x into 0 also from x grep y into 1 "
	    "also grep y into 2 also count into 3 "
	    "also grep \t then is b x then wordcount then grep a$ into 4";
	struct buf text = { 0 }, want[OUTPUTS] = { { 0 } }, bad = { 0 };
	struct sums sums = { 0 };
	struct job job;

	for (int i = 0; i < 5000; i++)
		add_record(&text, want, &bad, &sums);
	text_printf(&want[3], "%d\n", (int)(sums.records - sums.short_of));
	for (size_t most = 5000; most > 0; most /= 9) {
		job_open(&job, line, &bars, names, COUNT(names));
		job_feed(&job, text.data, text.len, most);
		job_end(&job, 1, true);
		for (int o = 0; o < 4; o++)
			text_same(&job.out[o], &want[o], line);
		pipeline_counts(&job.p);
		ck_assert_uint_eq(job.plan.accounts, 4);
		same_account(&job.p.account[0], sums.records, sums.x, sums.short_of + sums.bad);
		same_account(&job.p.account[1], sums.records, sums.y, sums.short_of);
		same_account(&job.p.account[2], sums.records, sums.records - sums.short_of,
		    sums.short_of);
		ck_assert_uint_eq(job.p.account[3].records, sums.records);
		ck_assert_uint_ge(job.p.bad.n, sums.short_of + sums.bad);
		job_close(&job);
	}
	for (int o = 0; o < OUTPUTS; o++)
		buf_free(&want[o]);
	buf_free(&bad);
	buf_free(&text);
}
END_TEST

/* What is bad is kept as it was read, in the order it came when it comes one by one. */
START_TEST(bad_records_are_kept)
{
	static const char *const names[] = { "a", "b", "c" };
	struct buf text = { 0 }, want[OUTPUTS] = { { 0 } }, bad = { 0 };
	struct sums sums = { 0 };
	struct job job;

	for (int i = 0; i < 500; i++)
		add_record(&text, want, &bad, &sums);
	job_open(&job, "is b x", &bars, names, COUNT(names));
	job_feed(&job, text.data, text.len, 1);
	pipeline_counts(&job.p);
	text_same(&job.p.bad.text, &bad, "bad records");
	ck_assert_uint_eq(job.p.bad.n, sums.short_of + sums.bad);
	ck_assert_str_ne(job.p.bad.why, "");
	job_close(&job);
	for (int o = 0; o < OUTPUTS; o++)
		buf_free(&want[o]);
	buf_free(&bad);
	buf_free(&text);
}
END_TEST

/* Stages that take lines see a record as it was read, whatever others ask for. */
START_TEST(lines_are_records)
{
	static const char *const names[] = { "a", "b", "c" };
	static const char text[] = "p q|x|a\tb\n|x|back\\slash\nr|z|\r\n";
	static const char lines[] = "p q|x|a\\tb\t1\nr|z|\t1\n|x|back\\\\slash\t1\n";
	struct buf want[2] = { { 0 } };
	struct job job;

	/* q|x|a and b are words: the tab between them is one */
	text_printf(&want[0], "%s", "b\t1\np\t1\nq|x|a\t1\nr|z|\t1\n|x|back\\\\slash\t1\n");
	text_printf(&want[1], "%s", lines);
	job_open(&job, "wordcount into 0 also countby into 1 also is c x into 2 also "
	    "grep ^[^\t]*$ into 3", &bars, names, COUNT(names));
	job_feed(&job, text, sizeof(text) - 1, 10);
	job_end(&job, 1, true);
	text_same(&job.out[0], &want[0], "words");
	text_same(&job.out[1], &want[1], "lines");
	ck_assert_uint_eq(job.out[2].len, 0);
	ck_assert_uint_eq(job.out[3].len, strlen("\tx\tback\\\\slash\nr\tz\t\n"));
	buf_free(&want[0]);
	buf_free(&want[1]);
	job_close(&job);
}
END_TEST

/* ---- a second stream ---- */

static const struct {
	const char *line, *out;
} ports[] = {
	{ "grep a as x into 0 also both x into 1", "2\t1\n1\t1\n0\t0\n1\t0\n" },
	{ "as x into 0 also grep a then both x into 1", "1\t2\n1\t1\n0\t0\n0\t1\n" },
	{ "countby as x into 0 also both x into 1", "2\t2\n1\t1\n0\t0\n1\t1\n" },
	/* what comes on the port at the very end is answered, too */
	{ "countby -w 6rows as x into 0 also both x into 1", "2\t0\n1\t0\n0\t0\n1\t0\n0\t3\n" },
	{ "countby -w 6rows as x into 0 also both -w 2rows x into 1", "3\t0\n1\t0\n0\t3\n" },
	{ "countby -w 6rows as x into 0 also both -w 10rows x into 1", "4\t3\n" },
	{ "countby -w 6rows as x into 0 also both -w 4rows -s 2rows x into 1",
	    "3\t0\n4\t0\n1\t3\n" },
};

START_TEST(rows_by_port)
{
	static const char *const batch[] = { "a\nb\n", "a\n", "", "c\n" };
	struct buf want = { 0 };
	struct job job;

	job_open(&job, ports[_i].line, format_find("lines"), NULL, 0);
	ck_assert(!job.plan.parallel);
	for (int b = 0; b < COUNT(batch); b++) {
		job_feed(&job, batch[b], strlen(batch[b]), 10);
		job_end(&job, b + 1, b == COUNT(batch) - 1);
	}
	text_printf(&want, "%s", ports[_i].out);
	text_same(&job.out[1], &want, ports[_i].line);
	buf_free(&want);
	job_close(&job);
}
END_TEST

Suite *
fields_suite(void)
{
	Suite *suite = suite_create("fields");
	TCase *tc = case_add(suite, "fields"), *port = case_add(suite, "ports");

	tcase_add_test(tc, records_are_cut);
	tcase_add_test(tc, bad_records_are_kept);
	tcase_add_test(tc, lines_are_records);
	tcase_add_loop_test(port, rows_by_port, 0, COUNT(ports));
	return suite;
}
