/*
 * The words of SQL, as SQLite cuts them.  The text is borrowed; nothing here says whether it is
 * well-formed beyond its words.
 */
#ifndef CORE_QUERY_TOKEN_H
#define CORE_QUERY_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
	TOKEN_END,
	TOKEN_SPACE,		/* white space and comments */
	TOKEN_NAME,		/* a keyword, or an identifier without quotes */
	TOKEN_QUOTED,		/* "identifier", `identifier`, [identifier] */
	TOKEN_STRING,		/* 'text' */
	TOKEN_LITERAL,		/* a number or x'blob' */
	TOKEN_PARAMETER,	/* ?1, :name, @name, $name */
	TOKEN_MARK,		/* one byte of punctuation */
	TOKEN_BROKEN,		/* a quote or comment that does not end */
};

struct token {
	enum token_kind	 kind;
	size_t		 at, len;	/* bytes of the text */
};

/* The token at byte AT of TEXT[0 .. len). */
struct token token_read(const char *text, size_t len, size_t at);

/* The next one that is no space, at AT or behind it. */
struct token token_next(const char *text, size_t len, size_t at);

/* True if the token is this one byte. */
bool token_is(const char *text, struct token, char mark);

/* True if the token is this word, without quotes and in any case; WORD is in lower case. */
bool token_word(const char *text, struct token, const char *word);

/* Writes the name without its quotes, at most token.len bytes, to OUT; how many. */
size_t token_name(const char *text, struct token, char *out);

#endif
