/* --explain: the plan of a command line, checked but not run. */
#include "cli/show.h"

#include <stdio.h>

static void
show_columns(const struct schema *s)
{
	for (unsigned i = 0; i < s->columns; i++)
		printf("%s%s", i > 0 ? ", " : "", s->name[i]);
	printf("\n");
}

static void
show_stage(const struct plan *plan, size_t i)
{
	const struct stage *s = &plan->stage[i];
	struct span window = { .ticks = s->length, .rows = plan->batch.rows };
	struct span slide = { .ticks = s->slide, .rows = plan->batch.rows };
	char text[SPAN_TEXT];

	printf("stage %zu    %s\n", i + 1, s->class->name);
	if (s->class->aggregate != NULL) {
		printf("  window   %s", span_text(text, window));
		printf(", answers every %s\n", span_text(text, slide));
		printf("  state    %s by key in %lld %s\n", s->class->aggregate->name,
		    (long long)window_panes(s->length, s->slide),
		    s->length == s->slide ? "pane" : "panes");
	}
	if (s->limit != UINT64_MAX)
		printf("  reads    the first %llu rows of each answer\n",
		    (unsigned long long)s->limit);
	printf("  columns  ");
	show_columns(&s->out);
	printf("  spark    %s\n", s->class->spark);
}

/* Every source can be read again and the sink cut back: only then nothing is lost or repeated. */
static void
show_delivery(const struct job_config *job)
{
	bool bounded = true, replayable = true;

	for (size_t i = 0; i < job->nsources; i++) {
		bounded &= (job->sources[i].class->flags & SOURCE_BOUNDED) != 0;
		replayable &= (job->sources[i].class->flags & SOURCE_REPLAYABLE) != 0;
	}
	printf("ends       %s\n", bounded ? "with its input, or by a signal" :
	    "by a signal or a lost source");
	printf("delivery   each record counts once while the process lives; after a crash %s\n",
	    replayable ? "run it again: the sources can be read again" :
	    "what was read and not yet written is lost");
}

void
show_explain(const struct settings *s)
{
	const struct job_config *job = &s->job;
	const struct plan *plan = &job->plan;
	bool parallel = job->jobs > 1 && plan->split < plan->n;
	char text[SPAN_TEXT];

	for (size_t i = 0; i < job->nsources; i++)
		printf("source %zu   %s%s%.*s\n", i + 1, job->sources[i].address,
		    job->sources[i].name_len > 0 ? " as " : "", (int)job->sources[i].name_len,
		    job->sources[i].name);
	printf("batch      %s\n", span_text(text, plan->batch));
	for (size_t i = 0; i < plan->n; i++)
		show_stage(plan, i);
	printf("sink       %s\n", job->out);
	printf("threads    %u\n", parallel ? job->jobs : 1);
	show_delivery(job);
}
