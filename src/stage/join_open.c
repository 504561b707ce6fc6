/* The columns of join: those that are equal, and those of the rows made. */
#include "stage/join.h"

#include <string.h>

static struct schema *
schema_of(const struct stage *s, enum joiner_side side)
{
	return side == JOINER_LEFT ? s->in : s->port[0].in;
}

/* One `a` or `a=b` of --on, at byte FROM of it. */
static int
add_key(struct stage *s, size_t from, size_t len, struct err *err)
{
	struct join_config *c = s->config;
	const char *equals = memchr(c->on + from, '=', len);
	size_t at[JOINER_SIDES] = { from, from }, n[JOINER_SIDES] = { len, len };
	bool bare = true;

	if (c->how.keys == JOINER_KEYS)
		return err_word(err, c->on_word, "join: more than %d columns in --on", JOINER_KEYS);
	if (equals != NULL) {
		n[JOINER_LEFT] = (size_t)(equals - (c->on + from));
		at[JOINER_RIGHT] = from + n[JOINER_LEFT] + 1;
		n[JOINER_RIGHT] = len - n[JOINER_LEFT] - 1;
	}
	for (int side = 0; side < JOINER_SIDES; side++) {
		struct schema *in = schema_of(s, (enum joiner_side)side);
		int found = schema_find(in, c->on + at[side], n[side], c->on_word, at[side], err);

		if (found == -1) {
			if (err->code == ERR_USAGE)
				err_add(err, " on the %s", side == 0 ? "left" : "right");
			return -1;
		}
		c->column[side][c->how.keys] = (unsigned)found;
		c->how.slot[side][c->how.keys] = in->column[found].slot;
		bare &= in->column[found].bare;
	}
	/* Where one side has types, what looks like a number on the other is one. */
	for (int side = 0; side < JOINER_SIDES; side++) {
		struct schema *in = schema_of(s, (enum joiner_side)side);

		c->how.number[side][c->how.keys] = !bare &&
		    in->column[c->column[side][c->how.keys]].bare;
	}
	c->how.keys++;
	return 0;
}

static int
read_on(struct stage *s, struct err *err)
{
	const struct join_config *c = s->config;

	if (c->on == NULL)
		return err_word(err, s->word, "join: name the columns that are equal with --on");
	for (size_t from = 0, len; ; from += len + 1) {
		len = strcspn(c->on + from, ",");
		if (add_key(s, from, len, err) == -1)
			return -1;
		if (c->on[from + len] == '\0')
			return 0;
	}
}

/* The rows made have all columns of both sides, so these must be known. */
static int
check_closed(const struct stage *s, struct err *err)
{
	static const char why[] = "do not tell their columns ahead: name those that are wanted "
	    "with select before the join";

	if (s->in->open)
		return err_word(err, s->word, "join: the records on the left %s", why);
	if (s->port[0].in->open)
		return err_word(err, s->port[0].word, "join: the records of '%s' %s",
		    s->port[0].name, why);
	return 0;
}

static bool
is_taken(const struct schema *s, const char *name)
{
	for (unsigned i = 0; i < s->columns; i++)
		if (strcmp(s->column[i].name, name) == 0)
			return true;
	return false;
}

/* The name of a right column: its own, or with the stream's before it where that is taken. */
static const char *
name_right(struct stage *s, const char *name)
{
	struct join_config *c = s->config;
	size_t stream = s->port[0].len, len = strlen(name);
	char *longer;

	if (!is_taken(s->out, name))
		return name;
	longer = arena_bytes(&c->names, stream + len + 2);
	if (longer == NULL)
		return NULL;
	memcpy(longer, s->port[0].name, stream);
	longer[stream] = '.';
	memcpy(longer + stream + 1, name, len + 1);
	return longer;
}

/* The number of the key that a column is part of, or -1. */
static int
key_of(const struct join_config *c, enum joiner_side side, unsigned column)
{
	for (unsigned k = 0; k < c->how.keys; k++)
		if (c->column[side][k] == column)
			return (int)k;
	return -1;
}

static int
add_column(struct stage *s, enum joiner_side side, unsigned i, struct err *err)
{
	struct join_config *c = s->config;
	struct schema *in = schema_of(s, side);
	const char *name = in->column[i].name;
	bool bare = in->column[i].bare;
	int key = key_of(c, side, i), found;
	struct join_from from = { .side = side, .key = key != -1 };

	if (from.key && side == JOINER_RIGHT)
		return 0;
	found = schema_find(in, name, strlen(name), s->word, 0, err);
	if (found == -1)
		return -1;
	from.slot = in->column[i].slot;
	if (from.key) {
		from.other = c->how.slot[JOINER_RIGHT][key];
		bare &= !c->how.outer[JOINER_RIGHT] ||
		    schema_of(s, JOINER_RIGHT)->column[c->column[JOINER_RIGHT][key]].bare;
	}
	if (side == JOINER_RIGHT)
		name = name_right(s, name);
	if (name == NULL)
		return err_memory(err, "naming columns");
	if (schema_add(s->out, name, bare, err) == -1) {
		err->word = s->word;
		return -1;
	}
	c->from[s->out->columns - 1] = from;
	return 0;
}

int
join_open(struct stage *s, struct err *err)
{
	struct join_config *c = s->config;

	s->out = &s->made;
	if (c->within.ticks != 0 &&
	    span_check_multiple(c->within, "within", s->plan->batch, "batch", err) == -1)
		return -1;
	c->how.within = c->within.ticks;
	if (check_closed(s, err) == -1 || read_on(s, err) == -1)
		return -1;
	for (int side = 0; side < JOINER_SIDES; side++) {
		const struct schema *in = schema_of(s, (enum joiner_side)side);

		c->how.no_record[side] = in->input && !in->lines;
		for (unsigned i = 0; i < in->columns; i++)
			if (add_column(s, (enum joiner_side)side, i, err) == -1)
				return -1;
	}
	return 0;
}
