/*
 * The way of blocks through a pipeline, see pipeline.h: from records to rows, from stage to stage,
 * to the outputs; and what became of each record.
 */
#include "core/pipeline.h"

#include "base/scan.h"
#include "core/tsv.h"

#include <string.h>

#define FLUSH_SIZE ((size_t)1 << 20)	/* bytes encoded before they are written */

static bool
aggregates(const struct stage *s)
{
	return (s->class->flags & STAGE_AGGREGATES) != 0;
}

/* ---- outputs ---- */

static int
flush_one(struct pipeline *p, unsigned i, struct err *err)
{
	struct buf *out = &p->encoder[i].out;
	size_t len = out->len;

	out->len = 0;
	return len == 0 ? 0 : p->config.host.write(p->config.host.arg, i, out->data, len, err);
}

int
pipeline_flush(struct pipeline *p, struct err *err)
{
	for (unsigned i = 0; i < p->plan->outputs; i++)
		if (flush_one(p, i, err) == -1)
			return -1;
	return 0;
}

int
pipeline_encode(struct pipeline *p, unsigned i, const struct block *b, struct err *err)
{
	const struct schema *shown = &p->plan->output[i].shown;
	const struct format_class *to = p->config.to[i];
	struct encoder *e = &p->encoder[i];

	if (i == 0 && (condition_look(&p->plan->fail_if, b, err) == -1 ||
	    condition_look(&p->plan->until, b, err) == -1))
		return -1;
	if (to == NULL)
		return p->config.host.rows(p->config.host.arg, i, shown, b, err);
	encode_time(e, p->config.time_format, b->time);
	if (p->config.batches != NULL)
		encode_batch(e, *p->config.batches + 1);
	if (to->rows(e, shown, b) == -1)
		return err_memory(err, "writing rows");
	return e->out.len < FLUSH_SIZE ? 0 : flush_one(p, i, err);
}

/* ---- stages ---- */

/* Some of what a stage was fed was bad; what counts where it is fed was counted in vain. */
static void
take_bad(struct account *a, const struct stage *s, uint64_t bad)
{
	a->bad += bad;
	if ((s->class->flags & (STAGE_AGGREGATES | STAGE_EXPANDS)) != 0)
		a->counted -= bad;
}

/* Hands a block of a form that the stage takes to it. */
static int
feed_stage(struct pipeline *p, struct lane *lane, unsigned i, const struct block *b,
    struct err *err)
{
	const struct stage *s = &p->plan->stage[i];
	struct feed to = { .out = &lane->out[i], .bad = &lane->bad };
	uint64_t bad = lane->bad.n;

	if (aggregates(s)) {
		to.out = NULL;
		to.state = lane != p->lane ? &lane->partial[i] : p->event.feeding ?
		    event_state(&p->event, i, b->time) : &p->window[i].open;
	} else {
		lane->out[i].n = 0;
	}
	if (s->class->feed(s, lane->private[i], b, &to, err) == -1)
		return -1;
	if (s->account > 0 && b->port == 0)
		take_bad(&lane->account[s->account - 1], s, lane->bad.n - bad);
	if (aggregates(s))
		return 0;
	for (size_t k = 0; k < lane->out[i].n; k++) {
		struct block out = lane->out[i].block[k];

		out.time = b->time;
		out.port = 0;
		out.source = b->source;
		if (pipeline_push(p, lane, &s->next, &out, err) == -1)
			return -1;
	}
	return 0;
}

/* Lines become rows of one column, the line. */
static int
feed_as_rows(struct pipeline *p, struct lane *lane, unsigned i, const struct block *lines,
    struct err *err)
{
	const char *text = lines->text, *end = lines->text + lines->len;
	struct block b = *lines;

	b.text = NULL;
	b.width = 1;
	while (text < end) {
		b.cells = lane->cells;
		for (b.records = 0; b.records < LANE_ROWS && text < end; b.records++) {
			const char *line = text;
			size_t len;

			text = line_next(text, end, &len);
			lane->cells[b.records] = value_text(line, len);
		}
		if (feed_stage(p, lane, i, &b, err) == -1)
			return -1;
	}
	return 0;
}

/* Appends a record as a line; only line ends in it, and one that is none, must look different. */
static int
add_line(struct buf *out, const struct value *record)
{
	const char *text = record->len > 0 ? record->text : "", *end = text + record->len, *newline;

	while ((newline = memchr(text, '\n', (size_t)(end - text))) != NULL) {
		if (buf_add(out, text, (size_t)(newline - text)) == -1 ||
		    buf_add(out, "\\n", 2) == -1)
			return -1;
		text = newline + 1;
	}
	if (buf_add(out, text, (size_t)(end - text)) == -1)
		return -1;
	return end > text && end[-1] == '\r' ? buf_add(out, "\r\n", 2) : buf_add(out, "\n", 1);
}

static int
record_lines(const struct block *rows, struct buf *space, struct block *lines)
{
	space->len = 0;
	for (uint64_t row = 0; row < rows->records; row++)
		if (add_line(space, &rows->cells[row * rows->width + SCHEMA_RECORD]) == -1)
			return -1;
	if (buf_reserve(space, SCAN_PAD) == -1)
		return -1;
	lines->text = space->data;
	lines->len = space->len;
	return 0;
}

/* Rows become lines: records as they were read, others as they would be printed. */
static int
feed_as_lines(struct pipeline *p, struct lane *lane, unsigned i, const struct block *rows,
    struct err *err)
{
	const struct stage *s = &p->plan->stage[i];
	struct block lines = *rows;

	if ((s->in->input ? record_lines(rows, &lane->text, &lines) :
	    tsv_lines(rows, rows->width, &lane->text, &lines)) == -1)
		return err_memory(err, "reading rows");
	return feed_stage(p, lane, i, &lines, err);
}

