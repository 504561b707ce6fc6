/* The files that got a name, see arrivals.h. */
#include "source/arrivals.h"

#include "base/mem.h"

#include <string.h>
#include <sys/inotify.h>

static void
add(struct arrivals *a)
{
	if (a->n == a->cap) {
		size_t cap = a->cap == 0 ? 4 : a->cap * 2;
		struct arrival *list = mem_realloc(a->list, cap * sizeof(*list));

		if (list == NULL) {
			a->failed = true;
			return;
		}
		a->list = list;
		a->cap = cap;
	}
	a->list[a->n] = (struct arrival){ .cookie = 0 };
	strcpy(a->list[a->n++].name, a->name);
}

/*
 * The file has that name no more: it is gone, or another one has taken its place; or, with a
 * cookie, this is the first half of a rename.
 */
static void
lose(struct arrivals *a, const char *name, uint32_t cookie)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->list[i].name, name) == 0) {
			a->list[i].name[0] = '\0';
			a->list[i].cookie = cookie;
			a->changes++;
		}
}

/* The second half; true if it is one of ours. */
static bool
move_to(struct arrivals *a, const char *name, uint32_t cookie)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->list[i].cookie == cookie && strlen(name) <= NAME_MAX) {
			strcpy(a->list[i].name, name);
			a->list[i].cookie = 0;
			a->changes++;
			return true;
		}
	return false;
}

void
arrivals_event(struct arrivals *a, const struct inotify_event *e)
{
	bool named;

	if (e->len == 0 || (e->mask & IN_ISDIR) != 0)
		return;
	named = strcmp(e->name, a->name) == 0;
	if ((e->mask & IN_MOVED_FROM) != 0)
		lose(a, e->name, e->cookie);
	if ((e->mask & (IN_DELETE | IN_MOVED_TO | IN_CREATE)) != 0)
		lose(a, e->name, 0);
	if ((e->mask & IN_MOVED_TO) != 0 && move_to(a, e->name, e->cookie))
		return;
	if ((e->mask & (IN_MOVED_TO | IN_CREATE)) != 0 && named) {
		add(a);
		a->changes++;
	}
}

void
arrivals_free(struct arrivals *a)
{
	mem_free(a->list);
	*a = (struct arrivals){ .name = a->name };
}
