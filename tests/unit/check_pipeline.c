/*
 * Unit tests of src/core/pipeline.c with the real stages, end to end in memory: any split of the
 * input into blocks and over lanes gives the bytes that a naive count of stored batches gives.
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

Suite *pipeline_suite(void);

#define SECOND INT64_C(1000000)
#define EPOCH INT64_C(1795389000)	/* seconds; a multiple of 600 */
#define BATCHES 40

/* ---- a pipeline that writes to memory ---- */

struct job {
	struct words	 words;
	struct plan	 plan;
	const struct format_class *to[1];
	struct pipeline	 p;
	unsigned	 lanes;
	struct buf	 out;
	struct err	 err;
};

static int
write_out(void *arg, unsigned output, const char *bytes, size_t len, struct err *err)
{
	struct job *job = arg;

	DEMAND(output == 0);
	if (buf_add(&job->out, bytes, len) == -1)
		return err_memory(err, "writing");
	return 0;
}

/* As the engine does, threads feed only where they can: otherwise there is one lane. */
static int
open_pipeline(struct job *job, unsigned lanes)
{
	struct pipeline_config config = {
		.plan = &job->plan, .from = format_find("lines"), .to = job->to, .seed = test_seed,
		.time_format = TIME_EPOCH, .host = { .arg = job, .write = write_out },
	};

	job->lanes = config.lanes = job->plan.parallel ? lanes : 1;
	job->to[0] = format_find("tsv");
	return pipeline_open(&job->p, &config, &job->err);
}

static int
job_open(struct job *job, const char *line, struct span batch, unsigned lanes)
{
	struct plan_defaults d = { .classes = stage_table, .batch = batch };

	*job = (struct job){ .lanes = 0 };
	words_split(&job->words, line);
	if (plan_lines(&job->plan, &d, job->words.word, job->words.n, 0, &job->err) == -1)
		return -1;
	return open_pipeline(job, lanes);
}

static void
job_close(struct job *job)
{
	pipeline_close(&job->p);
	plan_close(&job->plan);
	buf_free(&job->out);
}

