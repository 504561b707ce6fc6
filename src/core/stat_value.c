/* The value of a group as an aggregate, see stat.h. */
#include "core/quantile.h"
#include "core/stat.h"

static int
merge(const struct aggregate *agg, uint64_t *into, const uint64_t *from)
{
	const struct stat *c = agg->config;
	size_t at = 1;

	if (from[0] == 0)
		return 0;
	for (unsigned i = 0; i < c->fields; i++, at += c->stride) {
		size_t quantile = at + stat_quantile_at(c);

		if (c->moments)
			moments_merge(into + at, from + at, c->part);
		if (c->quantiles && quantile_merge(into + quantile, from + quantile) == -1)
			return -1;
	}
	into[0] += from[0];
	return 0;
}

static void
free_value(const struct aggregate *agg, uint64_t *value)
{
	const struct stat *c = agg->config;

	for (unsigned i = 0; i < c->fields; i++)
		quantile_free(value + 1 + i * c->stride + stat_quantile_at(c));
	for (size_t i = 0; i < agg->words; i++)
		value[i] = 0;
}

static size_t
bytes(const struct aggregate *agg, const uint64_t *value)
{
	const struct stat *c = agg->config;
	size_t sum = 0;

	for (unsigned i = 0; i < c->fields; i++)
		sum += quantile_bytes(value + 1 + i * c->stride + stat_quantile_at(c));
	return sum;
}

/* The number of records, then for each field its moments word by word and its quantiles. */
static int
save(const struct aggregate *agg, const uint64_t *value, struct buf *out)
{
	const struct stat *c = agg->config;
	size_t at = 1;

	if (wire_put_word(out, value[0]) == -1)
		return -1;
	for (unsigned i = 0; i < c->fields; i++, at += c->stride) {
		for (size_t k = 0; k < stat_quantile_at(c); k++)
			if (wire_put_word(out, value[at + k]) == -1)
				return -1;
		if (quantile_save(value + at + stat_quantile_at(c), out) == -1)
			return -1;
	}
	return 0;
}

static int
load(const struct aggregate *agg, uint64_t *value, struct wire *in)
{
	const struct stat *c = agg->config;
	size_t at = 1;

	value[0] += wire_get_word(in);
	for (unsigned i = 0; i < c->fields && !in->damaged; i++, at += c->stride) {
		uint64_t moments[MOMENTS_WORDS(MOMENTS_SQUARES)];

		for (size_t k = 0; k < stat_quantile_at(c); k++)
			moments[k] = wire_get_word(in);
		if (c->moments && !in->damaged)
			moments_merge(value + at, moments, c->part);
		if (quantile_load(value + at + stat_quantile_at(c), in) == -1)
			return -1;
	}
	return 0;
}

void
stat_aggregate(struct aggregate *agg, const struct stat *s)
{
	*agg = (struct aggregate){
		.name = "stat",
		.words = 1 + s->fields * s->stride,
		.config = s,
		.merge = merge,
	};
	if (!s->quantiles)
		return;
	agg->drop = free_value;
	agg->bytes = bytes;
	agg->save = save;
	agg->load = load;
}
