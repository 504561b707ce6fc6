/*
 * The values of the stages that aggregate rows (sum, min, max, mean, stats, distinct, first, last)
 * against the contract of core/aggregate.h: parts of the records fed apart and merged in any order,
 * saved and loaded give the rows of all records fed together; and windows of any kind give the
 * rows of one batch with the records of the window.  What owns memory is freed once, also when
 * memory is short.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_util.h"
#include "format/format_table.h"
#include "stage/stage_table.h"

Suite *values_suite(void);

static const char *const lines[] = {
	"sum v,w --by k", "min v w --by k", "max w", "mean v --by k",
	"stats v --by k --what count,sum,mean,sd,var,max,p99.9,min,p0,p50,p100,p50.0,p3",
	"stats v w --what p50", "stats v --by k,w --what p25,sd", "distinct w --by k", "distinct v",
	"first v,w --by k", "last w v --by k", "last v", "first k v", "top 50 --by k --approx",
	"sentiment k --by v,w", "sentiment w --by k",
};

#define LINES COUNT(lines)
#define COLUMNS "k,v,w"

START_TEST(every_stage_is_here)
{
	const struct stage_class *c;

	for (int i = 0; (c = stage_table[i]) != NULL; i++) {
		size_t len = strlen(c->name);
		bool found = (c->flags & STAGE_AGGREGATES) == 0 || (c->flags & STAGE_LINES) != 0;

		for (int k = 0; k < LINES; k++)
			found |= strncmp(lines[k], c->name, len) == 0 && lines[k][len] == ' ';
		ck_assert_msg(found, "%s is not tested", c->name);
	}
}
END_TEST

/* ---- records ---- */

struct record {
	char	k[24], v[24], w[24];
};

/* Keys short and long; numbers exact and not, below and above zero. */
static void
random_record(struct record *r, uint64_t keys)
{
	uint64_t key = rand_below(keys);

	snprintf(r->k, sizeof(r->k), key % 3 == 0 ? "k%d" : "a-key-of-17-bytes%d", (int)key);
	snprintf(r->v, sizeof(r->v), rand_below(5) == 0 ? "%d.0625000000001" : "%d.25",
	    (int)rand_below(2000) - 1000);
	snprintf(r->w, sizeof(r->w), "%d", (int)rand_below(1 + rand_below(5000)));
}

/* ---- a stage alone ---- */

struct bench {
	struct words	 words, names;
	struct plan	 plan;
	struct stage	*stage;
	unsigned	 slot[3];
	bool		 any_kind;	/* w may be of any: it is only kept */
};

static void
bench_open(struct bench *b, const char *line)
{
	struct plan_defaults d = { .classes = stage_table, .batch = { .ticks = 1, .rows = true } };
	char *const *names = b->names.word;
	struct err err;

	words_split(&b->words, line);
	words_split(&b->names, "k v w");
	if (plan_parse(&b->plan, &d, b->words.word, b->words.n, 0, &err) == -1 ||
	    plan_input(&b->plan, format_find("csv")->flags,
	    (const char *const *)(const void *)names, 3, &err) == -1 ||
	    plan_bind(&b->plan, &err) == -1)
		ck_abort_msg("%s: %s", line, err.message);
	b->stage = &b->plan.stage[0];
	for (unsigned i = 0; i < 3; i++)
		b->slot[i] = b->plan.input.column[i].slot;
	b->any_kind = strstr(line, "first ") == line || strstr(line, "last ") == line;
}

/* The same for the same text. */
static struct value
make_value(const struct bench *b, unsigned column, const char *text)
{
	int n = atoi(text);

	switch (b->any_kind && column == 2 ? n % 5 : 4) {
	case 0:
		return value_null();
	case 1:
		return value_bool(n % 2 == 0);
	case 2:
		return value_int(n);
	case 3:
		return value_double(n / 7.0);
	default:
		return value_text(text, strlen(text));
	}
}

static void *
lane_make(const struct bench *b)
{
	void *lane = calloc(1, b->stage->class->lane_size + 1);
	struct err err;

	DEMAND(b->stage->class->lane_open == NULL ||
	    b->stage->class->lane_open(b->stage, lane, &err) == 0);
	return lane;
}

static void
lane_drop(const struct bench *b, void *lane)
{
	b->stage->class->lane_close(lane);
	free(lane);
}

