/*
 * What a text says: negative, neutral or positive, and how strongly; and learning that from texts
 * with labels.  English; text in other languages has no evidence and comes out as neutral.
 *
 * A model is read-only once it is made, threads share it; a scratch belongs to one thread.  All
 * judging is done with integers: every machine and every compiler gives the same answers.
 */
#ifndef CORE_SENTIMENT_H
#define CORE_SENTIMENT_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define SENTIMENT_ONE 10000		/* the score of a text that is positive for certain */
#define SENTIMENT_LIKELIEST (-1)	/* a threshold: none, the most probable label */

enum sentiment_label {
	SENTIMENT_NEGATIVE, SENTIMENT_NEUTRAL, SENTIMENT_POSITIVE,
	SENTIMENT_LABELS
};

extern const char *const sentiment_labels[SENTIMENT_LABELS];	/* "negative", ... */

/* The label whose name the LEN bytes are, or -1. */
int sentiment_label_find(const char *name, size_t len);

struct sentiment {			/* what a text says */
	enum sentiment_label	 label;
	int			 score;	/* P(positive) - P(negative), in ten-thousandths */
};

/* ---- models ---- */

struct sentiment_model;

/* The one in the executable: costs nothing, never NULL, and is not to be freed. */
const struct sentiment_model *sentiment_model_builtin(void);

/*
 * Makes a model of what sentiment_trainer_write wrote; the bytes are copied.  All of it is checked:
 * no bytes make judging go wrong.  0, or -1 with an error that says what is wrong; or memory.
 */
int sentiment_model_read(struct sentiment_model **, const char *bytes, size_t len, struct err *);

/*
 * Makes a model like BASE, which must outlive it, that takes words as TEXT says: lines
 * `word<TAB>valence`, valence -4 to 4; empty lines and those that begin with # are skipped.  What
 * BASE learnt of these words does not count any more.  0, or -1 with an error that names the line;
 * or memory.
 */
int sentiment_model_lexicon(struct sentiment_model **, const struct sentiment_model *base,
    const char *text, size_t len, struct err *);

/* NULL and the one in the executable are left alone. */
void sentiment_model_free(const struct sentiment_model *);

/* ---- judging ---- */

struct sentiment_scratch {		/* zeroed: empty */
	void	*own;
};

void sentiment_scratch_free(struct sentiment_scratch *);

/*
 * Judges a text of any bytes.  THRESHOLD, 0 to SENTIMENT_ONE: positive from that score on, negative
 * from minus that on, else neutral; or SENTIMENT_LIKELIEST.  A text without evidence, for instance
 * an empty one, is neutral with score 0.  0, or -1 when memory is short.
 */
int sentiment_judge(const struct sentiment_model *, struct sentiment_scratch *, const char *text,
    size_t len, int threshold, struct sentiment *out);

struct sentiment_reason {
	const char	*text;		/* a piece of the text that was judged */
	size_t		 len;
	int		 weight;	/* towards positive; 10000 is one unit of log odds */
};

/*
 * The same, and the pieces of the text that decided, strongest first: at most CAP in REASON, *N
 * tells how many.
 */
int sentiment_explain(const struct sentiment_model *, struct sentiment_scratch *, const char *text,
    size_t len, int threshold, struct sentiment *out, struct sentiment_reason *reason, size_t cap,
    size_t *n);

/* ---- learning ---- */

struct sentiment_trainer;

struct sentiment_report {
	size_t	examples;		/* all that were given, without repetitions */
	size_t	held;			/* of these, kept back: what follows is about them */
	size_t	counts[SENTIMENT_LABELS][SENTIMENT_LABELS];	/* [given][judged] */
	int	accuracy, macro_f1;	/* ten-thousandths; F1 over the labels that were given */
	size_t	features;		/* what the model has learnt weights of */
};

/* NULL: memory is short. */
struct sentiment_trainer *sentiment_trainer_new(void);
void sentiment_trainer_free(struct sentiment_trainer *);

/*
 * Takes an example of the set number SET: sets that are told apart, such as the sources of an
 * input, weigh less than in proportion to their size, so that a large one does not drown a small
 * one.  The text is not kept.  0, or -1 when memory is short.
 */
int sentiment_trainer_add(struct sentiment_trainer *, enum sentiment_label, unsigned set,
    const char *text, size_t len);

/* Gives the examples of FROM to INTO, and leaves FROM empty; 0, or -1 (memory). */
int sentiment_trainer_merge(struct sentiment_trainer *into, struct sentiment_trainer *from);

/*
 * Learns: first from all but one in ten examples, to report on those that were kept back, then from
 * all.  The answer is the same bytes for the same examples in any order.  0, or -1 with an error:
 * too few examples, or memory.
 */
int sentiment_trainer_run(struct sentiment_trainer *, struct sentiment_report *, struct err *);

/* Appends the model that was learnt; 0, or -1 (memory). */
int sentiment_trainer_write(const struct sentiment_trainer *, struct buf *);

#endif
