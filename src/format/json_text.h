/*
 * JSON as text (RFC 8259): writing strings, and telling what is a number or an object without
 * taking it apart.  Pure functions over slices.
 */
#ifndef FORMAT_JSON_TEXT_H
#define FORMAT_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_TEXT_MAX(len) (6 * (size_t)(len) + 2)	/* most bytes that json_text_put writes */

/*
 * Writes a string with its quotes at OUT; returns the end.  Control characters are escaped, and
 * each byte that is no UTF-8 becomes U+FFFD.
 */
char *json_text_put(char *out, const char *text, size_t len);

/* Whether the slice is a number as JSON has it: no blanks, no +, no leading zeros. */
bool json_text_is_number(const char *text, size_t len);

struct json_members {
	const char	*text;		/* between the braces, without blanks around */
	size_t		 len;		/* 0: there are none */
	bool		 time, batch;	/* one is called so */
};

/* Whether the slice is one object on one line, blanks around it allowed; then fills *M. */
bool json_text_is_object(const char *text, size_t len, struct json_members *m);

#endif