/* Feeds rows whose text then goes away. */
static void
feed(const struct bench *b, void *lane, struct map *into, const struct record *r, size_t n)
{
	unsigned width = b->plan.input.width;
	struct value *cells = calloc(n * width + 1, sizeof(*cells));
	struct record *copy = malloc((n + 1) * sizeof(*copy));
	struct block in = { .cells = cells, .width = width, .records = n, .source = -1 };
	struct bad bad = { 0 };
	struct feed to = { .state = into, .bad = &bad };
	struct err err;

	memcpy(copy, r, n * sizeof(*r));
	for (size_t i = 0; i < n; i++) {
		const char *text[] = { copy[i].k, copy[i].v, copy[i].w };

		for (unsigned c = 0; c < 3; c++)
			if (b->slot[c] != SCHEMA_NO_SLOT)
				cells[i * width + b->slot[c]] = make_value(b, c, text[c]);
	}
	DEMAND(b->stage->class->feed(b->stage, lane, &in, &to, &err) == 0 && bad.n == 0);
	free(cells);
	free(copy);
}

static void
map_make(const struct bench *b, struct map *m)
{
	map_init(m, b->stage->aggregate->words * sizeof(uint64_t), test_seed);
}

static void
merge(const struct bench *b, struct map *into, const struct map *from)
{
	DEMAND(aggregate_merge(b->stage->aggregate, into, from) == 0);
}

/* The rows of an answer, which is then freed. */
static void
take_rows(const struct bench *b, void *lane, struct map *answer, struct buf *out)
{
	const struct stage *s = b->stage;
	struct value cells[7 * SCHEMA_MAX];
	struct rows room = { .cells = cells, .cap = 1 + rand_below(7) };
	struct encoder tsv = { 0 };
	struct err err;
	int n;

	DEMAND(s->class->fire(s, lane, answer, &err) == 0);
	while ((n = s->class->rows(s, lane, &room, &err)) > 0) {
		struct block rows = {
			.cells = cells, .width = s->out->width, .records = (uint64_t)n,
		};

		DEMAND(format_find("tsv")->rows(&tsv, s->out, &rows) == 0);
	}
	DEMAND(n == 0);
	*out = tsv.out;
	aggregate_free(s->aggregate, answer);
}

static void
same_rows(const struct bench *b, void *lane, struct map *answer, const struct buf *want)
{
	struct buf got;

	take_rows(b, lane, answer, &got);
	text_same(&got, want, b->stage->class->name);
	buf_free(&got);
}

/* ---- parts ---- */

#define PARTS 3

struct parts {
	struct map	 part[PARTS], whole;
	void		*lane;			/* of the parts: all come in one order */
	struct buf	 want;
};

/* Deals random records to the parts, and all of them to the whole. */
static void
parts_make(struct parts *p, const struct bench *b, size_t most)
{
	void *lane = lane_make(b);
	uint64_t keys = 1 + rand_below(30);

	p->lane = lane_make(b);
	for (int i = 0; i < PARTS; i++)
		map_make(b, &p->part[i]);
	map_make(b, &p->whole);
	for (uint64_t blocks = rand_below(12); blocks > 0; blocks--) {
		size_t n = rand_below(most);
		struct record *r = malloc((n + 1) * sizeof(*r));

		for (size_t i = 0; i < n; i++)
			random_record(&r[i], keys);
		feed(b, lane, &p->whole, r, n);
		feed(b, p->lane, &p->part[rand_below(PARTS)], r, n);
		free(r);
	}
	take_rows(b, lane, &p->whole, &p->want);
	lane_drop(b, lane);
}

static void
parts_close(struct parts *p, const struct bench *b)
{
	for (int i = 0; i < PARTS; i++)
		aggregate_free(b->stage->aggregate, &p->part[i]);
	lane_drop(b, p->lane);
	buf_free(&p->want);
}

/* (x + y) + z into nothing, or x + (y + z), with identities in between. */
static void
check_order(struct parts *p, const struct bench *b, const int at[PARTS], bool right)
{
	struct map sum, more;

	map_make(b, &sum);
	map_make(b, &more);
	merge(b, &sum, &more);
	merge(b, &sum, &p->part[at[0]]);
	if (right)
		merge(b, &more, &p->part[at[1]]);
	else
		merge(b, &sum, &p->part[at[1]]);
	for (uint32_t id = 1; id < sum.count; id++)	/* zeros are nothing */
		map_add(&more, *map_entry(&sum, id), map_hash(&more, *map_entry(&sum, id)));
	merge(b, &more, &p->part[at[2]]);
	merge(b, &sum, &more);
	same_rows(b, p->lane, &sum, &p->want);
	aggregate_free(b->stage->aggregate, &more);
}

