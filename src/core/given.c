/* Rows that a stage is given as files, see given.h. */
#include "core/given.h"

#include "base/mem.h"
#include "base/number.h"
#include "core/plan.h"
#include "core/tsv.h"

#include <stdio.h>
#include <string.h>

/* Functions that read a file return 1 and why if it is wrong, -1 if memory is short. */
enum { WRONG = 1 };

/* A file while it is read. */
struct source {
	struct stage		*stage;
	const char		*path;
	struct map		*into;
	bool			 seeds;		/* behind the key there is a value */
	struct buf		 text;
	struct arena		 arena;		/* of the cells of a line */
	struct group_run	 run;
	struct value		 cells[SCHEMA_MAX];
};

static bool
aggregates(const struct stage *s)
{
	return (s->class->flags & STAGE_AGGREGATES) != 0;
}

/* ---- a row ---- */

static unsigned
columns_of(const struct source *f)
{
	return f->seeds ? f->stage->out->columns : f->stage->group->columns;
}

/* Cuts a line into cells; 0, WRONG or -1. */
static int
take_cells(struct source *f, const char *text, const char *end, struct err *err)
{
	unsigned want = columns_of(f), n = 0;

	for (;; n++) {
		const char *tab = memchr(text, '\t', (size_t)(end - text));
		const char *stop = tab == NULL ? end : tab;

		if (n < want && tsv_take(&f->arena, text, (size_t)(stop - text),
		    &f->cells[n]) == -1)
			return err_memory(err, "reading a file");
		if (tab == NULL)
			break;
		text = tab + 1;
	}
	if (n + 1 == want)
		return 0;
	err_set(err, ERR_USAGE, "%u field%s, not %u", n + 1, n == 0 ? "" : "s", want);
	for (unsigned i = 0; i < want; i++)
		err_add(err, "%s%s", i == 0 ? ": " : ", ", f->stage->out->column[i].name);
	return WRONG;
}

/* Of a column that has types, text that looks like a number or a truth value is one. */
static struct value
typed(const struct value *v)
{
	struct number n;

	if (v->kind != VALUE_TEXT)
		return *v;
	if (number_parse(v->text, v->len, &n)) {
		wide_int whole = n.nano / NUMBER_NANO;

		if (n.exact && n.nano % NUMBER_NANO == 0 && whole == (int64_t)whole)
			return value_int((int64_t)whole);
		return value_double(n.d);
	}
	if (v->len == 4 && memcmp(v->text, "true", 4) == 0)
		return value_bool(true);
	if (v->len == 5 && memcmp(v->text, "false", 5) == 0)
		return value_bool(false);
	return *v;
}

/* Makes f->run.key[0] of the cells of a row; 0, WRONG or -1. */
static int
make_key(struct source *f, struct err *err)
{
	const struct stage *s = f->stage;

	for (unsigned i = 0; i < s->group->columns; i++) {
		if (!s->out->column[i].bare)
			f->cells[i] = typed(&f->cells[i]);
		if (!s->group->never_null || f->cells[i].kind != VALUE_NULL)
			continue;
		err_set(err, ERR_USAGE, "%s cannot be null", s->out->column[i].name);
		return WRONG;
	}
	return group_key(s->group, &f->run, f->cells) == -1 ?
	    err_memory(err, "reading a file") : 0;
}

static int
take_row(struct source *f, const char *text, const char *end, struct err *err)
{
	const struct stage *s = f->stage;
	uint64_t *value;
	int rc = take_cells(f, text, end, err);

	if (rc == 0)
		rc = make_key(f, err);
	if (rc != 0)
		return rc;
	value = map_add(f->into, f->run.key[0], map_hash(f->into, f->run.key[0]));
	if (value == NULL)
		return err_memory(err, "reading a file");
	return f->seeds ? s->class->seed(s, f->cells + s->group->columns, value, err) : 0;
}

/* ---- the file ---- */

/* A blank line is no row, except where one has one field. */
static int
take_line(struct source *f, const char *text, const char *end, uint64_t line, struct err *err)
{
	char where[32];
	int rc;

	if (end > text && end[-1] == '\r')
		end--;
	if (end == text && columns_of(f) != 1)
		return 0;
	rc = take_row(f, text, end, err);
	arena_reset(&f->arena);
	if (rc != WRONG)
		return rc;
	snprintf(where, sizeof(where), "line %llu", (unsigned long long)line);
	err_prefix(err, where);
	err_prefix(err, f->path);
	return WRONG;
}