int
pipeline_give(struct pipeline *p, struct lane *lane, unsigned i, const struct block *b,
    struct err *err)
{
	const struct stage *s = &p->plan->stage[i];

	if (b->text != NULL && (s->takes & STAGE_LINES) == 0)
		return feed_as_rows(p, lane, i, b, err);
	if (b->text == NULL && (s->takes & STAGE_ROWS) == 0)
		return feed_as_lines(p, lane, i, b, err);
	return feed_stage(p, lane, i, b, err);
}

static int
give(struct pipeline *p, struct lane *lane, const struct link *link, const struct block *b,
    struct err *err)
{
	struct block in = *b;

	in.port = link->port;
	if (p->event.feeding && event_holds(&p->plan->stage[link->to]))
		return event_hold(&p->event, link->to, &in) == -1 ?
		    err_memory(err, "keeping rows of open batches") : 0;
	return pipeline_give(p, lane, link->to, &in, err);
}

static int
follow(struct pipeline *p, struct lane *lane, const struct link *link, const struct block *b,
    struct err *err)
{
	if (link->enters > 0)
		lane->account[link->enters - 1].records += b->records;
	if (link->account > 0)
		lane->account[link->account - 1].counted += b->records;
	if (!link->output)
		return give(p, lane, link, b, err);
	if (link->to == OUTPUT_NONE)
		return 0;
	if (p->event.feeding && p->plan->output[link->to].whole)
		return event_hold(&p->event, p->plan->n + link->to, b) == -1 ?
		    err_memory(err, "keeping rows of open batches") : 0;
	return pipeline_encode(p, link->to, b, err);
}

int
pipeline_push(struct pipeline *p, struct lane *lane, const struct links *next,
    const struct block *b, struct err *err)
{
	for (unsigned i = 0; i < next->n; i++)
		if (follow(p, lane, &next->at[i], b, err) == -1)
			return -1;
	return 0;
}

/* ---- records ---- */

static bool
takes(const struct root *r, int source)
{
	return r->source == -1 || r->source == source;
}

static int
push_records(struct pipeline *p, struct lane *lane, const struct block *b, struct err *err)
{
	for (unsigned i = 0; i < p->plan->roots; i++) {
		const struct root *r = &p->plan->root[i];

		if (!takes(r, b->source))
			continue;
		if (r->account != -1)
			lane->account[r->account].records += b->records;
		if (follow(p, lane, &r->link, b, err) == -1)
			return -1;
	}
	return 0;
}

static int
push_one_by_one(struct pipeline *p, struct lane *lane, const struct block *b, struct err *err)
{
	struct block one = *b;

	one.records = 1;
	for (uint64_t i = 0; i < b->records; i++) {
		if (b->text != NULL) {
			const char *next = line_next(one.text, b->text + b->len, &one.len);

			one.len = (size_t)(next - one.text);
		}
		if (push_records(p, lane, &one, err) == -1)
			return -1;
		if (b->text != NULL)
			one.text += one.len;
		else
			one.cells += b->width;
	}
	return 0;
}

int
pipeline_records(struct pipeline *p, struct lane *lane, const struct block *b, struct err *err)
{
	return p->plan->one_by_one ? push_one_by_one(p, lane, b, err) :
	    push_records(p, lane, b, err);
}

void
pipeline_lost(const struct pipeline *p, struct lane *lane, int source, uint64_t bad,
    uint64_t late, uint64_t blank)
{
	for (unsigned i = 0; i < p->plan->roots; i++) {
		const struct root *r = &p->plan->root[i];

		if (r->account == -1 || !takes(r, source))
			continue;
		lane->account[r->account].records += bad + late + blank;
		lane->account[r->account].bad += bad;
		lane->account[r->account].late += late;
	}
}

static int
push_rows(struct pipeline *p, struct lane *lane, const struct block *b, struct err *err)
{
	if (b->records == 0)
		return 0;
	return p->plan->time_field != NULL ? pipeline_events(p, lane, b, err) :
	    pipeline_records(p, lane, b, err);
}

static int
read_records(struct pipeline *p, struct lane *lane, const struct block *records, struct err *err)
{
	struct reading r = {
		.text = records->text, .end = records->text + records->len,
		.layout = records->layout != NULL ? records->layout : &p->layout,
		.arena = &lane->arena, .private = lane->reader, .cells = lane->cells,
		.cap = LANE_ROWS, .bad = &lane->bad,
	};
	struct block b = *records;
	uint64_t seen = 0;		/* the rest are blank lines */

	b.text = NULL;
	b.cells = lane->cells;
	b.width = p->layout.width;
	while (r.text < r.end) {
		uint64_t bad = lane->bad.n;

		r.rows = 0;
		if (p->config.from->read(&r) == -1)
			return err_memory(err, "reading records");
		pipeline_lost(p, lane, b.source, lane->bad.n - bad, 0, 0);
		b.records = r.rows;
		seen += r.rows + lane->bad.n - bad;
		if (push_rows(p, lane, &b, err) == -1)
			return -1;
		arena_reset(&lane->arena);
	}
	pipeline_lost(p, lane, b.source, 0, 0, records->records - seen);
	return 0;
}

int
pipeline_feed(struct pipeline *p, unsigned number, const struct block *records, struct err *err)
{
	struct lane *lane = &p->lane[number];
	struct block b = *records;
	int rc;

	b.time = number == 0 ? p->time : 0;	/* where threads feed nobody asks */
	rc = p->reads ? read_records(p, lane, &b, err) : pipeline_records(p, lane, &b, err);
	if (rc == 0 && lane->bad.no_memory)
		return err_memory(err, "keeping bad records");
	return rc;
}
