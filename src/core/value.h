/*
 * A value: one cell of a row.  16 bytes, so that four lie in a cache line.  Text is borrowed and
 * not ended by NUL.
 */
#ifndef CORE_VALUE_H
#define CORE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind {
	VALUE_NULL,			/* JSON's null, a member that is not there, SQL's NULL */
	VALUE_TEXT,
	VALUE_INT,
	VALUE_DOUBLE,			/* finite */
	VALUE_BOOL,			/* i is 0 or 1 */
};

#define VALUE_TEXT_MAX (UINT32_MAX - 1)	/* bytes of a text */

struct value {
	enum value_kind	 kind;
	uint32_t	 len;		/* of text */
	union {
		const char	*text;
		int64_t		 i;
		double		 d;
	};
};

static inline struct value
value_null(void)
{
	return (struct value){ .kind = VALUE_NULL };
}

static inline struct value
value_text(const char *text, size_t len)
{
	return (struct value){ .kind = VALUE_TEXT, .len = (uint32_t)len, .text = text };
}

static inline struct value
value_int(int64_t i)
{
	return (struct value){ .kind = VALUE_INT, .i = i };
}

static inline struct value
value_double(double d)
{
	return (struct value){ .kind = VALUE_DOUBLE, .d = d };
}

static inline struct value
value_bool(bool b)
{
	return (struct value){ .kind = VALUE_BOOL, .i = b };
}

#endif
