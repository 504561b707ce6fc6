/* From the words of the command line to a job's configuration. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "core/opt.h"
#include "engine/job.h"

enum settings_action {
	ACTION_RUN,
	ACTION_HELP,
	ACTION_STAGE_HELP,	/* of settings.job.plan.help */
	ACTION_VERSION,
	ACTION_LIST,
	ACTION_EXPLAIN,
};

struct settings {
	enum settings_action	 action;
	const char		*list;		/* stages, sources, sinks or formats */
	int			 list_word;
	struct plan_defaults	 defaults;
	struct job_config	 job;
	char			**globbed;	/* file names made from globs */
	size_t			 nglobbed;
};

struct opt_group {
	const char		*title;
	const struct opt	*opts;
};

/* The options by group, as --help shows them; ended by a zeroed one. */
extern const struct opt_group settings_groups[];

/*
 * Reads ARGV; 0, or -1 and the error.  Either way settings_close frees what it holds.  The words
 * must outlive the settings.
 */
int settings_parse(struct settings *, int argc, char **argv, struct err *);

void settings_close(struct settings *);

#endif
