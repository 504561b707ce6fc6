/*
 * Setting SQLite up, see lite.h.  SQLite asks for the size of what it was given; base/mem does not
 * know it, so a header in front of each piece does.
 */
#include "core/lite.h"

#include "base/mem.h"

#include <sqlite3.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

#define ROUND 8				/* SQLite counts in multiples of it */

/* In front of each piece; as large as the strictest alignment. */
struct head {
	alignas(max_align_t) int	size;
};

static void *
lite_alloc(int size)
{
	struct head *head = mem_alloc(sizeof(*head) + (size_t)size);

	if (head == NULL)
		return NULL;
	head->size = size;
	return head + 1;
}

/* SQLite never frees NULL here. */
static void
lite_free(void *p)
{
	mem_free((struct head *)p - 1);
}

static void *
lite_realloc(void *p, int size)
{
	struct head *head = mem_realloc((struct head *)p - 1, sizeof(*head) + (size_t)size);

	if (head == NULL)
		return NULL;
	head->size = size;
	return head + 1;
}

static int
lite_size(void *p)
{
	return p == NULL ? 0 : ((struct head *)p - 1)->size;
}

static int
lite_roundup(int size)
{
	return (size + ROUND - 1) & ~(ROUND - 1);
}

static int
lite_init(void *arg)
{
	(void)arg;
	return SQLITE_OK;
}

static void
lite_shutdown(void *arg)
{
	(void)arg;
}

int
lite_setup(struct err *err)
{
	static const struct sqlite3_mem_methods methods = {
		.xMalloc = lite_alloc,
		.xFree = lite_free,
		.xRealloc = lite_realloc,
		.xSize = lite_size,
		.xRoundup = lite_roundup,
		.xInit = lite_init,
		.xShutdown = lite_shutdown,
	};
	static bool done;
	int rc;

	if (done)
		return 0;
	/* Nobody asks SQLite for its figures, and keeping them costs a lock for each allocation. */
	rc = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (rc == SQLITE_OK)
		rc = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
	if (rc == SQLITE_OK)
		rc = sqlite3_initialize();
	if (rc == SQLITE_NOMEM)
		return err_memory(err, "starting SQLite");
	if (rc != SQLITE_OK)
		return err_set(err, ERR_RUN, "SQLite: %s", sqlite3_errstr(rc));
	done = true;
	return 0;
}
