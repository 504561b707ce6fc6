/*
 * pivot: rows become columns.  Of each answer, the rows that are alike but for FIELD and COLUMN
 * become one row, with COLUMN's numbers in one column for each value of FIELD.
 */
#include "base/mem.h"
#include "core/cell.h"
#include "core/group.h"
#include "core/keyed.h"
#include "core/plan.h"
#include "core/rows.h"
#include "core/sort.h"

#include <string.h>

enum { VALUES, VALUE, OTHER, BY };

struct config {
	const char	*field, *values, *value, *by;
	int		 field_word, values_word, value_word, by_word;
	bool		 other;
	struct group	 group;
	unsigned	 slot, value_slot;
	unsigned	 n;		/* values, and one more with --other */
	struct value	 name[SCHEMA_MAX];
	struct arena	 names;
};

struct sum {				/* of a column in a row */
	struct number	 n;
};

struct lane {
	struct keyed		 answer;	/* n sums for each key */
	struct group_run	 run;
	struct row_text		 text;		/* of values and bad rows */
	struct arena		 cells;		/* of the rows that were handed out last */
	const void		**order;
	uint32_t		 next;
};

static const struct opt options[] = {
	{ "values", 'v', VALUES, "A,B,C", "the values of FIELD, a column each" },
	{ "value", 'c', VALUE, "COLUMN", "what is put there (count)" },
	{ "other", 'o', OTHER, NULL, "a column for all other values of FIELD" },
	{ "by", 'b', BY, "FIELD,...", "one row for each value of these (all others)" },
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct config *c = s->config;

	(void)err;
	if (id == VALUES) {
		c->values = value;
		c->values_word = word;
	} else if (id == VALUE) {
		c->value = value;
		c->value_word = word;
	} else if (id == BY) {
		c->by = value;
		c->by_word = word;
	} else {
		c->other = true;
	}
	return 0;
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct config *c = s->config;

	(void)err;
	c->field = text;
	c->field_word = word;
	return 0;
}

/* ---- opening ---- */

static int
find_columns(struct stage *s, int *field, int *value, struct err *err)
{
	struct config *c = s->config;
	const char *name = c->value != NULL ? c->value : "count";
	int word = c->value != NULL ? c->value_word : s->word;

	if (s->in->input && (c->value == NULL || c->by == NULL))
		return err_word(err, s->word, "pivot: of records it must be said what is put in "
		    "the columns of which row: --value COLUMN --by FIELDS");
	*field = schema_find(s->in, c->field, strlen(c->field), c->field_word, 0, err);
	if (*field == -1)
		return -1;
	*value = schema_find(s->in, name, strlen(name), word, 0, err);
	if (*value == -1) {
		if (c->value == NULL)
			err->length = strlen("pivot");
		return -1;
	}
	c->slot = s->in->column[*field].slot;
	c->value_slot = s->in->column[*value].slot;
	return 0;
}

static int
add_value(struct stage *s, const char *text, size_t len, size_t at, struct err *err)
{
	struct config *c = s->config;
	char *name = arena_bytes(&c->names, len + 1);

	if (name == NULL)
		return err_memory(err, "reading the command line");
	memcpy(name, text, len);
	name[len] = '\0';
	for (unsigned i = 0; i < s->out->columns; i++) {
		if (strcmp(s->out->column[i].name, name) != 0)
			continue;
		err_word(err, c->values_word, "pivot: there is a column '%s' already", name);
		err->column = at;
		err->length = len;
		return -1;
	}
	if (schema_add(s->out, name, false, err) == -1)
		return -1;
	c->name[c->n++] = value_text(name, len);
	return 0;
}

static int
open_stage(struct stage *s, struct err *err)
{
	struct config *c = s->config;
	int at[2] = { -1, -1 };

	if (c->values == NULL)
		return err_word(err, s->word, "pivot: say which values become columns: "
		    "--values a,b,c");
	s->out = &s->made;
	if (find_columns(s, &at[0], &at[1], err) == -1 ||
	    (c->by != NULL ? group_open(&c->group, s->in, s->out, c->by, c->by_word, err) :
	    group_open_others(&c->group, s->in, s->out, at, 2, s->word, err)) == -1)
		return -1;
	for (size_t from = 0, len; ; from += len + 1) {
		len = strcspn(c->values + from, ",");
		if (add_value(s, c->values + from, len, from, err) == -1)
			return -1;
		if (c->values[from + len] == '\0')
			break;
	}
	if (!c->other)
		return 0;
	c->n++;
	return schema_add(s->out, "other", false, err);
}

static void
close_stage(struct stage *s)
{
	arena_free(&((struct config *)s->config)->names);
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	const struct config *c = s->config;

	(void)err;
	keyed_init(&((struct lane *)private)->answer, c->n * sizeof(struct sum), s->plan->seed);
	return 0;
}

static void
lane_close(void *private)
{
	struct lane *lane = private;

	keyed_free(&lane->answer);
	group_run_free(&lane->run);
	row_text_free(&lane->text);
	arena_free(&lane->cells);
	mem_free(lane->order);
}

/* ---- an answer ---- */

