/*
 * wordcount end to end: bytes are framed in reads of any size, cut into batches, counted in up to
 * three lanes, answered over sliding windows, ranked and encoded.  What comes out must be what
 * a naive counter makes of the same lines: a list of words, a linear search, qsort.
 *
 * Input: OPTIONS, WINDOW, LANES, N, then N bytes that decide the reads over and over, then text.
 *   OPTIONS: bit 0 --fold, 1 --strip, 2-3 --min-length - 1, 4 `then top 3`, 5 a tiny block
 *   WINDOW: bits 0-3 batches in a window - 1, 4-7 batches in a slide - 1 (at most a window)
 *   read: bits 0-1 what comes behind it: nothing, feed, end the batch, end it twice; 2-7 the size
 */
#include "fuzz.h"

#include "base/utf8.h"
#include "core/frame.h"
#include "core/pipeline.h"
#include "format/format_table.h"
#include "stage/stage_table.h"

#include <stdbool.h>
#include <string.h>

#define INTERVAL 1000			/* ticks of a batch */
#define TOP 3
#define LANES 3
#define BATCHES 20			/* at most, so that an input takes no more than milliseconds */

struct word {
	const char	*text;		/* in the state's pool */
	size_t		 len;
	int64_t		 batch;
	uint64_t	 count;
};

struct state {
	bool			 fold, strip, top;
	uint64_t		 min_length;
	int64_t			 window, slide;		/* batches */
	unsigned		 lanes;
	struct plan		 plan;
	const struct format_class *to[1];
	struct pipeline		 pipeline;
	struct lines		 lines;
	struct framer		 framer;
	struct frame_counts	 counts;
	unsigned		 lane;			/* that is fed next */
	int64_t			 batch;			/* that is open, from 1 */
	struct buf		 got;

	struct arena		 pool;
	struct word		*words;			/* every one so far, in order */
	size_t			 n, cap;
	struct buf		 want;
};

/* ---- the naive counter ---- */

/* As base/utf8.h says, a byte that is not part of a well-formed sequence stands for itself. */
static uint64_t
characters(const char *text, size_t len)
{
	uint64_t n = 0;

	for (size_t at = 0; at < len; n++) {
		uint32_t cp;

		at += utf8_decode((const unsigned char *)text + at, len - at, &cp);
	}
	return n;
}

static void
add_word(struct state *s, const char *text, size_t len)
{
	char *copy;

	if (s->strip)
		utf8_strip(&text, &len);
	if (len == 0 || characters(text, len) < s->min_length)
		return;
	copy = arena_bytes(&s->pool, UTF8_FOLD_MAX(len));
	FUZZ_CHECK(copy != NULL);
	if (s->fold)
		len = utf8_fold(copy, text, len);
	else
		memcpy(copy, text, len);
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 64 : 2 * s->cap;
		s->words = realloc(s->words, s->cap * sizeof(*s->words));
		FUZZ_CHECK(s->words != NULL);
	}
	s->words[s->n++] = (struct word){ .text = copy, .len = len, .batch = s->batch };
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
add_words(struct state *s, const char *text, size_t len)
{
	for (size_t at = 0, end; at < len; at = end) {
		while (at < len && is_space(text[at]))
			at++;
		for (end = at; end < len && !is_space(text[end]); end++)
			;
		if (end > at)
			add_word(s, text + at, end - at);
	}
}

static int
by_text(const void *a, const void *b)
{
	const struct word *x = a, *y = b;
	int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static int
by_rank(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return by_text(a, b);
}

/* Counts the words of batches AFTER + 1 .. LAST into OUT, sorted; returns how many differ. */
static size_t
count_range(const struct state *s, int64_t after, int64_t last, struct word *out)
{
	size_t n = 0, distinct = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->words[i].batch > after && s->words[i].batch <= last)
			out[n++] = s->words[i];
	if (n > 0)
		qsort(out, n, sizeof(*out), by_text);
	for (size_t i = 0; i < n; i++) {
		if (distinct == 0 || by_text(&out[distinct - 1], &out[i]) != 0) {
			out[distinct] = out[i];
			out[distinct++].count = 0;
		}
		out[distinct - 1].count++;
	}
	if (distinct > 0)
		qsort(out, distinct, sizeof(*out), by_rank);
	return distinct;
}

