/* Bad records, see bad.h. */
#include "core/bad.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
keep(struct bad *b, const char *text, size_t len)
{
	if (buf_add(&b->text, text, len) == -1)
		b->no_memory = true;
}

void
bad_record(struct bad *b, const char *record, size_t len, const char *why, ...)
{
	va_list ap;

	b->n++;
	if (b->why[0] == '\0') {
		va_start(ap, why);
		(void)vsnprintf(b->why, sizeof(b->why), why, ap);
		va_end(ap);
	}
	if (!b->keep)
		return;
	keep(b, record, len);
	keep(b, "\n", 1);
}

void
bad_gather(struct bad *into, struct bad *from)
{
	into->n += from->n;
	if (into->why[0] == '\0')
		memcpy(into->why, from->why, sizeof(into->why));
	into->no_memory |= from->no_memory;
	if (from->text.len > 0)
		keep(into, from->text.data, from->text.len);
	from->n = 0;
	from->why[0] = '\0';
	from->text.len = 0;
}

void
bad_free(struct bad *b)
{
	buf_free(&b->text);
}