static void
check_saved(struct parts *p, const struct bench *b)
{
	const struct aggregate *agg = b->stage->aggregate;
	struct map loaded, damaged;

	map_make(b, &loaded);
	map_make(b, &damaged);
	for (int i = 0; i < PARTS; i++) {
		struct buf bytes = { 0 };
		struct map part;

		DEMAND(map_saved(agg, &p->part[i], &bytes) == 0);
		map_make(b, &part);
		for (int time = 0; time < 2; time++)	/* the second takes the first's place */
			DEMAND(map_loaded(agg, &part, bytes.data, bytes.len) == 0);
		merge(b, &loaded, &part);
		aggregate_free(agg, &part);
		for (size_t cut = rand_below(50); cut < bytes.len; cut += 1 + rand_below(bytes.len))
			DEMAND(map_loaded(agg, &damaged, bytes.data, cut) ==
			    !map_ends_entry(agg, &p->part[i], cut));
		for (int k = 0; k < 50 && bytes.len > 0; k++) {
			bytes.data[rand_below(bytes.len)] ^= (char)(1 << rand_below(8));
			DEMAND(map_loaded(agg, &damaged, bytes.data, bytes.len) != -1);
		}
		buf_free(&bytes);
	}
	same_rows(b, p->lane, &loaded, &p->want);
	aggregate_free(agg, &damaged);
}

static const int orders[][PARTS] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 }, { 2, 0, 1 } };

START_TEST(merged_in_any_order)
{
	struct bench b;

	bench_open(&b, lines[_i]);
	for (int round = 0; round < 40; round++) {
		struct parts p;

		parts_make(&p, &b, round % 10 == 0 ? 3000 : 30);
		for (int i = 0; i < COUNT(orders); i++)
			check_order(&p, &b, orders[i], i % 2 == round % 2);
		parts_close(&p, &b);
	}
	plan_close(&b.plan);
}
END_TEST

START_TEST(saved_and_loaded)
{
	struct bench b;

	bench_open(&b, lines[_i]);
	for (int round = 0; round < 40; round++) {
		struct parts p;

		parts_make(&p, &b, round % 10 == 0 ? 3000 : 30);
		check_saved(&p, &b);
		parts_close(&p, &b);
	}
	plan_close(&b.plan);
}
END_TEST

START_TEST(merge_save_and_load_without_memory)
{
	struct bench b;
	uint64_t asked = 0;

	bench_open(&b, lines[_i]);
	for (uint64_t nth = 1; nth < 400 && asked + 1 >= nth; nth++) {
		const struct aggregate *agg = b.stage->aggregate;
		struct buf bytes = { 0 };
		struct parts p;
		struct map into, third;
		bool fine;

		rand_start((uint64_t)_i);
		parts_make(&p, &b, 100);
		map_make(&b, &into);
		map_make(&b, &third);
		fault_set(nth, nth % 2 == 0);
		fine = aggregate_merge(agg, &into, &p.part[0]) == 0 &&
		    aggregate_merge(agg, &into, &p.part[1]) == 0 &&
		    map_saved(agg, &p.part[2], &bytes) == 0 &&
		    map_loaded(agg, &third, bytes.data, bytes.len) == 0 &&
		    aggregate_merge(agg, &into, &third) == 0;
		asked = fault_clear();
		DEMAND(fine == (asked < nth));
		if (fine)
			same_rows(&b, p.lane, &into, &p.want);
		aggregate_free(agg, &into);
		aggregate_free(agg, &third);
		buf_free(&bytes);
		parts_close(&p, &b);
	}
	plan_close(&b.plan);
}
END_TEST

/* ---- windows ---- */

#define BATCHES 12

static void
add_records(struct buf *text, size_t most)
{
	for (uint64_t n = rand_below(4) == 0 ? 0 : rand_below(most); n > 0; n--) {
		struct record r;

		random_record(&r, 6);
		text_printf(text, "%s,%s,%s\n", r.k, r.v, r.w);
	}
}

/* The rows of batches FROM .. TO fed as one, named by the end of the window. */
static void
model_rows(const char *line, const struct buf *batch, int from, int to, int64_t end,
    struct buf *want)
{
	struct flow f = { .line = line, .format = "csv", .columns = COLUMNS };
	struct buf all = { 0 }, got = { 0 };

	for (int i = from < 0 ? 0 : from; i <= to; i++)
		if (batch[i].len > 0)
			text_add(&all, batch[i].data, batch[i].len);
	if (all.len > 0)
		flow_run(&f, &all, 1, false, &got, NULL);
	for (size_t at = 0, len; at < got.len; at += len) {
		const char *row = memchr(got.data + at, '\t', got.len - at);
		const char *stop = memchr(got.data + at, '\n', got.len - at);

		len = (size_t)(stop + 1 - got.data) - at;
		text_printf(want, "%lld", (long long)(FLOW_START + end));
		text_add(want, row, (size_t)(stop + 1 - row));
	}
	buf_free(&all);
	buf_free(&got);
}

enum shape { TUMBLING, SLIDING, RUNNING, EARLY, SHAPES };

static const char *const options[SHAPES] = {
	[TUMBLING] = "--window 3s", [SLIDING] = "--window 4s --slide 2s",
	[RUNNING] = "--running", [EARLY] = "--window 4s --emit complete",
};

