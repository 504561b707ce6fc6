/* From words to a configuration, see settings.h. */
#include "cli/settings.h"

#include "base/mem.h"
#include "cli/address.h"
#include "cli/identity.h"
#include "cli/options.h"
#include "cli/script.h"
#include "cli/message.h"
#include "engine/files.h"
#include "engine/sys.h"
#include "format/format_table.h"
#include "stage/stage_table.h"

#include <string.h>

static void
set_defaults(struct settings *s)
{
	*s = (struct settings){
		.defaults = {
			.classes = stage_table, .formats = formats, .files = &s->files,
			.batch = { .ticks = 1000000, .word = ERR_NO_WORD },
		},
		.job = {
			.source_options = {
				.retries = 10, .connect_timeout = 10000000,
				.max_clients = UINT32_MAX,
			},
			.max_line = 1 << 20,
			.jobs = 1,
			.idle = 10000000,
			.journal = (uint64_t)1 << 30,
			.drain = 30000000,
			.from = format_find("lines"),
		},
		.out = "-",
		.out_word = ERR_NO_WORD,
		.to = format_find("tsv"),
	};
	s->job.plan = &s->plan;
	s->files = files_system(message_line);
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
				    options_of_stages(o) ?
				    "is for a stage that aggregates" :
				    "goes before the first stage");
}

/* The names of sources, by number, and behind them what they are called: that or the address. */
static int
name_sources(struct settings *s, struct err *err)
{
	const char **labels;

	s->names = mem_zalloc(2 * ((size_t)s->inputs + 1) * sizeof(*s->names));
	if (s->names == NULL)
		return err_memory(err, "reading the command line");
	labels = s->names + s->inputs + 1;
	for (size_t i = 0; i < s->job.nsources; i++) {
		const struct job_source *source = &s->job.sources[i];
		char *name;

		if (source->name_len == 0)
			labels[source->number] = source->name;
		if (source->name_len == 0 || s->names[source->number] != NULL)
			continue;
		name = arena_bytes(&s->words, source->name_len + 1);
		if (name == NULL)
			return err_memory(err, "reading the command line");
		memcpy(name, source->name, source->name_len);
		name[source->name_len] = '\0';
		s->names[source->number] = labels[source->number] = name;
	}
	s->defaults.sources = s->names;
	s->defaults.labels = labels;
	s->defaults.nsources = s->job.inputs = (size_t)s->inputs;
	return 0;
}

/* --columns as names: how many, or -1. */
static int
read_columns(struct settings *s, const char **names, struct err *err)
{
	int n = 0;

	for (size_t from = 0, len; ; from += len + 1) {
		char *name;

		len = strcspn(s->columns + from, ",");
		if (len == 0 || n == SCHEMA_MAX) {
			err_word(err, s->columns_word, len == 0 ?
			    "columns '%s': a name is empty" : "too many names in columns '%s'",
			    s->columns);
			err->column = from;
			return -1;
		}
		name = arena_bytes(&s->words, len + 1);
		if (name == NULL)
			return err_memory(err, "reading the command line");
		memcpy(name, s->columns + from, len);
		name[len] = '\0';
		names[n++] = name;
		if (s->columns[from + len] == '\0')
			return n;
	}
}

/* Finds the columns, unless they come with the input. */
static int
bind_plan(struct settings *s, struct err *err)
{
	const char *names[SCHEMA_MAX];
	unsigned flags = s->job.from->flags;
	int n = 0;

	if (s->columns != NULL && strcmp(s->job.from->name, "lines") == 0)
		return err_word(err, s->columns_word, "lines have no columns to name; "
		    "give the format with -F");
	if (s->columns != NULL && (n = read_columns(s, names, err)) == -1)
		return -1;
	if ((flags & FORMAT_HEADER) != 0 && s->columns == NULL)
		return 0;
	s->job.bound = true;
	if (plan_input(&s->plan, flags, names, (unsigned)n, err) == -1)
		return -1;
	if (plan_bind(&s->plan, err) == -1)
		return -1;
	return limit_check(&s->plan, s->job.on_full, s->job.checkpoint != NULL, err);
}

