/* Records to values and values to rows, see stat.h. */
#include "base/mem.h"
#include "base/num.h"
#include "base/number_word.h"
#include "core/quantile.h"
#include "core/stat.h"

#include <math.h>
#include <string.h>

#define SHOWN 40			/* bytes of a text that is no number, in a reason */

int
stat_lane_open(const struct stage *s, void *private, struct err *err)
{
	const struct stat *c = s->config;
	struct stat_lane *lane = private;

	lane->numbers = mem_alloc(GROUP_RUN * c->fields * sizeof(*lane->numbers));
	return lane->numbers == NULL ? err_memory(err, "starting up") : 0;
}

void
stat_lane_close(void *private)
{
	struct stat_lane *lane = private;

	group_run_free(&lane->run);
	mem_free(lane->numbers);
	order_free(&lane->order);
	arena_free(&lane->text);
}

/* ---- numbers of records ---- */

static void
bad(const struct stage *s, const struct value *row, const struct stat_field *column,
    struct bad *bad)
{
	const struct value *v = &row[column->slot], *record = &row[SCHEMA_RECORD];
	bool whole = s->in->input && record->kind == VALUE_TEXT;
	const char *text = whole ? record->text : "";
	size_t len = whole ? record->len : 0;

	if (v->kind == VALUE_NULL)
		bad_record(bad, text, len, "%s: column '%s' is missing or null", s->class->name,
		    column->name);
	else if (v->kind == VALUE_BOOL)
		bad_record(bad, text, len, "%s: column '%s' is not a number: %s", s->class->name,
		    column->name, v->i ? "true" : "false");
	else if (v->len == 0)
		bad_record(bad, text, len, "%s: column '%s' is empty", s->class->name,
		    column->name);
	else
		bad_record(bad, text, len, "%s: column '%s' is not a number: '%.*s'%s",
		    s->class->name, column->name, (int)(v->len < SHOWN ? v->len : SHOWN), v->text,
		    v->len > SHOWN ? "..." : "");
}

bool
stat_number(const struct stage *s, const struct value *row, const struct stat_field *column,
    struct number *n, struct bad *to)
{
	const struct value *v = &row[column->slot];

	if (v->kind == VALUE_TEXT && column->bare && number_parse(v->text, v->len, n))
		return true;
	if (v->kind == VALUE_INT) {
		*n = number_from_int(v->i);
		return true;
	}
	if (v->kind == VALUE_DOUBLE) {
		*n = number_from_double(v->d);
		return true;
	}
	bad(s, row, column, to);
	return false;
}

/* ---- feeding ---- */

/* Adds the numbers of field I to the moments of their groups; inlined for each PART. */
static inline __attribute__((always_inline)) void
add_part(const struct stat *c, struct stat_lane *lane, unsigned i, unsigned n,
    enum moments_part part)
{
	const struct number *number = lane->numbers + i;
	size_t at = 1 + i * c->stride;

	for (unsigned row = 0; row < n; row++, number += c->fields)
		moments_add(lane->run.value[row] + at, number, part);
}

static void
add_moments(const struct stat *c, struct stat_lane *lane, unsigned i, unsigned n)
{
	switch (c->part) {
	case MOMENTS_SUM:
		add_part(c, lane, i, n, MOMENTS_SUM);
		break;
	case MOMENTS_RANGE:
		add_part(c, lane, i, n, MOMENTS_RANGE);
		break;
	case MOMENTS_SQUARES:
		add_part(c, lane, i, n, MOMENTS_SQUARES);
	}
}

static int
add_quantiles(const struct stat *c, struct stat_lane *lane, unsigned i, unsigned n)
{
	const struct number *number = lane->numbers + i;
	size_t at = 1 + i * c->stride + stat_quantile_at(c);

	for (unsigned row = 0; row < n; row++)
		__builtin_prefetch(quantile_next(lane->run.value[row] + at), 1);
	for (unsigned row = 0; row < n; row++, number += c->fields)
		if (quantile_add(lane->run.value[row] + at, number->d) == -1)
			return -1;
	return 0;
}

/* Adds N rows, whose numbers have been read, field by field. */
static int
add_run(const struct stat *c, struct stat_lane *lane, struct map *state, const struct block *in,
    uint64_t from, unsigned n)
{
	if (n == 0)
		return 0;
	if (group_run(&c->group, &lane->run, state, in, from, n) == -1)
		return -1;
	for (unsigned row = 0; row < n; row++)
		++*lane->run.value[row];
	for (unsigned i = 0; i < c->fields; i++) {
		if (c->moments)
			add_moments(c, lane, i, n);
		if (c->quantiles && add_quantiles(c, lane, i, n) == -1)
			return -1;
	}
	return 0;
}

static inline bool
read_row(const struct stage *s, const struct value *row, struct number *n, struct bad *bad)
{
	const struct stat *c = s->config;

	for (unsigned i = 0; i < c->fields; i++) {
		const struct stat_field *f = &c->field[i];
		const struct value *v = &row[f->slot];

		if (f->bare && v->kind == VALUE_TEXT && v->len - 1 < NUMBER_WORD &&
		    number_parse_word(v->text, v->len, &n[i]))
			continue;
		if (!stat_number(s, row, f, &n[i], bad))
			return false;
	}
	return true;
}

/* Reads the numbers of up to MOST rows from ROW on, but not beyond a bad record; how many. */
static unsigned
read_run(const struct stage *s, const struct value *row, unsigned width, unsigned most,
    struct number *numbers, struct bad *bad)
{
	unsigned fields = ((const struct stat *)s->config)->fields, n = 0;

