/*
 * Aggregates whose values own memory: maps, windows of any shape and whole pipelines with lanes
 * must free each of them once, count their bytes and merge them right.  The value is a list of
 * numbers in memory of its own; every such list that lives is counted here.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "core/pipeline.h"
#include "core/window.h"
#include "format/format_table.h"
#include "util.h"

Suite *owned_suite(void);

/* ---- the aggregate ---- */

#define MAGIC UINT64_C(0x5ca1ab1e0ddba11)

struct list {
	uint64_t	magic;
	size_t		n;
	uint64_t	item[];
};

static size_t live, live_bytes;		/* lists and what they hold */

static size_t
list_size(size_t n)
{
	return sizeof(struct list) + n * sizeof(uint64_t);
}

static struct list *
list_of(const uint64_t *value)
{
	struct list *l = (struct list *)(uintptr_t)value[1];

	DEMAND(l == NULL || l->magic == MAGIC);
	DEMAND((l == NULL ? 0 : l->n) == value[0]);
	return l;
}

/* Appends N items; the words are how many there are and where. */
static int
list_append(uint64_t *value, const uint64_t *item, size_t n)
{
	struct list *l = list_of(value), *longer;
	size_t had = l == NULL ? 0 : l->n;

	if (n == 0)
		return 0;
	longer = mem_alloc(list_size(had + n));
	if (longer == NULL)
		return -1;
	longer->magic = MAGIC;
	longer->n = had + n;
	if (had > 0)
		memcpy(longer->item, l->item, had * sizeof(*item));
	memcpy(longer->item + had, item, n * sizeof(*item));
	live += l == NULL;
	live_bytes += n * sizeof(*item) + (l == NULL ? sizeof(*l) : 0);
	if (l != NULL)
		l->magic = 0;
	mem_free(l);
	value[0] = had + n;
	value[1] = (uintptr_t)longer;
	return 0;
}

static int
list_merge(const struct aggregate *agg, uint64_t *into, const uint64_t *from)
{
	const struct list *l = list_of(from);

	(void)agg;
	return l == NULL ? 0 : list_append(into, l->item, l->n);
}

static void
list_free(const struct aggregate *agg, uint64_t *value)
{
	struct list *l = list_of(value);

	(void)agg;
	if (l != NULL) {
		live--;
		live_bytes -= list_size(l->n);
		l->magic = 0;
		mem_free(l);
	}
	value[0] = value[1] = 0;
}

static size_t
list_bytes(const struct aggregate *agg, const uint64_t *value)
{
	const struct list *l = list_of(value);

	(void)agg;
	return l == NULL ? 0 : list_size(l->n);
}

/* A byte for the length (of at most 255), then a byte for each item. */
static int
list_save(const struct aggregate *agg, const uint64_t *value, struct buf *out)
{
	const struct list *l = list_of(value);
	unsigned char byte = (unsigned char)value[0];

	(void)agg;
	DEMAND(value[0] < 256);
	if (buf_add(out, &byte, 1) == -1)
		return -1;
	for (size_t i = 0; i < value[0]; i++) {
		byte = (unsigned char)l->item[i];
		if (buf_add(out, &byte, 1) == -1)
			return -1;
	}
	return 0;
}

static int
list_load(const struct aggregate *agg, uint64_t *value, struct wire *in)
{
	size_t n = in->at < in->end ? (unsigned char)*in->at++ : 256;

	(void)agg;
	in->damaged |= (size_t)(in->end - in->at) < n;
	for (size_t i = 0; i < n && !in->damaged; i++) {
		uint64_t item = (unsigned char)*in->at++;

		if (list_append(value, &item, 1) == -1)
			return -1;
	}
	in->at = in->damaged ? in->end : in->at;
	return 0;
}

static const struct aggregate lists = {
	.name = "lists", .words = 2, .merge = list_merge, .drop = list_free, .bytes = list_bytes,
	.save = list_save, .load = list_load,
};

static int
compare_u64(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

static void
list_sort(const uint64_t *value)
{
	struct list *l = list_of(value);

	if (l != NULL)
		qsort(l->item, l->n, sizeof(l->item[0]), compare_u64);
}

/* ---- maps ---- */

static void
init(struct map *m)
{
	map_init(m, lists.words * sizeof(uint64_t), test_seed);
}

/* Adds N items to random keys; false when memory is short. */
static bool
fill(struct map *m, const struct pool *pool, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct key *key = &pool->key[rand_below(pool->n)];
		uint64_t *value = map_put(m, key->bytes, key->len), item = rand_below(200);

		if (value == NULL || list_append(value, &item, 1) == -1)
			return false;
	}
	return true;
}

