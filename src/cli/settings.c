/* From words to a configuration, see settings.h. */
#include "cli/settings.h"

#include "base/mem.h"
#include "base/near.h"
#include "base/num.h"
#include "cli/address.h"
#include "engine/sys.h"
#include "stage/stage_table.h"

#include <string.h>

#define MAX_JOBS 256
#define LEAST_BATCH 1000		/* microseconds; what the time column can tell apart */
#define MAX_LINE_LIMIT ((uint64_t)1 << 40)

enum {
	IN, MAX_LINE, ON_EOF, RETRIES, CONNECT_TIMEOUT, MAX_CLIENTS, BATCH, WINDOW, SLIDE, OUT,
	HEADER, TIME_FORMAT, JOBS, QUIET, STATS, PROGRESS, HELP, VERSION, LIST, EXPLAIN,
};

static const struct opt input_opts[] = {
	{ "in", 'i', IN, "[NAME=]SOURCE", "read SOURCE; repeatable (standard input)" },
	{ "max-line", 0, MAX_LINE, "SIZE", "longer lines are bad and skipped (1MiB)" },
	{ "on-eof", 0, ON_EOF, "WHAT", "a peer's clean end: exit, reconnect or wait (exit)" },
	{ "retries", 0, RETRIES, "N", "failed connection attempts in a row (10)" },
	{ "connect-timeout", 0, CONNECT_TIMEOUT, "DUR", "time for one attempt (10s)" },
	{ "max-clients", 0, MAX_CLIENTS, "N", "clients of listen:// at once (no limit)" },
	{ 0 },
};

static const struct opt batch_opts[] = {
	{ "batch", 'b', BATCH, "DUR|Nrows", "length of a batch (1s)" },
	{ "window", 'w', WINDOW, "DUR|Nrows", "window of every aggregating stage (the batch)" },
	{ "slide", 's', SLIDE, "DUR|Nrows", "slide of every aggregating stage (the window)" },
	{ 0 },
};

static const struct opt output_opts[] = {
	{ "out", 'o', OUT, "SINK", "write rows to SINK (default -, standard output)" },
	{ "header", 0, HEADER, NULL, "begin with a line of column names" },
	{ "time-format", 0, TIME_FORMAT, "FORMAT", "iso, epoch, epoch-ms or none (iso)" },
	{ 0 },
};

static const struct opt running_opts[] = {
	{ "jobs", 'j', JOBS, "N|auto", "threads that aggregate (1)" },
	{ 0 },
};

static const struct opt telling_opts[] = {
	{ "stats", 0, STATS, "FILE|-", "a TSV row for each batch (-: stderr)" },
	{ "progress", 0, PROGRESS, NULL, "a line each second on standard error" },
	{ "quiet", 'q', QUIET, NULL, "only errors on standard error" },
	{ 0 },
};

static const struct opt general_opts[] = {
	{ "help", 'h', HELP, NULL, "show this help; STAGE --help shows a stage's" },
	{ "version", 'V', VERSION, NULL, "show the versions of it and of what it uses" },
	{ "list", 0, LIST, "KIND", "list stages, sources, sinks or formats as TSV" },
	{ "explain", 0, EXPLAIN, NULL, "check everything, print the plan, run nothing" },
	{ 0 },
};

const struct opt_group settings_groups[] = {
	{ "Input", input_opts },
	{ "Batch and window", batch_opts },
	{ "Output", output_opts },
	{ "Running", running_opts },
	{ "Telling", telling_opts },
	{ "General", general_opts },
	{ 0 },
};

/* One of a set of words; the index of VALUE in WORDS, or -1 and the error. */
static int
choose(const char *option, const char *const *words, const char *value, int word, struct err *err)
{
	struct near near;

	near_start(&near, value, strlen(value));
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], value) == 0)
			return i;
		near_try(&near, words[i]);
	}
	err_word(err, word, "%s '%s' is not one of", option, value);
	for (int i = 0; words[i] != NULL; i++)
		err_add(err, "%s %s", i > 0 ? "," : "", words[i]);
	if (near.best != NULL)
		err_add(err, "; did you mean '%s'?", near.best);
	return -1;
}

