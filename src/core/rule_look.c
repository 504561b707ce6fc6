/* The way of a transaction through the rules, see rule_inner.h. */
#include "core/rule_inner.h"

#include "core/cell.h"

#include <string.h>

/* Values are told apart by 64 bits; the same on every machine, for what is put down. */
static const uint64_t hash_seed[2] = { 0x76616c7565732074U, 0x6f6c642061706172U };

/* ---- what is given ---- */

void
rule_take_row(struct rule_set *set, const struct value *row)
{
	set->row = row;
	for (unsigned i = 0; i < set->book->fields; i++)
		set->given[i].asked = false;
}

const struct rule_given *
rule_given(struct rule_set *set, unsigned field)
{
	struct rule_given *g = &set->given[field];

	if (!g->asked) {
		g->asked = true;
		g->valued = false;
		g->text = cell_text(&set->row[set->book->field[field].slot], g->room);
	}
	return g;
}

/* The same with its number and hash. */
static const struct rule_given *
value_of(struct rule_set *set, unsigned field)
{
	struct rule_given *g = &set->given[field];

	(void)rule_given(set, field);
	if (g->valued)
		return g;
	g->valued = true;
	g->is_number = cell_number(&set->row[set->book->field[field].slot], &g->number) == 0;
	if (g->text.kind == VALUE_TEXT)
		g->hash = map_key_hash(map_key_make(g->text.text, g->text.len), hash_seed);
	return g;
}

/* ---- conditions ---- */

static bool
test_holds(struct rule_set *set, const struct rule_test *t)
{
	const struct rule_given *g = value_of(set, t->field);

	if (t->numeric)
		return g->is_number ? rule_holds(t->op, &g->number, &t->number) :
		    t->op == RULE_UNEQUAL;
	return (g->text.kind == VALUE_TEXT && g->text.len == t->len &&
	    memcmp(g->text.text, t->text, t->len) == 0) == (t->op == RULE_EQUAL);
}

static bool
tests_hold(struct rule_set *set, const struct rule *r)
{
	for (unsigned i = r->test; i < r->test + r->tests; i++)
		if (!test_holds(set, &set->book->test[i]))
			return false;
	return true;
}

/* ---- rules ---- */

/* True if what the rule is of, a field or a place, is given; *OF is it. */
static bool
has_field(struct rule_set *set, const struct rule *r, const struct rule_given **of)
{
	*of = NULL;
	switch (r->what) {
	case RULE_COUNT:
		return true;
	case RULE_SPEED:
		return set->txn->placed;
	case RULE_Z:
		return set->txn->known;
	case RULE_DISTINCT_OF: case RULE_NEW: case RULE_DENY: case RULE_ALLOW: case RULE_WATCH:
		*of = value_of(set, r->field);
		return (*of)->text.kind == VALUE_TEXT;
	default:
		*of = value_of(set, r->field);
		return (*of)->is_number;
	}
}

/* A rule without state: 1 if it holds. */
static int
look_plain(struct rule_set *set, const struct rule *r, const struct rule_given *of,
    struct rule_hit *hit)
{
	if (r->what == RULE_FIELD || r->what == RULE_Z) {
		if (r->what == RULE_FIELD)
			hit->value = of->number;
		else
			hit->value.d = set->txn->z;
		return rule_holds(r->op, &hit->value, &r->limit);
	}
	return rule_list_has(&set->book->list[r->list], of->text.text, of->text.len);
}

static int
look_one(struct rule_set *set, const struct rule *r, struct rule_hit *hit)
{
	const struct rule_given *of;
	struct rule_state *state;
	struct rule_cell *cell;
	size_t bytes;
	int rc;

	if (r->off || (r->tests > 0 && !tests_hold(set, r)) || !has_field(set, r, &of))
		return 0;
	*hit = (struct rule_hit){ .rule = r };
	if (r->what > RULE_SPEED)
		return look_plain(set, r, of, hit);
	if (rule_state_find(set, r->scope, &state) == -1)
		return -1;
	if (state == NULL)
		return 0;
	cell = &state->cell[r->cell];
	bytes = rule_cell_bytes(cell);
	rc = rule_cell_look(cell, r, set->txn, state->last, of, hit);
	set->keys[r->scope]->windows += rule_cell_bytes(cell) - bytes;
	return rc;
}

int
rule_look(struct rule_set *set, const struct rule_txn *txn, struct rule_result *result)
{
	const struct rule_book *b = set->book;
	double calm = 1;

	*result = (struct rule_result){ .hit = set->hit };
	set->txn = txn;
	rule_take_row(set, txn->row);
	for (unsigned i = 0; i < b->scopes; i++) {
		set->asked[i] = false;
		set->state[i] = NULL;
	}
	for (unsigned i = 0; i < b->rules; i++) {
		const struct rule *r = &b->rule[i];
		int rc = look_one(set, r, &set->hit[result->n]);

		if (rc == -1)
			return -1;
		if (rc == 0)
			continue;
		result->n++;
		result->allowed |= r->what == RULE_ALLOW;
		calm *= 1 - r->weight;
	}
	result->score = 1 - calm;
	return 0;
}
