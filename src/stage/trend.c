/*
 * trend: each row of an answer against what is usual for its key, the moving average of the answers
 * before.  A key that an answer does not have was 0 in it.
 */
#include "stage/trend.h"

#include "base/mem.h"
#include "core/cell.h"
#include "core/sort.h"
#include "stage/step.h"

#include <math.h>
#include <string.h>

enum { BY, ALPHA, MINIMUM };

static const struct opt options[] = {
	{ "by", 'b', BY, "FIELD,...", "what the key is (all columns but FIELD)" },
	{ "alpha", 'a', ALPHA, "A", "weigh each answer A, the usual before it 1 - A (0.1)" },
	{ "min-usual", 'm', MINIMUM, "U", "forget a key with less than that (0.01)" },
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct trend_config *c = s->config;
	struct number n;

	if (id == ALPHA)
		return step_alpha(&c->alpha, s, value, word, err);
	if (id == BY) {
		c->by = value;
		c->by_word = word;
		return 0;
	}
	if (!number_parse(value, strlen(value), &n) || n.d <= 0)
		return err_word(err, word, "trend: min-usual '%s' is not a number above 0", value);
	c->minimum = n.d;
	return 0;
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct trend_config *c = s->config;

	(void)err;
	c->field = text;
	c->field_word = word;
	return 0;
}

static int
open_stage(struct stage *s, struct err *err)
{
	struct trend_config *c = s->config;
	struct schema keys = { 0 };	/* nobody sees their names */
	int at;

	if (s->in->input)
		return err_word(err, s->word, "trend compares answers: put it behind a stage that "
		    "aggregates, such as countby");
	if (c->alpha <= 0)
		c->alpha = 0.1;
	if (c->minimum <= 0)
		c->minimum = 0.01;
	at = schema_find(s->in, c->field, strlen(c->field), c->field_word, 0, err);
	if (at == -1)
		return -1;
	c->slot = s->in->column[at].slot;
	if ((c->by != NULL ? group_open(&c->group, s->in, &keys, c->by, c->by_word, err) :
	    group_open_others(&c->group, s->in, NULL, &at, 1, s->word, err)) == -1)
		return -1;
	s->out = &s->made;
	schema_over(s->out, s->in);
	s->out->ranked = true;
	return schema_add(s->out, "usual", false, err) == -1 ? -1 :
	    schema_add(s->out, "ratio", false, err);
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	struct trend_lane *lane = private;

	(void)err;
	extend_open(&lane->extend, s);
	keyed_init(&lane->keys, sizeof(struct trend_state), s->plan->seed);
	for (unsigned i = 0, own = 0; i < s->out->columns; i++) {
		if (s->out->origin[i].from != SCHEMA_OWN)
			continue;
		if (own++ == 0)
			lane->usual = s->out->column[i].slot;
		else
			lane->ratio = s->out->column[i].slot;
	}
	return 0;
}

static void
forget_answer(struct trend_lane *lane)
{
	rowlog_free(&lane->log);
	mem_free(lane->item);
	mem_free(lane->order);
	lane->item = NULL;
	lane->order = NULL;
	lane->n = 0;
}

static void
lane_close(void *private)
{
	struct trend_lane *lane = private;

	forget_answer(lane);
	extend_close(&lane->extend);
	keyed_free(&lane->keys);
	group_run_free(&lane->run);
}

/* Keeps the rows whose field is a number, or null. */
static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct trend_config *c = s->config;
	struct trend_lane *lane = private;

	for (uint64_t i = 0; i < in->records; i++) {
		struct block row = {
			.cells = in->cells + i * in->width, .width = in->width, .records = 1,
		};
		const struct value *v = &row.cells[c->slot];
		struct number n;

		if (v->kind != VALUE_NULL && cell_number(v, &n) == -1)
			row_text_bad(&lane->extend.text, s, row.cells, to->bad,
			    "%s '%.*s' is not a number", c->field,
			    v->kind == VALUE_TEXT ? (int)v->len : 0,
			    v->kind == VALUE_TEXT ? v->text : "");
		else if (rowlog_add(&lane->log, &row) == -1)
			return err_memory(err, "keeping rows");
	}
	return 0;
}

/* An answer without rows is not told: it is when one would have come. */
static int
tick(const struct stage *s, void *private, int64_t now, bool last, struct err *err)
{
	struct trend_lane *lane = private;

	(void)last;
	(void)err;
	lane->due = now % s->period.ticks == 0;
	return 0;
}

/* ---- an answer ---- */

static double
next_usual(const struct trend_config *c, double usual, double value)
{
	return c->alpha * value + (1 - c->alpha) * usual;
}

static bool
is_little(const struct trend_config *c, double usual)
{
	return fabs(usual) < c->minimum || !isfinite(usual);
}

/* A key that was not in an answer is not put down for it: what was read may be from before. */
static void
catch_up(const struct trend_config *c, const struct trend_lane *lane, struct trend_state *state)
{
	while (state->known && state->learned + 1 < lane->answer &&
	    !is_little(c, state->usual)) {
		state->usual = next_usual(c, state->usual, 0);
		state->learned++;
	}
}

