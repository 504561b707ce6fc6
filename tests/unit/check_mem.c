/* Unit tests of src/base/mem.c: zeroed and aligned pages, impossible sizes, injected failures. */

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "util.h"

Suite *mem_suite(void);

#define HUGE_PAGE ((size_t)2 << 20)

static const size_t sizes[] = {
	0, 1, 4096, HUGE_PAGE - 1, HUGE_PAGE, HUGE_PAGE + 1, 3 * HUGE_PAGE - 1, 4 * HUGE_PAGE,
};

START_TEST(pages)
{
	size_t size = sizes[_i];

	for (int round = 0; round < 3; round++) {
		unsigned char *p = mem_pages(size);
		unsigned char any = 0;

		ck_assert_ptr_nonnull(p);
		if (size >= HUGE_PAGE)
			ck_assert_uint_eq((uintptr_t)p % HUGE_PAGE, 0);
		for (size_t i = 0; i < size; i++)
			any |= p[i];
		ck_assert_uint_eq(any, 0);
		if (size > 0)
			memset(p, 0xff, size);
		mem_pages_free(p, size);
	}
}
END_TEST

static const size_t impossible[] = {
	SIZE_MAX, SIZE_MAX - HUGE_PAGE + 1, SIZE_MAX - HUGE_PAGE, SIZE_MAX - 2 * HUGE_PAGE,
	SIZE_MAX / 2, (size_t)1 << 60,
};

START_TEST(huge_sizes)
{
	ck_assert_ptr_null(mem_pages(impossible[_i]));
}
END_TEST

START_TEST(small_things)
{
	char *text = mem_strdup("text"), *zeros = mem_zalloc(3), *none = mem_alloc(0);

	ck_assert_str_eq(text, "text");
	ck_assert_mem_eq(zeros, "\0\0\0", 3);
	ck_assert_ptr_nonnull(none);
	none = mem_realloc(none, 0);
	ck_assert_ptr_nonnull(none);
	text = mem_realloc(text, 1000);
	ck_assert_str_eq(text, "text");
	mem_free(text);
	mem_free(zeros);
	mem_free(none);
	mem_free(NULL);
	mem_pages_free(NULL, 0);
	mem_pages_free(NULL, HUGE_PAGE);
}
END_TEST

START_TEST(failures)
{
	char *kept = mem_strdup("kept");

	fault_set(1, true);
	ck_assert_ptr_null(mem_alloc(1));
	ck_assert_ptr_null(mem_zalloc(1));
	ck_assert_ptr_null(mem_realloc(kept, 100));
	ck_assert_ptr_null(mem_strdup("x"));
	ck_assert_ptr_null(mem_pages(1));
	ck_assert_ptr_null(mem_pages(HUGE_PAGE));
	ck_assert_uint_eq(fault_clear(), 6);
	ck_assert_str_eq(kept, "kept");
	mem_free(kept);
}
END_TEST

/* ---- the bound ---- */

static size_t held;			/* what the process is said to hold */
static unsigned asked;

static size_t
resident(void)
{
	asked++;
	return held;
}

/* Allocates N pieces of SIZE bytes; how many there were. */
static unsigned
allocate(unsigned n, size_t size)
{
	unsigned got = 0;

	for (; got < n; got++) {
		void *p = mem_alloc(size);

		if (p == NULL)
			break;
		mem_free(p);
	}
	return got;
}

#define MIB ((size_t)1 << 20)

START_TEST(bound)
{
	void *p;

	held = 10 * MIB;
	ck_assert(!mem_bounded());
	mem_bound(64 * MIB, resident);
	ck_assert(mem_bounded() && !mem_bound_met());
	/* What is large is counted in advance, but not what will be touched bit by bit. */
	ck_assert_ptr_null(mem_alloc(55 * MIB));
	ck_assert_ptr_null(mem_zalloc(55 * MIB));
	ck_assert_ptr_null(mem_pages_whole(55 * MIB));
	ck_assert(mem_bound_met());
	p = mem_pages(200 * MIB);
	ck_assert_ptr_nonnull(p);
	mem_pages_free(p, 200 * MIB);
	p = mem_alloc(50 * MIB);
	ck_assert_ptr_nonnull(p);
	mem_free(p);
	/* Looks are rare while there is room, and come in time. */
	asked = 0;
	ck_assert_uint_eq(allocate(1000000, 100), 1000000);
	ck_assert_uint_le(asked, 100);
	held = 65 * MIB;
	ck_assert_uint_le(allocate(1000000, 100), 8 * MIB / 100);
	ck_assert_uint_eq(allocate(10, 100), 0);
	ck_assert_ptr_null(mem_pages(2 * MIB));
	held = 10 * MIB;
	ck_assert_uint_eq(allocate(1000, 100), 1000);
	mem_bound(0, NULL);
	ck_assert(!mem_bounded() && !mem_bound_met());
}
END_TEST

static const size_t growths[][2] = {
	{ 1, 4096 }, { 4096, HUGE_PAGE }, { HUGE_PAGE - 1, HUGE_PAGE },
	{ HUGE_PAGE, 2 * HUGE_PAGE },
	{ 3 * HUGE_PAGE - 5, 6 * HUGE_PAGE - 10 }, { 8 * HUGE_PAGE, 16 * HUGE_PAGE },
};

START_TEST(pages_grow)
{
	size_t size = growths[_i][0], more = growths[_i][1];
	unsigned char *p = mem_pages(size);

	for (size_t i = 0; i < size; i++)
		p[i] = (unsigned char)(i % 251 + 1);
	p = mem_pages_grow(p, size, more);
	ck_assert_ptr_nonnull(p);
	for (size_t i = 0; i < more; i++)
		DEMAND(p[i] == (i < size ? (unsigned char)(i % 251 + 1) : 0));
	mem_pages_free(p, more);
}
END_TEST

START_TEST(pages_cut)
{
	size_t size = sizes[_i];

	for (size_t kept = 0; kept <= size; kept += size / 3 + 1) {
		unsigned char *p = mem_pages(size);

		memset(p, 1, size);
		mem_pages_cut(p, size, kept);
		for (size_t i = 0; i < kept; i++)
			DEMAND(p[i] == 1);
		memset(p, 1, size);
		mem_pages_free(p, size);
	}
}
END_TEST

Suite *
mem_suite(void)
{
	Suite *suite = suite_create("mem");
	TCase *tc = case_add(suite, "mem");

	tcase_add_loop_test(tc, pages, 0, COUNT(sizes));
	tcase_add_loop_test(tc, huge_sizes, 0, COUNT(impossible));
	tcase_add_test(tc, small_things);
	tcase_add_test(tc, failures);
	tcase_add_test(tc, bound);
	tcase_add_loop_test(tc, pages_grow, 0, COUNT(growths));
	tcase_add_loop_test(tc, pages_cut, 0, COUNT(sizes));
	return suite;
}
