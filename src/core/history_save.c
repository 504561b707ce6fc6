/*
 * Putting the rows of a sliding window down, see history_save.h.
 *
 * A chunk is a HEAD, rows as core/rowlog has them, and behind the rows of each pane a TICK; MARKS
 * are last.  What is not rows is behind a 0.
 */
#include "core/history_inner.h"

#include "base/mem.h"
#include "core/tick.h"

enum tag { TAG_HEAD = 1, TAG_TICK, TAG_OPEN, TAG_MARK };	/* OPEN: without a tick yet */

#define SLACK 1024			/* entries of a generation, at least */

/* ---- putting down ---- */

static int
put_tag(struct buf *out, enum tag tag)
{
	return wire_put(out, 0) == -1 ? -1 : wire_put(out, tag);
}

static int
no_memory(struct err *err)
{
	return err_memory(err, "saving rows");
}

/* The number of the first row that is not put down. */
static uint64_t
first_new(const struct history *h)
{
	uint64_t first = h->next;

	for (const struct history_pane *p = h->changed; p != NULL; p = p->next)
		first -= p->rows.records - p->put;
	return first;
}

/* Chooses the generation, and clears the one before if all its rows are gone; 0 or -1. */
static int
turn(struct history *h, struct saving *s, struct err *err)
{
	struct history_log *log = &h->log;
	struct saving older = *s;

	if (!log->older && log->written > SLACK) {
		log->generation++;
		log->start = first_new(h);
		log->written = 0;
		log->older = true;
	}
	s->part.generation = log->generation;
	if (!log->older || history_base(h) < log->start)
		return 0;
	log->older = false;
	older.part.generation = log->generation - 1;
	return save_clear(&older, err);
}

static int
put_head(struct history *h, struct saving *s, struct err *err)
{
	return put_tag(s->out, TAG_HEAD) == -1 || wire_put(s->out, history_base(h)) == -1 ||
	    wire_put(s->out, first_new(h)) == -1 ? no_memory(err) : 0;
}

static int
put_pane(struct history *h, struct history_pane *p, struct saving *s, struct err *err)
{
	bool open = p == h->last && h->open;

	if (rowlog_save(&p->rows, p->put, s, err) == -1)
		return -1;
	h->log.written += p->rows.records - p->put + 1;
	p->put = p->rows.records;
	if (p->end == INT64_MAX)
		return put_tag(s->out, TAG_OPEN) == -1 ? no_memory(err) : 0;
	return put_tag(s->out, TAG_TICK) == -1 || wire_put(s->out, open) == -1 ||
	    tick_put(s->out, p->end) == -1 ? no_memory(err) : 0;
}

static int
put_marks(struct history *h, struct history_marks *marks, struct saving *s, struct err *err)
{
	for (size_t i = 0; marks != NULL && i < marks->n; i++) {
		if (save_room(s, err) == -1)
			return -1;
		if (put_tag(s->out, TAG_MARK) == -1 || wire_put(s->out, marks->row[i]) == -1)
			return no_memory(err);
		h->log.written++;
	}
	if (marks != NULL)
		marks->n = 0;
	return 0;
}

/* Rows that came and went since the last time are as if they had not come. */
static bool
is_put(const struct history *h, const struct history_marks *marks)
{
	if (marks != NULL && marks->n > 0)
		return false;
	if (!h->log.put && h->records == 0)
		return true;
	return h->changed == NULL && h->log.base == history_base(h) && h->log.next == h->next;
}

int
history_save(struct history *h, struct history_marks *marks, struct saving *s, struct err *err)
{
	if (is_put(h, marks))
		return 0;
	if (turn(h, s, err) == -1 || put_head(h, s, err) == -1)
		return -1;
	h->log.written++;
	for (; h->changed != NULL; h->changed = h->changed->next)
		if (put_pane(h, h->changed, s, err) == -1)
			return -1;
	if (put_marks(h, marks, s, err) == -1)
		return -1;
	h->log.put = true;
	h->log.base = history_base(h);
	h->log.next = h->next;
	return save_flush(s, err);
}

