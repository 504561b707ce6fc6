/*
 * sentiment: how many texts of a batch or window are negative, neutral and positive.  A value is
 * the number of texts, and for each label how many, and the sum of their scores, each made at
 * least 0 by adding SENTIMENT_ONE: whole numbers, so that texts may come in any order and lane.
 */
#include "stage/sentiment.h"

#include "base/num.h"
#include "base/number.h"

#include <string.h>

#define COUNT_MAX (INT64_MAX / (2 * SENTIMENT_ONE))	/* so that sums do not overflow */

static int
merge(const struct aggregate *agg, uint64_t *into, const uint64_t *from)
{
	(void)agg;
	for (unsigned i = 0; i < SENTIMENT_WORDS; i++)
		into[i] += from[i];
	return 0;
}

int
sentiment_count_open(struct stage *s, struct err *err)
{
	struct sentiment_config *c = s->config;

	s->out = &s->made;
	if (sentiment_open(s, err) == -1 ||
	    group_open_by(&c->group, s, c->by, c->by_word, err) == -1 ||
	    schema_add(s->out, "label", true, err) == -1 ||
	    schema_add(s->out, "count", false, err) == -1 ||
	    schema_add(s->out, "share", true, err) == -1 ||
	    schema_add(s->out, "mean_score", true, err) == -1)
		return -1;
	c->aggregate = (struct aggregate){
		.name = "sentiment", .words = SENTIMENT_WORDS, .merge = merge,
	};
	s->aggregate = &c->aggregate;
	s->group = &c->group;
	return 0;
}

void
sentiment_count_close(void *private)
{
	struct sentiment_counts *lane = private;

	sentiment_scratch_free(&lane->scratch);
	row_text_free(&lane->text);
	group_run_free(&lane->run);
	order_free(&lane->order);
	arena_free(&lane->cells);
}

/* ---- feeding ---- */

/* Judges up to MOST rows from ROW on, but not beyond a bad one; how many, or -1. */
static int
judge_run(const struct stage *s, struct sentiment_counts *lane, const struct value *row,
    unsigned width, unsigned most, struct bad *bad)
{
	const struct sentiment_config *c = s->config;
	unsigned n = 0;

	for (; n < most; n++, row += width) {
		struct value text;

		if (sentiment_text(c, &lane->text, row, &text) == -1)
			return -1;
		if (text.kind == VALUE_NULL) {
			row_text_bad(&lane->text, s, row, bad, "column '%s' is missing or null",
			    c->field == NULL ? "record" : c->field);
			break;
		}
		if (sentiment_judge(c->use, &lane->scratch, text.text, text.len, c->least,
		    &lane->judged[n]) == -1)
			return -1;
	}
	return (int)n;
}

static int
add_run(const struct group *g, struct sentiment_counts *lane, struct map *state,
    const struct block *in, uint64_t from, unsigned n)
{
	if (n > 0 && group_run(g, &lane->run, state, in, from, n) == -1)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		const struct sentiment *judged = &lane->judged[i];
		uint64_t *value = lane->run.value[i];

		value[SENTIMENT_COUNT]++;
		value[SENTIMENT_COUNTS + judged->label]++;
		value[SENTIMENT_SUMS + judged->label] += (uint64_t)(judged->score + SENTIMENT_ONE);
	}
	return 0;
}

/* Runs end at bad records, so that those make no group. */
int
sentiment_count_feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct sentiment_config *c = s->config;
	struct sentiment_counts *lane = private;

	for (uint64_t row = 0; row < in->records;) {
		unsigned most = group_rows(in, row);
		int n = judge_run(s, lane, in->cells + row * in->width, in->width, most, to->bad);

		if (n == -1 || add_run(&c->group, lane, to->state, in, row, (unsigned)n) == -1)
			return err_memory(err, "judging texts");
		row += (unsigned)n + ((unsigned)n < most);
	}
	return 0;
}

/* ---- rows to begin with ---- */

static int
wrong(struct err *err, const char *why)
{
	err_set(err, ERR_USAGE, "%s", why);
	return 1;
}

/* The mean is as exact as it was written; the share follows from the counts. */
int
sentiment_count_seed(const struct stage *s, const struct value *cells, uint64_t *value,
    struct err *err)
{
	const struct value *label = &cells[0], *mean = &cells[3];
	struct number n = { 0 };
	uint64_t count = 0;
	int at = label->kind != VALUE_TEXT ? -1 : sentiment_label_find(label->text, label->len);

