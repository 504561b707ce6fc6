/* Driving a job from its start to its end, see job.h. */
#include "engine/job.h"

#include "engine/signals.h"
#include "engine/sys.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int
job_fail(struct job *job, const struct err *err)
{
	if (!job->failed) {
		*job->err = *err;
		job->failed = true;
	}
	return -1;
}

/* While threads feed, their state is theirs: then it is that of the last batch's end. */
void
job_status(struct job *job)
{
	struct stats now = job->sums;
	int64_t mono = sys.mono();
	char line[STATS_LINE];

	stats_add(&now, &job->batch);
	now.keys = job->workers != NULL ? job->sums.keys : pipeline_keys(&job->pipeline);
	now.state_bytes = job->workers != NULL ? job->sums.state_bytes :
	    pipeline_bytes(&job->pipeline);
	stats_line(line, &now, job->batches, now.lines.records - job->line_records,
	    mono - job->line_mono);
	job->line_mono = mono;
	job->line_records = now.lines.records;
	job->config->print(line);
}

/* Files are read one behind the other, in the order given. */
static struct source *
next_ready(const struct job *job)
{
	for (size_t i = 0; i < job->nsources; i++)
		if (job->source[i]->ready)
			return job->source[i];
	return NULL;
}

static void
take_signals(struct job *job)
{
	if (signals_status())
		job_status(job);
	if (job->signal != 0 || signals_ending() == 0)
		return;
	job->signal = signals_ending();
	if (job->signal == SIGINT && !job->config->quiet && sys.isatty(STDERR_FILENO))
		job->config->print("finishing the open batch; Ctrl-C again stops at once");
}

static bool
goes_on(const struct job *job)
{
	return !job->failed && !job->source_failed && job->signal == 0 && job->running > 0;
}

static int
loop(struct job *job)
{
	struct err err;

	while (goes_on(job)) {
		struct source *ready = next_ready(job);
		int flags = EVLOOP_ONCE | (ready != NULL ? EVLOOP_NONBLOCK : 0);

		if (batch_set_timer(job) == -1)
			return -1;
		if (event_base_loop(job->base, flags) == -1) {
			err_set(&err, ERR_RUN, "the event loop failed: %s", strerror(errno));
			return job_fail(job, &err);
		}
		take_signals(job);
		if (ready != NULL && ready->ready && goes_on(job))
			ready->class->turn(ready);
		if (batch_tick(job) == -1 || batch_feed(job) == -1)
			return -1;
	}
	return job->failed ? -1 : 0;
}

static int
tell_end(struct job *job, struct err *err)
{
	const struct stats *s = &job->sums;
	char line[128];

	if (!stats_conserved(s))
		return err_set(err, ERR_RUN, "internal error: %llu records came, but %llu counted, "
		    "%llu filtered and %llu bad do not add up to them; please report this",
		    (unsigned long long)s->lines.records, (unsigned long long)s->counted,
		    (unsigned long long)s->filtered, (unsigned long long)s->lines.bad);
	if (s->lines.bad > (job->told_bad ? 1 : 0) && !job->config->quiet) {
		(void)snprintf(line, sizeof(line),
		    "%llu of %llu records were bad (too long, cut off or too hard to match)",
		    (unsigned long long)s->lines.bad, (unsigned long long)s->lines.records);
		job->config->print(line);
	}
	return 0;
}

/* What was accepted is emitted even if a source failed; then that error stands. */
static int
run(struct job *job, struct err *err)
{
	if (loop(job) == -1)
		return -1;
	if (job->source_failed && job->sums.lines.records + job->batch.lines.records == 0)
		return -1;
	if (batch_finish(job) == -1 || job->source_failed)
		return -1;
	if (job_close_outputs(job, err) == -1)
		return -1;
	return tell_end(job, err);
}

int
job_run(const struct job_config *config, int *signal, struct err *err)
{
	struct job job = { .config = config, .err = err, .stats_fd = -1 };
	int rc = job_open(&job, err);

	if (rc == 0)
		rc = run(&job, err);
	job_close(&job);
	*signal = job.signal;
	return rc;
}
