/*
 * top N COLUMN: the N rows of each batch or answer with the greatest value in a column.  Not many
 * more than N rows are kept: when twice as many have come the best are sorted out.
 */
#include "base/mem.h"
#include "core/cell.h"
#include "core/rowlog.h"
#include "core/sort.h"
#include "stage/top.h"

#include <string.h>

#define SLACK 4096			/* rows kept before the best are sorted out, at least */

struct item {
	const struct value	*row;
	struct number		 number;
	int			 rank;		/* 0: a number, 1: another value, 2: null */
};

struct lane {
	struct rowlog	 log;		/* kept: the best are among them */
	struct item	*item;
	const void	**order;	/* of items, the best first */
	size_t		 n, next;	/* in order; the next that is handed out */
};

static int
open_stage(struct stage *s, struct err *err)
{
	struct top_config *c = s->config;
	int at = schema_find(s->in, c->column, strlen(c->column), c->column_word, 0, err);

	c->at = (unsigned)at;
	return at == -1 ? -1 : 0;
}

static void
forget_order(struct lane *lane)
{
	mem_free(lane->item);
	mem_free(lane->order);
	lane->item = NULL;
	lane->order = NULL;
	lane->n = 0;
}

static void
lane_close(void *private)
{
	struct lane *lane = private;

	forget_order(lane);
	rowlog_free(&lane->log);
}

static void
make_item(struct item *i, const struct value *row, const struct value *v)
{
	i->row = row;
	i->rank = v->kind == VALUE_NULL ? 2 : cell_number(v, &i->number) == 0 ? 0 : 1;
}

/* Greatest first, then by the columns in their order. */
static int
compare(const void *x, const void *y, const void *arg)
{
	const struct item *a = x, *b = y;
	const struct stage *s = arg;
	const struct top_config *c = s->config;
	unsigned slot = s->in->column[c->at].slot;
	int order = a->rank - b->rank;

	if (order == 0 && a->rank < 2)
		order = a->rank == 0 ? number_compare(&b->number, &a->number) :
		    cell_compare(&b->row[slot], &a->row[slot]);
	for (unsigned i = 0; i < s->in->columns && order == 0; i++) {
		slot = s->in->column[i].slot;
		if (i != c->at && slot != SCHEMA_NO_SLOT)
			order = cell_compare(&a->row[slot], &b->row[slot]);
	}
	return order;
}

/* Puts all rows that are kept in order; 0 or -1 (memory). */
static int
sort_rows(const struct stage *s, struct lane *lane)
{
	const struct top_config *c = s->config;
	unsigned slot = s->in->column[c->at].slot;
	size_t records = (size_t)lane->log.records;
	const struct rowlog_part *part = NULL;
	struct block b;

	forget_order(lane);
	lane->item = mem_alloc((records + 1) * sizeof(*lane->item));
	lane->order = mem_alloc((records + 1) * sizeof(*lane->order));
	if (lane->item == NULL || lane->order == NULL)
		return -1;
	while (rowlog_next(&lane->log, &part, &b))
		for (uint64_t i = 0; i < b.records; i++) {
			const struct value *row = b.cells + i * b.width;

			make_item(&lane->item[lane->n], row, &row[slot]);
			lane->order[lane->n] = &lane->item[lane->n];
			lane->n++;
		}
	if (sort_pointers(lane->order, lane->n, compare, s) == -1)
		return -1;
	if (lane->n > c->limit)
		lane->n = (size_t)c->limit;
	return 0;
}

/* Keeps the best rows only; 0 or -1 (memory). */
static int
sort_out(const struct stage *s, struct lane *lane)
{
	struct rowlog best = { 0 };
	int rc = sort_rows(s, lane);

	for (size_t i = 0; i < lane->n && rc == 0; i++) {
		const struct item *item = lane->order[i];
		struct block row = { .cells = item->row, .width = s->in->width, .records = 1 };

		rc = rowlog_add(&best, &row);
	}
	forget_order(lane);
	if (rc == 0) {
		struct rowlog all = lane->log;

		lane->log = best;
		best = all;
	}
	rowlog_free(&best);
	return rc;
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct top_config *c = s->config;
	struct lane *lane = private;
	struct block rows = *in;

	(void)to;
	rows.port = 0;			/* so that all lie in few pieces */
	rows.source = -1;
	rows.time = 0;
	if (rowlog_add(&lane->log, &rows) == -1 ||
	    (lane->log.records > SLACK && lane->log.records / 2 > c->limit &&
	    sort_out(s, lane) == -1))
		return err_memory(err, "keeping rows");
	return 0;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct lane *lane = private;

	(void)answer;
	lane->next = 0;
	return sort_rows(s, lane) == -1 ? err_memory(err, "ordering rows") : 0;
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	struct lane *lane = private;
	size_t width = s->out->width;
	int n = 0;

	(void)err;
	for (; (size_t)n < out->cap && lane->next < lane->n; n++, lane->next++) {
		const struct item *item = lane->order[lane->next];

		memcpy(out->cells + (size_t)n * width, item->row, width * sizeof(*item->row));
	}
	if (n == 0) {
		forget_order(lane);
		rowlog_free(&lane->log);
	}
	return n;
}

static void
held(const struct stage *s, const void *private, uint64_t *rows_held, size_t *bytes)
{
	const struct lane *lane = private;

	(void)s;
	*rows_held += lane->log.records;
	*bytes += lane->log.bytes;
}

/* There is nothing but what it keeps until the answer that it is fed has ended. */
static int
save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	(void)s;
	(void)to;
	(void)err;
	return ((const struct lane *)private)->log.records > 0;
}

const struct stage_class stage_top_column = {
	.name = "top",
	.usage = "[OPTION]... N [COLUMN]",
	.help = "the N rows with the greatest value in a column",
	.spark = "transform(_.top(n)(Ordering.by(_.column)))",
	.flags = STAGE_ROWS | STAGE_SERIAL | STAGE_EXPANDS | STAGE_BOUNDED,
	.config_size = sizeof(struct top_config),
	.lane_size = sizeof(struct lane),
	.open = open_stage,
	.lane_close = lane_close,
	.feed = feed,
	.fire = fire,
	.rows = rows,
	.save = save,
	.held = held,
};
