/*
 * Unit tests of src/core/key.c: columns of keys read back as they were, and keys order byte by byte
 * as their columns do, for random rows of every kind of value.
 */

#include <check.h>
#include <string.h>

#include "core/key.h"
#include "util.h"

Suite *key_suite(void);

#define COLUMNS 3

static struct value
random_value(char *text)
{
	static const double doubles[] = { 0.5, -0.5, 1e300, -1e300, 1.5, 2.25, 5e-324 };
	size_t len = rand_below(4);

	switch (rand_below(6)) {
	case 0:
		return value_null();
	case 1:
		return value_bool(rand_below(2) == 1);
	case 2:
		return value_int((int64_t)rand_below(5) - 2);
	case 3:
		return value_int((int64_t)rand_u64());
	case 4:
		return value_double(doubles[rand_below(COUNT(doubles))]);
	default:
		for (size_t i = 0; i < len; i++)
			text[i] = (char)rand_below(5);	/* NUL and the bytes that are escaped */
		return value_text(text, len);
	}
}

static int
rank(const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		return 0;
	case VALUE_INT:
	case VALUE_DOUBLE:
		return 1;
	case VALUE_BOOL:
		return v->i == 0 ? 2 : 3;
	case VALUE_TEXT:
		break;
	}
	return 4;
}

static long double
number(const struct value *v)
{
	return v->kind == VALUE_INT ? (long double)v->i : (long double)v->d;
}

static int
compare_values(const struct value *x, const struct value *y)
{
	size_t least = x->len < y->len ? x->len : y->len;
	int order = rank(x) - rank(y);

	if (order != 0 || rank(x) == 0 || rank(x) == 2 || rank(x) == 3)
		return order;
	if (rank(x) == 1)
		return (number(x) > number(y)) - (number(x) < number(y));
	order = least == 0 ? 0 : memcmp(x->text, y->text, least);
	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static int
compare_rows(const struct value *x, const struct value *y)
{
	for (int i = 0; i < COLUMNS; i++) {
		int order = compare_values(&x[i], &y[i]);

		if (order != 0)
			return order;
	}
	return 0;
}

static void
encode(struct buf *out, const struct value *row)
{
	out->len = 0;
	for (int i = 0; i < COLUMNS; i++)
		DEMAND(key_put(out, &row[i], i + 1 == COLUMNS) == 0);
}

static int
sign(int order)
{
	return (order > 0) - (order < 0);
}

START_TEST(order_and_back)
{
	char text[2][COLUMNS][4];
	struct arena arena = { 0 };
	struct buf key[2] = { { 0 }, { 0 } };

	for (int round = 0; round < 50000; round++) {
		struct value row[2][COLUMNS];
		const char *at;
		size_t least;
		int order;

		for (int r = 0; r < 2; r++) {
			for (int i = 0; i < COLUMNS; i++)
				row[r][i] = random_value(text[r][i]);
			encode(&key[r], row[r]);
			DEMAND(memchr(key[r].data, '\0', key[r].len) == NULL);
		}
		least = key[0].len < key[1].len ? key[0].len : key[1].len;
		order = memcmp(key[0].data, key[1].data, least);
		if (order == 0)
			order = (key[0].len > key[1].len) - (key[0].len < key[1].len);
		DEMAND(sign(order) == sign(compare_rows(row[0], row[1])));
		at = key[0].data;
		for (int i = 0; i < COLUMNS; i++) {
			struct value got;

			DEMAND(key_get(&at, key[0].data + key[0].len, &got, &arena) == 0);
			DEMAND(compare_values(&got, &row[0][i]) == 0);
		}
		DEMAND(at == key[0].data + key[0].len);
		arena_reset(&arena);
	}
	buf_free(&key[0]);
	buf_free(&key[1]);
	arena_free(&arena);
}
END_TEST

Suite *
key_suite(void)
{
	Suite *suite = suite_create("key");
	TCase *model = case_add(suite, "model");

	tcase_add_loop_test(model, order_and_back, 0, 3);
	return suite;
}
