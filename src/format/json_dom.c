/*
 * jansson, tamed, see json_dom.h.  Values are never given back one by one: jansson allocates from
 * an arena that is cleared for the next record, so that what a record needs stays in the cache and
 * a tree need not be walked to be freed.
 */
#include "format/json_dom.h"

#include "base/num.h"
#include "format/json_text.h"

#include <stdint.h>
#include <string.h>

#define ALIGN 16			/* of what malloc gives */
#define INT_DIGITS 19			/* of INT64_MAX */

/* ---- memory ---- */

static _Thread_local struct json_space *space;

static void *
space_alloc(size_t size)
{
	char *bytes = arena_bytes(&space->arena, size + ALIGN - 1);

	if (bytes == NULL) {
		space->no_memory = true;
		return NULL;
	}
	return bytes + (-(uintptr_t)bytes & (ALIGN - 1));
}

static void
space_free(void *p)
{
	(void)p;
}

void
json_dom_setup(void)
{
	json_set_alloc_funcs(space_alloc, space_free);
	json_object_seed(0);		/* else it is done when the first object is parsed */
}

void
json_space_clear(struct json_space *s)
{
	arena_reset(&s->arena);
	s->no_memory = false;
	space = s;
}

/* ---- parsing ---- */

static size_t
count_digits(const char *text, const char *end)
{
	size_t n = 0;

	while (text + n < end && text[n] >= '0' && text[n] <= '9')
		n++;
	return n;
}

/* Whether the number that is TEXT is an integer beyond 64 bits. */
static bool
is_big(const char *text, size_t len)
{
	bool negative = *text == '-';
	int order;

	text += negative;
	len -= negative;
	if (len < INT_DIGITS || count_digits(text, text + len) != len)
		return false;
	order = memcmp(text, "9223372036854775808", INT_DIGITS);
	return len > INT_DIGITS || (negative ? order > 0 : order >= 0);
}

/* The end of the string that starts at TEXT with a quote, or END. */
static const char *
string_end(const char *text, const char *end)
{
	for (text++; text < end && *text != '"'; text++)
		if (*text == '\\' && text + 1 < end)
			text++;
	return text < end ? text + 1 : end;
}

/* The end of the number that starts at TEXT; TEXT if there is none. */
static const char *
number_end(const char *text, const char *end)
{
	while (text < end && ((*text >= '0' && *text <= '9') || *text == '-' || *text == '+' ||
	    *text == '.' || *text == 'e' || *text == 'E'))
		text++;
	return text;
}

/*
 * A copy of TEXT in which integers beyond 64 bits have an exponent of zero behind them, which makes
 * them reals; NULL if there are none, or memory is short.
 */
static char *
with_exponents(const char *text, size_t *len)
{
	const char *end = text + *len, *behind;
	char *copy = space_alloc(*len + *len / INT_DIGITS * 2 + 2), *to = copy;
	bool found = false;

	for (; copy != NULL && text < end; text = behind) {
		behind = *text == '"' ? string_end(text, end) : number_end(text, end);
		if (behind == text) {
			*to++ = *behind++;
			continue;
		}
		memcpy(to, text, (size_t)(behind - text));
		to += behind - text;
		if (*text != '"' && is_big(text, (size_t)(behind - text))) {
			memcpy(to, "e0", 2);
			to += 2;
			found = true;
		}
	}
	*len = (size_t)(to - copy);
	return found ? copy : NULL;
}

json_t *
json_dom_parse(struct json_space *s, const char *text, size_t len, json_error_t *why)
{
	json_t *value = json_loadb(text, len, JSON_ALLOW_NUL, why);
	char *copy;

	if (value != NULL || s->no_memory || json_error_code(why) != json_error_numeric_overflow)
		return value;
	copy = with_exponents(text, &len);
	return copy == NULL ? NULL : json_loadb(copy, len, JSON_ALLOW_NUL, why);
}

/* ---- finding ---- */

static json_t *
element(const json_t *array, const char *index, size_t len)
{
	size_t at = 0;

	if (len == 0 || len > 9 || (len > 1 && *index == '0') ||
	    count_digits(index, index + len) != len)
		return NULL;
	for (size_t i = 0; i < len; i++)
		at = 10 * at + (size_t)(index[i] - '0');
	return json_array_get(array, at);
}

static json_t *
child(const json_t *value, const char *name, size_t len)
{
	if (json_is_array(value))
		return element(value, name, len);
	return json_object_getn(value, name, len);	/* NULL if it is no object */
}

json_t *
json_dom_find(const json_t *value, const char *name, size_t len)
{
	for (;;) {
		json_t *found = child(value, name, len);
		const char *dot;

		if (found != NULL || (dot = memchr(name, '.', len)) == NULL)
			return found;
		value = child(value, name, (size_t)(dot - name));
		if (value == NULL)
			return NULL;
		len -= (size_t)(dot + 1 - name);
		name = dot + 1;
	}
}

/* ---- as text ---- */

static int
put_string(struct buf *out, const char *text, size_t len)
{
	if (buf_reserve(out, JSON_TEXT_MAX(len)) == -1)
		return -1;
	out->len = (size_t)(json_text_put(out->data + out->len, text, len) - out->data);
	return 0;
}

static int
put_number(struct buf *out, const json_t *value)
{
	char text[NUM_DOUBLE_BYTES];
	size_t len = json_is_integer(value) ? num_format_i64(text, json_integer_value(value)) :
	    num_format_double(text, json_real_value(value));

	return buf_add(out, text, len);
}

static int
put_array(struct buf *out, const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (buf_add(out, i == 0 ? "[" : ",", 1) == -1 ||
		    json_dom_text(out, json_array_get(array, i)) == -1)
			return -1;
	return json_array_size(array) == 0 ? buf_add(out, "[]", 2) : buf_add(out, "]", 1);
}

static int
put_object(struct buf *out, const json_t *value)
{
	json_t *object = json_incref((json_t *)(uintptr_t)value);	/* jansson wants no const */
	void *at = json_object_iter(object);

	if (at == NULL)
		return buf_add(out, "{}", 2);
	for (bool first = true; at != NULL; at = json_object_iter_next(object, at), first = false)
		if (buf_add(out, first ? "{" : ",", 1) == -1 ||
		    put_string(out, json_object_iter_key(at), json_object_iter_key_len(at)) == -1 ||
		    buf_add(out, ":", 1) == -1 ||
		    json_dom_text(out, json_object_iter_value(at)) == -1)
			return -1;
	return buf_add(out, "}", 1);
}

int
json_dom_text(struct buf *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return put_object(out, value);
	case JSON_ARRAY:
		return put_array(out, value);
	case JSON_STRING:
		return put_string(out, json_string_value(value), json_string_length(value));
	case JSON_INTEGER:
	case JSON_REAL:
		return put_number(out, value);
	case JSON_TRUE:
		return buf_add(out, "true", 4);
	case JSON_FALSE:
		return buf_add(out, "false", 5);
	default:
		return buf_add(out, "null", 4);
	}
}