static int
set_outputs(struct settings *s, struct err *err)
{
	s->job.outputs = mem_zalloc((s->plan.outputs + 1) * sizeof(*s->job.outputs));
	if (s->job.outputs == NULL)
		return err_memory(err, "reading the command line");
	for (unsigned i = 0; i < s->plan.outputs; i++) {
		const struct output *o = &s->plan.output[i];
		struct job_output *job = &s->job.outputs[i];

		job->address = o->sink != NULL ? o->sink : s->out;
		job->word = o->sink != NULL ? o->word : s->out_word;
		job->format = s->to;
		job->class = address_sink(job->address, job->word, err);
		if (job->class == NULL)
			return -1;
		/* By event time only the end of a batch tells its number. */
		s->plan.output[i].whole = job->class->end != NULL || s->job.meta;
	}
	return 0;
}

static int
parse_plan(struct settings *s, int argc, char **argv, int first, struct err *err)
{
	if (first >= argc)
		return err_set(err, ERR_USAGE, "a stage is missing, for example: "
		    "streamctl wordcount (streamctl --list stages)");
	if (s->defaults.time_field != NULL && s->defaults.batch.rows)
		return err_word(err, s->defaults.time_word, "--time needs batches by time, not by "
		    "rows");
	if (s->on_full_word > 0 && s->job.max_memory == 0)
		return err_word(err, s->on_full_word, "--on-full needs a bound: --max-memory SIZE");
	if (s->job.shed != SHED_NONE && (s->defaults.batch.rows || s->defaults.time_field != NULL))
		return err_word(err, s->shed_word, "--shed needs batches by the clock, not by %s",
		    s->defaults.batch.rows ? "rows" : "--time");
	if (plan_parse(&s->plan, &s->defaults, argv + first, argc - first, first, err) == 0 &&
	    bind_plan(s, err) == 0)
		return set_outputs(s, err) == -1 ? -1 : identity_make(s, first, err);
	if (s->plan.help == NULL) {
		explain_place(argv, err);
		return -1;
	}
	s->action = ACTION_STAGE_HELP;
	return 0;
}

/* Puts the words of --file behind the options, before what else there is. */
static int
merge_script(struct settings *s, int first, struct err *err)
{
	char **words;
	int n;

	if (script_read(s->script, &s->words, &s->scripted, &n, err) == -1)
		return -1;
	words = mem_alloc((size_t)(s->argc + n + 1) * sizeof(*words));
	if (words == NULL)
		return err_memory(err, "reading the command line");
	memcpy(words, s->argv, (size_t)first * sizeof(*words));
	if (n > 0)
		memcpy(words + first, s->scripted, (size_t)n * sizeof(*words));
	memcpy(words + first + n, s->argv + first, (size_t)(s->argc - first + 1) * sizeof(*words));
	s->merged = s->argv = words;
	s->argc += n;
	return 0;
}

int
settings_parse(struct settings *s, int argc, char **argv, struct err *err)
{
	int first;

	set_defaults(s);
	s->argc = argc;
	s->argv = argv;
	first = options_parse(s, argc, argv, err);
	if (first == -1)
		return -1;
	if (s->script != NULL && merge_script(s, first, err) == -1)
		return -1;
	if (s->action != ACTION_RUN && s->action != ACTION_EXPLAIN)
		return 0;
	if (s->job.nsources == 0 && address_source(s, "-", ERR_NO_WORD, err) == -1)
		return -1;
	if (name_sources(s, err) == -1)
		return -1;
	return parse_plan(s, s->argc, s->argv, first, err);
}

void
settings_close(struct settings *s)
{
	for (size_t i = 0; i < s->nglobbed; i++)
		mem_free(s->globbed[i]);
	mem_free(s->globbed);
	mem_free(s->job.sources);
	mem_free(s->job.outputs);
	mem_free(s->names);
	mem_free(s->merged);
	mem_free(s->scripted);
	plan_close(&s->plan);
	buf_free(&s->identity);
	arena_free(&s->words);
}
