/* The words of SQL, see query_token.h and SQLite's tokenize.c. */
#include "core/query_token.h"

#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A byte of an identifier. */
static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
	    c == '$' || (unsigned char)c >= 0x80;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static size_t
names_end(const char *text, size_t len, size_t at)
{
	while (at < len && is_name(text[at]))
		at++;
	return at;
}

/* Behind what is quoted at AT; doubled quotes stand for one.  0: it does not end. */
static size_t
quotes_end(const char *text, size_t len, size_t at)
{
	char quote = text[at] == '[' ? ']' : text[at];

	for (at++; at < len; at++) {
		if (text[at] != quote)
			continue;
		if (quote == ']' || at + 1 == len || text[at + 1] != quote)
			return at + 1;
		at++;
	}
	return 0;
}

/* Behind a comment or white space at AT; AT itself if there is neither. */
static size_t
space_end(const char *text, size_t len, size_t at)
{
	if (at + 1 < len && text[at] == '-' && text[at + 1] == '-') {
		const char *end = memchr(text + at, '\n', len - at);

		return end == NULL ? len : (size_t)(end - text) + 1;
	}
	if (at + 1 < len && text[at] == '/' && text[at + 1] == '*') {
		for (size_t i = at + 2; i + 1 < len; i++)
			if (text[i] == '*' && text[i + 1] == '/')
				return i + 2;
		return len;	/* SQLite takes the end of the text for the comment's */
	}
	while (at < len && is_space(text[at]))
		at++;
	return at;
}

static size_t
number_end(const char *text, size_t len, size_t at)
{
	size_t first = at;

	if (at + 2 < len && text[at] == '0' && (text[at + 1] | 0x20) == 'x')
		return names_end(text, len, at);
	while (at < len && (is_digit(text[at]) || text[at] == '.'))
		at++;
	if (at > first && at + 1 < len && (text[at] | 0x20) == 'e' &&
	    (text[at + 1] == '+' || text[at + 1] == '-'))
		at += 2;
	return names_end(text, len, at);
}

static struct token
make(enum token_kind kind, size_t at, size_t end)
{
	return (struct token){ .kind = kind, .at = at, .len = end - at };
}

struct token
token_read(const char *text, size_t len, size_t at)
{
	size_t end;
	char c;

	if (at >= len)
		return make(TOKEN_END, len, len);
	c = text[at];
	end = space_end(text, len, at);
	if (end > at)
		return make(TOKEN_SPACE, at, end);
	if (c == '\'' || c == '"' || c == '`' || c == '[') {
		end = quotes_end(text, len, at);
		return end == 0 ? make(TOKEN_BROKEN, at, len) :
		    make(c == '\'' ? TOKEN_STRING : TOKEN_QUOTED, at, end);
	}
	if (is_digit(c) || (c == '.' && at + 1 < len && is_digit(text[at + 1])))
		return make(TOKEN_LITERAL, at, number_end(text, len, at));
	if (c == '?' || c == ':' || c == '@' || c == '$' || c == '#')
		return make(TOKEN_PARAMETER, at, names_end(text, len, at + 1));
	if ((c == 'x' || c == 'X') && at + 1 < len && text[at + 1] == '\'') {
		end = quotes_end(text, len, at + 1);
		return make(end == 0 ? TOKEN_BROKEN : TOKEN_LITERAL, at, end == 0 ? len : end);
	}
	if (is_name(c))
		return make(TOKEN_NAME, at, names_end(text, len, at));
	return make(TOKEN_MARK, at, at + 1);
}

struct token
token_next(const char *text, size_t len, size_t at)
{
	struct token t = token_read(text, len, at);

	while (t.kind == TOKEN_SPACE)
		t = token_read(text, len, t.at + t.len);
	return t;
}

bool
token_is(const char *text, struct token t, char mark)
{
	return t.kind == TOKEN_MARK && text[t.at] == mark;
}

bool
token_word(const char *text, struct token t, const char *word)
{
	if (t.kind != TOKEN_NAME || t.len != strlen(word))
		return false;
	for (size_t i = 0; i < t.len; i++)
		if ((text[t.at + i] | 0x20) != word[i])
			return false;
	return true;
}

size_t
token_name(const char *text, struct token t, char *out)
{
	const char *at = text + t.at;
	size_t len = 0;

	if (t.kind != TOKEN_QUOTED && t.kind != TOKEN_STRING) {
		memcpy(out, at, t.len);
		return t.len;
	}
	for (size_t i = 1; i + 1 < t.len; i++) {
		out[len++] = at[i];
		i += at[0] != '[' && at[i] == at[0];
	}
	return len;
}
