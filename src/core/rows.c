/* Rows as text, see rows.h. */
#include "core/rows.h"

#include "core/tsv.h"

#include <stdarg.h>
#include <stdio.h>

int
row_text_cell(struct row_text *t, const struct value *v, struct value *text)
{
	t->text.len = 0;
	if (tsv_field(&t->text, v) == -1)
		return -1;
	*text = value_text(t->text.data, t->text.len);
	return 0;
}

/* Arguments may borrow from the buffer: the reason is made before it is used again. */
void
row_text_bad(struct row_text *t, const struct stage *s, const struct value *row, struct bad *bad,
    const char *why, ...)
{
	struct value record = value_text("", 0);
	char text[BAD_REASON];
	va_list ap;

	va_start(ap, why);
	(void)vsnprintf(text, sizeof(text), why, ap);
	va_end(ap);
	t->text.len = 0;
	if (s->in->input && row[SCHEMA_RECORD].kind == VALUE_TEXT)
		record = row[SCHEMA_RECORD];
	else if (tsv_row(&t->text, row, s->in->width) == 0)
		record = value_text(t->text.len == 0 ? "" : t->text.data, t->text.len);
	else
		bad->no_memory = true;
	bad_record(bad, record.text, record.len, "%s: %s", s->class->name, text);
}

void
row_text_free(struct row_text *t)
{
	buf_free(&t->text);
}
