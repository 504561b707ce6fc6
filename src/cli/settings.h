/* From the words of the command line to a job's configuration. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "core/opt.h"
#include "engine/job.h"

enum settings_action {
	ACTION_RUN,
	ACTION_HELP,
	ACTION_STAGE_HELP,	/* of settings.plan.help */
	ACTION_VERSION,
	ACTION_LIST,
	ACTION_EXPLAIN,
	ACTION_STATE,		/* settings.state of the checkpoint */
};

struct settings {
	enum settings_action	 action;
	int			 argc;		/* the words as they are read: errors point there */
	char			**argv;
	const char		*script;	/* --file, or NULL */
	char			**merged, **scripted;	/* all words with its; its own */
	const char		*list;		/* stages, sources, sinks or formats */
	const char		*state;		/* reset, show, export or import */
	struct plan_defaults	 defaults;
	struct files		 files;		/* what stages read files by */
	struct plan		 plan;		/* what job.plan is */
	const char		*out;		/* the default sink, and the word it is */
	int			 out_word;
	int			 on_full_word;	/* of --on-full */
	const struct format_class *to;		/* how rows are written */
	int			 shed_word;	/* --shed */
	const char		*columns;	/* --columns, or NULL */
	int			 columns_word;
	int			 inputs;	/* how many -i there are */
	const char		**names;	/* of sources, as the plan wants them */
	struct arena		 words;		/* names cut out of words */
	struct job_config	 job;
	struct buf		 identity;	/* of the checkpoint */
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