static void
want_byte(struct state *s, char c)
{
	static const char special[] = "\t\n\r\\", letter[] = "tnr\\";
	const char *found = memchr(special, c, 4);
	char escaped[2] = { '\\', found != NULL ? letter[found - special] : c };

	FUZZ_CHECK(buf_add(&s->want, found != NULL ? escaped : &c, found != NULL ? 2 : 1) == 0);
}

/* The answer over the window that ends with batch LAST. */
static void
want_answer(struct state *s, int64_t last)
{
	struct word *out = calloc(s->n + 1, sizeof(*out));
	size_t n = count_range(s, last - s->window, last, out);
	char count[32];

	for (size_t i = 0; i < n && (!s->top || i < TOP); i++) {
		for (size_t k = 0; k < out[i].len; k++)
			want_byte(s, out[i].text[k]);
		FUZZ_CHECK(buf_add(&s->want, count, (size_t)snprintf(count, sizeof(count),
		    "\t%llu\n", (unsigned long long)out[i].count)) == 0);
	}
	free(out);
}

/* ---- the real one ---- */

static int
take_rows(void *arg, unsigned output, const char *bytes, size_t len, struct err *err)
{
	struct state *s = arg;

	(void)err;
	FUZZ_CHECK(output == 0);
	FUZZ_CHECK(buf_add(&s->got, bytes, len) == 0);
	return 0;
}

static void
feed(struct state *s)
{
	struct block b = {
		.text = s->lines.data, .len = s->lines.len, .records = s->lines.records,
		.source = -1,
	};
	struct err err;

	if (b.records > 0) {
		FUZZ_CHECK(pipeline_feed(&s->pipeline, s->lane, &b, &err) == 0);
		s->lane = (s->lane + 1) % s->lanes;
		add_words(s, b.text, b.len);
	}
	lines_empty(&s->lines);
}

static void
gather(struct state *s)
{
	struct err err;

	for (unsigned i = 1; i < s->lanes; i++)
		FUZZ_CHECK(pipeline_gather(&s->pipeline, 0, i, &err) == 0);
}

static void
end_batch(struct state *s)
{
	struct moment end = { .tick = s->batch * INTERVAL };
	struct err err;

	feed(s);
	gather(s);
	FUZZ_CHECK(pipeline_end(&s->pipeline, end, &err) == 0);
	FUZZ_CHECK(pipeline_flush(&s->pipeline, &err) == 0);
	if (s->batch % s->slide == 0)
		want_answer(s, s->batch);
	s->batch++;
	pipeline_begin(&s->pipeline, (struct moment){ .tick = s->batch * INTERVAL });
}

static void
finish(struct state *s)
{
	struct moment end = { .tick = s->batch * INTERVAL };
	struct err err;

	feed(s);
	FUZZ_CHECK(frame_end(&s->framer, &s->lines, 1 << 20, &s->counts) == 0);
	feed(s);
	gather(s);
	FUZZ_CHECK(pipeline_finish(&s->pipeline, end, true, &err) == 0);
	FUZZ_CHECK(pipeline_flush(&s->pipeline, &err) == 0);
	want_answer(s, (s->batch + s->slide - 1) / s->slide * s->slide);
}

static void
read_all(struct state *s, const uint8_t *reads, size_t n, struct fuzz_input in)
{
	const struct scan *scan = scan_best();

	for (size_t i = 0; in.size > 0; i++) {
		unsigned how = n > 0 ? reads[i % n] : 0xfc;
		size_t size = how >> 2 == 63 ? in.size : (how >> 2) + 1, room;
		char *to = frame_room(&s->framer, &s->lines, &room);

		if (room == 0) {
			feed(s);
			to = frame_room(&s->framer, &s->lines, &room);
		}
		if (size > in.size)
			size = in.size;
		if (size > room)
			size = room;
		memcpy(to, in.data, size);
		FUZZ_CHECK(frame_take(&s->framer, &s->lines, scan, size, 1 << 20,
		    &s->counts) == 0);
		in.data += size;
		in.size -= size;
		if ((how & 3) == 1)
			feed(s);
		for (unsigned ends = how & 3; ends > 1 && s->batch < BATCHES; ends--)
			end_batch(s);
	}
}

