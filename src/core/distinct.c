/*
 * Counting different values, see distinct.h: a table of hashes with linear probing, then
 * HyperLogLog (Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog: the analysis of a near-optimal
 * cardinality estimation algorithm", 2007) with the estimator of Ertl, "New cardinality estimation
 * algorithms for HyperLogLog sketches" (2017), which needs no correction of small or large counts.
 */
#include "core/distinct.h"

#include "base/map_key.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

#define FIRST 8				/* slots of the first table */
#define INDEX_BITS 14
#define REGISTERS ((size_t)1 << INDEX_BITS)
#define RANK_MAX (64 - INDEX_BITS + 1)

/* Fixed for all time: digits of pi and e. */
static const uint64_t seed[2] = { UINT64_C(0x243f6a8885a308d3), UINT64_C(0xb7e151628aed2a6a) };

/* ---- hashing ---- */

/* The finalizer of MurmurHash3 (Appleby 2011): each bit of the hash depends on each of H. */
static uint64_t
finish(uint64_t h)
{
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ (h >> 33);
}

static uint64_t
hash_word(enum value_kind kind, uint64_t word)
{
	return finish(map_mix(word ^ seed[0], seed[1] + (uint64_t)kind));
}

static uint64_t
hash_double(double d)
{
	uint64_t bits;

	/* what an int can be is hashed as one; both limits are exact doubles */
	if (d >= -9223372036854775808.0 && d < 9223372036854775808.0 && d == (double)(int64_t)d)
		return hash_word(VALUE_INT, (uint64_t)(int64_t)d);
	memcpy(&bits, &d, sizeof(bits));
	return hash_word(VALUE_DOUBLE, bits);
}

uint64_t
distinct_hash(const struct value *v)
{
	switch (v->kind) {
	case VALUE_TEXT: return finish(map_key_hash(map_key_make(v->text, v->len), seed));
	case VALUE_INT: return hash_word(VALUE_INT, (uint64_t)v->i);
	case VALUE_DOUBLE: return hash_double(v->d);
	case VALUE_BOOL: return hash_word(VALUE_BOOL, (uint64_t)v->i);
	default: return hash_word(VALUE_NULL, 0);
	}
}

/* ---- kept hashes ---- */

static bool
is_kept(const uint64_t *w)
{
	return w[DISTINCT_KEPT] <= DISTINCT_EXACT;
}

static uint64_t *
slots(const uint64_t *w)
{
	return (uint64_t *)(uintptr_t)w[DISTINCT_MEMORY];
}

static unsigned char *
registers(const uint64_t *w)
{
	return (unsigned char *)(uintptr_t)w[DISTINCT_MEMORY];
}

/* Slots of a table of N hashes: filled to three quarters at most. */
static size_t
table_size(uint64_t n)
{
	if (n <= FIRST / 4 * 3)
		return n == 0 ? 0 : FIRST;
	return (size_t)1 << (64 - __builtin_clzll((4 * n + 2) / 3 - 1));
}

/* The slot of HASH, or the empty one where it belongs. */
static uint64_t *
find(uint64_t *table, size_t size, uint64_t hash)
{
	size_t i = (size_t)hash & (size - 1);

	while (table[i] != 0 && table[i] != hash)
		i = (i + 1) & (size - 1);
	return &table[i];
}

/* Moves what is kept from a table of WAS slots to one of SIZE. */
static int
grow(uint64_t *w, size_t was, size_t size)
{
	uint64_t *table = mem_zalloc(size * sizeof(*table)), *old = slots(w);

	if (table == NULL)
		return -1;
	for (size_t i = 0; i < was; i++)
		if (old[i] != 0)
			*find(table, size, old[i]) = old[i];
	mem_free(old);
	w[DISTINCT_MEMORY] = (uintptr_t)table;
	return 0;
}

/* ---- registers ---- */

static void
note(unsigned char *reg, uint64_t hash)
{
	uint64_t rest = hash << INDEX_BITS;
	unsigned char rank = rest == 0 ? RANK_MAX : (unsigned char)(__builtin_clzll(rest) + 1);
	size_t i = (size_t)(hash >> (64 - INDEX_BITS));

	if (rank > reg[i])
		reg[i] = rank;
}

/* From hashes to registers. */
static int
turn_over(uint64_t *w)
{
	size_t size = table_size(w[DISTINCT_KEPT]);
	unsigned char *reg = mem_zalloc(REGISTERS);

	if (reg == NULL)
		return -1;
	for (size_t i = 0; i < size; i++)
		if (slots(w)[i] != 0)
			note(reg, slots(w)[i]);
	mem_free(slots(w));
	w[DISTINCT_MEMORY] = (uintptr_t)reg;
	w[DISTINCT_KEPT] = DISTINCT_EXACT + 1;
	return 0;
}

/* Adds a hash to those that are kept, of which there is room for one more. */
static int
keep(uint64_t *w, uint64_t hash)
{
	size_t size = table_size(w[DISTINCT_KEPT]), needed = table_size(w[DISTINCT_KEPT] + 1);
	uint64_t *slot = size == 0 ? NULL : find(slots(w), size, hash);

	if (slot != NULL && *slot == hash)
		return 0;
	if (needed != size) {
		if (grow(w, size, needed) == -1)
			return -1;
		slot = find(slots(w), needed, hash);
	}
	*slot = hash;
	w[DISTINCT_KEPT]++;
	return 0;
}

