/* One line of rules, see rule_line.h: [off] NAME KIND [CLAUSE]... */
#include "core/rule_line.h"

#include "base/near.h"

#include <string.h>

#define WINDOWED (RULE_BY | RULE_OVER | RULE_LIMIT)
#define MANY (WINDOWED | RULE_RESET)

const struct rule_kind rule_kinds[] = {
	{ "count", RULE_COUNT, false, RULE_OVER | RULE_LIMIT, MANY,
	    "count by account over 10m >= 10" },
	{ "sum", RULE_SUM, true, RULE_OVER | RULE_LIMIT, MANY,
	    "sum amount by account,merchant over 30d > 20000" },
	{ "mean", RULE_MEAN, true, RULE_OVER | RULE_LIMIT, MANY,
	    "mean amount by merchant over 1d > 500" },
	{ "min", RULE_MIN, true, RULE_OVER | RULE_LIMIT, MANY,
	    "min amount by account over 1h < 1" },
	{ "max", RULE_MAX_OF, true, RULE_OVER | RULE_LIMIT, MANY,
	    "max amount by device over 1d > 900" },
	{ "distinct", RULE_DISTINCT_OF, true, RULE_OVER | RULE_LIMIT, MANY,
	    "distinct account by device over 1d > 5" },
	{ "new", RULE_NEW, true, 0, RULE_BY | RULE_AFTER | RULE_USE, "new country after 3" },
	{ "small-then-large", RULE_PAIR, false, RULE_WITHIN, RULE_BY | RULE_WITHIN,
	    "small-then-large 1.00 500.00 within 1m" },
	{ "speed", RULE_SPEED, false, 0, RULE_BY | RULE_LIMIT | RULE_BEYOND,
	    "speed > 900km/h beyond 100km" },
	{ "z", RULE_Z, false, RULE_LIMIT, RULE_LIMIT, "z > 6" },
	{ "deny", RULE_DENY, true, 0, 0, "deny merchant in deny.txt" },
	{ "allow", RULE_ALLOW, true, 0, 0, "allow account in good.txt" },
	{ "watch", RULE_WATCH, true, 0, 0, "watch device in watch.txt" },
	{ NULL, RULE_FIELD, true, RULE_LIMIT, RULE_LIMIT, "amount > 10000" },
	{ 0 },
};

/* What the kind has before its clauses: two amounts, a list. */
static int
read_pair(struct rule_reader *r, struct err *err)
{
	int rc = rule_word_number(rule_words_next(&r->words), "small-then-large",
	    &r->rule.small, err);

	if (rc == 0)
		rc = rule_word_number(rule_words_next(&r->words), "small-then-large",
		    &r->rule.large, err);
	if (rc == 0 && r->rule.small.d > r->rule.large.d)
		return RULE_WRONG(err, "the small amount is above the large one");
	return rc;
}

static int
read_list(struct rule_reader *r, struct err *err)
{
	const char *slash = strrchr(r->beside, '/'), *path;
	const struct rule_word *w;

	if (!rule_words_take(&r->words, "in"))
		return RULE_WRONG(err, "it lacks 'in FILE' (such as: %s %s)", r->rule.name,
		    r->kind->example);
	w = rule_words_next(&r->words);
	if (w == NULL || w->len == 0 || memchr(w->at, '\0', w->len) != NULL)
		return RULE_WRONG(err, "'in' needs a file behind it");
	path = rule_path(r->book, r->beside, *w->at == '/' || slash == NULL ? 0 :
	    (size_t)(slash + 1 - r->beside), w);
	return path == NULL ? err_memory(err, "reading rules") :
	    rule_list_find(r->book, r->host, path, &r->rule.list, err);
}

static const struct rule_kind *
kind_of(enum rule_what what)
{
	const struct rule_kind *k = rule_kinds;

	while (k->what != what)
		k++;
	return k;
}

static bool
is_list(enum rule_what what)
{
	return what == RULE_DENY || what == RULE_ALLOW || what == RULE_WATCH;
}

/* What is before the clauses. */
static int
read_front(struct rule_reader *r, struct err *err)
{
	if (r->kind->of_field) {
		const struct rule_word *w = rule_words_next(&r->words);

		if (w == NULL || w->sign || rule_is_clause(w))
			return RULE_WRONG(err, "'%s' needs a field behind it",
			    r->kind->word == NULL ? r->rule.name : r->kind->word);
		r->field = *w;
		if (r->kind->what == RULE_FIELD && rule_words_is(&r->words, "in"))
			r->kind = kind_of(RULE_DENY);
	}
	r->rule.what = r->kind->what;
	if (is_list(r->rule.what))
		return read_list(r, err);
	return r->rule.what == RULE_PAIR ? read_pair(r, err) : 0;
}

static const struct rule_kind *
find_kind(struct rule_words *words)
{
	const struct rule_kind *k = rule_kinds;

	while (k->word != NULL && !rule_words_take(words, k->word))
		k++;
	return k;
}

