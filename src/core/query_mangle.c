/*
 * Names for SQLite.  It does not tell `ID` and `id` apart, but records can have both; so a capital
 * letter becomes \1 and the small one, and \1 twice itself.  Most names stay as they are.
 */
#include "core/query_inner.h"

static int
mangle(struct buf *out, const char *name, size_t len, bool quoted)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i], pair[2] = { '\x01', c };
		bool capital = c >= 'A' && c <= 'Z', twice = quoted && c == '"';
		int rc;

		if (capital)
			pair[1] = (char)(c | 0x20);
		else if (twice)
			pair[0] = c;
		if (capital || twice || c == '\x01')
			rc = buf_add(out, pair, 2);
		else
			rc = buf_add(out, &c, 1);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
query_mangle(struct buf *out, const char *name, size_t len)
{
	if (mangle(out, name, len, false) == -1 || buf_add(out, "", 1) == -1)
		return -1;
	out->len--;
	return 0;
}

int
query_quote(struct buf *out, const char *name, size_t len)
{
	if (buf_add(out, "\"", 1) == -1 || mangle(out, name, len, true) == -1)
		return -1;
	return buf_add(out, "\"", 1);
}

void
query_demangle(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		if (*text == '\x01' && text[1] != '\0') {
			text++;
			*to++ = *text >= 'a' && *text <= 'z' ? (char)(*text & ~0x20) : *text;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}
