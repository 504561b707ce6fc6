/*
 * A line of rules while it is read: rule_line.c what it begins with and what it ends as,
 * rule_clause.c what is between.
 */
#ifndef CORE_RULE_LINE_H
#define CORE_RULE_LINE_H

#include "core/rule_book.h"

#define RULE_SHOWN 40			/* bytes of a word in a message */

struct rule_reader {
	struct rule_book		*book;
	const struct rule_host		*host;
	const char			*beside;	/* lists lie beside this file */
	struct rule_words		 words;
	const struct rule_kind		*kind;
	struct rule			 rule;
	unsigned			 said;		/* clauses */
	bool				 weighs, off;
	struct rule_word		 by[RULE_KEYS];
	unsigned			 bys;
	struct rule_word		 field;
};

/* True if a word begins a clause: in quotes it would be a field. */
bool rule_is_clause(const struct rule_word *);

int rule_clauses_read(struct rule_reader *, struct err *);

/* Is all there that the kind needs? */
int rule_clauses_check(const struct rule_reader *, struct err *);

#endif
