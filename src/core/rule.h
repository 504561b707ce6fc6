/*
 * Rules on transactions: what analysts write down in a file, one rule a line, that is read again
 * when it changes.
 *
 *   velocity  count by account over 10m >= 10 weight 0.3
 *   rules file -> book (rule_book.h: what it says) -> set (here: the state of it by key)
 *   transaction -> hits, each with its value, limit and window -> reasons as text
 *
 * A window is [t - length, t]: both ends are in it, to the microsecond, and the transaction itself
 * counts.  A rule without what it needs of a transaction (a key, a field, a place) passes it over.
 *
 * Memory is bounded: of each kind of key at most so many, and the longest unseen goes; of each key
 * and rule at most RULE_RING entries, beyond which neighbours of the same 512th of the window
 * become one and leave together with the later of them.
 *
 * A book that is read anew takes the state of those rules over that count what they did before:
 * name, limit, weight may differ.
 */
#ifndef CORE_RULE_H
#define CORE_RULE_H

#include "base/number.h"
#include "core/files.h"
#include "core/save.h"

#define RULE_NO_SLOT (~0U)
#define RULE_RING 1024			/* entries of a window */
#define RULE_SEEN 256			/* values that `new` remembers of a key */
#define RULE_DISTINCT 4096		/* limit of a distinct, at most */

struct rule_column {			/* of the rows that rules look at */
	const char	*name;		/* outlives the set */
	unsigned	 slot;
	bool		 account;	/* is told of each transaction anyway */
};

struct rule_host {
	void			*arg;
	const struct files	*files;

	/*
	 * The NTH column, from 0, that rules call NAME: 0; 1: there is none, and ERR says why.  A
	 * name can mean several, each of which is looked at on its own.
	 */
	int			(*column)(void *arg, const char *name, size_t len, unsigned nth,
				    struct rule_column *, struct err *);
	bool			 places;	/* transactions have a latitude and longitude */
};

struct rule_txn {			/* what is borrowed stays until its reasons are made */
	unsigned		 ahead;		/* its number there */
	int64_t			 time;		/* microseconds; one before the last counts as it */
	const struct value	*row;
	bool			 placed;	/* LAT and LON are true */
	double			 lat, lon;	/* degrees */
	bool			 known;		/* Z is */
	double			 z;		/* against the account's own amounts */
};

struct rule;
struct rule_set;

struct rule_hit {
	const struct rule	*rule;
	struct number		 value;
	double			 extra;		/* metres; uses */
	int64_t			 span;		/* microseconds between two transactions */
	struct number		 before;	/* the small amount */
};

struct rule_result {
	struct rule_hit	*hit;		/* in the order of the file; until the next look */
	size_t		 n;
	bool		 allowed;	/* it is on a list of those that are never told */
	double		 score;		/* of all hits: 1 - the product of (1 - weight) */
};

/* Reads PATH, which must be right; 0, or -1 with an error about WORD.  To be closed either way. */
int rule_open(struct rule_set **, const struct rule_host *, const char *path, int word,
    struct err *);
void rule_close(struct rule_set *);

/* Before the first look: at most MAX_KEYS of each kind of key; SEED as for a map. */
int rule_start(struct rule_set *, uint64_t max_keys, const uint64_t seed[2], struct err *);

/*
 * Reads the file again if it, or one of its lists, has changed; a wrong one is told of, line by
 * line, and the rules stand as they were.  0 or -1 (memory).
 */
int rule_refresh(struct rule_set *, struct err *);

/*
 * The rows of the transactions that come next, so that the memory of their keys can be asked for;
 * those are looked at in any number, by their numbers here, and the book does not change meanwhile.
 * At most RULE_AHEAD; 0 or -1 (memory).
 */
#define RULE_AHEAD 16
int rule_ahead(struct rule_set *, const struct value *const *row, unsigned n);

/* Looks at a transaction and takes it into the windows; 0 or -1 (memory). */
int rule_look(struct rule_set *, const struct rule_txn *, struct rule_result *);

/* Appends the reason of a hit of the last look as text; 0 or -1 (memory). */
int rule_reason(struct rule_set *, const struct rule_hit *, struct buf *out);

/* Keys held, of all kinds, those that have gone for want of room, and bytes. */
void rule_figures(const struct rule_set *, uint64_t *keys, uint64_t *evicted, size_t *bytes);

/*
 * A checkpoint: puts down what has changed, under ticks from RULE_TICK on.  0 or -1.  Then takes a
 * chunk in a set just started: those rules that are in the file now get theirs.  0; -1: memory is
 * short (damage is in the wire).
 */
#define RULE_TICK 1000
int rule_save(struct rule_set *, const struct saving *, struct err *);
int rule_load(struct rule_set *, const struct store_part *, struct wire *, struct err *);

#endif
