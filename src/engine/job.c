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
	if (job->workers != NULL) {
		now.keys = job->sums.keys;
		now.state_bytes = job->sums.state_bytes;
	} else if (job->bound) {
		now.keys = pipeline_keys(&job->pipeline);
		now.state_bytes = pipeline_bytes(&job->pipeline);
	}
	stats_line(line, &now, job->batches, now.lines.records - job->line_records,
	    mono - job->line_mono);
	job->line_mono = mono;
	job->line_records = now.lines.records;
	job->config->print(line);
}

/* Files are read one behind the other, in the order given; a paused one holds up the next. */
static struct source *
next_ready(const struct job *job)
{
	for (size_t i = 0; i < job->nsources; i++)
		if (job->source[i]->ready)
			return job->source[i]->paused ? NULL : job->source[i];
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

/* A file can wait: nothing of it is shed, and it is not read while something waits to be fed. */
static int
take_turn(struct job *job, struct source *ready)
{
	int rc;

	if (ready == NULL || !ready->ready)
		return 0;
	if (batch_feed(job) == -1)
		return -1;
	if (overload_waiting(job))
		return 0;
	job->paced = true;
	ready->class->turn(ready);
	rc = batch_feed(job);
	job->paced = false;
	return rc;
}

static int
loop(struct job *job)
{
	struct err err;

	while (goes_on(job)) {
		struct source *ready = next_ready(job);
		bool busy = ready != NULL || overload_waiting(job);
		int flags = EVLOOP_ONCE | (busy ? EVLOOP_NONBLOCK : 0);

		if (batch_set_timer(job) == -1)
			return -1;
		if (event_base_loop(job->base, flags) == -1) {
			err_set(&err, ERR_RUN, "the event loop failed: %s", strerror(errno));
			return job_fail(job, &err);
		}
		take_signals(job);
		if ((goes_on(job) && take_turn(job, ready) == -1) || batch_tick(job) == -1 ||
		    batch_feed(job) == -1 || overload_work(job) == -1 ||
		    batch_inputs(job, false) == -1)
			return -1;
	}
	return job->failed ? -1 : 0;
}

/* Every record has become one thing in each chain; all of them in one that reads nothing else. */
static bool
adds_up(const struct job *job, const struct chain *c)
{
	const struct account *a = &job->account_sums[c->account];

	if (c->froms == 1 && c->from[0].source == -1)
		return stats_conserved(&job->sums, a);
	return a->counted + a->bad <= a->records;
}

static int
check_accounts(const struct job *job, struct err *err)
{
	const struct plan *plan = job->config->plan;

	for (unsigned i = 0; i < plan->chains && job->bound; i++) {
		const struct chain *c = &plan->chain[i];
		const struct account *a = &job->account_sums[c->account == -1 ? 0 : c->account];

		if (c->account != -1 && !adds_up(job, c))
			return err_set(err, ERR_RUN, "internal error: %llu records came, but %llu "
			    "counted, %llu filtered, %llu bad and %llu shed do not add up to "
			    "them; please report this", (unsigned long long)job->sums.lines.records,
			    (unsigned long long)a->counted,
			    (unsigned long long)stats_filtered(a),
			    (unsigned long long)(a->bad + job->sums.lines.bad),
			    (unsigned long long)job->sums.shed);
	}
	return 0;
}

static int
tell_end(struct job *job, struct err *err)
{
	const struct stats *s = &job->sums;
	uint64_t bad = s->lines.bad + job->bad_records;
	char line[128];

	if (check_accounts(job, err) == -1)
		return -1;
	overload_tell(job);
	if (bad > (job->told_bad ? 1 : 0) && !job->config->quiet) {
		(void)snprintf(line, sizeof(line), "%llu of %llu records were bad",
		    (unsigned long long)bad, (unsigned long long)s->lines.records);
		job->config->print(line);
	}
	if (job->late_records > 0 && !job->config->quiet) {
		(void)snprintf(line, sizeof(line), "%llu of %llu records were late",
		    (unsigned long long)job->late_records,
		    (unsigned long long)s->lines.records);
		job->config->print(line);
	}
	memory_tell(job);
	return 0;
}

/* Ended before its input because --until was met. */
static bool
is_done(const struct job *job)
{
	return job->failed && job->err->code == ERR_DONE;
}

/*
 * With a checkpoint a run that is stopped goes on later: its open batch and windows are put down
 * and not answered.  Where that cannot be in the middle of a batch the last commit stands, and
 * what came since is read again; only what nobody has kept makes the batch end here.
 */
static int
suspend(struct job *job, struct err *err)
{
	bool kept = job->config->journal > 0;
	int rc;

	if (batch_feed(job) == -1)
		return -1;
	rc = commit_now(job);
	if (rc == 1 && !kept)
		rc = batch_missed(job, batch_open_end(job));
	if (rc == -1)
		return -1;
	return job->source_failed ? -1 : outputs_close(job, err);
}

/* What was accepted is emitted even if a source failed; then that error stands. */
static int
run(struct job *job, struct err *err)
{
	if (loop(job) == -1)
		return is_done(job) ? outputs_close(job, err) : -1;
	if (job_keeps(job) && (job->signal != 0 || job->source_failed))
		return suspend(job, err);
	if (job->source_failed && job->sums.lines.records + job->batch.lines.records == 0)
		return -1;
	if (batch_finish(job) == -1 && !is_done(job))
		return -1;
	if (job->source_failed)
		return -1;
	if (outputs_close(job, err) == -1)
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