/* The same keys with the same items, whatever their order; those without items do not matter. */
static void
same_lists(struct map *x, struct map *y)
{
	for (uint32_t id = 1; id < x->count; id++) {
		struct map_key *entry = map_entry(x, id);
		uint64_t *value = (uint64_t *)(entry + 1), *other;
		size_t len;
		const char *key = map_key_bytes(entry, &len);

		other = map_find(y, key, len);
		DEMAND(other != NULL && value[0] == other[0]);
		if (value[0] == 0)
			continue;
		list_sort(value);
		list_sort(other);
		DEMAND(memcmp(list_of(value)->item, list_of(other)->item,
		    value[0] * sizeof(uint64_t)) == 0);
	}
	DEMAND(map_count(x) == map_count(y));
}

START_TEST(merged_saved_and_loaded)
{
	struct pool pool;

	pool_make(&pool, KEYS_WILD, 50);
	for (int round = 0; round < 100; round++) {
		struct map part[2], whole, loaded;
		struct buf bytes = { 0 };

		init(&part[0]);
		init(&part[1]);
		init(&whole);
		init(&loaded);
		DEMAND(fill(&part[0], &pool, rand_below(100)));
		DEMAND(fill(&part[1], &pool, rand_below(100)));
		DEMAND(aggregate_merge(&lists, &whole, &part[0]) == 0);
		DEMAND(aggregate_merge(&lists, &whole, &part[1]) == 0);
		DEMAND(aggregate_bytes(&lists, &part[0]) + aggregate_bytes(&lists, &part[1]) +
		    aggregate_bytes(&lists, &whole) == live_bytes);
		DEMAND(map_saved(&lists, &whole, &bytes) == 0);
		for (int time = 0; time < 2; time++)	/* what was there is freed */
			DEMAND(map_loaded(&lists, &loaded, bytes.data, bytes.len) == 0);
		same_lists(&whole, &loaded);
		DEMAND(aggregate_bytes(&lists, &loaded) == aggregate_bytes(&lists, &whole));
		aggregate_clear(&lists, &loaded);
		DEMAND(aggregate_bytes(&lists, &loaded) == 0);
		for (size_t len = 0; len < bytes.len; len += 1 + rand_below(20))
			DEMAND(map_loaded(&lists, &loaded, bytes.data, len) ==
			    !map_ends_entry(&lists, &whole, len));
		aggregate_free(&lists, &part[0]);
		aggregate_free(&lists, &part[1]);
		aggregate_free(&lists, &whole);
		aggregate_free(&lists, &loaded);
		buf_free(&bytes);
		DEMAND(live == 0 && live_bytes == 0);
	}
	pool_free(&pool);
}
END_TEST

/* ---- windows ---- */

struct item {
	uint64_t	what;
	int64_t		tick;
	size_t		key;
};

struct run {
	struct window	 w;
	struct pool	 pool;
	int64_t		 length, slide, start;
	int		 batches;
	struct item	*item;		/* all that came */
	size_t		 items;
};

static bool
run_feed(struct run *r, int64_t tick)
{
	for (uint64_t n = rand_below(3) == 0 ? 0 : rand_below(20); n > 0; n--) {
		struct item i = { rand_u64(), tick, rand_below(1 + rand_below(r->pool.n)) };
		const struct key *key = &r->pool.key[i.key];
		uint64_t *value = map_put(&r->w.open, key->bytes, key->len);

		if (value == NULL || list_append(value, &i.what, 1) == -1)
			return false;
		r->item[r->items++] = i;
	}
	return true;
}

/* What is in the answer for a key is what came for it in the window. */
static void
check_key(const struct run *r, const struct map *answer, size_t k, int64_t tick)
{
	const uint64_t *value = map_find(answer, r->pool.key[k].bytes, r->pool.key[k].len);
	uint64_t n = 0, sum = 0;

	for (size_t i = 0; i < r->items; i++) {
		const struct item *at = &r->item[i];

		if (at->key == k && at->tick > tick - r->length && at->tick <= tick) {
			n++;
			sum += at->what * at->what;
		}
	}
	DEMAND((value == NULL ? 0 : value[0]) == n);
	for (uint64_t i = 0; i < n; i++)
		sum -= list_of(value)->item[i] * list_of(value)->item[i];
	DEMAND(sum == 0);
}

static bool
run_play(struct run *r)
{
	for (int b = 1; b <= r->batches; b++) {
		int64_t tick = r->start + b;
		const struct map *answer;
		struct err err;

		if (!run_feed(r, tick) || window_advance(&r->w, tick, &err) == -1)
			return false;
		DEMAND(window_bytes(&r->w) >= live_bytes);
		if (!window_due(&r->w, tick) || (r->length != r->slide && rand_below(10) == 0))
			continue;	/* nobody asks */
		answer = window_answer(&r->w);
		if (answer == NULL)
			return false;
		for (size_t k = 0; k < r->pool.n; k++)
			check_key(r, answer, k, tick);
		DEMAND(window_answered(&r->w, &err) == 0);
	}
	return true;
}

