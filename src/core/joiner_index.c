/*
 * The index of core/joiner: from a key to the chain of its rows on both sides.  A map forgets no
 * key, so those without rows stay until they are most of them.
 */
#include "core/joiner_inner.h"

#include "base/decimal.h"
#include "base/mem.h"
#include "core/key.h"

#define DEAD_MAX 1024		/* keys without rows that may stay, however few others there are */

/* A chain that nobody uses, with zeros; its number, or 0 (memory). */
static uint32_t
make_chain(struct joiner *j)
{
	uint32_t number = j->spare;

	if (number != 0) {
		j->spare = j->chain[number - 1].spare;
	} else {
		if (j->chains == j->chains_cap) {
			uint32_t cap = j->chains_cap == 0 ? 64 : j->chains_cap * 2;
			struct joiner_chain *grown = cap < j->chains_cap ? NULL :
			    mem_realloc(j->chain, cap * sizeof(*grown));

			if (grown == NULL)
				return 0;
			j->chain = grown;
			j->chains_cap = cap;
		}
		number = ++j->chains;
	}
	j->chain[number - 1] = (struct joiner_chain){ 0 };
	return number;
}

/* The key of a row in j->key: 1, or 0 if a part of it is null, or -1 (memory). */
static int
make_key(struct joiner *j, enum joiner_side side, const struct value *row)
{
	const struct joiner_config *c = j->config;

	j->key.len = 0;
	for (unsigned i = 0; i < c->keys; i++) {
		struct value v = row[c->slot[side][i]];
		int64_t whole;
		double d;

		if (v.kind == VALUE_NULL)
			return 0;
		if (v.kind == VALUE_TEXT && c->number[side][i]) {
			enum decimal kind = decimal_parse(v.text, v.len, &whole, &d);

			v = kind == DECIMAL_INT ? value_int(whole) :
			    kind == DECIMAL_DOUBLE ? value_double(d) : v;
		}
		if (key_put(&j->key, &v, i + 1 == c->keys) == -1)
			return -1;
	}
	return 1;
}

int
joiner_find(struct joiner *j, enum joiner_side side, const struct value *row, uint32_t *chain)
{
	int rc = make_key(j, side, row);
	uint64_t *value;

	*chain = JOINER_NO_CHAIN;
	if (rc != 1)
		return rc;
	value = map_put(&j->index, j->key.data, j->key.len);
	if (value == NULL)
		return -1;
	if (*value == 0) {
		*value = make_chain(j);
		if (*value == 0)
			return -1;
	} else if (joiner_is_empty(&j->chain[*value - 1])) {
		j->dead--;
	}
	*chain = (uint32_t)*value;
	return 0;
}

int
joiner_clean(struct joiner *j)
{
	uint32_t keys = map_count(&j->index);
	struct map live;

	if (j->dead < DEAD_MAX || j->dead < keys / 2)
		return 0;
	map_init(&live, sizeof(uint64_t), j->index.seed);
	for (uint32_t i = 1; i <= keys; i++) {
		const struct map_key *entry = map_entry(&j->index, i);
		uint32_t chain = (uint32_t)*(const uint64_t *)(const void *)(entry + 1);
		uint64_t *value;

		if (chain == 0 || joiner_is_empty(&j->chain[chain - 1]))
			continue;
		value = map_add(&live, *entry, map_hash(&live, *entry));
		if (value == NULL) {
			map_free(&live);
			return -1;
		}
		*value = chain;
	}
	for (uint32_t i = 1; i <= keys; i++) {
		uint32_t chain = (uint32_t)*(uint64_t *)(void *)(map_entry(&j->index, i) + 1);

		if (chain != 0 && joiner_is_empty(&j->chain[chain - 1])) {
			j->chain[chain - 1].spare = j->spare;
			j->spare = chain;
		}
	}
	map_free(&j->index);
	j->index = live;
	j->dead = 0;
	return 0;
}