/* [off] NAME, and that there is something behind it. */
static int
read_name(struct rule_reader *r, struct err *err)
{
	const struct rule_word *w;
	char *name;

	r->off = rule_words_take(&r->words, "off");
	w = rule_words_next(&r->words);
	if (w == NULL || w->quoted || w->sign)
		return RULE_WRONG(err, "a rule begins with a name for it");
	for (const struct rule_kind *k = rule_kinds; k->word != NULL; k++)
		if (strlen(k->word) == w->len && memcmp(k->word, w->at, w->len) == 0)
			return RULE_WRONG(err, "'%s' is no name: a rule begins with a name for it "
			    "(such as: mine %s)", k->word, k->example);
	if (r->words.next == r->words.n)
		return RULE_WRONG(err, "there is no rule behind the name '%.*s'",
		    w->len < RULE_SHOWN ? (int)w->len : RULE_SHOWN, w->at);
	r->rule.name = name = rule_copy(r->book, w->at, w->len);
	if (name == NULL)
		return err_memory(err, "reading rules");
	for (unsigned i = 0; i < r->book->rules; i++)
		if (strcmp(r->book->rule[i].name, name) == 0)
			return RULE_WRONG(err, "the name '%s' is taken by line %u", name,
			    r->book->rule[i].line);
	return 0;
}

/* ---- what it ends as ---- */

static void
fill_in(struct rule_reader *r)
{
	struct rule *rule = &r->rule;

	if (!r->weighs)
		rule->weight = rule->what == RULE_DENY ? 1 : rule->what == RULE_ALLOW ? 0 :
		    rule->what == RULE_WATCH ? 0.5 : 0.95;
	if (rule->what == RULE_SPEED && (r->said & RULE_LIMIT) == 0)
		rule->limit = number_from_int(900);
	if (rule->what == RULE_SPEED && (r->said & RULE_BEYOND) == 0)
		rule->beyond = 100;
	if (rule->what == RULE_NEW && (r->said & RULE_AFTER) == 0)
		rule->after = 1;
	if (rule->what == RULE_NEW && (r->said & RULE_USE) == 0)
		rule->use = 1;
	if (rule->what == RULE_PAIR)
		r->field = (struct rule_word){ .at = "amount", .len = 6 };
	if (r->bys == 0)
		r->by[r->bys++] = (struct rule_word){ .at = "account", .len = 7 };
}

static int
check_values(const struct rule_reader *r, struct err *err)
{
	const struct rule *rule = &r->rule;

	if (rule->what == RULE_DISTINCT_OF && !(rule->limit.d >= 0 &&
	    rule->limit.d <= RULE_DISTINCT))
		return RULE_WRONG(err, "distinct counts to %d at most", RULE_DISTINCT);
	if (rule->what == RULE_NEW && rule->use == 0)
		return RULE_WRONG(err, "'use' counts from 1");
	if (rule->what == RULE_SPEED && !(rule->limit.d > 0 && rule->beyond >= 0))
		return RULE_WRONG(err, "speed and distance are above 0");
	if (rule->what == RULE_SPEED && !r->host->places)
		return RULE_WRONG(err, "speed needs places: name their fields with --lat and "
		    "--lon");
	return 0;
}

/* Resolves the columns: the NTH of those whose names mean several.  2: there are no more. */
static int
resolve(struct rule_reader *r, unsigned nth, struct rule *rule, struct err *err)
{
	unsigned field[RULE_KEYS], several = 0;
	bool keyed = rule->what <= RULE_SPEED;
	int rc = 0;

	if (r->kind->of_field || rule->what == RULE_PAIR)
		rc = rule_field_find(r->book, r->host, &r->field, keyed ? 0 : nth, &rule->field,
		    err);
	for (unsigned i = 0; i < r->bys && rc == 0 && keyed; i++) {
		rc = rule_field_find(r->book, r->host, &r->by[i], nth, &field[i], err);
		if (rc == 1 && nth > 0)
			rc = rule_field_find(r->book, r->host, &r->by[i], 0, &field[i], err);
		else
			several += rc == 0;
	}
	if (nth > 0 && (rc == 1 || (keyed && rc == 0 && several == 0)))
		return 2;
	return rc != 0 || !keyed ? rc :
	    rule_scope_find(r->book, field, r->bys, &rule->scope, err);
}

/* A rule of the book for each column that its key can mean. */
static int
add_rules(struct rule_reader *r, struct err *err)
{
	struct rule_book *b = r->book;

	for (unsigned nth = 0;; nth++) {
		struct rule rule = r->rule;
		int rc = resolve(r, nth, &rule, err);

		if (rc == 2)
			return 0;
		if (rc != 0)
			return rc;
		if (b->rules == RULE_MAX)
			return RULE_WRONG(err, "more than %d rules", RULE_MAX);
		if (!r->off && rule.what <= RULE_SPEED &&
		    rule_cell_add(b, &rule) == -1)
			return err_memory(err, "reading rules");
		rule.off = r->off;
		b->rule[b->rules++] = rule;
	}
}

int
rule_line_read(struct rule_book *b, const struct rule_host *host, const char *beside,
    const struct rule_words *words, unsigned line, struct err *err)
{
	struct rule_reader r = {
		.book = b, .host = host, .beside = beside, .words = *words, .rule.line = line,
	};
	int rc = read_name(&r, err);

	if (rc != 0)
		return rc;
	r.kind = find_kind(&r.words);
	rc = read_front(&r, err);
	if (rc == 0)
		rc = rule_clauses_read(&r, err);
	if (rc == 0)
		rc = rule_clauses_check(&r, err);
	if (rc != 0)
		return rc;
	fill_in(&r);
	rc = check_values(&r, err);
	return rc != 0 ? rc : add_rules(&r, err);
}
