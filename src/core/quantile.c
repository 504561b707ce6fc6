/*
 * Quantiles, see quantile.h.  The memory is an array of doubles as long as the values are few, with
 * room for the next power of two of them, then a struct hist.  A value at a place of the order is
 * found by Hoare's selection ("Algorithm 65: Find", 1961), with a partition that has no branches to
 * mispredict.
 */
#include "core/quantile.h"

#include "base/mem.h"
#include "core/hist.h"

#include <stdbool.h>
#include <string.h>

#define SMALL 12			/* values that are rather sorted by insertion */

static bool
is_kept(const uint64_t *w)
{
	return w[QUANTILE_COUNT] <= QUANTILE_EXACT;
}

static double *
kept(const uint64_t *w)
{
	return (double *)(uintptr_t)w[QUANTILE_MEMORY];
}

static struct hist *
hist(const uint64_t *w)
{
	return (struct hist *)(uintptr_t)w[QUANTILE_MEMORY];
}

/* How many values the memory of N kept ones has room for. */
static uint64_t
room(uint64_t n)
{
	uint64_t room = QUANTILE_FIRST;

	if (n == 0)
		return 0;
	while (room < n)
		room *= 2;
	return room;
}

/* Makes room for N values, at most QUANTILE_EXACT. */
static int
reserve(uint64_t *w, uint64_t n)
{
	double *grown;

	if (n <= room(w[QUANTILE_COUNT]))
		return 0;
	grown = mem_realloc(kept(w), room(n) * sizeof(*grown));
	if (grown == NULL)
		return -1;
	w[QUANTILE_MEMORY] = (uintptr_t)grown;
	return 0;
}

static int
add_all(struct hist *h, const double *v, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (hist_add(h, v[i]) == -1)
			return -1;
	return 0;
}

static void
drop(struct hist *h)
{
	hist_free(h);
	mem_free(h);
}

/* Counts what is kept; TOTAL is how many values it will be soon, more than can be kept. */
static int
count_kept(uint64_t *w, uint64_t total)
{
	struct hist *h = mem_zalloc(sizeof(*h));

	if (h == NULL)
		return -1;
	if (add_all(h, kept(w), w[QUANTILE_COUNT]) == -1) {
		drop(h);
		return -1;
	}
	mem_free(kept(w));
	w[QUANTILE_MEMORY] = (uintptr_t)h;
	w[QUANTILE_COUNT] = total;
	return 0;
}

int
quantile_add_slow(uint64_t *w, double v)
{
	uint64_t n = w[QUANTILE_COUNT];

	if (n < QUANTILE_EXACT) {
		if (reserve(w, n + 1) == -1)
			return -1;
		kept(w)[n] = v;
		w[QUANTILE_COUNT]++;
		return 0;
	}
	if (n == QUANTILE_EXACT) {
		if (count_kept(w, n + 1) == -1)
			return -1;
		return hist_add(hist(w), v);
	}
	w[QUANTILE_COUNT]++;
	return hist_add(hist(w), v);
}

int
quantile_merge(uint64_t *into, const uint64_t *from)
{
	uint64_t more = from[QUANTILE_COUNT], total = into[QUANTILE_COUNT] + more;

	if (more == 0)
		return 0;
	if (total <= QUANTILE_EXACT) {
		if (reserve(into, total) == -1)
			return -1;
		memcpy(kept(into) + into[QUANTILE_COUNT], kept(from), more * sizeof(double));
		into[QUANTILE_COUNT] = total;
		return 0;
	}
	if (is_kept(into) && count_kept(into, total) == -1)
		return -1;
	into[QUANTILE_COUNT] = total;
	if (is_kept(from))
		return add_all(hist(into), kept(from), more);
	return hist_merge(hist(into), hist(from));
}

void
quantile_free(uint64_t *w)
{
	if (!is_kept(w))
		hist_free(hist(w));
	mem_free(kept(w));
	w[QUANTILE_COUNT] = w[QUANTILE_MEMORY] = 0;
}

