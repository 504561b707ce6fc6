/* The nearest known word, see near.h. */
#include "base/near.h"

#include <string.h>

#define TOO_FAR 3

static unsigned
smallest(unsigned x, unsigned y, unsigned z)
{
	unsigned least = x < y ? x : y;

	return least < z ? least : z;
}

static unsigned
edits(const char *x, size_t xlen, const char *y, size_t ylen)
{
	unsigned rows[3][NEAR_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (unsigned k = 0; k <= ylen; k++)
		above[k] = before[k] = k;
	for (unsigned i = 1; i <= xlen; i++) {
		unsigned *spare = before;

		row[0] = i;
		for (unsigned k = 1; k <= ylen; k++) {
			row[k] = smallest(above[k] + 1, row[k - 1] + 1,
			    above[k - 1] + (x[i - 1] != y[k - 1]));
			if (i > 1 && k > 1 && x[i - 1] == y[k - 2] && x[i - 2] == y[k - 1] &&
			    before[k - 2] + 1 < row[k])
				row[k] = before[k - 2] + 1;
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[ylen];
}

void
near_start(struct near *n, const char *word, size_t len)
{
	*n = (struct near){ .word = word, .len = len, .distance = TOO_FAR };
}

void
near_try(struct near *n, const char *known)
{
	size_t len = strlen(known), longer = len > n->len ? len : n->len;
	unsigned distance;

	if (longer > NEAR_MAX)
		return;
	distance = edits(n->word, n->len, known, len);
	if (distance < n->distance && distance * 3 <= longer) {
		n->distance = distance;
		n->best = known;
	}
}