/* Which column a row goes to; c->n: none. */
static unsigned
column_of(const struct config *c, const struct value *v)
{
	unsigned listed = c->n - c->other;

	for (unsigned i = 0; i < listed; i++)
		if (v->kind == VALUE_TEXT && v->len == c->name[i].len &&
		    (v->len == 0 || memcmp(v->text, c->name[i].text, v->len) == 0))
			return i;
	return listed;
}

/* Adds a row to the sums of its key; -1: no memory. */
static int
add_row(const struct stage *s, struct lane *lane, const struct value *row, struct map_key key,
    struct bad *bad)
{
	const struct config *c = s->config;
	const struct value *field = &row[c->slot], *value = &row[c->value_slot];
	struct value shown = *field;
	struct number n = { .exact = true };
	struct sum *sum;
	unsigned column;
	bool fresh;

	if (field->kind != VALUE_TEXT && field->kind != VALUE_NULL &&
	    row_text_cell(&lane->text, field, &shown) == -1)
		return -1;
	column = column_of(c, &shown);
	if (column == c->n) {
		row_text_bad(&lane->text, s, row, bad, "%s '%.*s' is not one of --values",
		    c->field, shown.kind == VALUE_TEXT ? (int)shown.len : 2,
		    shown.kind == VALUE_TEXT ? shown.text : "\\N");
		return 0;
	}
	if (value->kind != VALUE_NULL && cell_number(value, &n) == -1) {
		row_text_bad(&lane->text, s, row, bad, "%s '%.*s' is not a number",
		    c->value != NULL ? c->value : "count",
		    value->kind == VALUE_TEXT ? (int)value->len : 0,
		    value->kind == VALUE_TEXT ? value->text : "");
		return 0;
	}
	sum = keyed_put(&lane->answer, key, &fresh);
	if (sum == NULL)
		return -1;
	for (unsigned i = 0; i < c->n && fresh; i++)
		sum[i].n.exact = true;
	sum[column].n = cell_plus(&sum[column].n, &n);
	return 0;
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct config *c = s->config;
	struct lane *lane = private;

	for (uint64_t at = 0; at < in->records; at += GROUP_RUN) {
		unsigned n = group_rows(in, at);

		if (group_keys(&c->group, &lane->run, in, at, n) == -1)
			return err_memory(err, "turning rows");
		for (unsigned i = 0; i < n; i++)
			if (add_row(s, lane, in->cells + (at + i) * in->width, lane->run.key[i],
			    to->bad) == -1)
				return err_memory(err, "turning rows");
	}
	return 0;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct lane *lane = private;
	uint32_t n = lane->answer.count;

	(void)s;
	(void)answer;
	mem_free(lane->order);
	lane->next = 0;
	lane->order = mem_alloc((n + 1) * sizeof(*lane->order));
	if (lane->order == NULL)
		return err_memory(err, "turning rows");
	for (uint32_t i = 0; i < n; i++)
		lane->order[i] = keyed_at(&lane->answer, i + 1);
	return sort_pointers(lane->order, n, keyed_compare, NULL) == -1 ?
	    err_memory(err, "turning rows") : 0;
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	const struct config *c = s->config;
	struct lane *lane = private;
	int n = 0;

	arena_reset(&lane->cells);
	for (; (size_t)n < out->cap && lane->next < lane->answer.count; n++, lane->next++) {
		const struct keyed_entry *e = lane->order[lane->next];
		const struct sum *sum = (const void *)(e + 1);
		struct value *cells = out->cells + (size_t)n * s->out->width;

		if (group_cells(&c->group, &e->key, cells, &lane->cells) == -1)
			return err_memory(err, "turning rows");
		for (unsigned i = 0; i < c->n; i++)
			cells[c->group.columns + i] = cell_from_number(&sum[i].n);
	}
	if (n == 0)
		keyed_free(&lane->answer);
	return n;
}

static void
held(const struct stage *s, const void *private, uint64_t *rows_held, size_t *bytes)
{
	const struct lane *lane = private;

	(void)s;
	*rows_held += lane->answer.count;
	*bytes += lane->answer.bytes;
}

/* There is nothing but what it keeps until the answer that it is fed has ended. */
static int
save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	(void)s;
	(void)to;
	(void)err;
	return ((const struct lane *)private)->answer.count > 0;
}

const struct stage_class stage_pivot = {
	.name = "pivot",
	.usage = "--values A,B,C [OPTION]... FIELD",
	.help = "values of a field become columns",
	.detail =
	    "Rows of an answer that are alike but for FIELD and --value (count) become one:\n"
	    "each of --values is a column, which has the number of its row, or the sum of\n"
	    "several, or 0.  Rows with another value are counted as bad, or with --other\n"
	    "are summed in a column of that name.  Of records, not of an answer, --value\n"
	    "and --by must be given; an answer is then a batch.\n"
	    "Rows: the other columns, or those of --by, then the values; by the former.\n"
	    "State: one entry for each row of an answer.\n",
	.spark = "transform(_.toDF.groupBy(keys).pivot(field, values).sum(value).rdd)",
	.flags = STAGE_ROWS | STAGE_SERIAL | STAGE_EXPANDS,
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct lane),
	.option = option,
	.argument = argument,
	.open = open_stage,
	.close = close_stage,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = feed,
	.fire = fire,
	.rows = rows,
	.save = save,
	.held = held,
};
