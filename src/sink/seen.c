/* Times that were seen, see seen.h. */
#include "sink/seen.h"

#include "base/mem.h"

#include <string.h>

#define SEEN_MAX 1024

static void
forget(struct seen *s)
{
	size_t n = s->n / 2;

	s->cut = true;
	s->floor = s->ms[n - 1];
	s->n -= n;
	memmove(s->ms, s->ms + n, s->n * sizeof(*s->ms));
}

int
seen_add(struct seen *s, int64_t ms)
{
	size_t i = s->n;

	if (s->cut && ms <= s->floor)
		return 0;
	while (i > 0 && s->ms[i - 1] > ms)
		i--;
	if (i > 0 && s->ms[i - 1] == ms)
		return 0;
	if (s->n == s->cap) {
		size_t cap = s->cap == 0 ? 64 : s->cap * 2;
		int64_t *more = mem_realloc(s->ms, cap * sizeof(*more));

		if (more == NULL)
			return -1;
		s->ms = more;
		s->cap = cap;
	}
	memmove(s->ms + i + 1, s->ms + i, (s->n - i) * sizeof(*s->ms));
	s->ms[i] = ms;
	s->n++;
	if (s->limited && s->n == SEEN_MAX)
		forget(s);
	return 1;
}

int
seen_save(const struct seen *s, struct buf *out)
{
	if (wire_put(out, s->cut) == -1 || wire_put_word(out, (uint64_t)s->floor) == -1 ||
	    wire_put(out, s->n) == -1)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		if (wire_put_word(out, (uint64_t)s->ms[i]) == -1)
			return -1;
	return 0;
}

int
seen_load(struct seen *s, struct wire *in)
{
	uint64_t cut = wire_get(in), n;

	s->floor = (int64_t)wire_get_word(in);
	n = wire_get(in);
	in->damaged |= cut > 1 || n >= SEEN_MAX;
	s->cut = cut == 1;
	for (uint64_t i = 0; i < n && !in->damaged; i++)
		if (seen_add(s, (int64_t)wire_get_word(in)) == -1)
			return -1;
	return 0;
}

void
seen_free(struct seen *s)
{
	mem_free(s->ms);
	*s = (struct seen){ 0 };
}
