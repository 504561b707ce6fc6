/* Why a rule holds, as text: see rule_inner.h. */
#include "base/num.h"
#include "core/rule_inner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROOM 400			/* bytes of a number as text, at least */

static int
add(struct buf *out, const char *text)
{
	return buf_add(out, text, strlen(text));
}

/* Amounts have two decimals, or none, where that is all of them. */
static int
add_number(struct buf *out, const char *before, const struct number *n)
{
	char text[NUM_NANO_BYTES + NUM_DOUBLE_BYTES];
	size_t len = n->exact ? num_format_nano(text, n->nano) : num_format_double(text, n->d);

	if (n->exact && n->nano % (NUMBER_NANO / 10) == 0 && n->nano % NUMBER_NANO != 0)
		text[len++] = '0';
	return add(out, before) == -1 ? -1 : buf_add(out, text, len);
}

/* With so many decimals. */
static int
add_rounded(struct buf *out, const char *before, double d, int decimals)
{
	char text[ROOM];

	(void)snprintf(text, sizeof(text), "%s%.*f", before, decimals, d);
	return add(out, isfinite(d) ? text : before) == -1 ||
	    (!isfinite(d) && add(out, "inf") == -1) ? -1 : 0;
}

static int
add_span(struct buf *out, const char *before, int64_t us)
{
	char text[NUM_DURATION_BYTES];
	size_t len = num_format_duration(text, us);

	return add(out, before) == -1 ? -1 : buf_add(out, text, len);
}

/* Hours, minutes, seconds. */
static int
add_clock(struct buf *out, int64_t us)
{
	int64_t s = us / 1000000;
	char text[ROOM];

	(void)snprintf(text, sizeof(text), " in %02lld:%02d:%02d", (long long)(s / 3600),
	    (int)(s / 60 % 60), (int)(s % 60));
	return add(out, text);
}

/* ` name=value` of a field of the transaction. */
static int
add_field(struct rule_set *set, unsigned field, struct buf *out)
{
	const struct value *v = &rule_given(set, field)->text;

	if (add(out, " ") == -1 || add(out, set->book->field[field].name) == -1 ||
	    add(out, "=") == -1)
		return -1;
	return v->kind == VALUE_TEXT ? buf_add(out, v->text, v->len) : 0;
}

/* What the key is, but for the account. */
static int
add_key(struct rule_set *set, const struct rule *r, struct buf *out)
{
	const struct rule_scope *s = &set->book->scope[r->scope];

	for (unsigned i = 0; i < s->keys; i++)
		if (!set->book->field[s->field[i]].account &&
		    add_field(set, s->field[i], out) == -1)
			return -1;
	return 0;
}

static int
add_window(struct rule_set *set, const struct rule_hit *h, struct buf *out)
{
	static const char *const names[] = {
		[RULE_COUNT] = " count=", [RULE_SUM] = " sum=", [RULE_MEAN] = " mean=",
		[RULE_MIN] = " min=", [RULE_MAX_OF] = " max=", [RULE_DISTINCT_OF] = " distinct=",
	};
	const struct rule *r = h->rule;

	if ((r->what == RULE_MEAN ? add_rounded(out, names[r->what], h->value.d, 2) :
	    add_number(out, names[r->what], &h->value)) == -1 ||
	    add_number(out, " limit=", &r->limit) == -1 ||
	    add_span(out, " window=", r->window) == -1)
		return -1;
	return add_key(set, r, out);
}

static int
add_pair(struct rule_set *set, const struct rule_hit *h, struct buf *out)
{
	if (add_number(out, " ", &h->before) == -1 || add_number(out, "->", &h->value) == -1 ||
	    add_clock(out, h->span) == -1 || add_span(out, " window=", h->rule->window) == -1)
		return -1;
	return add_key(set, h->rule, out);
}

static int
add_speed(struct rule_set *set, const struct rule_hit *h, struct buf *out)
{
	if (add_rounded(out, " speed=", h->value.d, 0) == -1 || add(out, "km/h") == -1 ||
	    add_number(out, " limit=", &h->rule->limit) == -1 || add(out, "km/h") == -1 ||
	    add_rounded(out, " distance=", h->extra, 0) == -1 || add(out, "km") == -1 ||
	    add_clock(out, h->span) == -1)
		return -1;
	return add_key(set, h->rule, out);
}

static int
add_new(struct rule_set *set, const struct rule_hit *h, struct buf *out)
{
	if (add_field(set, h->rule->field, out) == -1 ||
	    add_number(out, " new after=", &h->value) == -1)
		return -1;
	if (h->rule->use > 1 && add_rounded(out, " use=", h->extra, 0) == -1)
		return -1;
	return add_key(set, h->rule, out);
}

static int
add_list(struct rule_set *set, const struct rule_hit *h, struct buf *out)
{
	const char *path = set->book->list[h->rule->list].path, *slash = strrchr(path, '/');

	return add_field(set, h->rule->field, out) == -1 || add(out, " in ") == -1 ? -1 :
	    add(out, slash == NULL ? path : slash + 1);
}

static int
add_value(struct rule_set *set, const struct rule_hit *h, struct buf *out)
{
	if ((h->rule->what == RULE_Z ? add_rounded(out, " z=", h->value.d, 1) :
	    add_field(set, h->rule->field, out)) == -1)
		return -1;
	return add_number(out, " limit=", &h->rule->limit);
}

int
rule_reason(struct rule_set *set, const struct rule_hit *h, struct buf *out)
{
	if (add(out, h->rule->name) == -1)
		return -1;
	switch (h->rule->what) {
	case RULE_NEW:
		return add_new(set, h, out);
	case RULE_PAIR:
		return add_pair(set, h, out);
	case RULE_SPEED:
		return add_speed(set, h, out);
	case RULE_FIELD: case RULE_Z:
		return add_value(set, h, out);
	case RULE_DENY: case RULE_ALLOW: case RULE_WATCH:
		return add_list(set, h, out);
	default:
		return add_window(set, h, out);
	}
}
