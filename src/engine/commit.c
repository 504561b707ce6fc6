/*
 * Commits: what the run must know to go on from here becomes valid at once in the checkpoint.
 *
 *   rows written -> state, positions of sources, lengths of outputs put -> COMMIT -> outputs
 *   made public, journal emptied
 *
 * A run that dies at any point goes on from the last COMMIT: outputs are taken back to it, sources
 * are read again from there or from the journal.
 */
#include "engine/job.h"

#include "engine/sys.h"

#include <event2/event.h>

#define PACE_US 50000			/* between commits that can wait */

/* ---- what is put ---- */

/* Sources whose offset has not moved have nothing new. */
static int
put_source(struct job *job, size_t i, struct err *err)
{
	struct source *s = job->source[i];
	struct saving to = {
		.store = &job->checkpoint.store, .out = &job->saved,
		.part = { .role = STORE_SOURCE, .owner = (uint32_t)job->source_id[i] },
	};

	job->saved.len = 0;
	if (s->replayable && s->class->save != NULL &&
	    (s->class->save(s, &to, err) == -1 || save_flush(&to, err) == -1))
		return -1;
	if (job->source_put[i] == s->offset)
		return 0;
	job->source_put[i] = s->offset;
	return checkpoint_set_source(&job->checkpoint, job->source_id[i], s->offset,
	    s->reconnected + s->reconnects, err);
}

static int
put_sink(struct job *job, unsigned number, struct sink *s, struct err *err)
{
	if (s->class == NULL || s->class->save == NULL)
		return 0;
	job->saved.len = 0;
	if (s->class->save(s, job->config->sync, &job->saved, err) == -1)
		return -1;
	return checkpoint_set_output(&job->checkpoint, number, s->address, &job->saved, err);
}

static int
put_sinks(struct job *job, struct err *err)
{
	unsigned n = job->sinks_open;

	for (unsigned i = 0; i < n; i++)
		if (put_sink(job, i, &job->sink[i], err) == -1)
			return -1;
	return put_sink(job, n, &job->bad, err) == -1 ? -1 : put_sink(job, n + 1, &job->late, err);
}

static int
publish(struct job *job, struct err *err)
{
	for (unsigned i = 0; i < job->sinks_open; i++) {
		struct sink *s = &job->sink[i];

		if (s->class->publish != NULL && s->class->publish(s, err) == -1)
			return -1;
	}
	return 0;
}

/* True if the block is an entry of the journal, and some of it is ahead. */
static bool
cuts_entry(const struct job *job, const struct ahead *ahead)
{
	return ahead->records > 0 && job->config->journal > 0 &&
	    (job->replaying || !job->from->replayable);
}

static int
put_progress(struct job *job, const struct ahead *ahead, bool open, bool finished,
    struct err *err)
{
	const struct stats *sums = &job->sums;
	bool cut = cuts_entry(job, ahead);
	struct progress p = {
		.batch = job->batches, .time = job->past.time, .rows = job->rows,
		.lines = sums->lines, .bad = job->bad_records, .late = job->late_records,
		.keys = sums->keys, .state_bytes = sums->state_bytes,
		.journal = job->fed - cut,
		.open = open, .finished = finished,
	};

	frame_counts_add(&p.lines, &job->batch.lines);
	if (cut) {
		p.skip_bytes = job->skipped.len + job->lines.len - ahead->len;
		p.skip_records = job->skipped.records + job->lines.records - ahead->records;
	}
	return checkpoint_set_progress(&job->checkpoint, &p, sys.wall(), err);
}

/* What became of the records of each chain so far, those of the open batch too. */
static int
put_accounts(struct job *job, struct err *err)
{
	for (unsigned k = 0; k < job->config->plan->accounts; k++) {
		struct account a = job->account_sums[k];

		for (unsigned i = 0; i < job->pipeline.config.lanes; i++)
			account_add(&a, &job->pipeline.lane[i].account[k]);
		if (checkpoint_set_account(&job->checkpoint, k, &a, err) == -1)
			return -1;
	}
	return 0;
}

static int
put_all(struct job *job, const struct ahead *ahead, bool open, bool finished,
    struct err *err)
{
	int rc = pipeline_save(&job->pipeline, batch_open_end(job), err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < job->nsources; i++)
		if (put_source(job, i, err) == -1)
			return -1;
	if (put_sinks(job, err) == -1 || put_accounts(job, err) == -1)
		return -1;
	return put_progress(job, ahead, open, finished, err);
}

/* ---- the commit ---- */

/* True if a sink that takes whole batches has some of the open one, or would get it. */
static bool
is_cut(const struct job *job)
{
	for (unsigned i = 0; i < job->sinks_open; i++)
		if (job->sink[i].class->end != NULL &&
		    (job->sink[i].given || job->pipeline.encoder[i].out.len > 0))
			return true;
	return false;
}