/* A number from LEAST to MOST. */
static int
number(const char *option, const char *value, uint64_t least, uint64_t most, uint64_t *out,
    int word, struct err *err)
{
	enum num_status status = num_parse_u64(value, out);

	if (status != NUM_OK)
		return err_word(err, word, "%s '%s' %s", option, value, num_status_text(status));
	if (*out < least || *out > most)
		return err_word(err, word, "%s %s is out of range, %llu to %llu", option, value,
		    (unsigned long long)least, (unsigned long long)most);
	return 0;
}

static int
set_max_line(struct settings *s, const char *value, int word, struct err *err)
{
	uint64_t size;
	enum num_status status = num_parse_size(value, &size);

	if (status == NUM_OK && size > MAX_LINE_LIMIT)
		status = NUM_OVERFLOW;
	if (status != NUM_OK)
		return err_word(err, word, "max-line '%s' %s", value, num_status_text(status));
	if (size == 0)
		return err_word(err, word, "max-line '%s' is zero; it must be 1B or more", value);
	s->job.max_line = (size_t)size;
	return 0;
}

static int
set_timeout(struct settings *s, const char *value, int word, struct err *err)
{
	struct span span;

	if (span_parse(&span, "connect-timeout", value, word, err) == -1)
		return -1;
	if (span.rows)
		return err_word(err, word, "connect-timeout '%s' must be a time", value);
	s->job.source_options.connect_timeout = span.ticks;
	return 0;
}

static int
set_batch(struct settings *s, const char *value, int word, struct err *err)
{
	struct span *batch = &s->defaults.batch;

	if (span_parse(batch, "batch", value, word, err) == -1)
		return -1;
	if (!batch->rows && batch->ticks % LEAST_BATCH != 0)
		return err_word(err, word, "batch '%s' is not a whole number of milliseconds",
		    value);
	return 0;
}

static int
set_jobs(struct settings *s, const char *value, int word, struct err *err)
{
	uint64_t n;

	if (strcmp(value, "auto") == 0) {
		long processors = sys.processors();

		s->job.jobs = processors < 1 ? 1 : processors > MAX_JOBS ? MAX_JOBS :
		    (unsigned)processors;
		return 0;
	}
	if (number("jobs", value, 1, MAX_JOBS, &n, word, err) == -1)
		return -1;
	s->job.jobs = (unsigned)n;
	return 0;
}

static int
set_input(struct settings *s, int id, const char *value, int word, struct err *err)
{
	static const char *const on_eof[] = { "exit", "reconnect", "wait", NULL };
	struct source_options *o = &s->job.source_options;
	int chosen;

	switch (id) {
	case IN:
		return address_source(s, value, word, err);
	case MAX_LINE:
		return set_max_line(s, value, word, err);
	case ON_EOF:
		chosen = choose("on-eof", on_eof, value, word, err);
		o->on_eof = chosen == -1 ? ON_EOF_EXIT : (enum source_on_eof)chosen;
		return chosen == -1 ? -1 : 0;
	case RETRIES:
		return number("retries", value, 0, UINT32_MAX, &o->retries, word, err);
	case CONNECT_TIMEOUT:
		return set_timeout(s, value, word, err);
	default:
		return number("max-clients", value, 1, UINT32_MAX, &o->max_clients, word, err);
	}
}

static int
set_output(struct settings *s, int id, const char *value, int word, struct err *err)
{
	static const char *const formats[] = { "iso", "epoch", "epoch-ms", "none", NULL };
	int chosen;

	switch (id) {
	case OUT:
		return address_sink(s, value, word, err);
	case TIME_FORMAT:
		chosen = choose("time-format", formats, value, word, err);
		s->job.time_format = chosen == -1 ? TIME_ISO : (enum time_format)chosen;
		return chosen == -1 ? -1 : 0;
	case STATS:
		s->job.stats = value;
		return 0;
	case HEADER:
		s->job.header = true;
		return 0;
	case PROGRESS:
		s->job.progress = true;
		return 0;
	default:
		s->job.quiet = true;
		return 0;
	}
}

