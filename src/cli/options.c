/* The options of streamctl itself: their tables, and what each sets; see options.h. */
#include "cli/options.h"

#include "base/near.h"
#include "base/num.h"
#include "base/tstamp.h"
#include "cli/address.h"
#include "cli/read.h"
#include "format/format_table.h"

#include <string.h>

#define LEAST_BATCH 1000		/* microseconds; what the time column can tell apart */

enum {
	IN, FORMAT, COLUMNS, BAD, TIME, TIME_PARSE, LATENESS, LATE, IDLE, MAX_LINE, ON_EOF,
	RETRIES, CONNECT_TIMEOUT, MAX_CLIENTS, MAX_RATE, FROM, NEW_ONLY, BATCH, WINDOW, SLIDE,
	EMIT, EMPTY, UNTIL, FAIL_IF, SILENT, SCRIPT, OUT, TO, HEADER, META, TIME_FORMAT, JOBS,
	QUIET, CHECKPOINT, SYNC, JOURNAL, RESUME_CHANGED, MAX_MEMORY, ON_FULL, SHED, DRAIN,
	STATE, STATS, PROGRESS, HELP, VERSION, LIST, EXPLAIN,
};

static const struct opt input_opts[] = {
	{ "in", 'i', IN, "[NAME=]SOURCE", "read SOURCE; repeatable (standard input)" },
	{ "format", 'F', FORMAT, "FORMAT", "how records are written (lines; --list formats)" },
	{ "columns", 0, COLUMNS, "A,B,C", "names of the fields (a header names them)" },
	{ "bad", 0, BAD, "skip|fail|FILE", "what becomes of bad records (skip)" },
	{ "time", 't', TIME, "FIELD", "cut batches by the time in this field (the clock)" },
	{ "time-parse", 0, TIME_PARSE, "FORMAT", "how it is written, as strptime (found out)" },
	{ "lateness", 'l', LATENESS, "DUR", "how far out of order records may be (0s)" },
	{ "late", 0, LATE, "drop|FILE", "what becomes of those that are later (drop)" },
	{ "idle", 0, IDLE, "DUR", "a source silent so long holds no other up (10s)" },
	{ "max-line", 0, MAX_LINE, "SIZE", "longer lines are bad and skipped (1MiB)" },
	{ "on-eof", 0, ON_EOF, "WHAT", "a peer's clean end: exit, reconnect or wait (exit)" },
	{ "retries", 0, RETRIES, "N", "failed connection attempts in a row (10)" },
	{ "connect-timeout", 0, CONNECT_TIMEOUT, "DUR", "time for one attempt (10s)" },
	{ "max-clients", 0, MAX_CLIENTS, "N", "clients of listen:// at once (no limit)" },
	{ "from", 0, FROM, "start|end", "where tail: begins in a file that is there (end)" },
	{ "new-only", 0, NEW_ONLY, NULL, "leave out what dir: finds at the start" },
	{ "max-rate", 0, MAX_RATE, "N", "records a second of each source (no limit)" },
	{ 0 },
};

static const struct opt batch_opts[] = {
	{ "batch", 'b', BATCH, "DUR|Nrows", "length of a batch (1s)" },
	{ "window", 'w', WINDOW, "DUR|Nrows", "window of every aggregating stage (the batch)" },
	{ "slide", 's', SLIDE, "DUR|Nrows", "slide of every aggregating stage (the window)" },
	{ "emit", 0, EMIT, "MODE", "what is told: append, update, complete (append)" },
	{ "empty", 0, EMPTY, NULL, "rows for keys without records, in every stage" },
	{ 0 },
};

static const struct opt output_opts[] = {
	{ "out", 'o', OUT, "SINK", "write rows to SINK (default -, standard output)" },
	{ "to", 'T', TO, "FORMAT", "how rows are written (tsv; --list formats)" },
	{ "header", 0, HEADER, NULL, "begin with a line of column names" },
	{ "meta", 0, META, NULL, "a column behind the time: the number of the batch" },
	{ "time-format", 0, TIME_FORMAT, "FORMAT", "iso, epoch, epoch-ms or none (iso)" },
	{ 0 },
};

static const struct opt running_opts[] = {
	{ "file", 'f', SCRIPT, "FILE", "read the pipeline's words from FILE" },
	{ "jobs", 'j', JOBS, "N|auto", "threads that aggregate (1)" },
	{ "checkpoint", 'c', CHECKPOINT, "FILE", "keep state there, and go on from it" },
	{ "sync", 0, SYNC, "normal|full", "what it survives: a crash, or a power cut (normal)" },
	{ "journal", 0, JOURNAL, "SIZE|off", "room for what cannot be read again (1GiB)" },
	{ "resume-changed", 0, RESUME_CHANGED, NULL, "of another pipeline keep what is alike" },
	{ "state", 0, STATE, "WHAT", "of the checkpoint: show, export, import or reset" },
	{ "max-memory", 0, MAX_MEMORY, "SIZE", "a bound on the memory of the process (none)" },
	{ "on-full", 0, ON_FULL, "WHAT", "what happens there: fail, evict, approx (fail)" },
	{ "shed", 0, SHED, "POLICY", "overload drops oldest, newest or sample (nothing)" },
	{ "drain-timeout", 0, DRAIN, "DUR", "time to end in after a signal (30s)" },
	{ 0 },
};