/* A window of some shape from its opening to its closing, at any moment; false: memory ran out. */
static bool
run_once(int64_t length, int64_t slide, uint64_t nth, bool sticky)
{
	struct run r = {
		.length = length, .slide = slide, .start = (int64_t)rand_below(1000),
		.batches = (int)rand_below(60),
	};
	bool fine;

	pool_make(&r.pool, KEYS_WILD, 1 + rand_below(12));
	r.item = malloc(60 * 20 * sizeof(*r.item));
	fault_set(nth, sticky);
	fine = window_open(&r.w, &lists, length, slide, test_seed, NULL) == 0 &&
	    run_play(&r);
	(void)fault_clear();
	window_close(&r.w);
	DEMAND(live == 0 && live_bytes == 0);
	pool_free(&r.pool);
	free(r.item);
	return fine;
}

START_TEST(any_window)
{
	rand_start((uint64_t)_i);
	for (int round = 0; round < 200; round++) {
		int64_t slide = 1 + (int64_t)rand_below(8);

		DEMAND(run_once(slide + (int64_t)rand_below(20), slide, 0, false));
	}
}
END_TEST

START_TEST(any_window_without_memory)
{
	int failed = 0;

	rand_start((uint64_t)_i);
	for (int round = 0; round < 300; round++) {
		int64_t slide = 1 + (int64_t)rand_below(8);

		failed += !run_once(slide + (int64_t)rand_below(20), slide,
		    1 + rand_below(1 + rand_below(1000)), rand_below(2) == 0);
	}
	ck_assert_int_gt(failed, 100);
}
END_TEST

/* ---- pipelines ---- */

/* sums: for each line a list of its lengths; a row of how many lists and items, and their sum. */
struct sums {
	uint64_t	lists, items, sum;
	bool		done;
};

static int
sum_open(struct stage *s, struct err *err)
{
	s->out = &s->made;
	s->aggregate = &lists;
	return schema_add(s->out, "lists", false, err) == -1 ||
	    schema_add(s->out, "items", false, err) == -1 ? -1 :
	    schema_add(s->out, "sum", false, err);
}

static int
sum_feed(const struct stage *s, void *lane, const struct block *in, struct feed *to,
    struct err *err)
{
	(void)s;
	(void)lane;
	for (uint64_t row = 0; row < in->records; row++) {
		const struct value *v = &in->cells[row * in->width];
		uint64_t *value = map_put(to->state, v->text, v->len), item = v->len;

		if (value == NULL || list_append(value, &item, 1) == -1)
			return err_memory(err, "summing");
	}
	return 0;
}

static int
sum_fire(const struct stage *s, void *lane, const struct map *answer, struct err *err)
{
	struct sums *sums = lane;

	(void)s;
	(void)err;
	*sums = (struct sums){ .done = false };
	for (uint32_t id = 1; id < answer->count; id++) {
		const uint64_t *value = (const uint64_t *)(map_entry(answer, id) + 1);

		sums->lists += value[0] > 0;
		sums->items += value[0];
		for (size_t i = 0; i < value[0]; i++)
			sums->sum += list_of(value)->item[i];
	}
	return 0;
}

static int
sum_rows(const struct stage *s, void *lane, const struct rows *out, struct err *err)
{
	struct sums *sums = lane;

	(void)s;
	(void)err;
	if (sums->done)
		return 0;
	sums->done = true;
	out->cells[0] = value_int((int64_t)sums->lists);
	out->cells[1] = value_int((int64_t)sums->items);
	out->cells[2] = value_int((int64_t)sums->sum);
	return 1;
}

static const struct stage_class stage_sums = {
	.name = "sums", .usage = "", .flags = STAGE_AGGREGATES | STAGE_EACH_BATCH | STAGE_ROWS,
	.lane_size = sizeof(struct sums), .open = sum_open, .feed = sum_feed, .fire = sum_fire,
	.rows = sum_rows,
};

static const struct stage_class *const classes[] = { &stage_sums, NULL };

#define BATCHES 20
#define LANES 4

struct job {
	struct words	 words;
	struct plan	 plan;
	struct pipeline	 p;
	const struct format_class *to[1];
	struct buf	 out;
	struct err	 err;
};

static int
take_rows(void *arg, unsigned output, const char *bytes, size_t len, struct err *err)
{
	struct job *job = arg;

	(void)output;
	return buf_add(&job->out, bytes, len) == -1 ? err_memory(err, "writing") : 0;
}

