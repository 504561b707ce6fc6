/* JSON as text, see json_text.h. */
#include "format/json_text.h"

#include "base/utf8.h"

#include <string.h>

#define DEPTH_MAX 2200		/* values in values: a little more than jansson takes */

/* ---- writing ---- */

/* How a byte is written: 0 as it is, 1 as \u00XX, 2 after a look at UTF-8, else behind \. */
static const char how[256] = {
	[0x00] = 1, 1, 1, 1, 1, 1, 1, 1, 'b', 't', 'n', 1, 'f', 'r', 1, 1,
	[0x10] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	['"'] = '"', ['\\'] = '\\',
	[0x80] = 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	[0x90] = 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	[0xa0] = 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	[0xb0] = 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	[0xc0] = 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	[0xd0] = 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	[0xe0] = 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	[0xf0] = 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
};

/* Writes the character at TEXT, which is not plain; returns how many bytes of text it was. */
static size_t
put_special(char **out, const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char byte = (unsigned char)*text;
	char *p = *out, letter = how[byte];
	size_t size = 1;

	if (letter == 2) {
		uint32_t cp;

		size = utf8_decode((const unsigned char *)text, len, &cp);
		p += utf8_encode(p, cp == UTF8_INVALID ? 0xfffd : cp);
	} else {
		*p++ = '\\';
		*p++ = letter == 1 ? 'u' : letter;
		if (letter == 1) {
			*p++ = '0';
			*p++ = '0';
			*p++ = hex[byte >> 4];
			*p++ = hex[byte & 15];
		}
	}
	*out = p;
	return size;
}

char *
json_text_put(char *out, const char *text, size_t len)
{
	*out++ = '"';
	for (size_t i = 0; i < len;) {
		if (how[(unsigned char)text[i]] == 0)
			*out++ = text[i++];
		else
			i += put_special(&out, text + i, len - i);
	}
	*out++ = '"';
	return out;
}

/* ---- telling what it is ---- */

struct look {			/* what is left to look at */
	const char	*at, *end;
	unsigned	 depth;
};

static bool look_value(struct look *);

static bool
next_is(struct look *l, char byte)
{
	if (l->at == l->end || *l->at != byte)
		return false;
	l->at++;
	return true;
}

/* A newline is a blank, too, for JSON, but not on one line. */
static void
look_blanks(struct look *l)
{
	while (l->at < l->end && (*l->at == ' ' || *l->at == '\t' || *l->at == '\r'))
		l->at++;
}

/* One digit or more. */
static bool
look_digits(struct look *l)
{
	const char *start = l->at;

	while (l->at < l->end && *l->at >= '0' && *l->at <= '9')
		l->at++;
	return l->at > start;
}

static bool
look_number(struct look *l)
{
	(void)next_is(l, '-');
	if (!next_is(l, '0') && !look_digits(l))
		return false;
	if (next_is(l, '.') && !look_digits(l))
		return false;
	if (!next_is(l, 'e') && !next_is(l, 'E'))
		return true;
	if (!next_is(l, '+'))
		(void)next_is(l, '-');
	return look_digits(l);
}

static bool
look_escape(struct look *l)
{
	if (l->at == l->end)
		return false;
	if (*l->at++ != 'u')
		return memchr("\"\\/bfnrt", l->at[-1], 8) != NULL;
	for (unsigned i = 0; i < 4; i++, l->at++)
		if (l->at == l->end || *l->at == '\0' ||
		    strchr("0123456789abcdefABCDEF", *l->at) == NULL)
			return false;
	return true;
}

/* A string from behind its first quote on. */
static bool
look_string(struct look *l)
{
	while (l->at < l->end) {
		char letter = how[(unsigned char)*l->at];
		uint32_t cp;

		if (letter == 2) {
			l->at += utf8_decode((const unsigned char *)l->at,
			    (size_t)(l->end - l->at), &cp);
			if (cp == UTF8_INVALID)
				return false;
			continue;
		}
		l->at++;
		if (letter == '"')
			return true;
		if (letter == '\\' ? !look_escape(l) : letter != 0)
			return false;
	}
	return false;
}

static bool
look_array(struct look *l)
{
	look_blanks(l);
	if (next_is(l, ']'))
		return true;
	for (;;) {
		if (!look_value(l))
			return false;
		if (next_is(l, ']'))
			return true;
		if (!next_is(l, ','))
			return false;
	}
}

static bool
is_called(const char *quoted, const char *end, const char *name)
{
	size_t len = strlen(name);

	return (size_t)(end - quoted) == len + 2 && memcmp(quoted + 1, name, len) == 0;
}

/* An object from behind its brace on; M is told which names its members have. */
static bool
look_object(struct look *l, struct json_members *m)
{
	look_blanks(l);
	if (next_is(l, '}'))
		return true;
	for (;;) {
		const char *name;

		look_blanks(l);
		name = l->at;
		if (!next_is(l, '"') || !look_string(l))
			return false;
		m->time |= is_called(name, l->at, "time");
		m->batch |= is_called(name, l->at, "batch");
		look_blanks(l);
		if (!next_is(l, ':') || !look_value(l))
			return false;
		if (next_is(l, '}'))
			return true;
		if (!next_is(l, ','))
			return false;
	}
}

static bool
look_word(struct look *l, const char *word, size_t len)
{
	if ((size_t)(l->end - l->at) < len || memcmp(l->at, word, len) != 0)
		return false;
	l->at += len;
	return true;
}

/* A value that holds others, or a word. */
static bool
look_other(struct look *l)
{
	struct json_members inner = { 0 };
	bool ok;

	if (++l->depth > DEPTH_MAX)
		return false;
	if (next_is(l, '{'))
		ok = look_object(l, &inner);
	else if (next_is(l, '['))
		ok = look_array(l);
	else
		ok = look_word(l, "true", 4) || look_word(l, "false", 5) ||
		    look_word(l, "null", 4);
	l->depth--;
	return ok;
}

/* Any value with the blanks around it. */
static bool
look_value(struct look *l)
{
	bool ok;

	look_blanks(l);
	if (l->at == l->end)
		return false;
	if (next_is(l, '"'))
		ok = look_string(l);
	else if (*l->at == '-' || (*l->at >= '0' && *l->at <= '9'))
		ok = look_number(l);
	else
		ok = look_other(l);
	look_blanks(l);
	return ok;
}

bool
json_text_is_number(const char *text, size_t len)
{
	struct look l = { text, text + len, 0 };

	return look_number(&l) && l.at == l.end;
}

bool
json_text_is_object(const char *text, size_t len, struct json_members *m)
{
	struct look l = { text, text + len, 1 };
	const char *last;

	*m = (struct json_members){ 0 };
	look_blanks(&l);
	if (!next_is(&l, '{'))
		return false;
	look_blanks(&l);
	m->text = l.at;
	if (!look_object(&l, m))
		return false;
	last = l.at - 1;
	look_blanks(&l);
	while (last > m->text && (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r'))
		last--;
	m->len = (size_t)(last - m->text);
	return l.at == l.end;
}
