/* The rows of a sliding window, see history.h. */
#include "core/history_inner.h"

#include "base/mem.h"
#include "core/window.h"

void
history_init(struct history *h, int64_t length, int64_t slide, bool no_record)
{
	*h = (struct history){
		.pane = window_pane(length, slide), .no_record = no_record, .next = 1,
	};
}

static int
open_pane(struct history *h)
{
	struct history_pane *p = mem_zalloc(sizeof(*p));

	if (p == NULL)
		return -1;
	p->end = INT64_MAX;
	p->rows.no_record = h->no_record;
	if (h->last != NULL)
		h->last->next = p;
	else
		h->first = p;
	h->last = p;
	h->open = true;
	return 0;
}

int
history_add(struct history *h, const struct block *b)
{
	if (b->records == 0)
		return 0;
	if (!h->open && open_pane(h) == -1)
		return -1;
	if (rowlog_add(&h->last->rows, b) == -1)
		return -1;
	h->records += b->records;
	h->next += b->records;
	if (h->changed == NULL)
		h->changed = h->last;
	return 0;
}

const struct value *
history_tail(const struct history *h, uint64_t n)
{
	return rowlog_tail(&h->last->rows, n);
}

void
history_tick(struct history *h, int64_t tick)
{
	if (!h->open)
		return;
	h->last->end = window_multiple(tick, h->pane);
	h->open = h->last->end != tick;
	if (h->changed == NULL)
		h->changed = h->last;
}

size_t
history_count(const struct history *h)
{
	size_t n = 0;

	for (const struct history_pane *p = h->first; p != NULL; p = p->next) {
		const struct rowlog_part *part = NULL;
		struct block b;

		while (rowlog_next(&p->rows, &part, &b))
			n++;
	}
	return n;
}

void
history_blocks(const struct history *h, struct block *out)
{
	for (const struct history_pane *p = h->first; p != NULL; p = p->next) {
		const struct rowlog_part *part = NULL;

		while (rowlog_next(&p->rows, &part, out))
			out++;
	}
}

void
history_drop_first(struct history *h)
{
	struct history_pane *p = h->first;

	h->first = p->next;
	if (h->first == NULL) {
		h->last = NULL;
		h->open = false;
	}
	if (h->changed == p)
		h->changed = p->next;
	h->records -= p->rows.records;
	rowlog_free(&p->rows);
	mem_free(p);
}

void
history_drop(struct history *h, int64_t from)
{
	while (h->first != NULL && h->first->end <= from)
		history_drop_first(h);
}

size_t
history_bytes(const struct history *h)
{
	size_t bytes = 0;

	for (const struct history_pane *p = h->first; p != NULL; p = p->next)
		bytes += sizeof(*p) + p->rows.bytes;
	return bytes;
}

void
history_free(struct history *h)
{
	while (h->first != NULL)
		history_drop_first(h);
}
