/*
 * What a file of rules says, once it is read: rules, the columns, keys, conditions and lists that
 * they name.  A book is never changed; a new one is read in its place.
 *
 *   rule_book.c   the file, line by line     rule_line.c   one line
 *   rule_word.c   its words                  rule_list.c   lists of values
 *   rule_clause.c what is said of a rule     rule_name.c   columns, keys, state
 */
#ifndef CORE_RULE_BOOK_H
#define CORE_RULE_BOOK_H

#include "base/arena.h"
#include "base/map.h"
#include "core/rule.h"

#define RULE_MAX 200			/* rules of a book, those of several columns each */
#define RULE_FIELDS 64			/* columns that they name */
#define RULE_KEYS 4			/* columns of a key */
#define RULE_SCOPES 32			/* different keys */
#define RULE_WORDS 96			/* of a line */

enum rule_op { RULE_ANY, RULE_ABOVE, RULE_AT_LEAST, RULE_BELOW, RULE_AT_MOST, RULE_EQUAL,
	RULE_UNEQUAL };

enum rule_what {
	RULE_COUNT, RULE_SUM, RULE_MEAN, RULE_MIN, RULE_MAX_OF, RULE_DISTINCT_OF,
	RULE_NEW, RULE_PAIR, RULE_SPEED,	/* from here up: with state by key */
	RULE_FIELD, RULE_Z, RULE_DENY, RULE_ALLOW, RULE_WATCH,
};

struct rule_list {
	const char		*path;
	struct file_stamp	 stamp;
	struct map		 values;	/* without any */
};

struct rule_test {			/* a part of `where` */
	unsigned	 field;
	enum rule_op	 op;
	bool		 numeric;	/* the value looks like a number ... */
	struct number	 number;
	const char	*text;		/* ... and as it was written */
	size_t		 len;
};

struct rule_scope {			/* a key */
	unsigned	 keys;
	unsigned	 field[RULE_KEYS];
	const char	*name;		/* `account,merchant`: equal names are equal keys */
	unsigned	 cells;		/* rules with state by it */
	int64_t		 longest;	/* of their windows; INT64_MAX: for ever */
};

struct rule {
	const char	*name;
	unsigned	 line;
	enum rule_what	 what;
	double		 weight;
	bool		 off;
	unsigned	 field;		/* of RULE_SUM and so on */
	unsigned	 scope, cell;	/* where its state is */
	const char	*same;		/* rules of which this is equal count the same */
	enum rule_op	 op;
	struct number	 limit;		/* km/h of RULE_SPEED */
	int64_t		 window;
	bool		 reset;
	struct number	 small, large;
	double		 beyond;	/* km */
	uint64_t	 after, use;
	unsigned	 list;
	unsigned	 test, tests;	/* book->test[test ..] */
};

struct rule_book {
	struct rule		 rule[RULE_MAX];
	unsigned		 rules;
	struct rule_column	 field[RULE_FIELDS];
	unsigned		 fields;
	struct rule_scope	 scope[RULE_SCOPES];
	unsigned		 scopes;
	struct rule_list	*list;
	unsigned		 lists;
	struct rule_test	*test;
	unsigned		 tests;
	struct arena		 text;
	struct file_stamp	 stamp;
	bool			 missing;	/* the file, or a list, could not be read */
};

/* What can be said of a kind of rule. */
enum rule_clause {
	RULE_BY = 1, RULE_OVER = 2, RULE_LIMIT = 4, RULE_WITHIN = 8, RULE_RESET = 16,
	RULE_AFTER = 32, RULE_USE = 64, RULE_BEYOND = 128,
};

struct rule_kind {
	const char	*word;		/* NULL: it begins with a field */
	enum rule_what	 what;
	bool		 of_field;	/* the next word is a field */
	unsigned	 needs, takes;	/* enum rule_clause */
	const char	*example;
};

extern const struct rule_kind rule_kinds[];	/* ended by one without an example */

/* Functions that read what is written return 1 and why if it is wrong, -1 if memory is short. */
#define RULE_WRONG(err, ...) (-err_set((err), ERR_RUN, __VA_ARGS__))

struct rule_word {
	const char	*at;
	size_t		 len;
	bool		 quoted;
	bool		 sign;		/* of a comparison, or a comma */
};

struct rule_words {			/* of a line, while it is read */
	struct rule_word	 word[RULE_WORDS];
	unsigned		 n, next;
};

/* rule_word.c: cuts a line into words; then the next one, if it is this, or any. */
int rule_words_cut(struct rule_words *, const char *line, size_t len, struct err *);
bool rule_words_is(const struct rule_words *, const char *what);
bool rule_words_take(struct rule_words *, const char *what);
const struct rule_word *rule_words_next(struct rule_words *);	/* NULL: at the end */
int rule_word_number(const struct rule_word *, const char *what, struct number *, struct err *);
int rule_word_count(const struct rule_word *, const char *what, uint64_t *, struct err *);
int rule_word_span(const struct rule_word *, const char *what, int64_t *us, struct err *);
int rule_word_op(const struct rule_word *, enum rule_op *);
const char *rule_op_text(enum rule_op);

/* True if X compares so with the limit. */
bool rule_holds(enum rule_op, const struct number *x, const struct number *limit);

/* rule_list.c: the list of that path, read once; its number in *AT. */
int rule_list_find(struct rule_book *, const struct rule_host *, const char *path, unsigned *at,
    struct err *);
bool rule_list_has(const struct rule_list *, const char *text, size_t len);
void rule_list_free(struct rule_list *);

/* rule_line.c: reads one line, number LINE, as rules of the book; BESIDE is the file's path. */
int rule_line_read(struct rule_book *, const struct rule_host *, const char *beside,
    const struct rule_words *, unsigned line, struct err *);

/*
 * rule_name.c: what a line names, found or added.  Copies and paths are NULL when memory is short;
 * a cell is where a rule with state by key has it.
 */
char *rule_copy(struct rule_book *, const char *text, size_t len);
char *rule_path(struct rule_book *, const char *beside, size_t len, const struct rule_word *);
struct rule_test *rule_tests_grow(struct rule_book *);
int rule_field_find(struct rule_book *, const struct rule_host *, const struct rule_word *,
    unsigned nth, unsigned *field, struct err *);
int rule_scope_find(struct rule_book *, const unsigned *field, unsigned keys, unsigned *scope,
    struct err *);
int rule_cell_add(struct rule_book *, struct rule *);

/*
 * rule_book.c: reads a file as a book: 0; 1: it is wrong, and a line for each error is appended to
 * WRONG, the last one in ERR, too; -1.  To be freed either way.
 */
int rule_book_read(struct rule_book **, const struct rule_host *, const char *path,
    struct buf *wrong, struct err *);
bool rule_book_changed(const struct rule_book *, const struct rule_host *, const char *path);
void rule_book_free(struct rule_book *);

#endif
