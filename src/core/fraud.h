/*
 * Scoring card transactions as they come: each against the history of its account and merchant and
 * against all amounts, from the first one on and without labels; and, where labels come late, by
 * what they have taught (fraud_learn.h).  A transaction is scored first and learned then, so a
 * score never knows the future, and what is given for a prefix of a stream is the prefix of what
 * is given for all of it.
 *
 *   fraud_score -> account, merchant, tails -> view -> bins -> score, reasons
 *   fraud_label -> what awaits it (its bins) -> merchant's risk, weights
 *
 * The score is from 0 to 1.  As long as no frauds are known it is a rank: 1 / (1 + 100 q), where q
 * is the share of transactions so far that looked at least as odd; so 0.5 is one in a hundred, 0.9
 * one in nine hundred.  As labelled frauds come it becomes the share of transactions like this one
 * that proved to be fraud: of those with 0.9, nine in ten.
 *
 * All state is bounded: the accounts and merchants that were not seen for longest go, and what
 * awaits its label for longest.
 */
#ifndef CORE_FRAUD_H
#define CORE_FRAUD_H

#include "base/err.h"
#include "core/save.h"

#include <stdbool.h>

#define FRAUD_REASONS 16		/* at most, of one transaction */
#define FRAUD_REASON_TEXT 128		/* bytes of one as text, its NUL included */

struct fraud_config {
	bool		labels;		/* they come: keeps what awaits them, and learns */
	int64_t		label_delay;	/* microseconds; what has none by then is genuine */
	uint64_t	max_accounts;	/* and as many merchants */
	uint64_t	max_waiting;	/* transactions that await their label */
};

struct fraud_txn {			/* pointers are borrowed for the call; NULL: not given */
	int64_t		 time;		/* microseconds since the epoch */
	const char	*id;		/* needed only where labels come */
	size_t		 id_len;
	const char	*account;
	size_t		 account_len;
	const char	*merchant;
	size_t		 merchant_len;
	const char	*category;
	size_t		 category_len;
	double		 amount;	/* finite; its size counts, not its sign */
};

enum fraud_kind {			/* USUAL and EXTRA are, of each: */
	FRAUD_AMOUNT,			/* the account's usual; z */
	FRAUD_TAIL,			/* that of all accounts; one in so many is as large */
	FRAUD_MERCHANT_AMOUNT,		/* the merchant's usual; z */
	FRAUD_SMALL_THEN_LARGE,		/* the account's usual; the small one, WINDOW before */
	FRAUD_SMALL_RUN,		/* the account's usual; how many, what is old fading */
	FRAUD_HOUR,			/* the share of transactions in that hour of the day, UTC */
	FRAUD_OUTLIERS,			/* large ones of the account, fading; a limit */
	FRAUD_VELOCITY,			/* an hour, fading; usually an hour.  In the score it has
					   the weight and sign that this stream has taught */
	FRAUD_MERCHANT_RISK,		/* share of frauds in labels; that of all; those in a row */
	FRAUD_ACCOUNT_RISK,		/* frauds in labels, fading; 0 */
	FRAUD_LEARNED,			/* the score: of all that is known together; that of all */
	FRAUD_WARMING,			/* transactions of the account; when it is known */
};

struct fraud_reason {
	enum fraud_kind	kind;
	double		value, usual, extra;
	int64_t		window;		/* microseconds; 0: none */
};

struct fraud_result {
	double			score;
	bool			warming;
	size_t			n;
	struct fraud_reason	reason[FRAUD_REASONS];
};

struct fraud_figures {
	uint64_t	accounts, merchants, waiting;	/* held */
	uint64_t	accounts_evicted, merchants_evicted;
	uint64_t	waiting_evicted;	/* before their label came: not learned */
	uint64_t	labels, frauds;		/* learned */
	uint64_t	unmatched;		/* labels of transactions that are not known */
	size_t		bytes;
};

struct fraud;

/* Sensible for any stream: no labels. */
void fraud_config_default(struct fraud_config *);

/* The state of one stream; SEED as for a map.  NULL when memory is short. */
struct fraud *fraud_open(const struct fraud_config *, const uint64_t seed[2], struct err *);
void fraud_close(struct fraud *);

/*
 * Scores a transaction, then learns it.  0, or -1 when memory is short: then the score holds, and
 * not all of it was learned.
 */
int fraud_score(struct fraud *, const struct fraud_txn *, struct fraud_result *, struct err *);

/*
 * The label of a transaction that was scored before, known at TIME.  0; 1: that one is not known,
 * or has been labelled, or its time was up; -1: memory is short.
 */
int fraud_label(struct fraud *, int64_t time, const char *id, size_t len, bool is_fraud,
    struct err *);

/*
 * Asks for the memory of N transactions that will be scored soon, 32 at most: so many accounts cost
 * about what few do.  Changes nothing.
 */
void fraud_ahead(const struct fraud *, const struct fraud_txn *, size_t n);

void fraud_figures(const struct fraud *, struct fraud_figures *);

/* A reason as text into OUT, FRAUD_REASON_TEXT bytes; its length. */
size_t fraud_reason_text(const struct fraud_reason *, char *out);

/*
 * A checkpoint: puts down what has changed since the last call; what it costs follows the accounts,
 * merchants and labels of that time.  0 or -1.
 */
int fraud_save(struct fraud *, struct saving *, struct err *);

/* Takes a chunk, in state just opened; 0, or -1 when memory is short (damage is in the wire). */
int fraud_load(struct fraud *, const struct store_part *, struct wire *, struct err *);

/*
 * A model: what labels have taught, weights and the risk of merchants, for another stream.
 * Appends it to OUT; 0, or -1 when memory is short.
 */
int fraud_model_put(const struct fraud *, struct buf *out, struct err *);

/* Takes a model; 0, or -1: it is none, damaged, of another version, or memory is short. */
int fraud_model_get(struct fraud *, const char *bytes, size_t len, struct err *);

#endif
