/*
 * What the files of a set of rules share: its state, by key and rule, and what is known of the
 * transaction that it looks at.
 *
 *   rule_set.c    opening; a book that is read anew   rule_state.c   state by key
 *   rule_look.c   a transaction's way                 rule_cell.c    state of a key and rule:
 *                                                     rule_window.c, rule_seen.c
 *   rule_reason.c why                                 rule_save.c    checkpoints; and
 *                                                     rule_cell_save.c
 */
#ifndef CORE_RULE_INNER_H
#define CORE_RULE_INNER_H

#include "core/cell.h"
#include "core/keyed_save.h"
#include "core/rule_book.h"

/*
 * The state of a rule for a key.  Windows are entries, oldest first: one lies in the cell itself
 * (FIRST and ONE, while AT is NULL), for most keys are seen once; more are a circle of CAP of them
 * from HEAD on, and of RULE_DISTINCT_OF and RULE_NEW a row instead, longest unseen first.
 */
struct rule_cell {			/* zeroed: nothing came */
	void		*at;
	int64_t		 first;		/* time of the oldest entry: it need not be looked at */
	uint32_t	 head, n, cap;
	uint16_t	 set;		/* TIME is */
	uint16_t	 stride;	/* bytes of an entry; 0: there was none */
	union {
		uint64_t count;		/* in the window; transactions of RULE_NEW */
		int64_t	 time;		/* of the small amount, of the last place */
	};
	uint64_t	 one;		/* what the only entry has besides FIRST; AT is NULL */
	union {
		wide_int sum;		/* in units of 10^-9 */
		double	 place[2];	/* latitude and longitude */
	};
};

struct rule_entry {
	int64_t		time;		/* of RULE_NEW how often it came; 0: it is not new */
	union {
		uint64_t n;		/* transactions that it stands for */
		uint64_t hash;
		double	 value;
	};
};

struct rule_sum {			/* an entry of RULE_SUM and RULE_MEAN */
	struct rule_entry entry;
	wide_int	 sum;
};

struct rule_state {			/* of a key */
	int64_t		 last;		/* time of all keys when it was looked at last */
	struct rule_cell cell[];
};

struct rule_keys {			/* of a scope */
	struct keyed	 keyed;		/* struct rule_state; due is the number of the last look */
	unsigned	 cells;
	uint64_t	 looks;
	uint32_t	 hand;		/* which key may be over, is looked at next */
	int64_t		 now;		/* the last time of all; never goes back */
	size_t		 windows;	/* bytes of the cells' entries */
};

struct rule_given {			/* a field of the transaction, once somebody asked */
	bool		 asked, valued;
	struct value	 text;		/* null: it is not given */
	bool		 is_number;
	struct number	 number;
	uint64_t	 hash;
	char		 room[CELL_ROOM];
};

struct rule_ahead {			/* a key of a transaction to come */
	bool		 given;
	struct map_key	 key;
	uint64_t	 hash;
};

struct rule_set {
	struct rule_host	 host;
	const char		*path;
	struct rule_book	*book;
	struct rule_keys	*keys[RULE_SCOPES];	/* of the book's scopes */
	uint64_t		 max_keys, evicted;
	uint64_t		 seed[2];
	bool			 started;
	struct buf		 key;
	struct rule_hit		 hit[RULE_MAX];

	/* Of the transaction that is looked at. */
	const struct rule_txn	*txn;
	const struct value	*row;
	struct rule_given	 given[RULE_FIELDS];
	struct rule_state	*state[RULE_SCOPES];
	bool			 asked[RULE_SCOPES];

	struct rule_ahead	 ahead[RULE_AHEAD][RULE_SCOPES];
	struct arena		 ahead_text;
	struct buf		 wrong;	/* what was told of the file as it is */

	/* What is put down. */
	bool			 said;		/* which rules the state is of */
	struct rule_saved	*saved;		/* which ones it was that is read */
};

/* rule_cell.c: takes a transaction in; HIT is filled if the rule holds then.  0, 1: it does; -1. */
int rule_cell_look(struct rule_cell *, const struct rule *, const struct rule_txn *, int64_t time,
    const struct rule_given *of, struct rule_hit *);
void rule_cell_clear(struct rule_cell *);

/* rule_window.c, rule_seen.c: a transaction comes in; VALUE is what there is then.  0 or -1. */
int rule_window_sum(struct rule_cell *, const struct rule *, int64_t time, const struct number *x,
    struct number *value);
int rule_window_extreme(struct rule_cell *, const struct rule *, int64_t time,
    const struct number *x, struct number *value);
bool rule_mean_holds(const struct rule_cell *, const struct rule *, struct number *sum);
int rule_seen_distinct(struct rule_cell *, const struct rule *, int64_t time, uint64_t hash,
    struct number *value);

/* The same of RULE_NEW: 1 if it is told. */
int rule_seen_new(struct rule_cell *, const struct rule *, uint64_t hash, struct rule_hit *);
size_t rule_stride(enum rule_what);

/* rule_cell_save.c: as bytes, and back into zeros; 0 or -1 (memory).  Damage is in the wire. */
int rule_cell_put(struct buf *, const struct rule_cell *, enum rule_what);
int rule_cell_get(struct wire *, struct rule_cell *, const struct rule *);

/* rule_state.c: the state of a scope for the transaction; NULL in *STATE: it has no such key. */
int rule_state_find(struct rule_set *, unsigned scope, struct rule_state **state);
struct rule_keys *rule_keys_make(const struct rule_set *, unsigned cells);
void rule_keys_free(struct rule_keys *);
void rule_state_clear(struct rule_keys *, struct rule_state *);

static inline size_t
rule_cell_bytes(const struct rule_cell *c)
{
	return (size_t)c->cap * c->stride;
}

static inline struct rule_state *
rule_state_at(const struct rule_keys *k, uint32_t id)
{
	return (struct rule_state *)(void *)(keyed_at(&k->keyed, id) + 1);
}

/* rule_look.c: of the transaction that is looked at. */
void rule_take_row(struct rule_set *, const struct value *row);
const struct rule_given *rule_given(struct rule_set *, unsigned field);

/* rule_save.c: what was read of checkpoints, and not yet asked for, is dropped. */
void rule_saved_free(struct rule_saved *);

#endif
