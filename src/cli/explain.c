/* --explain: the plan of a command line, checked but not run. */
#include "cli/show.h"

#include "core/window.h"
#include "sink/sink.h"

#include <stdio.h>

static void
show_columns(const struct schema *s)
{
	printf("  columns  ");
	for (unsigned i = 0; i < s->columns; i++)
		printf("%s%s", i > 0 ? ", " : "", s->column[i].name);
	printf("%s\n", s->open && s->columns == 0 ? "those of each record" : "");
}

static const char *
stream_of(const struct plan *plan, struct point p)
{
	for (unsigned i = 0; i < plan->streams; i++)
		if (plan->stream[i].points == 1 && plan->stream[i].point[0].stage == p.stage &&
		    plan->stream[i].point[0].source == p.source)
			return plan->stream[i].name;
	return NULL;
}

static void
show_points(const struct plan *plan, const struct point *from, unsigned froms)
{
	for (unsigned i = 0; i < froms; i++) {
		const char *name = stream_of(plan, from[i]);

		if (i > 0)
			printf(", ");
		if (name != NULL)
			printf("%s", name);
		else if (from[i].stage == -1)
			printf("%s", from[i].source == -1 ? "all sources" : "a source");
		else
			printf("stage %d", from[i].stage + 1);
	}
	printf("\n");
}

static void
show_window(const struct plan *plan, const struct stage *s)
{
	static const char *const emits[] = {
		[EMIT_APPEND] = "once, at its end", [EMIT_UPDATE] = "what has changed",
		[EMIT_COMPLETE] = "all of it",
	};
	struct span window = { .ticks = s->length, .rows = plan->batch.rows };
	struct span slide = { .ticks = s->slide, .rows = plan->batch.rows };
	struct span ttl = { .ticks = s->ttl, .rows = plan->batch.rows };
	char text[SPAN_TEXT];

	printf("  window   %s", s->running ? "all since the start" : span_text(text, window));
	printf(", answers every %s\n", span_text(text, slide));
	if ((s->class->flags & STAGE_AGGREGATES) == 0) {
		printf("  state    the rows of the window\n");
		return;
	}
	printf("  tells    %s\n", emits[s->emit]);
	if (s->ttl > 0)
		printf("  forgets  keys not seen for %s\n", span_text(text, ttl));
	if (s->aggregate == NULL)
		return;			/* its columns are not known yet */
	printf("  state    %s by key", s->aggregate->name);
	if (!s->running && s->emit == EMIT_APPEND)
		printf(" in %lld %s", (long long)window_panes(s->length, s->slide),
		    s->length == s->slide ? "pane" : "panes");
	printf("\n");
}

/* What becomes of a stage when memory is full. */
static void
show_full(const struct settings *settings, const struct stage *s)
{
	const char *what;

	if (settings->job.max_memory == 0 || !settings->job.bound ||
	    ((s->class->flags & STAGE_AGGREGATES) == 0 && s->class->held == NULL))
		return;
	printf("  full     %s\n", limit_can(s, settings->job.on_full, &what) ? what :
	    "the run ends, with what was read answered");
}

static void
show_stage(const struct settings *settings, unsigned i)
{
	const struct plan *plan = &settings->plan;
	const struct stage *s = &plan->stage[i];

	printf("stage %u    %s\n", i + 1, s->class->name);
	printf("  reads    ");
	show_points(plan, s->from, s->froms);
	for (unsigned k = 0; k < s->ports; k++)
		printf("  with     %.*s\n", (int)s->port[k].len, s->port[k].name);
	if ((s->class->flags & (STAGE_AGGREGATES | STAGE_WINDOWS)) != 0)
		show_window(plan, s);
	show_full(settings, s);
	if (s->limit != UINT64_MAX)
		printf("  ranks    the first %llu rows of each answer\n",
		    (unsigned long long)s->limit);
	if (settings->job.bound)
		show_columns(s->out);
	printf("  spark    %s\n", s->class->spark);
}

/* True if every source can be read again. */
static bool
is_replayable(const struct job_config *job)
{
	for (size_t i = 0; i < job->nsources; i++)
		if ((job->sources[i].class->flags & SOURCE_REPLAYABLE) == 0)
			return false;
	return true;
}

/* With a checkpoint, what can be neither read again nor is in the journal is lost by a crash. */
static const char *
kept_delivery(const struct job_config *job, bool exact)
{
	if (!is_replayable(job) && job->journal == 0)
		return "at most once: a crash loses what came since the last commit";
	return exact ? "exactly once, also after a crash" :
	    "at least once: after a crash at most one batch comes again";
}

/* Each record is in the answer once, if it can be read again and the answer be taken back. */
static const char *
delivery(const struct job_config *job, const struct sink_class *sink)
{
	bool exact = (sink->flags & (SINK_TRUNCATABLE | SINK_IDEMPOTENT)) != 0;

	if (job->checkpoint != NULL)
		return kept_delivery(job, exact);
	if (!is_replayable(job))
		return "once while the process lives; what a crash finds unwritten is lost";
	return exact ? "once while the process lives; after a crash run it again" :
	    "once while the process lives; a run again writes all again";
}

static void
show_sinks(const struct settings *s)
{
	for (unsigned i = 0; i < s->plan.outputs; i++) {
		const struct job_output *o = &s->job.outputs[i];

		printf("sink %u     %s", i + 1, o->address);
		printf("%s%s\n", (o->class->flags & SINK_ROWS) != 0 ? "" : " as ",
		    (o->class->flags & SINK_ROWS) != 0 ? "" : o->format->name);
		printf("  reads    ");
		show_points(&s->plan, s->plan.output[i].from, s->plan.output[i].froms);
		if (s->job.bound)
			show_columns(&s->plan.output[i].shown);
		printf("  delivery %s\n", delivery(&s->job, o->class));
	}
}

static void
show_input(const struct settings *s)
{
	const struct job_config *job = &s->job;
	bool bounded = true;
	char text[SPAN_TEXT];

	for (size_t i = 0; i < job->nsources; i++) {
		printf("source %zu   %s%s%.*s\n", i + 1, job->sources[i].address,
		    job->sources[i].name_len > 0 ? " as " : "", (int)job->sources[i].name_len,
		    job->sources[i].name);
		bounded &= (job->sources[i].class->flags & SOURCE_BOUNDED) != 0;
	}
	printf("ends       %s\n", bounded ? "with its input, or by a signal" :
	    "by a signal or a lost source");
	printf("format     %s%s\n", job->from->name, job->bound ? "" :
	    ", columns from the first record");
	printf("batch      %s", span_text(text, s->plan.batch));
	if (s->plan.time_field != NULL) {
		printf(" of %s", s->plan.time_field);
		if (job->lateness > 0)
			printf(", up to %s late", span_text(text,
			    (struct span){ .ticks = job->lateness }));
	}
	printf("\n");
}

void
show_explain(const struct settings *s)
{
	show_input(s);
	for (unsigned i = 0; i < s->plan.n; i++)
		show_stage(s, i);
	show_sinks(s);
	if (s->job.checkpoint != NULL)
		printf("checkpoint %s, %s\n", s->job.checkpoint, s->job.sync ?
		    "on the disk at each commit" : "survives a crash, not a loss of power");
	printf("threads    %u\n", s->job.jobs > 1 && s->plan.parallel ? s->job.jobs : 1);
	if (s->job.max_memory > 0)
		printf("memory     %.1fMiB at most\n", (double)s->job.max_memory / (1 << 20));
}
