/* Values of a line of the text of a checkpoint, taken where they stand; see state.h. */
#include "engine/state.h"

#include "base/num.h"

#include <string.h>

static bool
take_number(struct state_field *f)
{
	bool negative = f->text[0] == '-';
	uint64_t n;

	if (num_parse_u64(f->text + negative, &n) != NUM_OK ||
	    n > (uint64_t)INT64_MAX + negative)
		return false;
	f->number = negative ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

/* What a backslash and a letter stand for; 0: nothing. */
static char
unescaped(char letter)
{
	switch (letter) {
	case 't':
		return '\t';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	default:
		return letter == '\\' ? letter : '\0';
	}
}

static bool
take_text(struct state_field *f)
{
	char *to = f->text;

	for (const char *from = f->text; *from != '\0'; from++) {
		char c = *from;

		if (c == '\\' && (c = unescaped(*++from)) == '\0')
			return false;
		*to++ = c;
	}
	f->len = (size_t)(to - f->text);
	return true;
}

static int
digit(char c)
{
	const char *at = c == '\0' ? NULL : strchr("0123456789abcdef", c);

	return at == NULL ? -1 : (int)(at - "0123456789abcdef");
}

static bool
take_bytes(struct state_field *f)
{
	if (f->len % 2 != 0)
		return false;
	for (size_t i = 0; i < f->len; i += 2) {
		int high = digit(f->text[i]), low = digit(f->text[i + 1]);

		if (high == -1 || low == -1)
			return false;
		f->text[i / 2] = (char)(high << 4 | low);
	}
	f->len /= 2;
	return true;
}

bool
state_take(const char *kinds, char *at, struct state_field *fields)
{
	for (int i = 0; kinds[i] != '\0'; i++) {
		char *tab = at == NULL ? NULL : strchr(at, '\t');
		bool good;

		if (at == NULL)
			return false;
		if (tab != NULL)
			*tab = '\0';
		fields[i] = (struct state_field){ .text = at, .len = strlen(at) };
		good = kinds[i] == 'i' ? take_number(&fields[i]) : kinds[i] == 't' ?
		    take_text(&fields[i]) : take_bytes(&fields[i]);
		if (!good)
			return false;
		at = tab == NULL ? NULL : tab + 1;
	}
	return at == NULL;
}