static uint64_t
lines_in(const char *text, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* Feeds a copy that goes away, with no more behind it than the pad. */
static int
feed_block(struct job *job, const char *text, size_t len, unsigned lane)
{
	char *copy = malloc(len + SCAN_PAD);
	struct block b = {
		.text = copy, .len = len, .records = lines_in(text, len), .source = -1,
	};
	int rc;

	memcpy(copy, text, len);
	memset(copy + len, 'p', SCAN_PAD);
	rc = pipeline_feed(&job->p, lane, &b, &job->err);
	free(copy);
	return rc;
}

/* Feeds whole lines: all at once, or in random pieces over random lanes. */
static int
feed_text(struct job *job, const struct buf *text, bool pieces)
{
	for (size_t at = 0, len; at < text->len; at += len) {
		const char *end = text->data + text->len, *newline;

		len = pieces ? 1 + rand_below(text->len - at) : text->len - at;
		newline = memchr(text->data + at + len - 1, '\n', (size_t)(end - text->data) - at);
		len = (size_t)(newline + 1 - text->data) - at;
		if (feed_block(job, text->data + at, len,
		    pieces ? (unsigned)rand_below(job->lanes) : 0) == -1)
			return -1;
	}
	return 0;
}

/* Brings the lanes together two by two, as the workers do. */
static int
gather(struct job *job)
{
	for (unsigned step = 1; step < job->lanes; step *= 2)
		for (unsigned i = 0; i + step < job->lanes; i += 2 * step)
			if (pipeline_gather(&job->p, i, i + step, &job->err) == -1)
				return -1;
	return 0;
}

enum ending { END_BATCH, END_OPEN, END_CLOSED };

static int
end_batch(struct job *job, int64_t tick, enum ending how)
{
	struct moment m = { .tick = tick, .wall = EPOCH * SECOND };
	int rc;

	if (gather(job) == -1)
		return -1;
	rc = how == END_BATCH ? pipeline_end(&job->p, m, &job->err) :
	    pipeline_finish(&job->p, m, how == END_OPEN, &job->err);
	return rc == -1 ? -1 : pipeline_flush(&job->p, &job->err);
}

/* ---- stored batches ---- */

struct input {
	int64_t		 batch;		/* ticks */
	int64_t		 start;		/* where the first batch begins */
	struct buf	 text[BATCHES];
	int		 n;
};

static const char *const vocabulary[] = {
	"a", "b", "be", "error", "Error", "ERROR:", "time=12", "2026-11-22T23:10:00.000Z/shop/1",
	"2026-11-22T23:10:00.000Z/shop/2", "sixteen-letters!", "seventeen-letters", "back\\slash",
	"\xc3\x84rger", "\xff\xfe", "x\ry",
};

static void
random_line(struct buf *text)
{
	static const char *const gaps[] = { " ", " ", "\t", "  " };

	for (uint64_t n = rand_below(6); n > 0; n--) {
		const char *word = vocabulary[rand_below(1 + rand_below(COUNT(vocabulary)))];

		text_add(text, word, strlen(word));
		if (rand_below(20) == 0)
			text_add(text, "nul\0", 1 + rand_below(4));
		if (n > 1)
			text_printf(text, "%s", gaps[rand_below(COUNT(gaps))]);
	}
	text_printf(text, "%s", rand_below(4) == 0 ? "\r\n" : "\n");
}

static void
input_make(struct input *s, int64_t batch, int n, uint64_t lines)
{
	*s = (struct input){ .batch = batch, .n = n };
	s->start = EPOCH * SECOND / batch * batch + (int64_t)rand_below(50) * batch;
	for (int b = 0; b < n; b++)
		for (uint64_t i = rand_below(4) == 0 ? 0 : rand_below(lines); i > 0; i--)
			random_line(&s->text[b]);
}

static void
input_free(struct input *s)
{
	for (int b = 0; b < s->n; b++)
		buf_free(&s->text[b]);
}

static int
job_run(struct job *job, const struct input *s, bool pieces)
{
	for (int b = 0; b < s->n; b++) {
		int64_t tick = s->start + (b + 1) * s->batch;

		pipeline_begin(&job->p, (struct moment){ .tick = tick });
		if (feed_text(job, &s->text[b], pieces) == -1 ||
		    end_batch(job, tick, b == s->n - 1 ? END_OPEN : END_BATCH) == -1)
			return -1;
	}
	return 0;
}

static struct span
seconds(const struct input *s)
{
	return (struct span){ .ticks = s->batch, .word = ERR_NO_WORD };
}

/* What a command line answers to a stream; to be freed. */
static struct buf
answer(const char *line, const struct input *s, unsigned lanes, bool pieces)
{
	struct job job;
	struct buf out;

	if (job_open(&job, line, seconds(s), lanes) == -1 || job_run(&job, s, pieces) == -1)
		ck_abort_msg("%s: %s", line, job.err.message);
	out = job.out;
	job.out = (struct buf){ 0 };
	job_close(&job);
	return out;
}

/* ---- the naive answer ---- */

enum what { WORDS, LINES, RECORDS };

struct tokens {
	struct key	*key;
	size_t		 n, cap;
};

static void
add_token(struct tokens *t, const char *bytes, size_t len)
{
	if (t->n == t->cap) {
		t->cap = 2 * t->cap + 64;
		t->key = realloc(t->key, t->cap * sizeof(*t->key));
	}
	t->key[t->n++] = (struct key){ bytes, len };
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
add_words(struct tokens *t, const char *line, size_t len)
{
	for (size_t from = 0, to; from < len; from = to + 1) {
		for (to = from; to < len && !is_space(line[to]); to++)
			;
		if (to > from)
			add_token(t, line + from, to - from);
	}
}

/* The words, lines or records (as empty tokens) of a batch. */
static void
add_batch(struct tokens *t, const struct buf *text, enum what what)
{
	for (size_t from = 0, len; from < text->len; from += len + 1) {
		const char *line = text->data + from;

		len = (size_t)((const char *)memchr(line, '\n', text->len - from) - line);
		if (what == WORDS)
			add_words(t, line, len);
		else if (what == RECORDS)
			add_token(t, line, 0);
		else
			add_token(t, line, len - (len > 0 && line[len - 1] == '\r'));
	}
}

struct counted {
	struct key	key;
	size_t		count;
};

static int
by_key(const void *x, const void *y)
{
	return key_compare(x, y);
}

static int
by_count(const void *x, const void *y)
{
	const struct counted *a = x, *b = y;

	return a->count != b->count ? (a->count < b->count) - (a->count > b->count) :
	    key_compare(&a->key, &b->key);
}

static void
add_escaped(struct buf *out, const struct key *key)
{
	for (size_t i = 0; i < key->len; i++) {
		const char *letter = key->bytes[i] == '\0' ? NULL :
		    strchr("\tt\rr\\\\", key->bytes[i]);

		if (letter != NULL && (letter[0] != 't' && letter[0] != 'r'))
			text_printf(out, "\\%c", letter[1]);
		else
			text_add(out, &key->bytes[i], 1);
	}
}

static void
add_ranked(struct buf *out, int64_t tick, struct tokens *t)
{
	struct counted *c = malloc((t->n + 1) * sizeof(*c));
	size_t n = 0;

	if (t->n > 0)
		qsort(t->key, t->n, sizeof(*t->key), by_key);
	for (size_t i = 0; i < t->n; i++) {
		if (n == 0 || key_compare(&c[n - 1].key, &t->key[i]) != 0)
			c[n++] = (struct counted){ .key = t->key[i] };
		c[n - 1].count++;
	}
	qsort(c, n, sizeof(*c), by_count);
	for (size_t i = 0; i < n; i++) {
		text_printf(out, "%lld\t", (long long)(tick / SECOND));
		add_escaped(out, &c[i].key);
		text_printf(out, "\t%zu\n", c[i].count);
	}
	free(c);
}

/* The answer of the window that ends at TICK, over the first N batches. */
static void
add_answer(struct buf *out, const struct input *s, int n, enum what what, int64_t tick,
    int64_t window)
{
	struct tokens t = { 0 };

	for (int b = 0; b < n; b++) {
		int64_t end = s->start + (b + 1) * s->batch;

		if (end > tick - window && end <= tick)
			add_batch(&t, &s->text[b], what);
	}
	if (what == RECORDS)
		text_printf(out, "%lld\t%zu\n", (long long)(tick / SECOND), t.n);
	else
		add_ranked(out, tick, &t);
	free(t.key);
}

static struct buf
naive(const struct input *s, enum what what, int64_t window, int64_t slide)
{
	struct buf out = { 0 };

	for (int b = 0; b < s->n; b++) {
		int64_t tick = s->start + (b + 1) * s->batch;

		if (tick % slide == 0 || b == s->n - 1)
			add_answer(&out, s, b + 1, what, (tick + slide - 1) / slide * slide,
			    window);
	}
	return out;
}

/* ---- any split, any lanes ---- */

static const struct {
	const char *line;
	enum what what;
	int64_t batch, window, slide;		/* seconds */
} naive_cases[] = {
	{ "count", RECORDS, 1, 1, 1 },
	{ "countby", LINES, 1, 1, 1 },
	{ "wordcount", WORDS, 1, 1, 1 },
	{ "count --window 10s", RECORDS, 1, 10, 10 },
	{ "countby --window 10s", LINES, 2, 10, 10 },
	{ "wordcount --window 7s", WORDS, 1, 7, 7 },
	{ "wordcount -w 10s -s 2s", WORDS, 1, 10, 2 },
	{ "wordcount -w 10s -s 2s", WORDS, 2, 10, 2 },
	{ "countby -w 30s -s 20s", LINES, 10, 30, 20 },
	{ "countby -w 7s -s 5s", LINES, 1, 7, 5 },
	{ "count -w 30s -s 20s", RECORDS, 1, 30, 20 },
	{ "wordcount -w 1m -s 1s", WORDS, 1, 60, 1 },
	{ "wordcount -w 1h -s 1h", WORDS, 1, 3600, 3600 },
	{ "count -w 1h -s 1m", RECORDS, 1, 3600, 60 },
};

START_TEST(as_the_naive_count)
{
	for (int round = 0; round < 6; round++) {
		struct buf got, want;
		struct input s;

		input_make(&s, naive_cases[_i].batch * SECOND, 1 + (int)rand_below(BATCHES), 30);
		want = naive(&s, naive_cases[_i].what, naive_cases[_i].window * SECOND,
		    naive_cases[_i].slide * SECOND);
		got = answer(naive_cases[_i].line, &s, 1, false);
		text_same(&got, &want, naive_cases[_i].line);
		buf_free(&got);
		got = answer(naive_cases[_i].line, &s, 1 + (unsigned)rand_below(5), true);
		text_same(&got, &want, "over lanes");
		buf_free(&got);
		buf_free(&want);
		input_free(&s);
	}
}
END_TEST

static const char *const lane_cases[] = {
	"wordcount", "wordcount --fold --strip", "wordcount --min-length 3 then top 4",
	"countby -w 5s -s 1s then top 3 then grep -v a then count",
	"grep -i error then wordcount", "grep -v a then grep b then countby -w 10s -s 2s",
	"grep nothing-has-this then count", "wordcount then wordcount then wordcount",
	"wordcount -w 4s -s 2s then countby -w 8s then top 2 then grep .", "count then countby",
};

START_TEST(any_split_any_lanes)
{
	struct input s;
	struct buf want;

	input_make(&s, SECOND, 30, 40);
	want = answer(lane_cases[_i], &s, 1, false);
	for (unsigned lanes = 1; lanes <= 8; lanes++) {
		struct buf got = answer(lane_cases[_i], &s, lanes, true);

		text_same(&got, &want, lane_cases[_i]);
		buf_free(&got);
	}
	buf_free(&want);
	input_free(&s);
}
END_TEST

/* ---- stages behind each other ---- */

/* Of rows with the time first: the N first of each time. */
static struct buf
first_rows(const struct buf *rows, int n)
{
	struct buf out = { 0 };
	int64_t before = -1;
	int seen = 0;

	for (size_t at = 0; at < rows->len;) {
		const char *row = rows->data + at;
		size_t len = (size_t)((char *)memchr(row, '\n', rows->len - at) - row) + 1;
		int64_t time = strtoll(row, NULL, 10);

		seen = time == before ? seen + 1 : 1;
		before = time;
		if (seen <= n)
			text_add(&out, row, len);
		at += len;
	}
	return out;
}

static const char *const ranked[] = {
	"wordcount", "countby", "wordcount -w 10s -s 3s", "countby -w 9s",
};

START_TEST(top_is_the_first_rows)
{
	struct input s;
	struct buf all;

	input_make(&s, SECOND, 25, 60);
	all = answer(ranked[_i], &s, 1, false);
	for (int n = 1; n <= 20; n += 3) {
		struct buf want = first_rows(&all, n), got;
		char line[80];

		snprintf(line, sizeof(line), "%s then top %d", ranked[_i], n);
		got = answer(line, &s, 2, true);
		text_same(&got, &want, line);
		buf_free(&got);
		buf_free(&want);
	}
	buf_free(&all);
	input_free(&s);
}
END_TEST

/* The lines of a batch that hold WORD, or those that do not. */
static void
keep_lines(struct buf *to, const struct buf *text, const char *word, bool with)
{
	for (size_t from = 0, len; from < text->len; from += len) {
		const char *line = text->data + from;

		len = (size_t)((const char *)memchr(line, '\n', text->len - from) - line) + 1;
		if ((memmem(line, len, word, strlen(word)) != NULL) == with)
			text_add(to, line, len);
	}
}

static const struct {
	const char *word;
	bool with;
	const char *filtered, *plain;
} grep_cases[] = {
	{ "error", true, "grep error then countby", "countby" },
	{ "error", false, "grep -v error then wordcount -w 5s", "wordcount -w 5s" },
	{ "zzz", true, "grep zzz then count", "count" },
	{ "zzz", false, "grep -v zzz then wordcount", "wordcount" },
	{ "shop/1", true, "grep shop/1 then wordcount -w 6s -s 2s", "wordcount -w 6s -s 2s" },
};

START_TEST(grep_before)
{
	struct input s, kept;
	struct buf got, want;

	input_make(&s, SECOND, 25, 60);
	kept = (struct input){ .batch = s.batch, .start = s.start, .n = s.n };
	for (int b = 0; b < s.n; b++)
		keep_lines(&kept.text[b], &s.text[b], grep_cases[_i].word, grep_cases[_i].with);
	want = answer(grep_cases[_i].plain, &kept, 1, false);
	got = answer(grep_cases[_i].filtered, &s, 3, true);
	text_same(&got, &want, grep_cases[_i].filtered);
	buf_free(&got);
	buf_free(&want);
	input_free(&s);
	input_free(&kept);
}
END_TEST

START_TEST(grep_behind)
{
	struct buf all, got, want = { 0 };
	struct input s;

	input_make(&s, SECOND, 25, 60);
	all = answer("wordcount -w 4s", &s, 1, false);
	keep_lines(&want, &all, "shop", true);
	got = answer("wordcount -w 4s then grep shop", &s, 2, true);
	text_same(&got, &want, "grep behind wordcount");
	buf_free(&all);
	buf_free(&got);
	buf_free(&want);
	input_free(&s);
}
END_TEST

/* ---- known bytes ---- */

struct step {
	const char *text;	/* NULL: no more steps */
	int64_t tick;		/* of the batch end behind it */
	enum ending how;
};

static const struct {
	const char *line;
	int64_t batch;		/* rows */
	struct step step[8];
	const char *out;
} known[] = {
	/* an answer for each batch, also for the last that did not fill */
	{ "count", 2, { { "a\nb\n", 2, 0 }, { "c\n", 4, END_OPEN } }, "2\n1\n" },
	{ "count", 2, { { "a\nb\n", 2, 0 }, { "", 2, END_CLOSED } }, "2\n" },
	{ "count", 2, { { "", 0, END_OPEN } }, "0\n" },
	{ "countby", 2, { { "", 0, END_OPEN } }, "" },
	/* an empty batch: a row of count, none of the others */
	{ "count", 1, { { "", 1, 0 }, { "x\n", 2, 0 }, { "", 3, END_OPEN } }, "0\n1\n0\n" },
	{ "countby", 1, { { "", 1, 0 }, { "x\n", 2, 0 }, { "", 3, END_OPEN } }, "x\t1\n" },
	{ "wordcount", 1, { { "\n", 1, 0 }, { " \n", 2, 0 }, { "\r\n", 3, END_OPEN } }, "" },
	/* partial windows at the start; each slide answers */
	{ "count -w 6rows -s 2rows", 2,
	    { { "a\nb\n", 2, 0 }, { "a\nb\n", 4, 0 }, { "a\nb\n", 6, 0 }, { "a\nb\n", 8, 0 },
	    { "", 8, END_CLOSED } }, "2\n4\n6\n6\n" },
	/* the open window answers once, and only if it has something new */
	{ "count -w 4rows", 2, { { "a\nb\n", 2, 0 }, { "c\nd\n", 4, 0 }, { "", 4, END_CLOSED } },
	    "4\n" },
	{ "count -w 4rows", 2, { { "a\nb\n", 2, 0 }, { "", 2, END_CLOSED } }, "2\n" },
	{ "count -w 4rows", 2, { { "a\nb\n", 2, 0 }, { "c\n", 4, END_OPEN } }, "3\n" },
	{ "count -w 4rows -s 4rows", 2, { { "a\nb\n", 2, 0 }, { "c\nd\n", 4, 0 },
	    { "e\nf\n", 6, 0 }, { "", 6, END_CLOSED } }, "4\n2\n" },
	/* the window (3, 6] still holds what came in (3, 4] */
	{ "count -w 3rows -s 2rows", 1, { { "1\n", 1, 0 }, { "2\n", 2, 0 }, { "3\n", 3, 0 },
	    { "4\n", 4, 0 }, { "5\n", 5, 0 }, { "", 5, END_CLOSED } }, "2\n3\n2\n" },
	{ "countby -w 3rows -s 2rows", 1, { { "1\n", 1, 0 }, { "2\n", 2, 0 }, { "3\n", 3, 0 },
	    { "4\n", 4, 0 }, { "5\n", 5, 0 }, { "", 5, END_CLOSED } },
	    "1\t1\n2\t1\n2\t1\n3\t1\n4\t1\n4\t1\n5\t1\n" },
	/* keys leave the window, the windowed zero row stays */
	{ "countby -w 2rows -s 1rows then count", 1, { { "a\n", 1, 0 }, { "a\n", 2, 0 },
	    { "b\n", 3, 0 }, { "b\n", 4, END_OPEN } }, "1\n1\n2\n1\n" },
	/* what two windows give to one at the end is as far apart as their ends */
	{ "countby -w 2rows as x also countby -w 12rows as y also from x,y countby -w 6rows "
	    "-s 2rows", 1, { { "a\n", 1, END_OPEN } }, "a\\t1\t1\na\\t1\t1\n" },
	{ "countby -w 2rows as x also countby -w 12rows as y also from x,y countby -w 12rows", 1,
	    { { "a\n", 1, END_OPEN } }, "a\\t1\t2\n" },
	{ "countby -w 2rows as x also countby -w 6rows as y also from x,y countby -w 2rows", 1,
	    { { "a\n", 1, 0 }, { "b\n", 2, 0 }, { "", 2, END_CLOSED } },
	    "a\\t1\t1\nb\\t1\t1\na\\t1\t1\nb\\t1\t1\n" },
	/* rows become lines for the next stage */
	{ "wordcount then countby", 3, { { "x y\nx\n\n", 3, END_OPEN } }, "x\\t2\t1\ny\\t1\t1\n" },
	{ "wordcount then wordcount", 3, { { "x y\nx\nz\n", 3, END_OPEN } },
	    "1\t2\n2\t1\nx\t1\ny\t1\nz\t1\n" },
	{ "count then count", 1, { { "a\n", 1, 0 }, { "b\n", 2, END_OPEN } }, "1\n1\n" },
	{ "wordcount then top 1 then count", 2, { { "a a b\nb c\n", 2, END_OPEN } }, "1\n" },
	/* without an aggregate lines pass as they come */
	{ "grep b", 2, { { "ab\ncd\n", 2, 0 }, { "b\tc\\\n", 4, END_OPEN } }, "ab\nb\\tc\\\\\n" },
	{ "grep -v b then grep c", 2, { { "ab\ncd\r\n", 2, 0 }, { "bc\n", 4, END_OPEN } },
	    "cd\n" },
	/* top starts anew with each answer, even if grep lets nothing pass */
	{ "countby then grep a then top 1", 2, { { "b\nb\n", 2, 0 }, { "a\nab\n", 4, 0 },
	    { "a\na\n", 6, END_OPEN } }, "a\t1\na\t2\n" },
};

static void
run_steps(struct job *job, const struct step *step)
{
	for (; step->text != NULL; step++) {
		struct buf text = { .data = (char *)(uintptr_t)step->text,
			.len = strlen(step->text) };

		pipeline_begin(&job->p, (struct moment){ .tick = step->tick });
		if (feed_text(job, &text, false) == -1 ||
		    end_batch(job, step->tick, step->how) == -1)
			ck_abort_msg("%s", job->err.message);
	}
}

START_TEST(known_bytes)
{
	struct span batch = { .ticks = known[_i].batch, .rows = true, .word = ERR_NO_WORD };
	struct buf want = { 0 };
	struct job job;

	ck_assert_int_eq(job_open(&job, known[_i].line, batch, 1), 0);
	job.p.config.time_format = TIME_NONE;
	run_steps(&job, known[_i].step);
	text_printf(&want, "%s", known[_i].out);
	text_same(&job.out, &want, known[_i].line);
	buf_free(&want);
	job_close(&job);
}
END_TEST

static const struct {
	const char *line;
	const char *out;
} times[] = {
	{ "count", "1795389001\t1\n1795389002\t1\n" },
	{ "count -w 10s", "1795389010\t2\n" },
	{ "count -w 10s then count -w 1m", "1795389060\t1\n" },
	{ "wordcount -w 20s -s 5s", "1795389005\tx\t2\n" },
	{ "grep x", "1795389001\tx\n1795389002\tx\n" },
};

START_TEST(named_by_the_end)
{
	struct input s = { .batch = SECOND, .start = EPOCH * SECOND, .n = 2 };
	struct buf got, want = { 0 };

	text_printf(&s.text[0], "x\n");
	text_printf(&s.text[1], "x\n");
	text_printf(&want, "%s", times[_i].out);
	got = answer(times[_i].line, &s, 1, false);
	text_same(&got, &want, times[_i].line);
	buf_free(&got);
	buf_free(&want);
	input_free(&s);
}
END_TEST

/* The clock was set back: what came since is in the last answer all the same. */
static const char *const back_cases[] = {
	"countby", "countby -w 4s", "countby -w 4s -s 2s", "countby -w 3s -s 2s",
};

START_TEST(clock_set_back)
{
	static const struct step steps[] = {
		{ "a\n", 100 * SECOND, 0 }, { "b\n", 101 * SECOND, 0 },
		{ "new\n", 96 * SECOND, END_OPEN }, { NULL, 0, 0 },
	};
	struct span batch = { .ticks = SECOND, .word = ERR_NO_WORD };
	struct job job;

	ck_assert_int_eq(job_open(&job, back_cases[_i], batch, 1), 0);
	run_steps(&job, steps);
	if (memmem(job.out.data, job.out.len, "new\t1\n", 6) == NULL)
		ck_abort_msg("%s: got '%.*s'", back_cases[_i], (int)job.out.len, job.out.data);
	job_close(&job);
}
END_TEST

/* ---- figures ---- */

START_TEST(counts_add_up)
{
	const struct account *account;
	struct input s;
	struct job job;

	input_make(&s, SECOND, 20, 50);
	ck_assert_int_eq(job_open(&job, "grep -v r then grep e then count", seconds(&s), 3), 0);
	ck_assert_uint_eq(job.plan.accounts, 1);
	ck_assert_uint_eq(job.lanes, 3);
	account = job.p.account;
	for (int b = 0; b < s.n; b++) {
		struct buf kept = { 0 }, twice = { 0 };

		DEMAND(feed_text(&job, &s.text[b], true) == 0);
		keep_lines(&kept, &s.text[b], "r", false);
		keep_lines(&twice, &kept, "e", true);
		pipeline_counts(&job.p);
		ck_assert_uint_eq(account->counted, lines_in(twice.data, twice.len));
		ck_assert_uint_eq(account->records, lines_in(s.text[b].data, s.text[b].len));
		ck_assert_uint_eq(account->bad + job.p.bad.n, 0);
		pipeline_counts(&job.p);
		ck_assert_uint_eq(account->counted + account->records, 0);
		DEMAND(end_batch(&job, s.start + (b + 1) * s.batch, END_BATCH) == 0);
		buf_free(&kept);
		buf_free(&twice);
	}
	ck_assert_uint_le(pipeline_keys(&job.p), 1);
	ck_assert_uint_gt(pipeline_bytes(&job.p), 0);
	job_close(&job);
	input_free(&s);
}
END_TEST

/* An answer larger than the buffer is written on the way. */
START_TEST(large_answer)
{
	struct input s = { .batch = SECOND, .start = EPOCH * SECOND, .n = 1 };
	struct buf got;

	for (int i = 0; i < 100000; i++)
		text_printf(&s.text[0], "word-%d\n", i);
	got = answer("wordcount", &s, 1, false);
	ck_assert_uint_eq(lines_in(got.data, got.len), 100000);
	buf_free(&got);
	input_free(&s);
}
END_TEST

static int
write_fails(void *arg, unsigned output, const char *bytes, size_t len, struct err *err)
{
	(void)arg;
	(void)output;
	(void)bytes;
	(void)len;
	return err_set(err, ERR_PIPE, "closed");
}

START_TEST(write_error_is_told)
{
	struct span batch = { .ticks = 1, .rows = true };
	struct buf text = { .data = (char[]){ "x\n" }, .len = 2 };
	struct job job;

	ck_assert_int_eq(job_open(&job, "wordcount", batch, 1), 0);
	job.p.config.host.write = write_fails;
	ck_assert_int_eq(feed_text(&job, &text, false), 0);
	ck_assert_int_eq(end_batch(&job, 1, END_BATCH), -1);
	ck_assert_int_eq(job.err.code, ERR_PIPE);
	job_close(&job);
}
END_TEST

/* ---- memory runs out ---- */

/* True if the NTH allocation was reached: then it is told, or did not matter. */
static bool
run_failing(const char *line, const struct input *s, const struct buf *want, uint64_t nth,
    bool sticky)
{
	struct job job;
	bool fine, reached;

	fault_set(nth, sticky);
	fine = job_open(&job, line, seconds(s), 2) == 0 && job_run(&job, s, nth % 2 == 0) == 0;
	reached = fault_clear() >= nth;
	if (fine)
		text_same(&job.out, want, line);
	else if (!reached || job.err.code != ERR_RUN ||
	    strncmp(job.err.message, "out of memory ", 14) != 0)
		ck_abort_msg("%s: allocation %d: '%s'", line, (int)nth, job.err.message);
	job_close(&job);
	return reached;
}

static const char *const memory_cases[] = {
	"wordcount", "wordcount --fold", "count -w 4s -s 2s", "countby -w 3s -s 2s then top 2",
	"grep -i e then wordcount then grep shop then countby -w 4s then top 3",
	"grep a then count", "wordcount then wordcount -w 2s -s 1s",
};

START_TEST(memory_fails)
{
	const char *line = memory_cases[_i];
	struct input s;
	struct buf want;

	input_make(&s, SECOND, 9, 40);
	want = answer(line, &s, 1, false);
	for (int sticky = 0; sticky < 2; sticky++)
		for (uint64_t nth = 1; run_failing(line, &s, &want, nth, sticky != 0);)
			nth++;
	buf_free(&want);
	input_free(&s);
}
END_TEST

Suite *
pipeline_suite(void)
{
	Suite *suite = suite_create("pipeline");
	TCase *model = case_add(suite, "model"), *chain = case_add(suite, "chain");
	TCase *known_case = case_add(suite, "known"), *memory = case_add(suite, "memory");

	tcase_add_loop_test(model, as_the_naive_count, 0, COUNT(naive_cases));
	tcase_add_loop_test(model, any_split_any_lanes, 0, COUNT(lane_cases));
	tcase_add_loop_test(chain, top_is_the_first_rows, 0, COUNT(ranked));
	tcase_add_loop_test(chain, grep_before, 0, COUNT(grep_cases));
	tcase_add_test(chain, grep_behind);
	tcase_add_loop_test(known_case, known_bytes, 0, COUNT(known));
	tcase_add_loop_test(known_case, named_by_the_end, 0, COUNT(times));
	tcase_add_loop_test(known_case, clock_set_back, 0, COUNT(back_cases));
	tcase_add_test(known_case, counts_add_up);
	tcase_add_test(known_case, large_answer);
	tcase_add_test(known_case, write_error_is_told);
	tcase_add_loop_test(memory, memory_fails, 0, COUNT(memory_cases));
	return suite;
}
