/* Cells as numbers and times, and their order; see cell.h. */
#include "core/cell.h"

#include "base/num.h"
#include "base/tstamp.h"

#include <math.h>
#include <string.h>

int
cell_number(const struct value *v, struct number *n)
{
	switch (v->kind) {
	case VALUE_INT:
		*n = number_from_int(v->i);
		return 0;
	case VALUE_DOUBLE:
		*n = number_from_double(v->d);
		return 0;
	case VALUE_TEXT:
		return number_parse(v->text, v->len, n) ? 0 : -1;
	case VALUE_NULL:
	case VALUE_BOOL:
		break;
	}
	return -1;
}

struct value
cell_from_double(double d)
{
	return isfinite(d) ? value_double(d) : value_null();
}

struct value
cell_from_number(const struct number *n)
{
	wide_int whole = n->exact ? n->nano / NUMBER_NANO : 0;

	if (n->exact && n->nano % NUMBER_NANO == 0 && whole >= INT64_MIN && whole <= INT64_MAX)
		return value_int((int64_t)whole);
	return cell_from_double(n->d);
}

struct number
cell_plus(const struct number *x, const struct number *y)
{
	return x->exact && y->exact ? number_from_nano(x->nano + y->nano) :
	    (struct number){ .d = x->d + y->d };
}

struct number
cell_minus(const struct number *x, const struct number *y)
{
	return x->exact && y->exact ? number_from_nano(x->nano - y->nano) :
	    (struct number){ .d = x->d - y->d };
}

struct value
cell_text(const struct value *v, char room[CELL_ROOM])
{
	switch (v->kind) {
	case VALUE_TEXT:
		return v->len == 0 ? value_null() : *v;
	case VALUE_INT:
		return value_text(room, num_format_i64(room, v->i));
	case VALUE_DOUBLE:
		return value_text(room, num_format_double(room, v->d));
	case VALUE_BOOL:
		return v->i != 0 ? value_text("true", 4) : value_text("false", 5);
	case VALUE_NULL:
		break;
	}
	return value_null();
}

int
cell_time(const struct value *v, const char *parse, int64_t *us)
{
	struct number n;

	if (v->kind == VALUE_TEXT)
		return parse != NULL ? tstamp_strptime(parse, v->text, v->len, us) :
		    tstamp_detect(v->text, v->len, us);
	return cell_number(v, &n) == -1 ? -1 : tstamp_from_number(&n, us);
}

/* ---- order ---- */

static int
rank_of(const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		return 0;
	case VALUE_INT:
	case VALUE_DOUBLE:
		return 1;
	case VALUE_BOOL:
		return 2;
	case VALUE_TEXT:
		break;
	}
	return 3;
}

/* Exactly: an integer may lie between two doubles. */
static int
compare_mixed(int64_t i, double d)
{
	int64_t whole;

	if (d >= 0x1p63)
		return -1;
	if (d < -0x1p63)
		return 1;
	whole = (int64_t)d;
	if (i != whole)
		return i < whole ? -1 : 1;
	return ((double)whole < d ? -1 : 0) + ((double)whole > d ? 1 : 0);
}

static int
compare_numbers(const struct value *x, const struct value *y)
{
	if (x->kind == VALUE_INT && y->kind == VALUE_INT)
		return (x->i > y->i) - (x->i < y->i);
	if (x->kind == VALUE_INT)
		return compare_mixed(x->i, y->d);
	if (y->kind == VALUE_INT)
		return -compare_mixed(y->i, x->d);
	return (x->d > y->d) - (x->d < y->d);
}

static int
compare_texts(const struct value *x, const struct value *y)
{
	size_t len = x->len < y->len ? x->len : y->len;
	int order = len == 0 ? 0 : memcmp(x->text, y->text, len);

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

int
cell_compare(const struct value *x, const struct value *y)
{
	int xrank = rank_of(x), yrank = rank_of(y);

	if (xrank != yrank)
		return xrank < yrank ? -1 : 1;
	switch (xrank) {
	case 0:
		return 0;
	case 1:
		return compare_numbers(x, y);
	case 2:
		return (x->i > y->i) - (x->i < y->i);
	default:
		return compare_texts(x, y);
	}
}
