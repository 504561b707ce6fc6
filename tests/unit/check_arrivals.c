/*
 * Unit tests of src/source/arrivals.c and ledger.c: files followed through renames, and what is
 * remembered of taken ones.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "source/arrivals.h"
#include "source/ledger.h"
#include "util.h"

Suite *arrivals_suite(void);

static void
event(struct arrivals *a, uint32_t mask, const char *name, uint32_t cookie)
{
	size_t len = strlen(name) + 1;
	struct inotify_event *e = calloc(1, sizeof(*e) + len);

	e->mask = mask;
	e->cookie = cookie;
	e->len = (uint32_t)len;
	memcpy(e->name, name, len);
	arrivals_event(a, e);
	free(e);
}

static void
move(struct arrivals *a, const char *from, const char *to, uint32_t cookie)
{
	event(a, IN_MOVED_FROM, from, cookie);
	event(a, IN_MOVED_TO, to, cookie);
}

START_TEST(rotations)
{
	struct arrivals a = { .name = "log" };

	event(&a, IN_CREATE, "other", 0);
	ck_assert_uint_eq(a.n, 0);
	event(&a, IN_CREATE, "log", 0);
	move(&a, "log", "log.1", 1);
	event(&a, IN_CREATE, "log", 0);
	move(&a, "log.1", "log.2", 2);
	move(&a, "log", "log.1", 3);
	event(&a, IN_CREATE, "log", 0);
	ck_assert_uint_eq(a.n, 3);
	ck_assert_str_eq(a.list[0].name, "log.2");
	ck_assert_str_eq(a.list[1].name, "log.1");
	ck_assert_str_eq(a.list[2].name, "log");
	event(&a, IN_DELETE, "log.2", 0);
	ck_assert_str_eq(a.list[0].name, "");
	move(&a, "tmp", "log.1", 4);		/* another file takes the place */
	ck_assert_str_eq(a.list[1].name, "");
	arrivals_free(&a);
}
END_TEST

START_TEST(renamed_over)
{
	struct arrivals a = { .name = "log" };
	uint64_t before;

	move(&a, "new", "log", 1);
	ck_assert_uint_eq(a.n, 1);
	event(&a, IN_MOVED_FROM, "log", 2);
	ck_assert_uint_eq(a.list[0].cookie, 2);
	before = a.changes;
	event(&a, IN_MOVED_TO, "log.1", 2);
	ck_assert_uint_gt(a.changes, before);
	ck_assert_str_eq(a.list[0].name, "log.1");
	before = a.changes;
	event(&a, IN_CREATE, "unrelated", 0);
	ck_assert_uint_eq(a.changes, before);
	arrivals_free(&a);
}
END_TEST

START_TEST(ledger_keeps_and_forgets)
{
	struct ledger l = { 0 };

	for (ino_t i = 1; i <= 5000; i++) {
		struct taken t = { .dev = i % 3, .ino = i, .size = i, .seen = i % 2 + 1 };

		DEMAND(ledger_put(&l, &t) == 0);
		DEMAND(ledger_put(&l, &t) == 0);
	}
	ck_assert_uint_eq(l.n, 5000);
	for (ino_t i = 1; i <= 5000; i++) {
		DEMAND(ledger_find(&l, i % 3, i)->size == i);
		DEMAND(ledger_find(&l, i % 3 + 1, i) == NULL);
	}
	ck_assert_int_eq(ledger_sweep(&l, 2), 0);
	ck_assert_uint_eq(l.n, 2500);
	for (ino_t i = 1; i <= 5000; i++)
		DEMAND((ledger_find(&l, i % 3, i) != NULL) == (i % 2 == 1));
	ledger_free(&l);
}
END_TEST

Suite *
arrivals_suite(void)
{
	Suite *suite = suite_create("arrivals");
	TCase *tcase = case_add(suite, "files");

	tcase_add_test(tcase, rotations);
	tcase_add_test(tcase, renamed_over);
	tcase_add_test(tcase, ledger_keeps_and_forgets);
	return suite;
}