int
history_mark(struct history_marks *marks, uint64_t row)
{
	if (marks->n == marks->cap) {
		size_t cap = marks->cap == 0 ? 64 : marks->cap * 2;
		uint64_t *grown = mem_realloc(marks->row, cap * sizeof(*grown));

		if (grown == NULL)
			return -1;
		marks->row = grown;
		marks->cap = cap;
	}
	marks->row[marks->n++] = row;
	return 0;
}

/* ---- reading back ---- */

/* Drops what is gone.  Rows that were never put down are gone, too: then nothing is left. */
static void
get_head(struct history *h, struct wire *in)
{
	uint64_t base = wire_get(in), next = wire_get(in);

	in->damaged |= base == 0 || base > next || next > (uint64_t)1 << 62;
	if (in->damaged)
		return;
	while (h->first != NULL && history_base(h) + h->first->rows.records <= base)
		history_drop_first(h);
	if (h->first == NULL)
		h->next = next;
	in->damaged |= h->next != next;
}

/* Of rows that are gone, with a generation that was cleared, there may be one left. */
static void
get_tick(struct history *h, const struct history_reader *r, struct wire *in, bool open)
{
	uint64_t more = open ? 1 : wire_get(in);
	int64_t end = open ? INT64_MAX : tick_get(in);

	in->damaged |= more > 1;
	if (in->damaged || h->last == NULL)
		return;
	h->last->end = end;
	h->open = more == 1;
	if (r->ticked != NULL)
		r->ticked(r->arg, end);
}

static void
get_other(struct history *h, const struct history_reader *r, struct wire *in)
{
	uint64_t tag = (wire_get(in), wire_get(in)), row;

	switch (tag) {
	case TAG_HEAD:
		get_head(h, in);
		return;
	case TAG_TICK:
	case TAG_OPEN:
		get_tick(h, r, in, tag == TAG_OPEN);
		return;
	case TAG_MARK:
		row = wire_get(in);
		if (!in->damaged && r->marked != NULL)
			r->marked(r->arg, row);
		return;
	default:
		in->damaged = true;
	}
}

/* Reads an entry of rows into the last pane, or into a new one. */
static int
get_rows(struct history *h, const struct history_reader *r, struct wire *in)
{
	struct rowlog rows = { .no_record = h->no_record };
	const struct rowlog_part *part = NULL;
	struct block b;
	int rc = rowlog_load_entry(&rows, in, r->width, r->ports);

	while (rc == 0 && rowlog_next(&rows, &part, &b)) {
		rc = history_add(h, &b);
		if (rc == 0 && r->added != NULL)
			rc = r->added(r->arg, b.records);
	}
	rowlog_free(&rows);
	return rc;
}

/* What has been read is put down. */
static void
settle(struct history *h, const struct store_part *part, uint64_t first, uint64_t entries)
{
	struct history_log *log = &h->log;

	for (struct history_pane *p = h->changed; p != NULL; p = p->next)
		p->put = p->rows.records;
	h->changed = NULL;
	if (!log->put || part->generation > log->generation) {
		log->older = log->put;
		log->generation = part->generation;
		log->start = first;
		log->written = 0;
	}
	log->put = true;
	log->written += entries + (h->next - first);
	log->base = history_base(h);
	log->next = h->next;
}

int
history_load(struct history *h, const struct history_reader *r, const struct store_part *part,
    struct wire *in)
{
	uint64_t first = h->next, entries = 0;

	for (; !in->damaged && in->at < in->end; entries++) {
		if (*in->at != 0) {
			if (get_rows(h, r, in) == -1)
				return -1;
			continue;
		}
		get_other(h, r, in);
		if (entries == 0)
			first = h->next;	/* of a HEAD, or as it was */
	}
	if (!in->damaged)
		settle(h, part, first, entries);
	return 0;
}
