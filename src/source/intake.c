/* What a directory has to give, see intake.h. */
#include "source/intake.h"

#include "base/mem.h"
#include "engine/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLICE 16			/* reads before others have their turn */
#define AGAIN_US 10000			/* after an interrupted call */

/* ---- names ---- */

bool
candidate_ignored(const char *name)
{
	static const char *const ends[] = { "~", ".tmp", "._COPYING_" };
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t end = strlen(ends[i]);

		if (len >= end && strcmp(name + len - end, ends[i]) == 0)
			return true;
	}
	return name[0] == '.';
}

int
candidates_add(struct candidates *c, const char *name, bool complete, size_t search)
{
	for (size_t i = c->n; i > c->first && search > 0; i--, search--)
		if (strcmp(c->list[i - 1].name, name) == 0) {
			c->list[i - 1].complete |= complete;
			return 0;
		}
	if (c->n == c->cap) {
		size_t cap = c->cap == 0 ? 16 : c->cap * 2;
		struct candidate *list = mem_realloc(c->list, cap * sizeof(*list));

		if (list == NULL)
			return -1;
		c->list = list;
		c->cap = cap;
	}
	c->list[c->n] = (struct candidate){ .name = mem_strdup(name), .complete = complete };
	if (c->list[c->n].name == NULL)
		return -1;
	c->n++;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct candidate *)a)->name, ((const struct candidate *)b)->name);
}

void
candidates_sort(struct candidates *c, size_t from)
{
	if (c->n > from)
		qsort(c->list + from, c->n - from, sizeof(*c->list), compare);
}

void
candidates_remove(struct candidates *c, size_t at)
{
	mem_free(c->list[at].name);
	if (at == c->first) {
		c->first++;
	} else {
		c->n--;
		memmove(&c->list[at], &c->list[at + 1], (c->n - at) * sizeof(*c->list));
	}
	if (c->first == c->n)
		c->first = c->n = 0;
}

void
candidates_free(struct candidates *c)
{
	while (c->n > c->first)
		mem_free(c->list[--c->n].name);
	mem_free(c->list);
	*c = (struct candidates){ 0 };
}

/* ---- the file being read ---- */

int
intake_ready(struct intake *in)
{
	if (in->unpack == NULL)
		in->unpack = unpack_open(in->path);
	return in->unpack == NULL ? -1 : 0;
}

int
intake_open(struct intake *in, int fd, const char *path)
{
	in->open = true;
	in->fd = fd;
	(void)strncpy(in->path, path, sizeof(in->path) - 1);
	if (intake_ready(in) == -1) {
		intake_close(in);
		return -1;
	}
	unpack_skip(in->unpack, 0, in->framer.position);
	return 0;
}

enum receive
intake_read(struct intake *in, struct source *s, int64_t *wait, struct err *err)
{
	enum receive rc = RECEIVE_SOME;

	*wait = 0;
	for (int i = 0; i < SLICE && rc == RECEIVE_SOME; i++) {
		if (s->host->allowed(s, wait) == 0)
			return RECEIVE_SOME;
		rc = unpack_receive(in->unpack, s, &in->framer, in->fd);
	}
	switch (rc) {
	case RECEIVE_NOTHING:
		*wait = AGAIN_US;
		return RECEIVE_SOME;
	case RECEIVE_ERROR:
		err_system(err, in->path, "read", errno);
		break;
	case RECEIVE_DAMAGED:
		*err = *unpack_error(in->unpack);
		break;
	default:
		break;
	}
	if (rc == RECEIVE_EOF || rc == RECEIVE_ERROR || rc == RECEIVE_DAMAGED)
		unpack_finish(s, &in->framer, rc);
	return rc;
}

void
intake_close(struct intake *in)
{
	unpack_close(in->unpack);
	in->unpack = NULL;
	if (!in->open)
		return;
	sys.close(in->fd);
	frame_close(&in->framer);
	in->framer = (struct framer){ 0 };
	in->open = false;
}