/* ---- opening ---- */

static int
make_words(const struct state *s, char **words, char min_length[8])
{
	static char wordcount[] = "wordcount", fold[] = "--fold", strip[] = "--strip";
	static char min[] = "--min-length", then[] = "then", top[] = "top", three[] = "3";
	int n = 0;

	words[n++] = wordcount;
	if (s->fold)
		words[n++] = fold;
	if (s->strip)
		words[n++] = strip;
	(void)snprintf(min_length, 8, "%llu", (unsigned long long)s->min_length);
	words[n++] = min;
	words[n++] = min_length;
	if (s->top) {
		words[n++] = then;
		words[n++] = top;
		words[n++] = three;
	}
	words[n] = NULL;
	return n;
}

static void
open_all(struct state *s, bool tiny)
{
	static const uint64_t seed[2] = { 0x243f6a8885a308d3, 0x13198a2e03707344 };
	const struct plan_defaults defaults = {
		.classes = stage_table, .formats = formats,
		.batch = { .ticks = INTERVAL, .word = ERR_NO_WORD },
		.window = { .ticks = s->window * INTERVAL, .word = ERR_NO_WORD },
		.slide = { .ticks = s->slide * INTERVAL, .word = ERR_NO_WORD },
	};
	const struct pipeline_config config = {
		.plan = &s->plan, .from = format_find("lines"), .to = s->to, .seed = seed,
		.lanes = s->lanes, .time_format = TIME_NONE,
		.host = { .arg = s, .write = take_rows },
	};
	char *words[12], min_length[8];
	struct err err;
	int n = make_words(s, words, min_length);

	s->to[0] = format_find("tsv");
	FUZZ_CHECK(plan_parse(&s->plan, &defaults, words, n, 0, &err) == 0);
	FUZZ_CHECK(plan_input(&s->plan, FORMAT_BARE, NULL, 0, &err) == 0);
	FUZZ_CHECK(plan_bind(&s->plan, &err) == 0);
	FUZZ_CHECK(s->plan.parallel && s->plan.outputs == 1 && s->plan.accounts == 1);
	FUZZ_CHECK(pipeline_open(&s->pipeline, &config, &err) == 0);
	FUZZ_CHECK(lines_open(&s->lines, tiny ? 64 : 1 << 16) == 0);
	s->batch = 1;
	pipeline_begin(&s->pipeline, (struct moment){ .tick = INTERVAL });
}

static void
compare(struct state *s)
{
	const struct account *a = s->pipeline.account;

	pipeline_counts(&s->pipeline);
	FUZZ_CHECK(a->records == s->counts.records && a->counted == a->records && a->bad == 0);
	FUZZ_CHECK(s->pipeline.bad.n == 0 && s->counts.bad == 0);
	FUZZ_CHECK(s->got.len == s->want.len);
	FUZZ_CHECK(s->got.len == 0 || memcmp(s->got.data, s->want.data, s->got.len) == 0);
}

static void
close_all(struct state *s)
{
	pipeline_close(&s->pipeline);
	plan_close(&s->plan);
	frame_close(&s->framer);
	lines_close(&s->lines);
	arena_free(&s->pool);
	buf_free(&s->got);
	buf_free(&s->want);
	free(s->words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned options = fuzz_byte(&in), window = fuzz_byte(&in), lanes = fuzz_byte(&in);
	unsigned n = fuzz_byte(&in);
	struct state s = {
		.fold = (options & 1) != 0, .strip = (options & 2) != 0,
		.min_length = (options >> 2 & 3) + 1, .top = (options & 16) != 0,
		.window = (window & 15) + 1, .slide = (window >> 4) + 1,
		.lanes = lanes % LANES + 1,
	};

	if (s.slide > s.window)
		s.slide = s.window;
	if (n > in.size)
		n = (unsigned)in.size;
	in.data += n;
	in.size -= n;
	open_all(&s, (options & 32) != 0);
	read_all(&s, in.data - n, n, in);
	finish(&s);
	compare(&s);
	close_all(&s);
	return 0;
}
