/*
 * State by key, see rule_inner.h.  Of more keys than there may be the longest unseen goes; one all
 * of whose windows have passed may go earlier, which nothing shows.
 */
#include "base/mem.h"
#include "core/rule_inner.h"

#define SWEEP 2				/* keys that go for one that comes, at most */

struct rule_keys *
rule_keys_make(const struct rule_set *set, unsigned cells)
{
	struct rule_keys *k = mem_zalloc(sizeof(*k));

	if (k == NULL)
		return NULL;
	k->cells = cells;
	keyed_init(&k->keyed, sizeof(struct rule_state) + cells * sizeof(struct rule_cell),
	    set->seed);
	return k;
}

void
rule_state_clear(struct rule_keys *k, struct rule_state *s)
{
	for (unsigned i = 0; i < k->cells; i++) {
		k->windows -= rule_cell_bytes(&s->cell[i]);
		rule_cell_clear(&s->cell[i]);
	}
}

void
rule_keys_free(struct rule_keys *k)
{
	if (k == NULL)
		return;
	for (uint32_t id = 1; id <= k->keyed.count; id++)
		rule_state_clear(k, rule_state_at(k, id));
	keyed_free(&k->keyed);
	mem_free(k);
}

/* The key of the transaction: false if a part of it is not given; -1 in *RC: memory is short. */
static bool
make_key(struct rule_set *set, const struct rule_scope *s, struct map_key *key, int *rc)
{
	const struct rule_given *g = rule_given(set, s->field[0]);

	if (g->text.kind == VALUE_NULL)
		return false;
	*key = map_key_make(g->text.text, g->text.len);
	if (s->keys == 1)
		return true;
	set->key.len = 0;
	for (unsigned i = 0; i < s->keys; i++) {
		g = rule_given(set, s->field[i]);
		if (g->text.kind == VALUE_NULL)
			return false;
		if (wire_put_bytes(&set->key, g->text.text, g->text.len) == -1)
			*rc = -1;
	}
	*key = map_key_make(set->key.data, set->key.len);
	return *rc == 0;
}

static bool
is_over(const struct rule_scope *s, const struct rule_state *state, int64_t now)
{
	return s->longest != INT64_MAX && state->last < now - s->longest;
}

static void
drop(struct rule_keys *k, struct rule_state *state)
{
	rule_state_clear(k, state);
	keyed_drop(&k->keyed, state);
}

/* A key is new: others go that are over, or one too many.  The new one may move. */
static int
make_room(struct rule_set *set, const struct rule_scope *s, struct rule_keys *k)
{
	for (int i = 0; i < SWEEP; i++) {
		struct rule_state *oldest = keyed_next_due(&k->keyed, INT64_MAX);
		bool full = k->keyed.count > set->max_keys;

		if (oldest == NULL)
			return 0;
		if (!full && !is_over(s, oldest, set->txn->time))
			return keyed_due(&k->keyed, oldest, keyed_entry(oldest)->due);
		if (!is_over(s, oldest, set->txn->time))
			set->evicted++;
		drop(k, oldest);
	}
	return 0;
}

int
rule_state_find(struct rule_set *set, unsigned scope, struct rule_state **state)
{
	const struct rule_scope *s = &set->book->scope[scope];
	struct rule_keys *k = set->keys[scope];
	struct map_key key;
	bool fresh;
	int rc = 0;

	*state = set->state[scope];
	if (set->asked[scope])
		return 0;
	set->asked[scope] = true;
	if (!make_key(set, s, &key, &rc))
		return rc;
	*state = keyed_put(&k->keyed, key, &fresh);
	if (*state == NULL)
		return -1;
	if (fresh) {
		(*state)->last = set->txn->time;
		if (make_room(set, s, k) == -1)
			return -1;
		*state = keyed_find(&k->keyed, key);
	}
	keyed_touch(&k->keyed, *state);
	if ((*state)->last < set->txn->time)
		(*state)->last = set->txn->time;
	set->state[scope] = *state;
	return keyed_due(&k->keyed, *state, (int64_t)++k->looks);
}