	while (n < most && read_row(s, row, numbers, bad)) {
		n++;
		row += width;
		numbers += fields;
	}
	return n;
}

/* Runs end at bad records, so that those make no group. */
int
stat_feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct stat_lane *lane = private;

	for (uint64_t row = 0; row < in->records;) {
		unsigned most = group_rows(in, row);
		unsigned n = read_run(s, in->cells + row * in->width, in->width, most,
		    lane->numbers, to->bad);

		if (add_run(s->config, lane, to->state, in, row, n) == -1)
			return err_memory(err, "adding numbers");
		row += n + (n < most);		/* the record behind a shorter run is bad */
	}
	return 0;
}

/* A row of sums, of least or of greatest ones is as good as a record. */
int
stat_seed(const struct stage *s, const struct value *cells, uint64_t *value, struct err *err)
{
	const struct stat *c = s->config;
	struct number n;

	for (unsigned i = 0; i < c->fields; i++) {
		if (cells[i].kind != VALUE_TEXT ||
		    !number_parse(cells[i].text, cells[i].len, &n)) {
			err_set(err, ERR_USAGE, "%s is not a number",
			    s->out->column[c->group.columns + i].name);
			return 1;
		}
		moments_add(value + 1 + i * c->stride, &n, c->part);
	}
	value[0]++;
	return 0;
}

/* ---- rows ---- */

int
stat_fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct stat_lane *lane = private;

	return order_keys(&lane->order, answer, s->given.always) == -1 ?
	    err_memory(err, "ordering the answer") : 0;
}

/* A decimal of at most 15 digits reads and prints as the double next to it. */
static bool
is_short(wide_int nano)
{
	const wide_int fifteen_digits = 1000000000000000;

	while (nano % 10 == 0 && nano != 0)
		nano /= 10;
	return nano < fifteen_digits && nano > -fifteen_digits;
}

int
stat_cell(const struct number *n, struct value *cell, struct arena *arena)
{
	wide_int whole = n->nano / NUMBER_NANO;
	char text[NUM_NANO_BYTES], *copy;
	size_t len;

	*cell = isfinite(n->d) ? value_double(n->d) : value_null();
	if (!n->exact)
		return 0;
	if (n->nano % NUMBER_NANO == 0 && whole == (int64_t)whole) {
		*cell = value_int((int64_t)whole);
		return 0;
	}
	if (is_short(n->nano))
		return 0;
	len = num_format_nano(text, n->nano);
	copy = arena_bytes(arena, len);
	if (copy == NULL)
		return -1;
	memcpy(copy, text, len);
	*cell = value_text(copy, len);
	return 0;
}

static struct value
double_cell(double d)
{
	return isfinite(d) ? value_double(d) : value_null();
}

static int
answer_cell(const uint64_t *value, const uint64_t *w, const struct stat_answer *a,
    struct value *cell, struct arena *arena)
{
	struct number n;

	if (value[0] == 0) {
		*cell = a->kind == STAT_COUNT || a->kind == STAT_SUM ? value_int(0) : value_null();
		return 0;
	}
	switch (a->kind) {
	case STAT_COUNT:
		*cell = value_int((int64_t)value[0]);
		return 0;
	case STAT_MEAN:
		*cell = double_cell(moments_mean(w));
		return 0;
	case STAT_SD:
		*cell = double_cell(moments_deviation(w));
		return 0;
	case STAT_VAR:
		*cell = double_cell(moments_variance(w));
		return 0;
	case STAT_QUANTILE:
		return 0;		/* see put_quantiles */
	case STAT_SUM:
		n = moments_sum(w);
		break;
	case STAT_MIN:
		n = moments_least(w);
		break;
	default:
		n = moments_greatest(w);
	}
	return stat_cell(&n, cell, arena);
}

/* All quantiles of a field at once: each is looked for behind the one before it. */
static void
put_quantiles(const struct stat *c, const uint64_t *w, struct value *cells)
{
	double d[STAT_ANSWERS];

	quantile_list(w + stat_quantile_at(c), c->q, c->qs, d);
	for (unsigned i = 0; i < c->qs; i++)
		cells[c->q_answer[i]] = double_cell(d[i]);
}

static int
put_row(const struct stat *c, const struct map_key *entry, struct value *cells,
    struct arena *arena)
{
	const uint64_t *value = (const uint64_t *)(entry + 1);

	if (group_cells(&c->group, entry, cells, arena) == -1)
		return -1;
	cells += c->group.columns;
	for (unsigned i = 0; i < c->fields; i++, cells += c->answers) {
		const uint64_t *w = value + 1 + i * c->stride;

		for (unsigned k = 0; k < c->answers; k++)
			if (answer_cell(value, w, &c->answer[k], &cells[k], arena) == -1)
				return -1;
		if (c->quantiles && value[0] > 0)
			put_quantiles(c, w, cells);
	}
	return 0;
}

int
stat_rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	struct stat_lane *lane = private;
	struct order *o = &lane->order;
	int n = 0;

	arena_reset(&lane->text);
	for (; (size_t)n < out->cap && o->next < o->n; n++, o->next++)
		if (put_row(s->config, order_entry(o, o->next),
		    out->cells + (size_t)n * s->out->width, &lane->text) == -1)
			return err_memory(err, "writing rows");
	if (n == 0)
		order_used(o);
	return n;
}
