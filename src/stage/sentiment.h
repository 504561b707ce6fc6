/*
 * sentiment: whether texts are negative, neutral or positive; what its files share.  By its words
 * it is one of four classes: counts of labels, for all or by fields, which aggregate; --each, which
 * passes each record on with its label; and --train, which learns a model.
 *
 * The model is read-only, threads share it; it is exchanged only while no lane feeds.  What a
 * thread writes while it judges lies in the scratch of its lane.
 */
#ifndef STAGE_SENTIMENT_H
#define STAGE_SENTIMENT_H

#include "core/files.h"
#include "core/group.h"
#include "core/order.h"
#include "core/rows.h"
#include "core/sentiment.h"
#include "core/stage.h"

#define SENTIMENT_TEXT 16		/* bytes of a number that is written, at most */

struct sentiment_config {
	const char	*field, *by, *model, *lexicon, *threshold, *train;	/* or NULL */
	int		 field_word, by_word, model_word, lexicon_word, threshold_word, train_word;
	bool		 each, explain;
	int		 each_word;

	unsigned	 slot;		/* of the text */
	int		 least;		/* the threshold as the core takes it */
	const struct sentiment_model	*use;
	struct sentiment_model	*read, *changed;	/* of --model and --lexicon; or NULL */
	struct file_stamp model_stamp, lexicon_stamp;
	bool		 told;		/* that they cannot be read, since they last could */
	struct group	 group;
	struct aggregate aggregate;
};

extern const struct stage_class stage_sentiment_by, stage_sentiment_each, stage_sentiment_train;

/* Finds the column of the text; 0 or -1. */
int sentiment_open_field(struct stage *, struct err *);

/* The same, and reads threshold, model and lexicon; sentiment_close is to be called either way. */
int sentiment_open(struct stage *, struct err *);
int sentiment_read(struct stage *, struct err *);
void sentiment_close(struct stage *);

/* To be called while no lane feeds: reads files that have changed again; 0 or -1 (memory). */
int sentiment_refresh(const struct stage *, struct err *);

/* The text of a row, a number as it would be written, which borrows; 0 or -1 (memory). */
int sentiment_text(const struct sentiment_config *, struct row_text *, const struct value *row,
    struct value *text);

/* Writes a number of ten-thousandths with four decimals, and no NUL; how many bytes. */
size_t sentiment_format(char text[SENTIMENT_TEXT], int ten_thousandths);

/* The same as a cell, in ARENA; 0 or -1 (memory). */
int sentiment_cell(int ten_thousandths, struct value *cell, struct arena *arena);

/* ---- those that count, with and without --by ---- */

/* A value: how many texts, and of each label how many and the sum of their scores. */
enum sentiment_word {
	SENTIMENT_COUNT,
	SENTIMENT_COUNTS,
	SENTIMENT_SUMS = SENTIMENT_COUNTS + SENTIMENT_LABELS,
	SENTIMENT_WORDS = SENTIMENT_SUMS + SENTIMENT_LABELS
};

#define SENTIMENT_ROWS 256		/* that are handed out at a time */

struct sentiment_counts {		/* a lane */
	struct sentiment_scratch scratch;
	struct row_text		 text;
	struct sentiment	 judged[GROUP_RUN];
	struct group_run	 run;
	struct order		 order;
	uint64_t		 all[SENTIMENT_WORDS];	/* the answer without --by */
	size_t			 groups, next;	/* groups of the answer, the next row */
	char			 number[SENTIMENT_ROWS][2][SENTIMENT_TEXT]; /* of the rows ... */
	struct arena		 cells;		/* ... that were handed out last, and their keys */
};

/* As in struct stage_class. */
int sentiment_count_open(struct stage *, struct err *);
void sentiment_count_close(void *lane);
int sentiment_count_feed(const struct stage *, void *lane, const struct block *, struct feed *,
    struct err *);
int sentiment_count_seed(const struct stage *, const struct value *cells, uint64_t *value,
    struct err *);
int sentiment_count_fire(const struct stage *, void *lane, const struct map *, struct err *);
int sentiment_count_rows(const struct stage *, void *lane, const struct rows *, struct err *);

#define SENTIMENT_SPARK "map(text => model.label(text)).countByValueAndWindow(window, slide)"

#define SENTIMENT_COUNT_CLASS \
	.config_size = sizeof(struct sentiment_config), \
	.lane_size = sizeof(struct sentiment_counts), \
	.open = sentiment_count_open, \
	.close = sentiment_close, \
	.lane_close = sentiment_count_close, \
	.feed = sentiment_count_feed, \
	.seed = sentiment_count_seed, \
	.fire = sentiment_count_fire, \
	.rows = sentiment_count_rows

#endif
