/* Unit tests of src/base/arena.c: what was handed out stays, resets keep little memory. */

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "util.h"

Suite *arena_suite(void);

#define PIECES 2000

struct piece {
	char	*bytes;
	size_t	 size;
};

static size_t
random_size(void)
{
	return rand_below(100) == 0 ? rand_below(300000) : rand_below(200);
}

static void
check_piece(const struct piece *p, int i)
{
	for (size_t k = 0; k < p->size; k++)
		if (p->bytes[k] != (char)i)
			ck_abort_msg("piece %d has changed", i);
}

START_TEST(bytes_stay)
{
	struct piece piece[PIECES];
	struct arena a = { 0 };

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < PIECES; i++) {
			size_t size = random_size();

			piece[i] = (struct piece){ arena_bytes(&a, size), size };
			DEMAND(piece[i].bytes != NULL);
			memset(piece[i].bytes, i, size);
		}
		for (int i = 0; i < PIECES; i++)
			check_piece(&piece[i], i);
		arena_reset(&a);
	}
	arena_free(&a);
	ck_assert_uint_eq(a.total, 0);
}
END_TEST

/* Only some of what was handed out stays; it is as it was, and the arena goes on. */
START_TEST(squeezed)
{
	struct piece piece[PIECES];
	struct arena a = { 0 };
	struct arena_squeeze s;
	int n = 0;

	arena_squeeze_begin(&s, &a);		/* nothing in it */
	arena_squeeze_end(&s);
	for (int round = 0; round < 50; round++) {
		size_t kept = 0;
		int to = 0;

		for (; n < PIECES; n++) {
			size_t size = random_size();

			piece[n] = (struct piece){ arena_bytes(&a, size), size };
			DEMAND(piece[n].bytes != NULL);
		}
		for (int i = 0; i < n; i++)
			memset(piece[i].bytes, i, piece[i].size);
		arena_squeeze_begin(&s, &a);
		for (int i = 0; i < n; i++) {
			if (rand_below(4) < (uint64_t)round % 4)
				continue;
			piece[i].bytes = arena_squeeze_keep(&s, piece[i].bytes, piece[i].size);
			check_piece(&piece[i], i);
			memset(piece[i].bytes, to, piece[i].size);
			kept += piece[i].size;
			piece[to++] = piece[i];
		}
		arena_squeeze_end(&s);
		n = to;
		for (int i = 0; i < n; i++)
			check_piece(&piece[i], i);
		ck_assert_uint_ge(a.total, kept);
		ck_assert_uint_le(a.total, 2 * kept + (3 << 20));
	}
	arena_free(&a);
	ck_assert_uint_eq(a.total, 0);
}
END_TEST

/* After a reset the same load allocates nothing. */
START_TEST(steady_load)
{
	struct arena a = { 0 };

	for (int round = 0; round < 5; round++) {
		fault_set(0, false);
		for (int i = 0; i < 1000; i++)
			DEMAND(arena_bytes(&a, 100) != NULL);
		ck_assert_uint_le(fault_clear(), round == 0 ? 10 : 2);
		ck_assert_uint_le(a.total, 1 << 20);
		arena_reset(&a);
	}
	arena_free(&a);
}
END_TEST

START_TEST(empty)
{
	struct arena a = { 0 };

	arena_reset(&a);
	arena_free(&a);
	ck_assert_ptr_null(arena_bytes(&a, SIZE_MAX));
	ck_assert_ptr_null(arena_bytes(&a, SIZE_MAX / 2 + 1));
	ck_assert_ptr_nonnull(arena_bytes(&a, 0));
	ck_assert_ptr_nonnull(arena_bytes(&a, 10));
	ck_assert_ptr_null(arena_bytes(&a, SIZE_MAX));
	arena_free(&a);
}
END_TEST

START_TEST(memory_fails)
{
	struct arena a = { 0 };
	char *before;

	fault_set(1, false);
	ck_assert_ptr_null(arena_bytes(&a, 10));
	before = arena_bytes(&a, 10);
	ck_assert_ptr_nonnull(before);
	memcpy(before, "ten bytes!", 10);
	fault_set(1, false);
	ck_assert_ptr_null(arena_bytes(&a, 100000));
	ck_assert_ptr_eq(arena_bytes(&a, 1), before + 10);
	ck_assert_mem_eq(before, "ten bytes!", 10);
	arena_free(&a);
}
END_TEST

Suite *
arena_suite(void)
{
	Suite *suite = suite_create("arena");
	TCase *tc = case_add(suite, "arena");

	tcase_add_test(tc, squeezed);
	tcase_add_test(tc, bytes_stay);
	tcase_add_test(tc, steady_load);
	tcase_add_test(tc, empty);
	tcase_add_test(tc, memory_fails);
	return suite;
}