static int
set_list(struct settings *s, const char *value, int word, struct err *err)
{
	static const char *const kinds[] = { "stages", "sources", "sinks", "formats", NULL };

	s->action = ACTION_LIST;
	s->list = value;
	return choose("list", kinds, value, word, err) == -1 ? -1 : 0;
}

static int
take_option(void *arg, int id, const char *value, int word, struct err *err)
{
	struct settings *s = arg;

	switch (id) {
	case IN: case MAX_LINE: case ON_EOF: case RETRIES: case CONNECT_TIMEOUT: case MAX_CLIENTS:
		return set_input(s, id, value, word, err);
	case BATCH:
		return set_batch(s, value, word, err);
	case WINDOW:
		return span_parse(&s->defaults.window, "window", value, word, err);
	case SLIDE:
		return span_parse(&s->defaults.slide, "slide", value, word, err);
	case JOBS:
		return set_jobs(s, value, word, err);
	case HELP:
		s->action = ACTION_HELP;
		return 0;
	case VERSION:
		s->action = ACTION_VERSION;
		return 0;
	case LIST:
		return set_list(s, value, word, err);
	case EXPLAIN:
		s->action = ACTION_EXPLAIN;
		return 0;
	default:
		return set_output(s, id, value, word, err);
	}
}

static int
parse_options(struct settings *s, int argc, char **argv, struct err *err)
{
	const struct opt *tables[8];
	size_t n = 0;

	for (const struct opt_group *g = settings_groups; g->title != NULL; g++)
		tables[n++] = g->opts;
	tables[n] = NULL;
	return opt_parse(tables, argv, argc, 0, true, take_option, s, err);
}

static void
set_defaults(struct settings *s)
{
	*s = (struct settings){
		.defaults = {
			.classes = stage_table,
			.batch = { .ticks = 1000000, .word = ERR_NO_WORD },
		},
		.job = {
			.source_options = {
				.retries = 10, .connect_timeout = 10000000,
				.max_clients = UINT32_MAX,
			},
			.max_line = 1 << 20,
			.jobs = 1,
		},
	};
}

/* An option of streamctl behind a stage is a common slip: says where it goes. */
static void
explain_place(char *const *argv, struct err *err)
{
	const char *word = err->word > 0 ? argv[err->word] : "";
	size_t len = strcspn(word, "=");

	if (strncmp(err->message, "unknown option", 14) != 0 || strncmp(word, "--", 2) != 0)
		return;
	for (const struct opt_group *g = settings_groups; g->title != NULL; g++)
		for (const struct opt *o = g->opts; o->name != NULL; o++)
			if (strlen(o->name) == len - 2 && memcmp(o->name, word + 2, len - 2) == 0)
				err_word(err, err->word, "option '--%s' %s", o->name,
				    o->id == WINDOW || o->id == SLIDE ?
				    "is for a stage that aggregates" :
				    "goes before the first stage");
}

static int
parse_plan(struct settings *s, int argc, char **argv, int first, struct err *err)
{
	if (first >= argc)
		return err_set(err, ERR_USAGE, "a stage is missing, for example: "
		    "streamctl wordcount (streamctl --list stages)");
	if (plan_parse(&s->job.plan, &s->defaults, argv + first, argc - first, first, err) == 0)
		return 0;
	if (s->job.plan.help == NULL) {
		explain_place(argv, err);
		return -1;
	}
	s->action = ACTION_STAGE_HELP;
	return 0;
}

int
settings_parse(struct settings *s, int argc, char **argv, struct err *err)
{
	int first;

	set_defaults(s);
	first = parse_options(s, argc, argv, err);
	if (first == -1)
		return -1;
	if (s->action != ACTION_RUN && s->action != ACTION_EXPLAIN)
		return 0;
	if (parse_plan(s, argc, argv, first, err) == -1)
		return -1;
	if (s->job.nsources == 0 && address_source(s, "-", ERR_NO_WORD, err) == -1)
		return -1;
	return s->job.sink != NULL ? 0 : address_sink(s, "-", ERR_NO_WORD, err);
}

void
settings_close(struct settings *s)
{
	for (size_t i = 0; i < s->nglobbed; i++)
		mem_free(s->globbed[i]);
	mem_free(s->globbed);
	mem_free(s->job.sources);
	plan_close(&s->job.plan);
}
