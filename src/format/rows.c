/* Blocks and headers as a series of rows, see rows.h. */
#include "format/rows.h"

#include <string.h>

static int
each_line(struct encoder *e, const struct schema *s, const struct block *b, row_fn row)
{
	struct value cells[SCHEMA_MAX + 1];
	const char *text = b->text, *end = b->text + b->len;
	struct value *line = &cells[s->column[0].slot];

	while (text < end) {
		const char *start = text;
		size_t len;

		text = line_next(text, end, &len);
		*line = value_text(start, len);
		if (row(e, s, cells) == -1)
			return -1;
	}
	return 0;
}

int
rows_each(struct encoder *e, const struct schema *s, const struct block *b, row_fn row)
{
	if (b->text != NULL)
		return each_line(e, s, b, row);
	for (uint64_t i = 0; i < b->records; i++)
		if (row(e, s, b->cells + i * b->width) == -1)
			return -1;
	return 0;
}

int
rows_head(struct encoder *e, const struct schema *s, row_fn row)
{
	struct encoder head = { .out = e->out };
	struct value cells[SCHEMA_MAX + 1];
	struct schema names = *s;
	int done;

	if (e->time_len > 0) {
		memcpy(head.time, "time", 4);
		head.time_len = 4;
	}
	if (e->batch_len > 0) {
		memcpy(head.batch, "batch", 5);
		head.batch_len = 5;
	}
	for (unsigned i = 0; i < s->columns; i++) {
		names.column[i].slot = i;
		cells[i] = value_text(s->column[i].name, strlen(s->column[i].name));
	}
	done = row(&head, &names, cells);
	e->out = head.out;
	return done;
}
