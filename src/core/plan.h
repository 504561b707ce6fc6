/*
 * From words to a checked pipeline:
 *
 *   CHAIN [also CHAIN]...
 *   CHAIN: [from NAME[,NAME]...] [as NAME] STAGE [ARG]... [as NAME] [then STAGE ...]... [into SINK]
 *
 * A chain begins with all records that are read, or with streams that have a name: sources and what
 * stands before an `as`.  It ends in an output.  Stages are numbered in the order of the words; as
 * a name must be there before it is used, data flows from low numbers to high ones.
 *
 * Words are read by plan_parse; plan_bind finds the columns, once those of the records are known.
 * What can be wrong is found by these two, before any record is counted.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "core/condition.h"
#include "core/files.h"
#include "core/format.h"
#include "core/span.h"
#include "core/stage.h"

struct plan_defaults {
	const struct stage_class *const *classes;	/* every stage there is; ended by NULL */
	struct span	 batch;
	struct span	 window, slide;			/* for every aggregating stage; may be 0 */
	enum emit	 emit;				/* for every aggregating stage */
	bool		 empty;				/* the same ... */
	int		 empty_word;			/* ... where it was said */
	const char	*time_field, *time_parse;	/* as in struct plan */
	int		 time_word;
	struct condition fail_if, until;		/* of the first output; text and word */
	const char *const *sources;			/* names of sources; NULL for one without */
	const char *const *labels;			/* the same, or addresses; or NULL */
	size_t		 nsources;
	const struct format_class *const *formats;	/* of files; ended by NULL */
	const struct files *files;			/* how to read them; NULL: nobody can */
};

struct stream {				/* a name for some points */
	const char	*name;
	int		 word;
	struct point	 point[POINTS_MAX];
	unsigned	 points;
	bool		 used;
};

#define OUTPUT_NONE (~0U)		/* of a link: a chain ends here and writes nothing */

struct root {				/* records that are read go to */
	struct link	 link;
	int		 source;	/* -1: of all sources */
	int		 account;	/* -1: this is a further input of a stage */
};

struct chain {
	struct point	 from[POINTS_MAX];
	unsigned	 froms;
	unsigned	 first, stages;	/* its stages are first .. first + stages - 1 */
	int		 output;	/* -1: none */
	int		 account;	/* of the records that it begins with, -1: it does not */
};

struct output {				/* the end of a chain */
	const char	*sink;		/* as written behind `into`; NULL: the default */
	int		 word;
	struct schema	*in;
	struct schema	 shown;		/* the columns that are written */
	bool		 whole;		/* it takes one batch after the other, by event time too */
	struct point	 from[POINTS_MAX];
	unsigned	 froms;
};

struct plan {
	struct span	 batch;
	char		**words;	/* as given, but without the '\' of an escaped one */
	struct stage	*stage;
	unsigned	 n;
	struct stream	*stream;
	unsigned	 streams;
	struct root	*root;
	unsigned	 roots;
	struct output	*output;
	unsigned	 outputs;
	struct chain	*chain;
	unsigned	 chains, accounts;	/* accounts: chains that begin with records */
	bool		 in_order;	/* an output takes records as they come */
	bool		 one_by_one;	/* it must take each record before the next: chains meet */
	bool		 parallel;	/* all records end in aggregates that threads can fill */
	struct condition fail_if, until;	/* of the first output */
	struct schema	 input;		/* of the records that are read */
	const char	*time_field;	/* batches are cut by this column; NULL: the clock */
	int		 time_word;
	unsigned	 time_slot;
	const char	*time_parse;	/* its strptime format; NULL: found out */
	uint64_t	 seed[2];	/* random, for maps of stages; set before lanes open */
	const struct format_class *const *formats;
	const struct files *files;
	const char	*const *labels;	/* names or addresses of sources, by number; or NULL */
	struct arena	 names;		/* of columns */
	const struct stage_class *help;	/* set when a stage was asked for its --help */
};

/*
 * Reads WORDS[0 .. n), WORDS[n] being NULL; BASE is the index of WORDS[0] in the command line.  0,
 * or -1 (then plan->help is set if help was asked for, else ERR is).  Either way the plan is
 * closed by plan_close.
 */
int plan_parse(struct plan *, const struct plan_defaults *, char *const *words, int n, int base,
    struct err *);

/*
 * Says what records look like: of one column, the line (COLUMNS is 0, FLAGS those of the format),
 * or these.  NAMES outlive the plan.  0 or -1 (too many).
 */
int plan_input(struct plan *, unsigned format_flags, const char *const *names, unsigned columns,
    struct err *);

/* Opens the stages one by one; 0 or -1. */
int plan_bind(struct plan *, struct err *);

/* What a format must read for a bound plan. */
void plan_layout(const struct plan *, struct layout *);

void plan_close(struct plan *);

/*
 * The options of stages that have windows, of those that aggregate, of those that can begin with
 * rows (they have a seed), of all.
 */
extern const struct opt plan_window_opts[], plan_emit_opts[], plan_begin_opts[];
extern const struct opt plan_common_opts[];

/* Reads append, update or complete; 0 or -1. */
int plan_emit(enum emit *, const char *value, int word, struct err *);

/* The class of a name, or NULL. */
const struct stage_class *plan_find(const struct stage_class *const *classes, const char *name);

/* ---- between plan.c, plan_stage.c and plan_bind.c ---- */

/* Reads the words of one stage, WORDS[0] being its name, fed by FROM; PERIOD is how often. */
int plan_read_stage(struct plan *, const struct plan_defaults *, char *const *words, int n,
    int base, const struct point *from, unsigned froms, struct span period, struct err *);

/* True for the words that stand between stages: then, also, as, from, into. */
bool plan_joins(const char *word);

/* What a word says: '\then' is the word 'then', as are the other words that are not a stage's. */
const char *plan_word(const char *word);

/* The stream called NAME[0 .. len), or an error about WORD that names the nearest. */
struct stream *plan_stream(struct plan *, const char *name, size_t len, int word, size_t column,
    struct err *);

/* Joins stages and outputs by links; 0, or -1 when memory is short. */
int plan_link(struct plan *);

#endif
