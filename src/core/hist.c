/*
 * The log-linear histogram, see hist.h: the bucket of a value is cut out of its bits, exponent and
 * first bits of the mantissa, as in HdrHistogram (Tene 2012); the guarantee is that of DDSketch
 * (Masson, Rim and Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error
 * Guarantees", 2019), with cheaper buckets.
 */
#include "core/hist.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

#define SUB_BITS 7			/* buckets in a power of two, as a power of two */
#define SHIFT (52 - SUB_BITS)
#define LEAST_KEY ((uint32_t)(1023 - 70) << SUB_BITS)
#define KEYS ((uint32_t)170 << SUB_BITS)	/* 2^-70 to 2^100 */
#define ZERO UINT32_MAX
#define SLACK 32			/* counters that a run grows by at least */

/* The bucket of a magnitude, 0 to KEYS - 1, or ZERO. */
static inline uint32_t
key_of(double magnitude)
{
	uint64_t bits;
	uint32_t key;

	memcpy(&bits, &magnitude, sizeof(bits));
	key = (uint32_t)(bits >> SHIFT);
	if (key < LEAST_KEY)
		return ZERO;
	key -= LEAST_KEY;
	return key < KEYS ? key : KEYS - 1;
}

static double
middle_of(uint32_t key)
{
	uint64_t bits = ((uint64_t)(key + LEAST_KEY) << SHIFT) | (UINT64_C(1) << (SHIFT - 1));
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static size_t
counter_size(const struct hist *h)
{
	return h->wide ? sizeof(uint64_t) : sizeof(uint32_t);
}

static uint64_t
get_count(const struct hist *h, const struct hist_run *r, uint32_t i)
{
	return h->wide ? ((const uint64_t *)r->count)[i] : ((const uint32_t *)r->count)[i];
}

static void
add_count(const struct hist *h, struct hist_run *r, uint32_t key, uint64_t n)
{
	if (h->wide)
		((uint64_t *)r->count)[key - r->first] += n;
	else
		((uint32_t *)r->count)[key - r->first] += (uint32_t)n;
}

/* Makes room for the keys LOW to HIGH, and for some beyond on the side that grows. */
static int
reach(const struct hist *h, struct hist_run *r, uint32_t low, uint32_t high)
{
	uint32_t first = r->n > 0 ? r->first : low, end = r->n > 0 ? r->first + r->n : low;
	uint32_t slack = r->n / 8 + SLACK;
	size_t size = counter_size(h);
	char *count;

	if (low < first || r->n == 0)
		first = low > slack ? low - slack : 0;
	if (high >= end)
		end = high + slack < KEYS ? high + slack + 1 : KEYS;
	count = mem_zalloc((end - first) * size);
	if (count == NULL)
		return -1;
	if (r->n > 0)
		memcpy(count + (r->first - first) * size, r->count, r->n * size);
	mem_free(r->count);
	*r = (struct hist_run){ count, first, end - first };
	return 0;
}

static int
ready(const struct hist *h, struct hist_run *r, uint32_t low, uint32_t high)
{
	if (low >= r->first && high - r->first < r->n)
		return 0;
	return reach(h, r, low, high);
}

/* Counters of 32 bits become such of 64. */
static int
widen(struct hist *h)
{
	uint64_t *wide[2] = { NULL, NULL };

	for (int s = 0; s < 2; s++) {
		if (h->run[s].n == 0)
			continue;
		wide[s] = mem_alloc(h->run[s].n * sizeof(**wide));
		if (wide[s] == NULL) {
			mem_free(wide[0]);
			return -1;
		}
		for (uint32_t i = 0; i < h->run[s].n; i++)
			wide[s][i] = get_count(h, &h->run[s], i);
	}
	for (int s = 0; s < 2; s++) {
		mem_free(h->run[s].count);
		h->run[s].count = wide[s];
	}
	h->wide = true;
	return 0;
}

/* Makes the counters wide enough for MORE values. */
static int
expect(struct hist *h, uint64_t more)
{
	if (h->wide || more <= UINT32_MAX - h->total)
		return 0;
	return widen(h);
}

static void
widen_range(struct hist *h, double least, double greatest)
{
	if (h->total == 0 || least < h->least)
		h->least = least;
	if (h->total == 0 || greatest > h->greatest)
		h->greatest = greatest;
}

int
hist_add(struct hist *h, double v)
{
	struct hist_run *r = &h->run[v < 0];
	uint32_t key = key_of(fabs(v));

	if (expect(h, 1) == -1)
		return -1;
	if (key == ZERO) {
		h->zeros++;
	} else {
		if (ready(h, r, key, key) == -1)
			return -1;
		add_count(h, r, key, 1);
	}
	widen_range(h, v, v);
	h->total++;
	return 0;
}

/* The counters of FROM from its first that is not 0 to its last; false if all are. */
static bool
trim(const struct hist *h, const struct hist_run *r, uint32_t *low, uint32_t *high)
{
	uint32_t i = 0, end = r->n;

	while (i < end && get_count(h, r, i) == 0)
		i++;
	while (end > i && get_count(h, r, end - 1) == 0)
		end--;
	*low = r->first + i;
	*high = r->first + end - 1;
	return i < end;
}

int
hist_merge(struct hist *into, const struct hist *from)
{
	uint32_t low, high;

	if (from->total == 0)
		return 0;
	if (expect(into, from->total) == -1)
		return -1;
	for (int s = 0; s < 2; s++) {
		const struct hist_run *r = &from->run[s];

		if (!trim(from, r, &low, &high))
			continue;
		if (ready(into, &into->run[s], low, high) == -1)
			return -1;
		for (uint32_t key = low; key <= high; key++)
			add_count(into, &into->run[s], key, get_count(from, r, key - r->first));
	}
	widen_range(into, from->least, from->greatest);
	into->zeros += from->zeros;
	into->total += from->total;
	return 0;
}

size_t
hist_bytes(const struct hist *h)
{
	return ((size_t)h->run[0].n + h->run[1].n) * counter_size(h);
}

void
hist_free(struct hist *h)
{
	mem_free(h->run[0].count);
	mem_free(h->run[1].count);
	*h = (struct hist){ 0 };
}

/* ---- answers ---- */

static double
clamp(const struct hist *h, double v)
{
	return v < h->least ? h->least : v > h->greatest ? h->greatest : v;
}

double
hist_get(const struct hist *h, uint64_t rank)
{
	const struct hist_run *positive = &h->run[0], *negative = &h->run[1];

	for (uint32_t i = negative->n; i-- > 0;) {
		uint64_t n = get_count(h, negative, i);

		if (rank <= n)
			return clamp(h, -middle_of(negative->first + i));
		rank -= n;
	}
	if (rank <= h->zeros)
		return clamp(h, 0);
	rank -= h->zeros;
	for (uint32_t i = 0; i < positive->n; i++) {
		uint64_t n = get_count(h, positive, i);

		if (rank <= n)
			return clamp(h, middle_of(positive->first + i));
		rank -= n;
	}
	return h->greatest;
}

/* ---- writing down ---- */

static int
save_run(const struct hist *h, const struct hist_run *r, struct buf *out)
{
	uint32_t low, high;

	if (!trim(h, r, &low, &high))
		return wire_put(out, 0);
	if (wire_put(out, high - low + 1) == -1 || wire_put(out, low) == -1)
		return -1;
	for (uint32_t key = low; key <= high; key++)
		if (wire_put(out, get_count(h, r, key - r->first)) == -1)
			return -1;
	return 0;
}

/* Least, greatest and zeros, then for each sign how many counters, the first one's key and they. */
int
hist_save(const struct hist *h, struct buf *out)
{
	if (wire_put_double(out, h->least) == -1 || wire_put_double(out, h->greatest) == -1 ||
	    wire_put(out, h->zeros) == -1)
		return -1;
	return save_run(h, &h->run[0], out) == -1 ? -1 : save_run(h, &h->run[1], out);
}

/* Adds a saved run of counters of one sign to a histogram whose counters are wide. */
static int
load_run(struct hist *h, struct hist_run *r, struct wire *in)
{
	uint64_t n = wire_get(in), low = n == 0 ? 0 : wire_get(in);

	if (n == 0)
		return 0;
	if (n > KEYS || low > KEYS - n) {
		in->damaged = true;
		return 0;
	}
	if (ready(h, r, (uint32_t)low, (uint32_t)(low + n - 1)) == -1)
		return -1;
	for (; n > 0; n--, low++) {
		uint64_t count = wire_get(in);

		if (__builtin_add_overflow(h->total, count, &h->total))
			in->damaged = true;
		add_count(h, r, (uint32_t)low, count);
	}
	return 0;
}

/* Into one of its own first, so that what is damaged is not merged. */
int
hist_load(struct hist *h, struct wire *in)
{
	struct hist loaded = { .wide = true };
	int rc;

	loaded.least = wire_get_double(in);
	loaded.greatest = wire_get_double(in);
	loaded.total = loaded.zeros = wire_get(in);
	rc = load_run(&loaded, &loaded.run[0], in);
	if (rc == 0)
		rc = load_run(&loaded, &loaded.run[1], in);
	if (loaded.least > loaded.greatest)
		in->damaged = true;
	if (rc == 0 && !in->damaged)
		rc = hist_merge(h, &loaded);
	hist_free(&loaded);
	return rc;
}