static void
model(const char *line, enum shape shape, const struct buf batch[BATCHES], struct buf *want)
{
	for (int i = 0; i < BATCHES; i++) {
		int end = i + 1;

		switch (shape) {
		case TUMBLING:
			if (end % 3 == 0)
				model_rows(line, batch, i - 2, i, end, want);
			break;
		case SLIDING:
			if (end % 2 == 0)
				model_rows(line, batch, i - 3, i, end, want);
			break;
		case RUNNING:
			model_rows(line, batch, 0, i, end, want);
			break;
		default:
			model_rows(line, batch, i / 4 * 4, i, i / 4 * 4 + 4, want);
		}
	}
}

START_TEST(windows_as_one_batch)
{
	rand_start((uint64_t)_i);
	for (int round = 0; round < 4 * SHAPES; round++) {
		enum shape shape = (enum shape)(round % SHAPES);
		struct buf batch[BATCHES] = { { 0 } }, want = { 0 }, got = { 0 };
		struct flow f = { .format = "csv", .columns = COLUMNS };
		char line[160];

		snprintf(line, sizeof(line), "%s %s", lines[_i], options[shape]);
		f.line = line;
		for (int i = 0; i < BATCHES; i++)
			add_records(&batch[i], 25);
		flow_run(&f, batch, BATCHES, true, &got, NULL);
		model(lines[_i], shape, batch, &want);
		text_same(&got, &want, line);
		for (int i = 0; i < BATCHES; i++)
			buf_free(&batch[i]);
		buf_free(&want);
		buf_free(&got);
	}
}
END_TEST

START_TEST(windows_without_memory)
{
	rand_start((uint64_t)_i);
	for (int shape = 0; shape < SHAPES; shape++) {
		struct buf batch[6] = { { 0 } };
		struct flow f = { .format = "csv", .columns = COLUMNS };
		char line[160];

		snprintf(line, sizeof(line), "%s %s", lines[_i], options[shape]);
		f.line = line;
		for (int i = 0; i < COUNT(batch); i++)
			add_records(&batch[i], 8);
		flow_short_of_memory(&f, batch, COUNT(batch));
		for (int i = 0; i < COUNT(batch); i++)
			buf_free(&batch[i]);
	}
}
END_TEST

/* ---- event time ---- */

/* Records out of order by less than the lateness give what those in order of their batches do. */
START_TEST(event_time_as_by_the_clock)
{
	rand_start((uint64_t)_i);
	for (int round = 0; round < 8; round++) {
		struct buf batch[BATCHES] = { { 0 } }, dealt = { 0 }, want = { 0 }, got = { 0 };
		struct flow clock = { .format = "csv", .columns = "t," COLUMNS };
		struct flow event = clock;
		char line[160];

		snprintf(line, sizeof(line), "%s %s", lines[_i], round % 2 == 0 ?
		    options[SLIDING] : options[TUMBLING]);
		clock.line = event.line = line;
		event.time = "t";
		event.lateness = 3 * FLOW_SECOND;
		for (int n = 0; n < 200; n++) {
			int second = n * BATCHES / 200 - (int)rand_below(3);
			struct record r;

			second = n == 199 ? BATCHES - 1 : n == 0 || second < 0 ? 0 : second;
			random_record(&r, 6);
			text_printf(&dealt, "%lld,%s,%s,%s\n", (long long)(FLOW_START + second),
			    r.k, r.v, r.w);
			text_printf(&batch[second], "%lld,%s,%s,%s\n",
			    (long long)(FLOW_START + second), r.k, r.v, r.w);
		}
		flow_run(&clock, batch, BATCHES, false, &want, NULL);
		flow_run(&event, &dealt, 1, true, &got, NULL);
		text_same(&got, &want, line);
		for (int i = 0; i < BATCHES; i++)
			buf_free(&batch[i]);
		buf_free(&dealt);
		buf_free(&want);
		buf_free(&got);
	}
}
END_TEST

Suite *
values_suite(void)
{
	Suite *suite = suite_create("values");
	TCase *parts = case_add(suite, "parts"), *windows = case_add(suite, "windows");

	tcase_add_test(parts, every_stage_is_here);
	tcase_add_loop_test(parts, merged_in_any_order, 0, LINES);
	tcase_add_loop_test(parts, saved_and_loaded, 0, LINES);
	tcase_add_loop_test(parts, merge_save_and_load_without_memory, 0, LINES);
	tcase_add_loop_test(windows, windows_as_one_batch, 0, LINES);
	tcase_add_loop_test(windows, windows_without_memory, 0, LINES);
	tcase_add_loop_test(windows, event_time_as_by_the_clock, 0, LINES);
	return suite;
}
