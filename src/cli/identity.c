/* What a run's checkpoint belongs to, see identity.h. */
#include "cli/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_ROOM 96

static int
add(struct buf *out, const char *text)
{
	return buf_add(out, text, strlen(text));
}

/* A word stays one, on its line: \ stands before a blank and a \, and \n is the end of a line. */
static int
add_word(struct buf *out, const char *word)
{
	for (; *word != '\0'; word++) {
		bool special = strchr(" \\\n", *word) != NULL;

		if ((special && add(out, "\\") == -1) ||
		    buf_add(out, *word == '\n' ? "n" : word, 1) == -1)
			return -1;
	}
	return 0;
}

/* A line; one without a value is left out. */
static int
add_line(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return 0;
	return add(out, name) == -1 || add(out, ": ") == -1 || add_word(out, value) == -1 ||
	    add(out, "\n") == -1 ? -1 : 0;
}

static int
add_span(struct buf *out, const char *name, const struct span *span)
{
	char text[NUMBER_ROOM];

	if (span->ticks == 0)
		return 0;
	(void)snprintf(text, sizeof(text), "%" PRId64 "%s", span->ticks,
	    span->rows ? "rows" : "us");
	return add_line(out, name, text);
}

static int
add_options(struct settings *s, struct buf *out)
{
	static const char *const emits[] = { "append", "update", "complete" };
	const struct plan_defaults *d = &s->defaults;
	const struct span late = { .ticks = s->job.lateness };

	if (add_span(out, "batch", &d->batch) == -1 || add_span(out, "window", &d->window) == -1 ||
	    add_span(out, "slide", &d->slide) == -1 ||
	    add_line(out, "emit", emits[d->emit]) == -1 ||
	    add_line(out, "empty", d->empty ? "yes" : NULL) == -1 ||
	    add_line(out, "format", s->job.from->name) == -1 ||
	    add_line(out, "columns", s->columns) == -1 ||
	    add_line(out, "time", d->time_field) == -1 ||
	    add_line(out, "time-parse", d->time_parse) == -1)
		return -1;
	return add_span(out, "lateness", &late);
}

/* Where rows go, and how they look: a file that goes on must not change its looks half way. */
static int
add_output(struct settings *s, const char *address, struct buf *out)
{
	static const char *const times[] = { "", " epoch", " epoch-ms", " none" };

	if (add(out, "output: ") == -1 || add_word(out, address) == -1 || add(out, " ") == -1 ||
	    add(out, s->to->name) == -1 || add(out, times[s->job.time_format]) == -1)
		return -1;
	if ((s->job.header && add(out, " header") == -1) ||
	    (s->job.meta && add(out, " meta") == -1))
		return -1;
	return add(out, "\n");
}

static int
add_outputs(struct settings *s, struct buf *out)
{
	if (add_line(out, "bad", s->job.bad_file) == -1 ||
	    add_line(out, "late", s->job.late_file) == -1)
		return -1;
	for (unsigned i = 0; i < s->plan.outputs; i++)
		if (add_output(s, s->job.outputs[i].address, out) == -1)
			return -1;
	return 0;
}

/* The words of the pipeline, a line for each stage and for what stands between stages. */
static int
add_words(struct settings *s, int first, struct buf *out)
{
	const char *name = "stage";
	bool begun = false;

	for (int i = first; i < s->argc; i++) {
		bool joins = strcmp(s->argv[i], "then") == 0 || strcmp(s->argv[i], "also") == 0;

		if (plan_joins(s->argv[i])) {
			if (begun && add(out, "\n") == -1)
				return -1;
			begun = false;
			name = joins ? "stage" : s->argv[i];
			if (strcmp(s->argv[i], "also") == 0 && add(out, "also:\n") == -1)
				return -1;
			continue;
		}
		if (add(out, begun ? " " : name) == -1 || (!begun && add(out, ": ") == -1) ||
		    add_word(out, s->argv[i]) == -1)
			return -1;
		begun = true;
	}
	return begun ? add(out, "\n") : 0;
}

int
identity_make(struct settings *s, int first, struct err *err)
{
	struct buf *out = &s->identity;

	if (s->job.checkpoint == NULL)
		return 0;
	if (add_options(s, out) == -1 || add_words(s, first, out) == -1 ||
	    add_outputs(s, out) == -1 || buf_add(out, "", 1) == -1)
		return err_memory(err, "reading the command line");
	s->job.identity = out->data;
	return 0;
}