static const struct opt ending_opts[] = {
	{ "until", 0, UNTIL, "EXPR", "end when this is true of a row of the answer" },
	{ "fail-if", 0, FAIL_IF, "EXPR", "the same, with exit status 5" },
	{ "fail-if-silent", 0, SILENT, "DUR", "exit status 6 if no record comes for so long" },
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
	{ "Ending", ending_opts },
	{ "Telling", telling_opts },
	{ "General", general_opts },
	{ 0 },
};

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
set_checkpoint(struct settings *s, int id, const char *value, int word, struct err *err)
{
	static const char *const syncs[] = { "normal", "full", NULL };
	static const char *const states[] = { "show", "export", "import", "reset", NULL };
	int chosen = 0;

	if (id == CHECKPOINT) {
		s->job.checkpoint = value;
	} else if (id == SYNC) {
		chosen = read_choice("sync", syncs, value, word, err);
		s->job.sync = chosen == 1;
	} else if (id == STATE) {
		s->action = ACTION_STATE;
		s->state = value;
		chosen = read_choice("state", states, value, word, err);
	} else if (id == RESUME_CHANGED) {
		s->job.resume_changed = true;
	} else {
		return read_journal(&s->job.journal, value, word, err);
	}
	return chosen == -1 ? -1 : 0;
}

/* A format that can be read, or written. */
static int
set_format(struct settings *s, bool read, const char *value, int word, struct err *err)
{
	const char *names[FORMATS_MAX + 1];
	size_t n = 0;
	int chosen;

	for (const struct format_class *const *f = formats; *f != NULL; f++)
		if (read ? (*f)->read != NULL : (*f)->rows != NULL)
			names[n++] = (*f)->name;
	names[n] = NULL;
	chosen = read_choice(read ? "format" : "to", names, value, word, err);
	if (chosen == -1)
		return -1;
	if (read)
		s->job.from = format_find(names[chosen]);
	else
		s->to = format_find(names[chosen]);
	return 0;
}

static int
set_bad(struct settings *s, const char *value, int word, struct err *err)
{
	if (value[0] == '\0')
		return err_word(err, word, "a file is missing: --bad skip|fail|FILE");
	s->job.bad = strcmp(value, "skip") == 0 ? BAD_SKIP : strcmp(value, "fail") == 0 ?
	    BAD_FAIL : BAD_FILE;
	s->job.bad_file = s->job.bad == BAD_FILE ? value : NULL;
	return 0;
}

static int
set_event_time(struct settings *s, int id, const char *value, int word, struct err *err)
{
	const char *problem;

	switch (id) {
	case TIME:
		s->defaults.time_field = value;
		s->defaults.time_word = word;
		return 0;
	case TIME_PARSE:
		problem = tstamp_format_problem(value);
		s->defaults.time_parse = value;
		return problem == NULL ? 0 : err_word(err, word, "time-parse '%s' %s", value,
		    problem);
	case LATENESS:
		if (num_parse_duration(value, &s->job.lateness) == NUM_OK &&
		    s->job.lateness == 0)
			return 0;
		return read_duration("lateness", &s->job.lateness, value, word, err);
	case IDLE:
		return read_duration("idle", &s->job.idle, value, word, err);
	default:
		s->job.late_file = strcmp(value, "drop") == 0 ? NULL : value;
		return value[0] != '\0' ? 0 :
		    err_word(err, word, "a file is missing: --late drop|FILE");
	}
}