/*
 * What was read ahead has not been fed: for as long as positions are put, the connection of the
 * block has not come to it.  It begins with a whole record.
 */
struct held_back {
	struct framer	*framer;
	bool		 skipping;
	uint64_t	 bytes;
};

static struct held_back
hold_back(const struct job *job, const struct ahead *ahead)
{
	struct held_back held = { .framer = job->framer, .bytes = ahead->counts.bytes };

	if (held.framer == NULL || held.bytes == 0)
		return (struct held_back){ 0 };
	held.skipping = held.framer->skipping;
	held.framer->skipping = false;
	held.framer->position -= held.bytes;
	return held;
}

static void
let_go(const struct held_back *held)
{
	if (held->framer == NULL)
		return;
	held->framer->skipping = held->skipping;
	held->framer->position += held->bytes;
}

static int
commit(struct job *job, const struct ahead *ahead, bool open, bool finished,
    struct err *err)
{
	struct held_back held;
	int rc;

	sys.point("commit: begin");
	if (is_cut(job))
		return 1;
	if (job->workers != NULL && workers_wait(job->workers, err) == -1)
		return -1;
	if (pipeline_flush(&job->pipeline, err) == -1)
		return -1;
	sys.point("commit: rows written");
	held = hold_back(job, ahead);
	rc = put_all(job, ahead, open, finished, err);
	let_go(&held);
	if (rc != 0)
		return rc;
	sys.point("commit: state put");
	if (checkpoint_commit(&job->checkpoint, err) == -1)
		return -1;
	sys.point("commit: committed");
	if (publish(job, err) == -1)
		return -1;
	sys.point("commit: published");
	if (job->config->journal > 0 && !job->replaying && journal_committed(&job->journal,
	    job->fed - cuts_entry(job, ahead), cuts_entry(job, ahead), err) == -1)
		return -1;
	sys.point("commit: end");
	job->due = false;
	job->committed = sys.mono();
	return 0;
}

static int
commit_or_fail(struct job *job, const struct ahead *ahead, bool open, bool finished)
{
	struct err err;
	int rc;

	if (!job_keeps(job) || !job->bound)
		return 0;
	rc = commit(job, ahead, open, finished, &err);
	return rc == -1 ? job_fail(job, &err) : rc;
}

static const struct ahead nothing;

int
commit_now(struct job *job)
{
	if (overload_drain(job) == -1)
		return -1;
	return commit_or_fail(job, &nothing, true, false);
}

int
commit_start(struct job *job, struct err *err)
{
	if (!job_keeps(job) || job->checkpoint.resumed || commit_now(job) != -1)
		return 0;
	*err = *job->err;
	return -1;
}

int
commit_finish(struct job *job)
{
	return commit_or_fail(job, &nothing, false, true) == -1 ? -1 : 0;
}

/* The commit goes with that of the next batch, or comes when there is none in time. */
static int
wait_for_more(struct job *job)
{
	struct timeval tv = sys_timeval(PACE_US);
	struct err err;

	if (job->settle == NULL || event_pending(job->settle, EV_TIMEOUT, NULL) ||
	    event_add(job->settle, &tv) == 0)
		return 0;
	err_memory(&err, "ending a batch");
	return job_fail(job, &err);
}

int
commit_batch(struct job *job, const struct ahead *ahead)
{
	if (!job_keeps(job))
		return 0;
	job->due = true;
	if (job->can_wait && sys.mono() - job->committed < PACE_US)
		return wait_for_more(job);
	return commit_or_fail(job, ahead, false, false) == -1 ? -1 : 0;
}

/* ---- the journal ---- */

/* All has been fed: a commit empties the journal if it is full, and if there can be one now. */
int
commit_full(struct job *job)
{
	struct err err;
	int rc;

	if (!job_keeps(job) || job->config->journal == 0 ||
	    journal_bytes(&job->journal) < job->config->journal)
		return 0;
	rc = commit_now(job);
	if (rc < 1)
		return rc;
	err_set(&err, ERR_RUN, "%s: the journal is full (--journal %llu), and a stage keeps rows "
	    "until the batch ends; allow a larger one, or make batches shorter",
	    job->checkpoint.path, (unsigned long long)job->config->journal);
	return job_fail(job, &err);
}

int
commit_journal(struct job *job, const struct block *b)
{
	const struct framer *f = job->framer;
	struct journal_entry e = {
		.source = b->source, .records = b->records, .text = b->text, .len = b->len,
	};
	struct err err;

	if (!job_keeps(job) || job->config->journal == 0 || job->replaying ||
	    job->from->replayable)
		return 0;
	if (f != NULL && f->headed) {
		e.header = f->header.data;
		e.header_len = f->header.len;
	}
	if (journal_add(&job->journal, &e, &err) == -1)
		return job_fail(job, &err);
	job->fed = e.number;
	sys.point("journal: written");
	return 0;
}