	if (at == -1)
		return wrong(err, "label is not one of negative, neutral, positive");
	if (given_count(s, &cells[1], &count, err) != 0)
		return 1;
	if (count > COUNT_MAX || value[SENTIMENT_COUNT] > COUNT_MAX - count)
		return wrong(err, "the count is too high");
	if (count > 0 && (mean->kind != VALUE_TEXT ||
	    !number_parse(mean->text, mean->len, &n) || !n.exact || n.d < -1 || n.d > 1))
		return wrong(err, "mean_score is not a number from -1 to 1");
	value[SENTIMENT_COUNT] += count;
	value[SENTIMENT_COUNTS + at] += count;
	value[SENTIMENT_SUMS + at] += (uint64_t)(((n.nano + NUMBER_NANO) * (wide_int)count *
	    SENTIMENT_ONE + NUMBER_NANO / 2) / NUMBER_NANO);
	return 0;
}

/* ---- rows ---- */

int
sentiment_count_fire(const struct stage *s, void *private, const struct map *answer,
    struct err *err)
{
	const struct sentiment_config *c = s->config;
	struct sentiment_counts *lane = private;
	const uint64_t *all;

	if (sentiment_refresh(s, err) == -1)
		return -1;
	lane->next = 0;
	lane->groups = 1;
	if (c->group.columns == 0) {
		all = map_find(answer, "", 0);
		memset(lane->all, 0, sizeof(lane->all));
		if (all != NULL)
			memcpy(lane->all, all, sizeof(lane->all));
		return 0;
	}
	if (order_keys(&lane->order, answer, s->given.always) == -1)
		return err_memory(err, "ordering the answer");
	lane->groups = lane->order.n;
	return 0;
}

/* N of OF in ten-thousandths, rounded. */
static int
share_of(uint64_t n, uint64_t of)
{
	return (int)(((wide_uint)n * SENTIMENT_ONE + of / 2) / of);
}

static struct value
number_cell(char text[SENTIMENT_TEXT], int n)
{
	return value_text(text, sentiment_format(text, n));
}

/* The cells behind those of the key: null where there is nothing to divide by. */
static void
put_label(const uint64_t *value, unsigned label, struct value *cells,
    char numbers[2][SENTIMENT_TEXT])
{
	uint64_t n = value[SENTIMENT_COUNTS + label], sum = value[SENTIMENT_SUMS + label];
	uint64_t all = value[SENTIMENT_COUNT];

	cells[0] = value_text(sentiment_labels[label], strlen(sentiment_labels[label]));
	cells[1] = value_int((int64_t)n);
	cells[2] = cells[3] = value_null();
	if (all > 0)
		cells[2] = number_cell(numbers[0], share_of(n, all));
	if (n > 0)
		cells[3] = number_cell(numbers[1], (int)((sum + n / 2) / n) - SENTIMENT_ONE);
}

static int
put_row(const struct sentiment_config *c, struct sentiment_counts *lane, struct value *cells,
    char numbers[2][SENTIMENT_TEXT])
{
	size_t group = lane->next / SENTIMENT_LABELS;
	const uint64_t *value = lane->all;

	if (c->group.columns > 0) {
		const struct map_key *entry = order_entry(&lane->order, group);

		if (group_cells(&c->group, entry, cells, &lane->cells) == -1)
			return -1;
		value = (const uint64_t *)(entry + 1);
	}
	put_label(value, (unsigned)(lane->next % SENTIMENT_LABELS), cells + c->group.columns,
	    numbers);
	return 0;
}

int
sentiment_count_rows(const struct stage *s, void *private, const struct rows *out,
    struct err *err)
{
	struct sentiment_counts *lane = private;
	size_t cap = out->cap < SENTIMENT_ROWS ? out->cap : SENTIMENT_ROWS;
	int n = 0;

	arena_reset(&lane->cells);
	for (; (size_t)n < cap && lane->next < lane->groups * SENTIMENT_LABELS; n++, lane->next++)
		if (put_row(s->config, lane, out->cells + (size_t)n * s->out->width,
		    lane->number[n]) == -1)
			return err_memory(err, "writing rows");
	if (n == 0)
		order_used(&lane->order);
	return n;
}

const struct stage_class stage_sentiment_by = {
	.name = "sentiment",
	.usage = "--by FIELD,... [OPTION]... [FIELD]",
	.help = "how many texts of each key have each label",
	.spark = SENTIMENT_SPARK,
	.flags = STAGE_AGGREGATES | STAGE_ROWS,
	SENTIMENT_COUNT_CLASS,
};
