/* The clauses of a line of rules, `by` to `where`: see rule_line.h. */
#include "base/near.h"
#include "core/rule_line.h"

#include <string.h>

static const struct {
	const char		*word;
	enum rule_clause	 clause;
} clauses[] = {
	{ "by", RULE_BY }, { "over", RULE_OVER }, { "within", RULE_WITHIN },
	{ "reset", RULE_RESET }, { "after", RULE_AFTER }, { "use", RULE_USE },
	{ "beyond", RULE_BEYOND }, { "a limit, such as '> 10',", RULE_LIMIT },
};

#define CLAUSES (sizeof(clauses) / sizeof(*clauses))

bool
rule_is_clause(const struct rule_word *w)
{
	static const char *const more[] = { "where", "weight", "in" };

	for (size_t i = 0; i < CLAUSES - 1 && !w->quoted; i++)
		if (strlen(clauses[i].word) == w->len &&
		    memcmp(clauses[i].word, w->at, w->len) == 0)
			return true;
	for (size_t i = 0; i < 3 && !w->quoted; i++)
		if (strlen(more[i]) == w->len && memcmp(more[i], w->at, w->len) == 0)
			return true;
	return false;
}

/* ---- clauses ---- */

static int
read_by(struct rule_reader *r, struct err *err)
{
	r->bys = 0;
	do {
		const struct rule_word *w = rule_words_next(&r->words);

		if (w == NULL || w->sign || rule_is_clause(w))
			return RULE_WRONG(err, "'by' needs a field behind it");
		if (r->bys == RULE_KEYS)
			return RULE_WRONG(err, "more than %d fields in 'by'", RULE_KEYS);
		r->by[r->bys++] = *w;
	} while (rule_words_take(&r->words, ","));
	return 0;
}

/* A number with a unit that is written right behind it, or not at all. */
static int
read_unit(struct rule_reader *r, const char *unit, const char *what, struct number *n,
    struct err *err)
{
	const struct rule_word *w = rule_words_next(&r->words);
	size_t len = strlen(unit);
	struct rule_word number;

	if (w == NULL)
		return RULE_WRONG(err, "'%s' needs a number behind it", what);
	number = *w;
	if (number.len > len && memcmp(number.at + number.len - len, unit, len) == 0)
		number.len -= len;
	return rule_word_number(&number, what, n, err);
}

static int
read_limit(struct rule_reader *r, struct err *err)
{
	bool speed = r->kind->what == RULE_SPEED;

	(void)rule_word_op(rule_words_next(&r->words), &r->rule.op);
	if (speed && r->rule.op != RULE_ABOVE)
		return RULE_WRONG(err, "speed is over a limit: > 900km/h");
	if (speed)
		return read_unit(r, "km/h", "speed >", &r->rule.limit, err);
	return rule_word_number(rule_words_next(&r->words), "the limit", &r->rule.limit, err);
}

static int
read_beyond(struct rule_reader *r, struct err *err)
{
	struct number n;
	int rc = read_unit(r, "km", "beyond", &n, err);

	if (rc == 0)
		r->rule.beyond = n.d;
	return rc;
}

static int
read_weight(struct rule_reader *r, struct err *err)
{
	struct number n;
	int rc = rule_word_number(rule_words_next(&r->words), "weight", &n, err);

	if (rc != 0)
		return rc;
	if (!(n.d >= 0 && n.d <= 1))
		return RULE_WRONG(err, "a weight is from 0 to 1");
	r->rule.weight = n.d;
	r->weighs = true;
	return 0;
}

static int
read_clause(struct rule_reader *r, enum rule_clause clause, struct err *err)
{
	switch (clause) {
	case RULE_BY:
		return read_by(r, err);
	case RULE_OVER: case RULE_WITHIN:
		return rule_word_span(rule_words_next(&r->words),
		    clause == RULE_OVER ? "over" : "within", &r->rule.window, err);
	case RULE_RESET:
		r->rule.reset = true;
		return 0;
	case RULE_AFTER:
		return rule_word_count(rule_words_next(&r->words), "after", &r->rule.after, err);
	case RULE_USE:
		return rule_word_count(rule_words_next(&r->words), "use", &r->rule.use, err);
	case RULE_BEYOND:
		return read_beyond(r, err);
	case RULE_LIMIT:
		break;
	}
	return read_limit(r, err);
}

/* ---- where ---- */

static int
add_test(struct rule_reader *r, const struct rule_test *test)
{
	struct rule_book *b = r->book;
	struct rule_test *grown = rule_tests_grow(b);

	if (grown == NULL)
		return -1;
	grown[b->tests++] = *test;
	r->rule.tests++;
	return 0;
}

