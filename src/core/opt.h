/*
 * Options as tables: the one place from which parsing, --help, --list and the check of the man
 * page are made.  Parsing is getopt_long's, with abbreviations refused.
 */
#ifndef CORE_OPT_H
#define CORE_OPT_H

#include "base/err.h"

#include <stdbool.h>

#define OPT_ARGUMENT (-1)		/* the id of a word that is no option */

struct opt {
	const char	*name;		/* without the dashes; NULL ends a table */
	char		 letter;	/* 0: no short form */
	int		 id;		/* told to the callback, >= 0 */
	const char	*value;		/* what it takes, for the help; NULL: nothing */
	const char	*help;		/* one line */
};

/*
 * Told each option and argument in turn, VALUE NULL where there is none; WORD is the index of the
 * word that holds it.  -1 with the error filled stops the parse.
 */
typedef int (*opt_fn)(void *arg, int id, const char *value, int word, struct err *);

/*
 * Reads the options of WORDS[1 .. n); WORDS[0] is the name of the command and WORDS[n] is NULL or
 * another's.  TABLES is an array ended by NULL.  BASE is the index of WORDS[0], for errors.  With
 * STOP the first word that is no option ends the parse.  Returns how many words were read,
 * WORDS[0] included, or -1.
 */
int opt_parse(const struct opt *const *tables, char *const *words, int n, int base, bool stop,
    opt_fn fn, void *arg, struct err *);

#endif
