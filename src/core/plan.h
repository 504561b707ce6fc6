/*
 * From words to a checked chain of stages: `STAGE [ARG]... [then STAGE [ARG]...]...`.  Columns flow
 * from left to right; whatever can be wrong with the words is found here, before anything runs.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "core/span.h"
#include "core/stage.h"

struct plan_defaults {
	const struct stage_class *const *classes;	/* every stage there is; ended by NULL */
	struct span	 batch;
	struct span	 window, slide;			/* for every aggregating stage; may be 0 */
};

struct plan {
	struct stage	*stage;
	size_t		 n;
	size_t		 split;		/* the first aggregating stage, or n */
	struct span	 batch;
	const struct stage_class *help;	/* set when a stage was asked for its --help */
};

/*
 * Reads WORDS[0 .. n), WORDS[n] being NULL; BASE is the index of WORDS[0] in the command line.  0,
 * or -1 (then plan->help is set if help was asked for, else ERR is).  Either way the plan is
 * closed by plan_close.
 */
int plan_parse(struct plan *, const struct plan_defaults *, char *const *words, int n, int base,
    struct err *);

void plan_close(struct plan *);

/* The options that every aggregating stage has, and every stage. */
extern const struct opt plan_window_opts[], plan_common_opts[];

/* The class of a name, or NULL. */
const struct stage_class *plan_find(const struct stage_class *const *classes, const char *name);

#endif