static int
set_input(struct settings *s, int id, const char *value, int word, struct err *err)
{
	static const char *const on_eof[] = { "exit", "reconnect", "wait", NULL };
	static const char *const from[] = { "end", "start", NULL };
	struct source_options *o = &s->job.source_options;
	int chosen;

	switch (id) {
	case IN:
		return address_source(s, value, word, err);
	case FORMAT:
		return set_format(s, true, value, word, err);
	case COLUMNS:
		s->columns = value;
		s->columns_word = word;
		return 0;
	case BAD:
		return set_bad(s, value, word, err);
	case TIME: case TIME_PARSE: case LATENESS: case LATE: case IDLE:
		return set_event_time(s, id, value, word, err);
	case MAX_LINE:
		return read_max_line(&s->job.max_line, value, word, err);
	case ON_EOF:
		chosen = read_choice("on-eof", on_eof, value, word, err);
		o->on_eof = chosen == -1 ? ON_EOF_EXIT : (enum source_on_eof)chosen;
		return chosen == -1 ? -1 : 0;
	case RETRIES:
		return read_number("retries", value, 0, UINT32_MAX, &o->retries, word, err);
	case CONNECT_TIMEOUT:
		return read_duration("connect-timeout", &o->connect_timeout, value, word, err);
	case FROM:
		chosen = read_choice("from", from, value, word, err);
		o->from = chosen == 1 ? FROM_START : FROM_END;
		return chosen == -1 ? -1 : 0;
	case NEW_ONLY:
		o->new_only = true;
		return 0;
	case MAX_RATE:
		return read_number("max-rate", value, 1, BUCKET_MOST, &o->max_rate, word, err);
	default:
		return read_number("max-clients", value, 1, UINT32_MAX, &o->max_clients, word, err);
	}
}

static int
set_output(struct settings *s, int id, const char *value, int word, struct err *err)
{
	static const char *const times[] = { "iso", "epoch", "epoch-ms", "none", NULL };
	int chosen;

	switch (id) {
	case OUT:
		s->out = value;
		s->out_word = word;
		return 0;
	case TO:
		return set_format(s, false, value, word, err);
	case TIME_FORMAT:
		chosen = read_choice("time-format", times, value, word, err);
		s->job.time_format = chosen == -1 ? TIME_ISO : (enum time_format)chosen;
		return chosen == -1 ? -1 : 0;
	case STATS:
		s->job.stats = value;
		return 0;
	case HEADER:
		s->job.header = true;
		return 0;
	case META:
		s->job.meta = true;
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
set_shed(struct settings *s, const char *value, int word, struct err *err)
{
	static const char *const policies[] = { "oldest", "newest", "sample", NULL };
	int chosen = read_choice("shed", policies, value, word, err);

	s->job.shed = (enum shed_policy)(chosen + 1);
	s->shed_word = word;
	return chosen == -1 ? -1 : 0;
}

static int
set_list(struct settings *s, const char *value, int word, struct err *err)
{
	static const char *const kinds[] = { "stages", "sources", "sinks", "formats", NULL };

	s->action = ACTION_LIST;
	s->list = value;
	return read_choice("list", kinds, value, word, err) == -1 ? -1 : 0;
}

static int
take_option(void *arg, int id, const char *value, int word, struct err *err)
{
	struct settings *s = arg;

	switch (id) {
	case IN: case FORMAT: case COLUMNS: case BAD: case TIME: case TIME_PARSE: case LATENESS:
	case LATE: case IDLE: case MAX_LINE: case ON_EOF: case RETRIES: case CONNECT_TIMEOUT:
	case MAX_CLIENTS: case MAX_RATE: case FROM: case NEW_ONLY:
		return set_input(s, id, value, word, err);
	case BATCH:
		return set_batch(s, value, word, err);
	case WINDOW:
		return span_parse(&s->defaults.window, "window", value, word, err);
	case EMIT:
		return plan_emit(&s->defaults.emit, value, word, err);
	case EMPTY:
		s->defaults.empty = true;
		s->defaults.empty_word = word;
		return 0;
	case SLIDE:
		return span_parse(&s->defaults.slide, "slide", value, word, err);
	case SCRIPT:
		s->script = value;
		return 0;
	case UNTIL:
		s->defaults.until =
		    (struct condition){ .option = "until", .text = value, .word = word };
		return 0;
	case FAIL_IF:
		s->defaults.fail_if =
		    (struct condition){ .option = "fail-if", .text = value, .word = word };
		return 0;
	case SILENT:
		return read_duration("fail-if-silent", &s->job.silent, value, word, err);
	case JOBS:
		return read_jobs(&s->job.jobs, value, word, err);
	case CHECKPOINT: case SYNC: case JOURNAL: case RESUME_CHANGED: case STATE:
		return set_checkpoint(s, id, value, word, err);
	case MAX_MEMORY:
		return options_max_memory(s, value, word, err);
	case ON_FULL:
		return options_on_full(s, value, word, err);
	case SHED:
		return set_shed(s, value, word, err);
	case DRAIN:
		return read_duration("drain-timeout", &s->job.drain, value, word, err);
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

int
options_parse(struct settings *s, int argc, char **argv, struct err *err)
{
	const struct opt *tables[12];
	size_t n = 0;

	for (const struct opt_group *g = settings_groups; g->title != NULL; g++)
		tables[n++] = g->opts;
	tables[n] = NULL;
	return opt_parse(tables, argv, argc, 0, true, take_option, s, err);
}

bool
options_of_stages(const struct opt *o)
{
	return o->id == WINDOW || o->id == SLIDE || o->id == EMIT;
}
