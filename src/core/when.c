/* When rows are, see when.h. */
#include "core/when.h"

#include "core/cell.h"

#include <string.h>

int
when_open(struct when *w, struct stage *s, struct err *err)
{
	const struct schema *root = s->in;
	int at;

	*w = (struct when){ .plan = s->plan };
	while (root->base != NULL)
		root = root->base;
	if (s->plan->time_field == NULL || root != &s->plan->input)
		return 0;
	at = schema_find(s->in, s->plan->time_field, strlen(s->plan->time_field),
	    s->plan->time_word, 0, err);
	if (at == -1)
		return -1;
	w->own = true;
	w->slot = s->in->column[at].slot;
	return 0;
}

/* Only by the clock can a time be before the last batch end. */
static int64_t
tick_of(const struct when *w, struct when_past *p, int64_t time)
{
	const struct plan *plan = w->plan;

	if (!plan->batch.rows && plan->time_field == NULL && time + p->ahead < p->told)
		p->ahead = p->told + plan->batch.ticks - time;
	return time + p->ahead;
}

int64_t
when_tick(const struct when *w, struct when_past *p, const struct block *b,
    const struct value *row)
{
	return w->plan->batch.rows ? p->told + w->plan->batch.ticks :
	    tick_of(w, p, when_time(w, b, row));
}

int64_t
when_told(const struct when *w, struct when_past *p, int64_t now)
{
	p->told = tick_of(w, p, now);
	return p->told;
}

uint64_t
when_save(const struct plan *plan, const struct when_past *p)
{
	return plan->time_field == NULL ? (uint64_t)p->told : 0;
}

int64_t
when_time(const struct when *w, const struct block *b, const struct value *row)
{
	int64_t us;

	if (w->own && cell_time(&row[w->slot], w->plan->time_parse, &us) == 0)
		return us;
	return b->time;
}

int
when_span(const struct stage *s, struct span *span, const char *what, const char *value, int word,
    struct err *err)
{
	if (span_parse(span, what, value, word, err) == -1)
		return -1;
	if (span->rows != s->plan->batch.rows)
		return err_word(err, word, "%s and batch: give both in rows or both in time", what);
	return 0;
}