static int
take_lines(struct source *f, struct err *err)
{
	const char *text = f->text.data, *end = text + f->text.len;
	uint64_t line = 1;
	int rc = 0;

	for (; text < end && rc == 0; line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		rc = take_line(f, text, stop == NULL ? end : stop, line, err);
		text = stop == NULL ? end : stop + 1;
	}
	return rc;
}

/* Reads a file into *INTO; 0, or -1 about WORD. */
static int
read_file(struct stage *s, const struct files *files, const char *path, int word,
    struct map *into, struct err *err)
{
	struct source f = {
		.stage = s, .path = path, .into = into,
		.seeds = into == s->given.first,
	};
	struct file_stamp stamp;
	int rc;

	if (files == NULL)
		return err_word(err, word, "no file can be read here");
	rc = files->load(files->arg, path, &f.text, &stamp, err);
	if (rc == 0)
		rc = take_lines(&f, err);
	buf_free(&f.text);
	arena_free(&f.arena);
	group_run_free(&f.run);
	if (rc == WRONG) {
		err->code = ERR_USAGE;
		err->word = word;
		err->column = err->length = 0;
	}
	return rc == 0 ? 0 : -1;
}

static int
make_map(struct map **map, size_t value_size, const struct stage *s, struct err *err)
{
	*map = mem_zalloc(sizeof(**map));
	if (*map == NULL)
		return err_memory(err, "reading a file");
	map_init(*map, value_size, s->plan->seed);
	return 0;
}

/* ---- what a stage is given ---- */

static int
open_initial(struct stage *s, const struct files *files, struct err *err)
{
	struct given *g = &s->given;

	if (!s->running)
		return err_word(err, g->initial_word, "a window begins with nothing: --initial is "
		    "for --running");
	if (make_map(&g->first, s->aggregate->words * sizeof(uint64_t), s, err) == -1)
		return -1;
	return read_file(s, files, g->initial, g->initial_word, g->first, err);
}

static int
check_empty(const struct stage *s, struct err *err)
{
	const struct given *g = &s->given;
	const char *name = s->class->name;

	if (s->group == NULL)
		return err_word(err, g->empty_word, "%s has no rows for what is empty", name);
	if (s->group->columns == 0 && g->keys != NULL)
		return err_word(err, g->keys_word, "%s has no key here: its row comes without "
		    "--keys", name);
	if (s->group->columns > 0 && g->keys == NULL)
		return err_word(err, g->empty_word, "--empty needs the keys that are to have a "
		    "row: %s --keys FILE", name);
	if (s->emit == EMIT_UPDATE)
		return err_word(err, g->empty_word, "--emit update tells what has changed, so it "
		    "cannot tell what is empty");
	return 0;
}

static int
open_empty(struct stage *s, const struct files *files, struct err *err)
{
	struct given *g = &s->given;

	if (check_empty(s, err) == -1)
		return -1;
	if ((s->class->flags & STAGE_EACH_BATCH) != 0)
		return 0;		/* it has its row anyway */
	if (make_map(&g->always, 0, s, err) == -1)
		return -1;
	if (g->keys != NULL)
		return read_file(s, files, g->keys, g->keys_word, g->always, err);
	return map_put(g->always, "", 0) == NULL ? err_memory(err, "starting") : 0;
}

int
given_open(struct stage *s, const struct files *files, struct err *err)
{
	struct given *g = &s->given;

	if (!aggregates(s))
		return 0;
	if (g->keys != NULL && !g->empty)
		return err_word(err, g->keys_word, "--keys is for --empty: give both");
	if (g->initial != NULL && open_initial(s, files, err) == -1)
		return -1;
	return g->empty ? open_empty(s, files, err) : 0;
}

void
given_close(struct stage *s)
{
	struct given *g = &s->given;

	if (g->first != NULL)
		aggregate_free(s->aggregate, g->first);
	if (g->always != NULL)
		map_free(g->always);
	mem_free(g->first);
	mem_free(g->always);
}

int
given_count(const struct stage *s, const struct value *cells, uint64_t *value, struct err *err)
{
	struct number n;
	int64_t sum;

	(void)s;
	if (cells->kind != VALUE_TEXT || !number_parse(cells->text, cells->len, &n) || !n.exact ||
	    n.nano < 0 || n.nano % NUMBER_NANO != 0 ||
	    n.nano / NUMBER_NANO > (wide_int)INT64_MAX) {
		err_set(err, ERR_USAGE, "count is not a whole number from 0 on");
		return WRONG;
	}
	if (__builtin_add_overflow((int64_t)*value, (int64_t)(n.nano / NUMBER_NANO), &sum)) {
		err_set(err, ERR_USAGE, "the count is above %lld", (long long)INT64_MAX);
		return WRONG;
	}
	*value = (uint64_t)sum;
	return 0;
}