/* Compares a row with what is usual; 0 or -1 (memory). */
static int
compare_row(const struct trend_config *c, struct trend_lane *lane, const struct value *row,
    struct map_key key)
{
	struct trend_item *item = &lane->item[lane->n];
	struct number n;
	struct trend_state *state;
	bool fresh;

	*item = (struct trend_item){ .row = row };
	lane->order[lane->n++] = item;
	if (cell_number(&row[c->slot], &n) == -1)
		return 0;
	state = keyed_put(&lane->keys, key, &fresh);
	if (state == NULL)
		return -1;
	keyed_touch(&lane->keys, state);
	catch_up(c, lane, state);
	if (state->known) {
		item->usual = cell_from_double(state->usual);
		item->ratio = cell_from_double(n.d / state->usual);
	}
	state->value = n.d;
	state->answer = lane->answer;
	return 0;
}

static int
compare_rows(const struct trend_config *c, struct trend_lane *lane)
{
	const struct rowlog_part *part = NULL;
	struct block b;

	while (rowlog_next(&lane->log, &part, &b))
		for (uint64_t at = 0; at < b.records; at += GROUP_RUN) {
			unsigned n = group_rows(&b, at);

			if (group_keys(&c->group, &lane->run, &b, at, n) == -1)
				return -1;
			for (unsigned i = 0; i < n; i++)
				if (compare_row(c, lane, b.cells + (at + i) * b.width,
				    lane->run.key[i]) == -1)
					return -1;
		}
	return 0;
}

/* What is usual from now on; keys of which little is left are forgotten. */
static void
learn(const struct trend_config *c, struct trend_lane *lane)
{
	for (uint32_t id = 1; id <= lane->keys.count;) {
		struct trend_state *state = (void *)(keyed_at(&lane->keys, id) + 1);
		double value = state->answer == lane->answer ? state->value : 0;

		catch_up(c, lane, state);
		state->usual = state->known ? next_usual(c, state->usual, value) : value;
		state->known = true;
		state->learned = lane->answer;
		if (is_little(c, state->usual))
			keyed_drop(&lane->keys, state);	/* another one comes to this place */
		else
			id++;
	}
}

/* The highest ratio first, new keys last, else as they came. */
static int
compare(const void *x, const void *y, const void *arg)
{
	const struct trend_item *a = x, *b = y;

	(void)arg;
	return cell_compare(&b->ratio, &a->ratio);
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	const struct trend_config *c = s->config;
	struct trend_lane *lane = private;
	size_t rows = (size_t)lane->log.records;

	(void)answer;
	lane->n = lane->next = 0;
	if (rows == 0 && !lane->due)
		return 0;
	lane->answer++;
	lane->item = mem_alloc((rows + 1) * sizeof(*lane->item));
	lane->order = mem_alloc((rows + 1) * sizeof(*lane->order));
	if (lane->item == NULL || lane->order == NULL || compare_rows(c, lane) == -1 ||
	    sort_pointers(lane->order, lane->n, compare, NULL) == -1)
		return err_memory(err, "comparing answers");
	learn(c, lane);
	return 0;
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	struct trend_lane *lane = private;
	int n = 0;

	(void)err;
	for (; (size_t)n < out->cap && lane->next < lane->n; n++, lane->next++) {
		const struct trend_item *item = lane->order[lane->next];
		struct value *cells = out->cells + (size_t)n * s->out->width;

		extend_cells(&lane->extend, item->row, cells);
		cells[lane->usual] = item->usual;
		cells[lane->ratio] = item->ratio;
	}
	if (n == 0)
		forget_answer(lane);
	return n;
}

static void
held(const struct stage *s, const void *private, uint64_t *rows_held, size_t *bytes)
{
	const struct trend_lane *lane = private;

	(void)s;
	*rows_held += lane->keys.count;
	*bytes += lane->keys.bytes + lane->log.bytes;
}

const struct stage_class stage_trend = {
	.name = "trend",
	.usage = "[OPTION]... FIELD",
	.help = "each row against what is usual for its key",
	.detail =
	    "Behind a stage that aggregates: usual is the moving average of FIELD over the\n"
	    "answers before, in which a key that is absent has 0; ratio is FIELD / usual.\n"
	    "Both are null for a new key, whose first value is then usual.  A key of which\n"
	    "less than --min-usual is usual is forgotten.  A FIELD that is not a number is\n"
	    "bad.\n"
	    "Rows: as they come in, usual, ratio; by ratio down, null last, else as they\n"
	    "come; they are ranked, so that top 10 can follow.\n"
	    "State: one entry for each key that is not forgotten, and the answer.\n",
	.spark = "updateStateByKey(moving average).transform(_.sortBy(ratio))",
	.flags = STAGE_ROWS | STAGE_SERIAL | STAGE_EXPANDS,
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct trend_config),
	.lane_size = sizeof(struct trend_lane),
	.option = option,
	.argument = argument,
	.open = open_stage,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = feed,
	.tick = tick,
	.fire = fire,
	.rows = rows,
	.held = held,
	.save = trend_save,
	.load = trend_load,
};
