/*
 * State by key, see rule_inner.h.  Of more keys than there may be the longest unseen goes; one all
 * of whose windows have passed may go earlier, which nothing shows.
 */
#include "base/mem.h"
#include "core/rule_inner.h"

#include <string.h>

#define SWEEP 4				/* keys that are looked at for one that comes */

struct rule_keys *
rule_keys_make(const struct rule_set *set, unsigned cells)
{
	struct rule_keys *k = mem_zalloc(sizeof(*k));

	if (k == NULL)
		return NULL;
	k->cells = cells;
	k->now = INT64_MIN;
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

/* ---- keys ---- */

/* The key of the transaction: 1; 0: a part of it is not given; -1: memory is short. */
static int
make_key(struct rule_set *set, const struct rule_scope *s, struct map_key *key)
{
	const struct rule_given *g = rule_given(set, s->field[0]);

	if (g->text.kind == VALUE_NULL)
		return 0;
	*key = map_key_make(g->text.text, g->text.len);
	if (s->keys == 1)
		return 1;
	set->key.len = 0;
	for (unsigned i = 0; i < s->keys; i++) {
		g = rule_given(set, s->field[i]);
		if (g->text.kind == VALUE_NULL)
			return 0;
		if (wire_put_bytes(&set->key, g->text.text, g->text.len) == -1)
			return -1;
	}
	*key = map_key_make(set->key.data, set->key.len);
	return 1;
}

/* A long key borrows from what the next transaction overwrites. */
static int
keep_key(struct rule_set *set, struct map_key *key)
{
	size_t len;
	const char *bytes;
	char *copy;

	if (!map_key_is_long(*key))
		return 0;
	bytes = map_key_bytes(key, &len);
	copy = arena_bytes(&set->ahead_text, len);
	if (copy == NULL)
		return -1;
	memcpy(copy, bytes, len);
	*key = map_key_long(copy, len);
	return 0;
}

static int
make_keys(struct rule_set *set, struct rule_ahead *ahead)
{
	for (unsigned i = 0; i < set->book->scopes; i++) {
		int rc = set->keys[i]->cells == 0 ? 0 :
		    make_key(set, &set->book->scope[i], &ahead[i].key);

		ahead[i].given = rc == 1;
		if (rc == -1 || (rc == 1 && keep_key(set, &ahead[i].key) == -1))
			return -1;
		if (rc == 0)
			continue;
		ahead[i].hash = keyed_hash(&set->keys[i]->keyed, ahead[i].key);
	}
	return 0;
}

static void
ask_for_keys(const struct rule_set *set, unsigned scope, unsigned n)
{
	struct map_key key[KEYED_AHEAD];
	unsigned keys = 0;

	for (unsigned i = 0; i < n; i++)
		if (set->ahead[i][scope].given)
			key[keys++] = set->ahead[i][scope].key;
	keyed_ahead(&set->keys[scope]->keyed, key, keys);
}

/* The newest and oldest entries of the windows of a key that is there. */
static void
ask_for_windows(const struct rule_keys *k, const struct rule_ahead *ahead)
{
	const struct rule_state *s = keyed_find_hash(&k->keyed, ahead->key, ahead->hash);

	for (unsigned i = 0; s != NULL && i < k->cells; i++) {
		const struct rule_cell *c = &s->cell[i];
		const char *at = c->at;

		if (c->cap == 0)
			continue;
		__builtin_prefetch(at + (size_t)((c->head + c->n) & (c->cap - 1)) * c->stride);
		__builtin_prefetch(at + (size_t)c->head * c->stride);
	}
}

int
rule_ahead(struct rule_set *set, const struct value *const *row, unsigned n)
{
	arena_reset(&set->ahead_text);
	for (unsigned i = 0; i < n; i++) {
		rule_take_row(set, row[i]);
		if (make_keys(set, set->ahead[i]) == -1)
			return -1;
	}
	for (unsigned i = 0; i < set->book->scopes; i++)
		ask_for_keys(set, i, n);
	for (unsigned i = 0; i < n * set->book->scopes; i++) {
		unsigned at = i % set->book->scopes;
		const struct rule_ahead *ahead = &set->ahead[i / set->book->scopes][at];

		if (ahead->given)
			ask_for_windows(set->keys[at], ahead);
	}
	return 0;
}

/* ---- keys that go ---- */

static bool
is_over(const struct rule_scope *s, const struct rule_state *state, int64_t now)
{
	return s->longest != INT64_MAX && state->last < now - s->longest;
}

static void
drop(struct rule_keys *k, struct rule_state *state)
{
	rule_state_clear(k, state);
	keyed_remove(&k->keyed, state);
}

/* Looks at some keys in turn: those whose windows have all passed go. */
static void
sweep(const struct rule_scope *s, struct rule_keys *k)
{
	for (int i = 0; i < SWEEP && k->keyed.count > 0; i++) {
		struct rule_state *state;

		if (k->hand >= k->keyed.count)
			k->hand = 0;
		state = rule_state_at(k, k->hand + 1);
		if (is_over(s, state, k->now))
			drop(k, state);		/* another one comes to this place */
		else
			k->hand++;
	}
}

/* A key is new: others go that are over, or one too many.  The new one may move. */
static void
make_room(struct rule_set *set, const struct rule_scope *s, struct rule_keys *k)
{
	struct rule_state *oldest;

	if (s->longest != INT64_MAX)
		sweep(s, k);
	if (k->keyed.count <= set->max_keys)
		return;
	oldest = keyed_next_due(&k->keyed, INT64_MAX);
	if (oldest == NULL)
		return;
	set->evicted += !is_over(s, oldest, k->now);
	drop(k, oldest);
}

int
rule_state_find(struct rule_set *set, unsigned scope, struct rule_state **state)
{
	const struct rule_scope *s = &set->book->scope[scope];
	struct rule_keys *k = set->keys[scope];
	const struct rule_ahead *ahead = &set->ahead[set->txn->ahead][scope];
	bool fresh;

	*state = set->state[scope];
	if (set->asked[scope] || !ahead->given)
		return 0;
	set->asked[scope] = true;
	*state = keyed_put_hash(&k->keyed, ahead->key, ahead->hash, &fresh);
	if (*state == NULL)
		return -1;
	if (k->now < set->txn->time)
		k->now = set->txn->time;
	(*state)->last = k->now;
	if (fresh) {
		make_room(set, s, k);
		*state = keyed_find_hash(&k->keyed, ahead->key, ahead->hash);
	}
	keyed_touch(&k->keyed, *state);
	set->state[scope] = *state;
	return keyed_due(&k->keyed, *state, (int64_t)++k->looks);
}