/* FIELD OP VALUE. */
static int
read_test(struct rule_reader *r, struct err *err)
{
	struct rule_test t = { 0 };
	const struct rule_word *field = rule_words_next(&r->words), *op, *value;
	int rc;

	if (field == NULL || field->sign || rule_is_clause(field))
		return RULE_WRONG(err, "'where' needs a condition, such as kind = credit");
	op = rule_words_next(&r->words);
	if (rule_word_op(op, &t.op) != 0)
		return RULE_WRONG(err, "behind '%.*s' there is no comparison (= != > >= < <=)",
		    field->len < RULE_SHOWN ? (int)field->len : RULE_SHOWN, field->at);
	value = rule_words_next(&r->words);
	if (value == NULL || value->sign)
		return RULE_WRONG(err, "a comparison without a value (a text may stand in quotes)");
	rc = rule_field_find(r->book, r->host, field, 0, &t.field, err);
	if (rc != 0)
		return rc;
	t.numeric = !value->quoted && number_parse(value->at, value->len, &t.number);
	if (!t.numeric && t.op != RULE_EQUAL && t.op != RULE_UNEQUAL)
		return RULE_WRONG(err, "'%.*s' is not a number: text is only = or !=",
		    value->len < RULE_SHOWN ? (int)value->len : RULE_SHOWN, value->at);
	t.text = rule_copy(r->book, value->at, value->len);
	t.len = value->len;
	return t.text == NULL || add_test(r, &t) == -1 ? err_memory(err, "reading rules") : 0;
}

static int
read_where(struct rule_reader *r, struct err *err)
{
	int rc;

	r->rule.test = r->book->tests;
	do {
		rc = read_test(r, err);
	} while (rc == 0 && rule_words_take(&r->words, "and"));
	return rc;
}

static int
unknown_word(const struct rule_reader *r, struct err *err)
{
	const struct rule_word *w = &r->words.word[r->words.next];
	struct near near;
	int rc = RULE_WRONG(err, "'%.*s' makes no sense here",
	    w->len < RULE_SHOWN ? (int)w->len : RULE_SHOWN, w->at);

	near_start(&near, w->at, w->len);
	for (size_t i = 0; i < CLAUSES - 1; i++)
		near_try(&near, clauses[i].word);
	near_try(&near, "where");
	near_try(&near, "weight");
	if (near.best != NULL)
		err_add(err, ", did you mean '%s'?", near.best);
	else
		err_add(err, " (such as: %s %s)", r->rule.name, r->kind->example);
	return rc;
}

/* Which clause begins here; 0: none does. */
static unsigned
clause_here(struct rule_reader *r)
{
	enum rule_op op;

	for (size_t i = 0; i < CLAUSES - 1; i++)
		if (rule_words_take(&r->words, clauses[i].word))
			return clauses[i].clause;
	if (r->words.next < r->words.n &&
	    rule_word_op(&r->words.word[r->words.next], &op) == 0)
		return RULE_LIMIT;
	return 0;
}

static const char *
clause_word(unsigned clause)
{
	for (size_t i = 0; i < CLAUSES; i++)
		if (clauses[i].clause == (enum rule_clause)clause)
			return clauses[i].word;
	return "";
}

int
rule_clauses_read(struct rule_reader *r, struct err *err)
{
	int rc = 0;

	while (rc == 0 && r->words.next < r->words.n) {
		unsigned clause;

		if (rule_words_take(&r->words, "weight")) {
			rc = r->weighs ? RULE_WRONG(err, "'weight' twice") : read_weight(r, err);
			continue;
		}
		if (rule_words_take(&r->words, "where")) {
			rc = r->rule.tests > 0 ? RULE_WRONG(err, "'where' twice") :
			    read_where(r, err);
			continue;
		}
		clause = clause_here(r);
		if (clause == 0)
			return unknown_word(r, err);
		if ((clause & r->said) != 0)
			return RULE_WRONG(err, "%s twice", clause_word(clause));
		if ((clause & r->kind->takes) == 0 && (clause & r->kind->needs) == 0)
			return RULE_WRONG(err, "%s makes no sense here (such as: %s %s)",
			    clause_word(clause), r->rule.name, r->kind->example);
		r->said |= clause;
		rc = read_clause(r, (enum rule_clause)clause, err);
	}
	return rc;
}

int
rule_clauses_check(const struct rule_reader *r, struct err *err)
{
	unsigned missing = r->kind->needs & ~r->said;

	if (missing == 0)
		return 0;
	return RULE_WRONG(err, "it lacks %s (such as: %s %s)", clause_word(missing & -missing),
	    r->rule.name, r->kind->example);
}