/* A hash of 0 would be an empty slot: it is taken for 1. */
int
distinct_add(uint64_t *w, uint64_t hash)
{
	hash += hash == 0;
	if (w[DISTINCT_KEPT] < DISTINCT_EXACT)
		return keep(w, hash);
	if (is_kept(w)) {
		if (*find(slots(w), table_size(w[DISTINCT_KEPT]), hash) == hash)
			return 0;
		if (turn_over(w) == -1)
			return -1;
	}
	note(registers(w), hash);
	return 0;
}

int
distinct_merge(uint64_t *into, const uint64_t *from)
{
	if (into == from)
		return 0;
	if (is_kept(from)) {
		size_t size = table_size(from[DISTINCT_KEPT]);

		for (size_t i = 0; i < size; i++)
			if (slots(from)[i] != 0 && distinct_add(into, slots(from)[i]) == -1)
				return -1;
		return 0;
	}
	if (is_kept(into) && turn_over(into) == -1)
		return -1;
	for (size_t i = 0; i < REGISTERS; i++)
		if (registers(from)[i] > registers(into)[i])
			registers(into)[i] = registers(from)[i];
	return 0;
}

void
distinct_free(uint64_t *w)
{
	mem_free(slots(w));
	w[DISTINCT_KEPT] = w[DISTINCT_MEMORY] = 0;
}

size_t
distinct_bytes(const uint64_t *w)
{
	return is_kept(w) ? table_size(w[DISTINCT_KEPT]) * sizeof(uint64_t) : REGISTERS;
}

void
distinct_shrink(uint64_t *w)
{
	if (is_kept(w) && table_size(w[DISTINCT_KEPT]) * sizeof(uint64_t) > REGISTERS)
		(void)turn_over(w);
}

const void *
distinct_place(const uint64_t *w, uint64_t hash)
{
	size_t size;

	if (!is_kept(w))
		return registers(w) + (hash >> (64 - INDEX_BITS));
	size = table_size(w[DISTINCT_KEPT]);
	return size == 0 ? NULL : &slots(w)[hash & (size - 1)];
}

/* ---- writing down ---- */

int
distinct_save(const uint64_t *w, struct buf *out)
{
	size_t size;

	if (wire_put(out, w[DISTINCT_KEPT]) == -1)
		return -1;
	if (!is_kept(w))
		return buf_add(out, registers(w), REGISTERS);
	size = table_size(w[DISTINCT_KEPT]);
	for (size_t i = 0; i < size; i++)
		if (slots(w)[i] != 0 && wire_put_word(out, slots(w)[i]) == -1)
			return -1;
	return 0;
}

static int
load_registers(uint64_t *w, struct wire *in)
{
	const unsigned char *bytes = (const unsigned char *)in->at;

	for (size_t i = 0; !in->damaged && i < REGISTERS; i++)
		in->damaged = (size_t)(in->end - in->at) < REGISTERS || bytes[i] > RANK_MAX;
	if (in->damaged)
		return 0;
	if (is_kept(w) && turn_over(w) == -1)
		return -1;
	for (size_t i = 0; i < REGISTERS; i++)
		if (bytes[i] > registers(w)[i])
			registers(w)[i] = bytes[i];
	in->at += REGISTERS;
	return 0;
}

int
distinct_load(uint64_t *w, struct wire *in)
{
	uint64_t n = wire_get(in);

	if (n > DISTINCT_EXACT)
		return load_registers(w, in);
	for (; n > 0 && !in->damaged; n--) {
		uint64_t hash = wire_get_word(in);

		if (!in->damaged && distinct_add(w, hash) == -1)
			return -1;
	}
	return 0;
}

/* ---- the estimate: sections 2.4 and 2.5 of Ertl's paper ---- */

/* x + sum of x^(2^k) 2^(k - 1) over k >= 1 */
static double
sigma(double x)
{
	double y = 1, z = x, before;

	if (x == 1)
		return INFINITY;
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

/* (1 - x - sum of (1 - x^(2^-k))^2 2^-k over k >= 1) / 3 */
static double
tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x == 0 || x == 1)
		return 0;
	do {
		x = sqrt(x);
		before = z;
		y /= 2;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

uint64_t
distinct_count(const uint64_t *w, bool *approximate)
{
	const double m = (double)REGISTERS, alpha = 0.72134752044448170368;	/* 1 / (2 ln 2) */
	unsigned of_rank[RANK_MAX + 1] = { 0 };
	double z;

	*approximate = !is_kept(w);
	if (is_kept(w))
		return w[DISTINCT_KEPT];
	for (size_t i = 0; i < REGISTERS; i++)
		of_rank[registers(w)[i]]++;
	z = m * tau(1 - of_rank[RANK_MAX] / m);
	for (unsigned k = RANK_MAX - 1; k > 0; k--)
		z = (z + of_rank[k]) / 2;
	z += m * sigma(of_rank[0] / m);
	z = alpha * m * m / z;
	/* registers say at least that there were more than can be kept */
	if (z < DISTINCT_EXACT + 1)
		return DISTINCT_EXACT + 1;
	return z < 9223372036854775808.0 ? (uint64_t)(z + 0.5) : INT64_MAX;
}
