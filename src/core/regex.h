/*
 * Perl-compatible regular expressions over UTF-8 (PCRE2), as stages use them: memory is the
 * project's, invalid bytes match nothing, an error in a pattern is shown by a caret.
 */
#ifndef CORE_REGEX_H
#define CORE_REGEX_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct regex {				/* read-only once it is open */
	const char		*pattern;	/* by regex_open */
	int			 word;
	pcre2_general_context	*memory;
	pcre2_code		*code;
};

enum regex_got {
	REGEX_YES, REGEX_NO,
	REGEX_HARD,			/* given up: the pattern backtracks too much */
	REGEX_FAIL,			/* the error is filled */
};

/*
 * Compiles the LEN bytes of a pattern; 0, or PCRE2's number of what is wrong, with *OFFSET where.
 * To be closed either way.
 */
int regex_compile(struct regex *, const char *pattern, size_t len, bool ignore_case,
    size_t *offset);

/* The same for a word of the command line, which outlives it; 0, or -1 and the error. */
int regex_open(struct regex *, const char *pattern, int word, bool ignore_case, struct err *);
void regex_close(struct regex *);

/* Room for what is matched, with the places of all groups, or of none; NULL: no memory. */
pcre2_match_data *regex_match_data(const struct regex *, bool groups);

/* Looks for a match in LEN bytes at TEXT. */
enum regex_got regex_match(const struct regex *, pcre2_match_data *, const char *text, size_t len,
    struct err *);

#endif
