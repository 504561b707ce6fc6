/* Rows with more cells, see extend.h. */
#include "core/extend.h"

static void
add_copy(struct extend *e, unsigned to, unsigned from)
{
	e->copy[e->copies].to = to;
	e->copy[e->copies++].from = from;
}

void
extend_open(struct extend *e, const struct stage *s)
{
	const struct schema *out = s->out;

	e->width = out->width;
	if (out->input)
		add_copy(e, SCHEMA_RECORD, SCHEMA_RECORD);
	for (unsigned i = 0; i < out->columns; i++) {
		unsigned slot = out->column[i].slot, from = out->origin[i].from;

		if (slot != SCHEMA_NO_SLOT && from != SCHEMA_OWN &&
		    (!out->input || slot != SCHEMA_RECORD))
			add_copy(e, slot, out->base->column[from].slot);
	}
}

void
extend_close(struct extend *e)
{
	arena_free(&e->cells);
	row_text_free(&e->text);
}

int
extend_start(struct extend *e, const struct block *in, const struct feed *to)
{
	if (to->out->n == 0)
		arena_reset(&e->cells);
	e->next = arena_bytes(&e->cells, in->records * e->width * sizeof(*e->next));
	e->open = *in;
	e->open.text = NULL;
	e->open.len = 0;
	e->open.layout = NULL;
	e->open.cells = e->next;
	e->open.width = e->width;
	e->open.records = 0;
	return e->next == NULL ? -1 : 0;
}

void
extend_cells(const struct extend *e, const struct value *row, struct value *made)
{
	for (unsigned i = 0; i < e->width; i++)
		made[i] = value_null();
	for (unsigned i = 0; i < e->copies; i++)
		made[e->copy[i].to] = row[e->copy[i].from];
}

struct value *
extend_row(struct extend *e, const struct value *row)
{
	struct value *made = e->next;

	extend_cells(e, row, made);
	e->next += e->width;
	e->open.records++;
	return made;
}

void
extend_drop(struct extend *e)
{
	e->next -= e->width;
	e->open.records--;
}

int
extend_end(struct extend *e, const struct feed *to)
{
	return e->open.records == 0 ? 0 : blocks_add(to->out, e->open);
}
