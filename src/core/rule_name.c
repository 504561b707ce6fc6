/* What lines of rules name: columns, keys, files, and state that is the same; see rule_book.h. */
#include "base/mem.h"
#include "base/num.h"
#include "core/rule_book.h"

#include <stdio.h>
#include <string.h>

#define ROOM 160			/* bytes of a made name, at least */

char *
rule_copy(struct rule_book *b, const char *text, size_t len)
{
	char *copy = arena_bytes(&b->text, len + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

/* The file that a word names: behind the first LEN bytes of BESIDE. */
char *
rule_path(struct rule_book *b, const char *beside, size_t len, const struct rule_word *w)
{
	char *path = arena_bytes(&b->text, len + w->len + 1);

	if (path == NULL)
		return NULL;
	memcpy(path, beside, len);
	memcpy(path + len, w->at, w->len);
	path[len + w->len] = '\0';
	return path;
}

struct rule_test *
rule_tests_grow(struct rule_book *b)
{
	struct rule_test *grown = mem_realloc(b->test, (b->tests + 1) * sizeof(*grown));

	if (grown != NULL)
		b->test = grown;
	return grown;
}

int
rule_field_find(struct rule_book *b, const struct rule_host *host, const struct rule_word *w,
    unsigned nth, unsigned *field, struct err *err)
{
	struct rule_column column;
	int rc = host->column(host->arg, w->at, w->len, nth, &column, err);

	if (rc != 0)
		return rc;
	for (*field = 0; *field < b->fields; ++*field)
		if (b->field[*field].slot == column.slot)
			return 0;
	if (b->fields == RULE_FIELDS)
		return RULE_WRONG(err, "more than %d different fields", RULE_FIELDS);
	b->field[b->fields++] = column;
	return 0;
}

/* Joins names of fields by commas. */
static char *
join_names(struct rule_book *b, const unsigned *field, unsigned keys)
{
	size_t len = 1;
	char *name, *at;

	for (unsigned i = 0; i < keys; i++)
		len += strlen(b->field[field[i]].name) + 1;
	name = at = arena_bytes(&b->text, len);
	if (name == NULL)
		return NULL;
	for (unsigned i = 0; i < keys; i++) {
		size_t n = strlen(b->field[field[i]].name);

		if (i > 0)
			*at++ = ',';
		memcpy(at, b->field[field[i]].name, n);
		at += n;
	}
	*at = '\0';
	return name;
}

int
rule_scope_find(struct rule_book *b, const unsigned *field, unsigned keys, unsigned *scope,
    struct err *err)
{
	struct rule_scope *s;

	for (*scope = 0; *scope < b->scopes; ++*scope) {
		s = &b->scope[*scope];
		if (s->keys == keys && memcmp(s->field, field, keys * sizeof(*field)) == 0)
			return 0;
	}
	if (b->scopes == RULE_SCOPES)
		return RULE_WRONG(err, "more than %d different keys", RULE_SCOPES);
	s = &b->scope[b->scopes];
	*s = (struct rule_scope){ .keys = keys, .name = join_names(b, field, keys) };
	memcpy(s->field, field, keys * sizeof(*field));
	if (s->name == NULL)
		return err_memory(err, "reading rules");
	b->scopes++;
	return 0;
}

/* ---- state that is the same ---- */

static int
add_text(struct buf *out, const char *text)
{
	return buf_add(out, text, strlen(text)) == -1 ? -1 : buf_add(out, "|", 1);
}

static int
add_number(struct buf *out, const struct number *n)
{
	char text[NUM_NANO_BYTES + NUM_DOUBLE_BYTES];
	size_t len = n->exact ? num_format_nano(text, n->nano) : num_format_double(text, n->d);

	text[len] = '\0';
	return add_text(out, text);
}

static int
add_integer(struct buf *out, int64_t i)
{
	char text[NUM_INT_BYTES + 1];

	text[num_format_i64(text, i)] = '\0';
	return add_text(out, text);
}

static int
add_tests(const struct rule_book *b, const struct rule *r, struct buf *out)
{
	for (unsigned i = r->test; i < r->test + r->tests; i++) {
		const struct rule_test *t = &b->test[i];

		if (add_text(out, b->field[t->field].name) == -1 ||
		    add_text(out, rule_op_text(t->op)) == -1 ||
		    add_text(out, t->numeric ? "n" : "t") == -1 ||
		    add_text(out, t->text) == -1)
			return -1;
	}
	return 0;
}

/* All that state depends on: of equal texts the second has a number behind it, and so on. */
static int
describe(const struct rule_book *b, const struct rule *r, unsigned twin, struct buf *out)
{
	bool of_field = r->what == RULE_SUM || r->what == RULE_MEAN || r->what == RULE_MIN ||
	    r->what == RULE_MAX_OF || r->what == RULE_DISTINCT_OF || r->what == RULE_NEW;

	out->len = 0;
	if (add_integer(out, r->what) == -1 ||
	    add_text(out, of_field ? b->field[r->field].name : "") == -1 ||
	    add_integer(out, r->window) == -1 || add_integer(out, r->reset) == -1 ||
	    add_integer(out, (int64_t)r->after) == -1 || add_integer(out, (int64_t)r->use) == -1 ||
	    add_number(out, &r->small) == -1 || add_tests(b, r, out) == -1)
		return -1;
	/* Where a rule clears what it counts, it depends on when that is. */
	if (r->reset && (add_text(out, rule_op_text(r->op)) == -1 ||
	    add_number(out, &r->limit) == -1))
		return -1;
	return add_integer(out, twin) == -1 ? -1 : buf_add(out, "", 1);
}

static bool
has_same(const struct rule_book *b, const struct rule *r, const char *same)
{
	for (unsigned i = 0; i < b->rules; i++)
		if (b->rule[i].same != NULL && b->rule[i].scope == r->scope &&
		    strcmp(b->rule[i].same, same) == 0)
			return true;
	return false;
}

static int64_t
lasts(const struct rule *r)
{
	return r->what == RULE_NEW || r->what == RULE_SPEED ? INT64_MAX : r->window;
}

int
rule_cell_add(struct rule_book *b, struct rule *r)
{
	struct rule_scope *s = &b->scope[r->scope];
	struct buf text = { 0 };
	unsigned twin = 0;
	int rc;

	do {
		rc = describe(b, r, twin++, &text);
	} while (rc == 0 && has_same(b, r, text.data));
	if (rc == 0) {
		r->same = rule_copy(b, text.data, text.len - 1);
		rc = r->same == NULL ? -1 : 0;
	}
	buf_free(&text);
	r->cell = s->cells++;
	if (lasts(r) > s->longest)
		s->longest = lasts(r);
	return rc;
}