size_t
quantile_bytes(const uint64_t *w)
{
	if (is_kept(w))
		return room(w[QUANTILE_COUNT]) * sizeof(double);
	return sizeof(struct hist) + hist_bytes(hist(w));
}

/* ---- writing down ---- */

int
quantile_save(const uint64_t *w, struct buf *out)
{
	if (wire_put(out, w[QUANTILE_COUNT]) == -1)
		return -1;
	if (!is_kept(w))
		return hist_save(hist(w), out);
	for (uint64_t i = 0; i < w[QUANTILE_COUNT]; i++)
		if (wire_put_double(out, kept(w)[i]) == -1)
			return -1;
	return 0;
}

static int
load_kept(uint64_t *w, uint64_t n, struct wire *in)
{
	for (; n > 0 && !in->damaged; n--) {
		double v = wire_get_double(in);

		if (!in->damaged && quantile_add(w, v) == -1)
			return -1;
	}
	return 0;
}

int
quantile_load(uint64_t *w, struct wire *in)
{
	uint64_t n = wire_get(in), loaded[QUANTILE_WORDS] = { 0 };
	struct hist *h;
	int rc;

	if (n <= QUANTILE_EXACT)
		return load_kept(w, n, in);
	h = mem_zalloc(sizeof(*h));
	if (h == NULL)
		return -1;
	loaded[QUANTILE_MEMORY] = (uintptr_t)h;
	loaded[QUANTILE_COUNT] = n;
	rc = hist_load(h, in);
	if (rc == 0 && h->total != n)
		in->damaged = true;
	if (rc == 0 && !in->damaged)
		rc = quantile_merge(w, loaded);
	drop(h);
	return rc;
}

/* ---- answers ---- */

static void
insertion_sort(double *v, uint64_t n)
{
	for (uint64_t i = 1; i < n; i++) {
		double x = v[i];
		uint64_t k = i;

		for (; k > 0 && x < v[k - 1]; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

/* Moves what is below PIVOT, or with EQUAL at it, to the front; how many. */
static uint64_t
partition(double *v, uint64_t n, double pivot, bool equal)
{
	uint64_t front = 0;

	for (uint64_t i = 0; i < n; i++) {
		double x = v[i];

		v[i] = v[front];
		v[front] = x;
		front += equal ? x <= pivot : x < pivot;
	}
	return front;
}

static double
median(double x, double y, double z)
{
	double low = x < y ? x : y, high = x < y ? y : x;

	return z < low ? low : z > high ? high : z;
}

/* Puts the value of place K there, no greater one before it and no lesser one behind it. */
static void
select_place(double *v, uint64_t n, uint64_t k)
{
	while (n > SMALL) {
		double pivot = median(v[n / 4], v[n / 2], v[n - n / 4]);
		uint64_t below = partition(v, n, pivot, false), up_to;

		if (k < below) {
			n = below;
			continue;
		}
		up_to = below + partition(v + below, n - below, pivot, true);
		if (k < up_to)
			return;
		v += up_to;
		n -= up_to;
		k -= up_to;
	}
	insertion_sort(v, n);
}

/* ceil(Q * N), 1 to N; a product that misses a whole number by its rounding only is that number. */
static uint64_t
rank_of(double q, uint64_t n)
{
	double x = q * (double)n;
	uint64_t rank = x >= (double)n ? n : (uint64_t)x;

	rank += x - (double)rank > x * 1e-15;
	return rank < 1 ? 1 : rank > n ? n : rank;
}

void
quantile_list(const uint64_t *w, const double *q, size_t n, double *out)
{
	uint64_t count = w[QUANTILE_COUNT], from = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t place = rank_of(q[i], count) - 1;

		if (!is_kept(w)) {
			out[i] = hist_get(hist(w), place + 1);
			continue;
		}
		select_place(kept(w) + from, count - from, place - from);
		out[i] = kept(w)[place];
		from = place;
	}
}
