/* The columns of rows, see schema.h. */
#include "core/schema.h"

#include "base/near.h"

#include <string.h>

int
schema_add(struct schema *s, const char *name, bool bare, struct err *err)
{
	if (s->columns == SCHEMA_MAX)
		return err_set(err, ERR_USAGE, "more than %d columns", SCHEMA_MAX);
	for (unsigned i = 0; i < s->columns; i++)
		if (strcmp(s->column[i].name, name) == 0)
			return err_set(err, ERR_USAGE, "two columns are called '%s'; give one "
			    "another name with select", name);
	s->origin[s->columns] = (struct origin){ .made = true, .from = SCHEMA_OWN };
	s->column[s->columns++] = (struct column){ .name = name, .slot = s->width++, .bare = bare };
	return 0;
}

void
schema_over(struct schema *s, struct schema *base)
{
	s->base = base;
	s->input = base->input;
	s->open = base->open;
	s->ranked = base->ranked;
	s->names = base->names;
	s->width = base->input ? SCHEMA_RECORD + 1 : 0;
	for (unsigned i = 0; i < base->columns; i++) {
		struct column c = base->column[i];

		if (base->open && !base->origin[i].made)
			continue;
		if (!base->input)
			c.slot = s->width++;	/* made rows are whole: they are shown as lines */
		else if (c.slot != SCHEMA_RECORD)
			c.slot = SCHEMA_NO_SLOT;
		s->origin[s->columns] = (struct origin){ base->origin[i].made, i };
		s->column[s->columns++] = c;
	}
}

static int
unknown(const struct schema *s, const char *name, size_t len, int word, size_t column,
    struct err *err)
{
	struct near near;

	near_start(&near, name, len);
	for (unsigned i = 0; i < s->columns; i++)
		near_try(&near, s->column[i].name);
	err_word(err, word, "no column '%.*s'", (int)len, name);
	if (near.best != NULL)
		err_add(err, ", did you mean '%s'?", near.best);
	err_add(err, " (columns:");
	for (unsigned i = 0; i < s->columns; i++)
		err_add(err, " %s", s->column[i].name);
	err_add(err, ")");
	err->column = column;
	err->length = len;
	return -1;
}

/* The same for one over a base: the column is the base's. */
static int
make_over(struct schema *s, const char *name, size_t len, int word, size_t column,
    struct err *err)
{
	int from = schema_find(s->base, name, len, word, column, err);
	const struct column *c;

	if (from == -1)
		return -1;
	c = &s->base->column[from];
	if (schema_add(s, c->name, c->bare, err) == -1)
		return -1;
	s->origin[s->columns - 1] = (struct origin){ false, (unsigned)from };
	return (int)s->columns - 1;
}

/* Makes the column of an open schema that is asked for. */
static int
make(struct schema *s, const char *name, size_t len, struct err *err)
{
	char *copy = arena_bytes(s->names, len + 1);

	if (copy == NULL)
		return err_memory(err, "reading the command line");
	memcpy(copy, name, len);
	copy[len] = '\0';
	if (schema_add(s, copy, s->bare, err) == -1)
		return -1;
	s->origin[s->columns - 1].made = false;
	return (int)s->columns - 1;
}

static void
want(struct schema *s, unsigned i)
{
	struct column *c = &s->column[i];

	if (c->slot != SCHEMA_NO_SLOT)
		return;
	c->slot = s->width++;
	if (s->base != NULL && s->origin[i].from != SCHEMA_OWN)
		want(s->base, s->origin[i].from);
}

int
schema_find(struct schema *s, const char *name, size_t len, int word, size_t column,
    struct err *err)
{
	for (unsigned i = 0; i < s->columns; i++) {
		if (strncmp(s->column[i].name, name, len) != 0 || s->column[i].name[len] != '\0')
			continue;
		want(s, i);
		return (int)i;
	}
	if (s->open && len > 0 && s->base != NULL && s->base->open)
		return make_over(s, name, len, word, column, err);
	if (s->open && len > 0)
		return make(s, name, len, err);
	return unknown(s, name, len, word, column, err);
}

int
schema_slot(struct schema *s, const char *name, int word, unsigned *slot, struct err *err)
{
	int at = schema_find(s, name, strlen(name), word, 0, err);

	if (at == -1)
		return -1;
	*slot = s->column[at].slot;
	return 0;
}

void
schema_show(struct schema *s, struct schema *shown)
{
	if (s->open) {
		*shown = (struct schema){ .columns = 1, .input = true, .open = true };
		shown->column[0] = (struct column){ .name = "record", .slot = SCHEMA_RECORD };
		for (unsigned i = 0; i < s->columns; i++) {
			if (!s->origin[i].made || shown->columns == SCHEMA_MAX)
				continue;
			want(s, i);
			shown->column[shown->columns++] = s->column[i];
		}
		return;
	}
	for (unsigned i = 0; i < s->columns; i++)
		want(s, i);
	*shown = *s;
}

int
schema_list(struct schema *s, const char *value, unsigned *at, unsigned max, int word,
    struct err *err)
{
	unsigned n = 0;

	for (size_t from = 0, len; ; from += len + 1) {
		int found;

		len = strcspn(value + from, ",");
		if (n == max)
			return err_word(err, word, "more than %u columns in '%s'", max, value);
		found = schema_find(s, value + from, len, word, from, err);
		if (found == -1)
			return -1;
		at[n++] = (unsigned)found;
		if (value[from + len] == '\0')
			return (int)n;
	}
}

bool
schema_same(const struct schema *x, const struct schema *y)
{
	if (x->columns != y->columns)
		return false;
	for (unsigned i = 0; i < x->columns; i++)
		if (strcmp(x->column[i].name, y->column[i].name) != 0 ||
		    x->column[i].slot != y->column[i].slot)
			return false;
	return true;
}
