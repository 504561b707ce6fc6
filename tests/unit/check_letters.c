/*
 * Unit tests of src/base/letters.c: what is a letter and what is odd, by a plain definition, and
 * that the vector path and the portable one agree at every length.
 */

#include <check.h>
#include <string.h>

#include "base/letters.h"
#include "util.h"

Suite *letters_suite(void);

#define ROOM 512

struct split {
	char		lower[ROOM + 2 * LETTERS_PAD];
	uint64_t	others[ROOM / 64 + 2], odd[ROOM / 64 + 2];
	bool		any;
};

static void
split(struct split *s, bool (*fn)(const struct letters *, const char *, size_t), const char *text,
    size_t len)
{
	struct letters l = { s->lower, s->others, s->odd };

	memset(s, 0x55, sizeof(*s));
	s->any = fn(&l, text, len);
}

static bool
bit(const uint64_t *masks, size_t i)
{
	return masks[i / 64] >> i % 64 & 1;
}

static int
lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c == '`' ? '\'' : c;
}

static bool
other(int c)
{
	return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'' || c >= 128);
}

static void
check_split(const struct split *s, const unsigned char *text, size_t len)
{
	size_t n = (len + 63) / 64 + 1;
	bool any = false;

	for (size_t i = 0; i < 64 * n; i++) {
		int c = i < len ? lower(text[i]) : ' ';
		int next = i + 1 < len ? lower(text[i + 1]) : ' ';
		int third = i + 2 < len ? lower(text[i + 2]) : ' ';
		bool odd = c >= 128 || (!other(c) && c == next && c == third);

		if (i < len + LETTERS_PAD)
			ck_assert_int_eq((unsigned char)s->lower[i], c);
		ck_assert_int_eq(bit(s->others, i), other(c));
		ck_assert_int_eq(bit(s->odd, i), odd);
		any |= odd;
	}
	ck_assert_int_eq(s->any, any);
}

START_TEST(every_length)
{
	static const char few[] = "aaAABz09'`@[{/: !\x80\xe2\xff";
	static struct split vector, portable;
	uint64_t seed = 7;

	for (size_t len = 0; len <= 300; len++) {
		char text[300];

		for (size_t i = 0; i < len; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
			text[i] = few[(seed >> 33) % (sizeof(few) - 1)];
		}
		split(&vector, letters_split, text, len);
		split(&portable, letters_split_portable, text, len);
		check_split(&vector, (unsigned char *)text, len);
		check_split(&portable, (unsigned char *)text, len);
	}
}
END_TEST

START_TEST(every_byte)
{
	static struct split vector;
	unsigned char text[256];

	for (int i = 0; i < 256; i++)
		text[i] = (unsigned char)i;
	split(&vector, letters_split, (char *)text, sizeof(text));
	check_split(&vector, text, sizeof(text));
}
END_TEST

Suite *
letters_suite(void)
{
	Suite *suite = suite_create("letters");
	TCase *tcase = tcase_create("letters");

	tcase_add_test(tcase, every_length);
	tcase_add_test(tcase, every_byte);
	suite_add_tcase(suite, tcase);
	return suite;
}
