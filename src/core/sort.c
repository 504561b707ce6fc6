/* A merge sort of pointers, see sort.h. */
#include "core/sort.h"

#include "base/mem.h"

#include <string.h>

#define RUN 8			/* pointers that are put in order by insertion */

static void
insertion(const void **at, size_t n, sort_fn compare, const void *arg)
{
	for (size_t i = 1; i < n; i++) {
		const void *item = at[i];
		size_t k = i;

		for (; k > 0 && compare(at[k - 1], item, arg) > 0; k--)
			at[k] = at[k - 1];
		at[k] = item;
	}
}

/* Merges FROM[0 .. middle) and FROM[middle .. n) into TO. */
static void
merge(const void **to, const void **from, size_t middle, size_t n, sort_fn compare,
    const void *arg)
{
	size_t left = 0, right = middle;

	for (size_t i = 0; i < n; i++) {
		if (left < middle && (right == n || compare(from[left], from[right], arg) <= 0))
			to[i] = from[left++];
		else
			to[i] = from[right++];
	}
}

int
sort_pointers(const void **at, size_t n, sort_fn compare, const void *arg)
{
	const void **space, **from = at, **to;

	for (size_t i = 0; i < n; i += RUN)
		insertion(at + i, n - i < RUN ? n - i : RUN, compare, arg);
	if (n <= RUN)
		return 0;
	space = to = mem_alloc(n * sizeof(*space));
	if (space == NULL)
		return -1;
	for (size_t run = RUN; run < n; run *= 2) {
		const void **other = from;

		for (size_t i = 0; i < n; i += 2 * run) {
			size_t left = n - i;

			merge(to + i, from + i, left < run ? left : run,
			    left < 2 * run ? left : 2 * run, compare, arg);
		}
		from = to;
		to = other;
	}
	if (from != at)
		memcpy(at, from, n * sizeof(*at));
	mem_free(space);
	return 0;
}
