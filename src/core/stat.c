/* What is asked of columns: options, columns and the words that are kept, see stat.h. */
#include "core/stat.h"

#include "base/mem.h"
#include "core/quantile.h"

#include <string.h>

const struct opt stat_options[] = { STAT_BY_OPT, { 0 } };

static const char *const kind_names[] = {
	[STAT_COUNT] = "count", [STAT_SUM] = "sum", [STAT_MEAN] = "mean", [STAT_SD] = "sd",
	[STAT_VAR] = "var", [STAT_MIN] = "min", [STAT_MAX] = "max",
};

int
stat_option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct stat *c = s->config;

	(void)err;
	if (id == STAT_BY) {
		c->by = value;
		c->by_word = word;
	} else {
		c->what = value;
		c->what_word = word;
	}
	return 0;
}

int
stat_argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct stat *c = s->config;

	(void)err;
	c->argument_word[c->arguments] = word;
	c->argument[c->arguments++] = text;
	return 0;
}

/* ---- the list of answers ---- */

/* p50, p99.9: a percentage behind a p, of at most nine digits. */
static bool
read_quantile(const char *name, size_t len, struct stat_answer *a)
{
	struct number n;

	if (len < 2 || len > 10 || *name != 'p' || name[1] < '0' || name[1] > '9' ||
	    !number_parse(name + 1, len - 1, &n) || n.d > 100)
		return false;
	a->kind = STAT_QUANTILE;
	a->q = n.d / 100;
	return true;
}

static bool
read_answer(const char *name, size_t len, struct stat_answer *a)
{
	*a = (struct stat_answer){ .name = name, .len = len };
	for (unsigned k = 0; k < STAT_QUANTILE; k++) {
		if (strlen(kind_names[k]) != len || memcmp(kind_names[k], name, len) != 0)
			continue;
		a->kind = (enum stat_kind)k;
		return true;
	}
	return read_quantile(name, len, a);
}

static int
read_answers(struct stat *c, const char *what, struct err *err)
{
	for (size_t from = 0, len; ; from += len + 1) {
		len = strcspn(what + from, ",");
		if (c->answers == STAT_ANSWERS)
			return err_word(err, c->what_word, "more than %d in '%s'", STAT_ANSWERS,
			    what);
		if (!read_answer(what + from, len, &c->answer[c->answers])) {
			err_word(err, c->what_word, "unknown statistic '%.*s' (count, sum, mean, "
			    "sd, var, min, max, p50, p99, p99.9 ...)", (int)len, what + from);
			err->column = from;
			err->length = len;
			return -1;
		}
		c->answers++;
		if (what[from + len] == '\0')
			return 0;
	}
}

/* ---- columns ---- */

static int
find_fields(struct stat *c, struct schema *in, struct err *err)
{
	unsigned at[STAT_FIELDS];

	for (unsigned i = 0; i < c->arguments; i++) {
		int n = schema_list(in, c->argument[i], at, STAT_FIELDS - c->fields,
		    c->argument_word[i], err);

		if (n == -1)
			return -1;
		for (int k = 0; k < n; k++) {
			const struct column *column = &in->column[at[k]];

			c->field[c->fields++] = (struct stat_field){ column->name, column->slot,
				column->bare };
		}
	}
	return 0;
}

/* Writes FIELD_ANSWER, or ANSWER if there is but one field, and a NUL; where to go on. */
static char *
put_name(char *out, const struct stat *c, const struct stat_field *f, const struct stat_answer *a)
{
	if (c->fields > 1) {
		size_t len = strlen(f->name);

		memcpy(out, f->name, len);
		out[len] = '_';
		out += len + 1;
	}
	memcpy(out, a->name, a->len);
	out[a->len] = '\0';
	return out + a->len + 1;
}

static int
name_columns(struct stat *c, struct schema *out, struct err *err)
{
	size_t bytes = 0;
	char *at;

	for (unsigned i = 0; i < c->fields; i++)
		for (unsigned k = 0; k < c->answers; k++)
			bytes += strlen(c->field[i].name) + c->answer[k].len + 2;
	c->names = at = mem_alloc(bytes);
	if (at == NULL)
		return err_memory(err, "reading the command line");
	for (unsigned i = 0; i < c->fields; i++)
		for (unsigned k = 0; k < c->answers; k++) {
			const char *name = at;

			at = put_name(at, c, &c->field[i], &c->answer[k]);
			if (schema_add(out, name, true, err) == -1)
				return -1;
		}
	return 0;
}

/* Puts answer K among the quantiles. */
static void
add_quantile(struct stat *c, unsigned k)
{
	unsigned i = c->qs++;

	for (; i > 0 && c->q[i - 1] > c->answer[k].q; i--) {
		c->q[i] = c->q[i - 1];
		c->q_answer[i] = c->q_answer[i - 1];
	}
	c->q[i] = c->answer[k].q;
	c->q_answer[i] = k;
}

/* What must be kept for the answers. */
static void
find_needs(struct stat *c)
{
	for (unsigned k = 0; k < c->answers; k++) {
		enum stat_kind kind = c->answer[k].kind;
		enum moments_part part = kind == STAT_SD || kind == STAT_VAR ? MOMENTS_SQUARES :
		    kind == STAT_MIN || kind == STAT_MAX ? MOMENTS_RANGE : MOMENTS_SUM;

		if (kind == STAT_QUANTILE)
			add_quantile(c, k);
		c->moments |= kind != STAT_QUANTILE && kind != STAT_COUNT;
		if (part > c->part)
			c->part = part;
	}
	c->quantiles = c->qs > 0;
	c->stride = stat_quantile_at(c) + (c->quantiles ? QUANTILE_WORDS : 0);
}

int
stat_open(struct stage *s, const char *what, struct err *err)
{
	struct stat *c = s->config;

	s->out = &s->made;
	if (read_answers(c, c->what != NULL ? c->what : what, err) == -1 ||
	    group_open_by(&c->group, s, c->by, c->by_word, err) == -1 ||
	    find_fields(c, s->in, err) == -1 || name_columns(c, s->out, err) == -1)
		return -1;
	find_needs(c);
	stat_aggregate(&c->aggregate, c);
	s->aggregate = &c->aggregate;
	s->group = &c->group;
	return 0;
}

void
stat_close(struct stage *s)
{
	struct stat *c = s->config;

	mem_free(c->names);
}