static int
job_open(struct job *job, const char *line, unsigned lanes)
{
	const struct plan_defaults d = {
		.classes = classes, .batch = { .ticks = 1, .rows = true, .word = ERR_NO_WORD },
	};
	const struct pipeline_config config = {
		.plan = &job->plan, .from = format_find("lines"), .to = job->to, .lanes = lanes,
		.seed = test_seed, .time_format = TIME_NONE,
		.host = { .arg = job, .write = take_rows },
	};

	*job = (struct job){ .to = { format_find("tsv") } };
	words_split(&job->words, line);
	if (plan_lines(&job->plan, &d, job->words.word, job->words.n, 0, &job->err) == -1)
		return -1;
	DEMAND(job->plan.parallel);
	return pipeline_open(&job->p, &config, &job->err);
}

static void
job_close(struct job *job)
{
	pipeline_close(&job->p);
	plan_close(&job->plan);
	buf_free(&job->out);
}

/* A line of a few letters into a lane. */
static int
job_feed(struct job *job, unsigned lane)
{
	char text[8 + SCAN_PAD] = "";
	size_t len = rand_below(6);
	struct block b = { .text = text, .len = len + 1, .records = 1, .source = -1 };

	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + rand_below(2));
	text[len] = '\n';
	return pipeline_feed(&job->p, lane, &b, &job->err);
}

/* The same lines over any number of lanes, gathered two by two or one by one. */
static int
job_run(struct job *job, unsigned lanes)
{
	for (int b = 1; b <= BATCHES; b++) {
		struct moment m = { .tick = b };

		for (int i = 0; i < 30; i++)
			if (job_feed(job, (unsigned)i % lanes) == -1)
				return -1;
		DEMAND(pipeline_bytes(&job->p) >= live_bytes);
		for (unsigned i = lanes - 1; i > 0; i--)
			if (pipeline_gather(&job->p, b % 2 == 0 ? i / 2 : 0, i, &job->err) == -1)
				return -1;
		if ((b == BATCHES ? pipeline_finish(&job->p, m, true, &job->err) :
		    pipeline_end(&job->p, m, &job->err)) == -1)
			return -1;
	}
	return pipeline_flush(&job->p, &job->err);
}

static const char *const lines[] = {
	"sums", "sums -w 6rows", "sums -w 6rows -s 2rows", "sums -w 7rows -s 3rows",
	"sums -w 4rows -s 2rows as x then sums -w 12rows -s 4rows as y also from x,y sums",
	"sums as x also sums -w 5rows as y also from x,y sums -w 3rows -s 1rows",
};

START_TEST(any_lanes)
{
	struct buf want = { 0 };

	for (unsigned lanes = 1; lanes <= LANES; lanes++) {
		struct job job;

		rand_start(5);
		if (job_open(&job, lines[_i], lanes) == -1 || job_run(&job, lanes) == -1)
			ck_abort_msg("%s", job.err.message);
		if (lanes == 1)
			text_add(&want, job.out.data, job.out.len);
		text_same(&job.out, &want, lines[_i]);
		job_close(&job);
		DEMAND(live == 0 && live_bytes == 0);
	}
	ck_assert_uint_gt(want.len, 0);
	buf_free(&want);
}
END_TEST

START_TEST(any_lanes_without_memory)
{
	int failed = 0;

	rand_start((uint64_t)_i);
	for (int round = 0; round < 150; round++) {
		unsigned lanes = 1 + (unsigned)rand_below(LANES);
		struct job job;

		fault_set(1 + rand_below(1 + rand_below(3000)), rand_below(2) == 0);
		if (job_open(&job, lines[_i], lanes) == -1 || job_run(&job, lanes) == -1) {
			DEMAND(strncmp(job.err.message, "out of memory", 13) == 0);
			failed++;
		}
		(void)fault_clear();
		job_close(&job);
		DEMAND(live == 0 && live_bytes == 0);
	}
	ck_assert_int_gt(failed, 20);
}
END_TEST

Suite *
owned_suite(void)
{
	Suite *suite = suite_create("owned");
	TCase *map = case_add(suite, "map"), *window = case_add(suite, "window");
	TCase *pipeline = case_add(suite, "pipeline");

	tcase_add_test(map, merged_saved_and_loaded);
	tcase_add_loop_test(window, any_window, 0, 4);
	tcase_add_loop_test(window, any_window_without_memory, 0, 4);
	tcase_add_loop_test(pipeline, any_lanes, 0, COUNT(lines));
	tcase_add_loop_test(pipeline, any_lanes_without_memory, 0, COUNT(lines));
	return suite;
}
