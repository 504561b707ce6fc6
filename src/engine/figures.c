/*
 * The figures of a batch: what became of its records, in --stats and in the sums; bad and late
 * records on their way to their files.  See job.h.
 */
#include "engine/job.h"

#include "engine/sys.h"
#include "sink/descriptor.h"

#include <string.h>

void
figures_size(struct job *job)
{
	job->batch.keys = pipeline_keys(&job->pipeline);
	job->batch.state_bytes = pipeline_bytes(&job->pipeline);
	if (job->config->on_full == FULL_APPROX)
		job->batch.error = limit_error(&job->pipeline);
}

/* A row for each chain that begins with records. */
static int
stats_rows(struct job *job)
{
	static const struct account none;	/* the columns have not come yet */
	struct buf *out = &job->stats_text;

	out->len = 0;
	if (job->batches == 0 && job->config->header && stats_header(out) == -1)
		return -1;
	for (unsigned i = 0; i < job->config->plan->accounts; i++)
		if (stats_row(out, &job->batch, job->bound ? &job->pipeline.account[i] : &none,
		    i + 1) == -1)
			return -1;
	return 0;
}

static int
write_stats(struct job *job)
{
	const char *subject = strcmp(job->config->stats, "-") == 0 ? "stats" : job->config->stats;
	struct err err;

	if (stats_rows(job) == -1)
		err_memory(&err, "writing stats");
	else if (descriptor_write(job->stats_fd, subject, job->stats_text.data,
	    job->stats_text.len, &err) == 0)
		return 0;
	err.code = ERR_RUN;
	return job_fail(job, &err);
}

static uint64_t
take_reconnects(struct job *job)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < job->nsources; i++) {
		sum += job->source[i]->reconnects;
		job->source[i]->reconnected += job->source[i]->reconnects;
		job->source[i]->reconnects = 0;
	}
	return sum;
}

/* Datagrams that the system dropped since the last call. */
static uint64_t
take_dropped(struct job *job)
{
	uint64_t before = job->dropped, sum = 0;

	for (size_t i = 0; i < job->nsources; i++)
		sum += job->source[i]->dropped;
	job->dropped = sum;
	return sum - before;
}

static int
take_late(struct job *job)
{
	struct bad *late = &job->pipeline.late;
	struct err err;

	if (late->no_memory) {
		err_memory(&err, "keeping late records");
		return job_fail(job, &err);
	}
	if (late->text.len > 0 && job->late.class->write(&job->late, late->text.data,
	    late->text.len, &err) == -1)
		return job_fail(job, &err);
	job->late_records += late->n;
	late->n = 0;
	late->text.len = 0;
	return 0;
}

/* Bad records go to their file; the first is told. */
static int
take_bad(struct job *job)
{
	struct bad *bad = &job->pipeline.bad;
	struct err err;

	if (bad->no_memory) {
		err_memory(&err, "keeping bad records");
		return job_fail(job, &err);
	}
	if (bad->n > 0 && job->config->bad == BAD_FAIL) {
		err_set(&err, ERR_BAD, "a bad record: %s (--bad fail)", bad->why);
		return job_fail(job, &err);
	}
	if (bad->n > 0 && !job->told_bad)
		job_tell_bad(job, bad->why);
	if (bad->text.len > 0 && job->bad.class->write(&job->bad, bad->text.data, bad->text.len,
	    &err) == -1)
		return job_fail(job, &err);
	job->bad_records += bad->n;
	bad->n = 0;
	bad->text.len = 0;
	return take_late(job);
}

static int
take_counts(struct job *job)
{
	pipeline_counts(&job->pipeline);
	for (unsigned i = 0; i < job->config->plan->accounts; i++)
		account_add(&job->account_sums[i], &job->pipeline.account[i]);
	return take_bad(job);
}

int
figures_finish(struct job *job)
{
	return job->bound ? take_counts(job) : 0;
}

/* The batch is written: adds it to the sums and opens the next one's figures. */
int
figures_close(struct job *job, struct moment end)
{
	int rc = 0;

	job->batch.time = job->past.time = job_by_rows(job) ? end.wall : end.tick;
	job->batch.reconnects = take_reconnects(job);
	job->batch.dropped = take_dropped(job);
	if (job->bound && take_counts(job) == -1)
		return -1;
	if (job->stats_fd != -1)
		rc = write_stats(job);
	stats_add(&job->sums, &job->batch);
	job->batch = (struct stats){ 0 };
	job->batches++;
	return rc;
}
