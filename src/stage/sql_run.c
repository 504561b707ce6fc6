/*
 * Running the query of sql: rows are kept until no window reaches back to them; when a window ends,
 * the query sees them where they lie, and its rows are handed out as they come.
 */
#include "stage/sql.h"

#include "base/mem.h"
#include "core/window.h"

/* ---- tables ---- */

static int
no_memory(struct err *err)
{
	return err_memory(err, "running a query");
}

int
sql_give_file(const struct sql_config *c, unsigned table, struct err *err)
{
	struct sql_file *f = c->table[table].file;
	const struct rowlog_part *part = NULL;
	struct block b, *blocks;
	size_t n = 0;

	while (rowlog_next(&f->lookup.rows, &part, &b))
		n++;
	blocks = mem_alloc((n + 1) * sizeof(*blocks));
	if (blocks == NULL)
		return no_memory(err);
	n = 0;
	while (rowlog_next(&f->lookup.rows, &part, &b))
		blocks[n++] = b;
	mem_free(f->block);
	f->block = blocks;
	return query_rows(c->query, table, blocks, n, err);
}

/* Reads files that have changed. */
static int
refresh(const struct sql_config *c, struct err *err)
{
	for (unsigned i = 0; i < c->tables; i++) {
		int rc = c->table[i].file == NULL ? 0 :
		    lookup_refresh(&c->table[i].file->lookup, err);

		if (rc == -1 || (rc == 1 && sql_give_file(c, i, err) == -1))
			return -1;
	}
	return 0;
}

/* ---- windows ---- */

int
sql_lane_open(const struct stage *s, void *private, struct err *err)
{
	const struct sql_config *c = s->config;
	struct sql_lane *lane = private;

	(void)err;
	lane->answered = -1;
	for (unsigned i = 0; i <= s->ports; i++) {
		const struct schema *in = i == 0 ? s->in : s->port[i - 1].in;

		history_init(&lane->input[i], s->length, s->slide, in->input && !in->lines);
	}
	for (unsigned i = 0; i < c->tables; i++)
		if (c->table[i].file == NULL)
			lane->reads[c->table[i].port] = true;
	return 0;
}

void
sql_lane_close(void *private)
{
	struct sql_lane *lane = private;

	for (unsigned i = 0; i <= STAGE_PORTS; i++)
		history_free(&lane->input[i]);
	mem_free(lane->block);
	arena_free(&lane->text);
	buf_free(&lane->saved);
}

int
sql_feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct sql_lane *lane = private;

	(void)s;
	(void)to;
	if (!lane->reads[in->port] || in->records == 0)
		return 0;
	lane->came = true;
	return history_add(&lane->input[in->port], in) == -1 ?
	    err_memory(err, "keeping the rows of a window") : 0;
}

/* Windows that end before this time, that have not ended yet, have no rows from before it. */
static void
drop(struct sql_lane *lane, int64_t before)
{
	for (unsigned i = 0; i <= STAGE_PORTS; i++)
		history_drop(&lane->input[i], before);
}

/*
 * At the end of the input a window that is open answers once; then, what came of windows of other
 * stages that were open, too.
 */
int
sql_tick(const struct stage *s, void *private, int64_t tick, bool last, struct err *err)
{
	struct sql_lane *lane = private;
	int64_t end = window_multiple(tick, s->slide);

	for (unsigned i = 0; i <= s->ports; i++)
		history_tick(&lane->input[i], tick);
	if (last)
		lane->due = lane->came || (!lane->ended && tick != lane->answered);
	else
		lane->due = tick == end;
	lane->ended |= last;
	if (!lane->due)
		return 0;
	lane->came = false;
	lane->answered = tick;
	lane->end = end;
	drop(lane, end - s->length);
	return refresh(s->config, err);
}

/* ---- answers ---- */

/* Collects the blocks of all inputs: those of port I are from AT[I] on, N[I] of them. */
static int
collect(struct sql_lane *lane, size_t at[STAGE_PORTS + 1], size_t n[STAGE_PORTS + 1])
{
	size_t sum = 0;

	for (unsigned i = 0; i <= STAGE_PORTS; i++) {
		at[i] = sum;
		n[i] = history_count(&lane->input[i]);
		sum += n[i];
	}
	if (sum > lane->blocks || lane->block == NULL) {
		struct block *blocks = mem_realloc(lane->block, (sum + 1) * sizeof(*blocks));

		if (blocks == NULL)
			return -1;
		lane->block = blocks;
		lane->blocks = sum;
	}
	for (unsigned i = 0; i <= STAGE_PORTS; i++)
		history_blocks(&lane->input[i], lane->block + at[i]);
	return 0;
}

int
sql_fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	const struct sql_config *c = s->config;
	struct sql_lane *lane = private;
	size_t at[STAGE_PORTS + 1], n[STAGE_PORTS + 1];

	(void)answer;
	if (!lane->due)
		return 0;
	lane->due = false;
	if (collect(lane, at, n) == -1)
		return no_memory(err);
	for (unsigned i = 0; i < c->tables; i++) {
		unsigned port = c->table[i].port;

		if (c->table[i].file == NULL && query_rows(c->query, i, lane->block + at[port],
		    n[port], err) == -1)
			return -1;
	}
	query_start(c->query, 0);
	lane->running = true;
	return 0;
}

/* What no later window needs is dropped, and indexes over it with it. */
static int
end_answer(const struct stage *s, struct sql_lane *lane, struct err *err)
{
	const struct sql_config *c = s->config;

	lane->running = false;
	for (unsigned i = 0; i < c->tables; i++)
		if (c->table[i].file == NULL && query_rows(c->query, i, NULL, 0, err) == -1)
			return -1;
	drop(lane, lane->end + s->slide - s->length);
	return 0;
}

/* A value on which SQLite gives up: not of one record, but of the answer. */
static int
failed(const struct sql_config *c, struct err *err)
{
	err_set(err, ERR_RUN, "sql: %s", query_reason(c->query));
	err->word = c->text.word;
	return -1;
}

static int
make_row(const struct stage *s, struct sql_lane *lane, struct value *cells, struct err *err)
{
	const struct sql_config *c = s->config;

	for (unsigned i = 0; i < s->out->width; i++)
		if (query_cell(c->query, (int)i, &lane->text, &cells[i]) == -1)
			return no_memory(err);
	return 0;
}

int
sql_rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	const struct sql_config *c = s->config;
	struct sql_lane *lane = private;
	size_t n = 0;

	arena_reset(&lane->text);
	while (lane->running && n < out->cap) {
		switch (query_step(c->query, err)) {
		case QUERY_FAIL:
			err_prefix(err, "sql");
			return -1;
		case QUERY_BAD:
			return failed(c, err);
		case QUERY_END:
			if (end_answer(s, lane, err) == -1)
				return -1;
			break;
		case QUERY_ROW:
			if (make_row(s, lane, out->cells + n++ * s->out->width, err) == -1)
				return -1;
		}
	}
	return (int)n;
}

void
sql_held(const struct stage *s, const void *private, uint64_t *rows, size_t *bytes)
{
	const struct sql_lane *lane = private;

	for (unsigned i = 0; i <= s->ports; i++) {
		*rows += lane->input[i].records;
		*bytes += history_bytes(&lane->input[i]);
	}
	*bytes += lane->blocks * sizeof(*lane->block);
}
