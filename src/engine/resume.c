/*
 * Going on where a run before has stopped, see job.h.  The order: the checkpoint is opened and
 * must be of the same pipeline; the columns are known; the pipeline is opened and gets its state,
 * the sources theirs; then the outputs are opened, of which none is touched before all of the
 * checkpoint has been read; what the journal has is fed; batches whose time was over while nobody
 * ran end; then the sources start.
 */
#include "engine/job.h"

#include "base/mem.h"
#include "engine/identity.h"

#include <string.h>

#define SHOWN 200			/* bytes of a path in a notice */

/* ---- the checkpoint ---- */

static int
find_sources(struct job *job, struct err *err)
{
	job->source_id = mem_zalloc((job->nsources + 1) * sizeof(*job->source_id));
	job->source_put = mem_zalloc((job->nsources + 1) * sizeof(*job->source_put));
	if (job->source_id == NULL || job->source_put == NULL)
		return err_memory(err, "starting");
	for (size_t i = 0; i < job->nsources; i++)
		if (checkpoint_source(&job->checkpoint, job->source[i]->number,
		    job->source[i]->address, &job->source_id[i], &job->source[i]->reconnected,
		    err) == -1)
			return -1;
	return 0;
}

/* What the outputs have saved: the plan's, then the files of bad and late records. */
static int
find_outputs(struct job *job, struct err *err)
{
	unsigned n = job->config->plan->outputs + 2;

	job->sink_saved = mem_zalloc(n * sizeof(*job->sink_saved));
	if (job->sink_saved == NULL)
		return err_memory(err, "starting");
	for (unsigned i = 0; i < n; i++)
		if (checkpoint_output(&job->checkpoint, i, &job->sink_saved[i], err) == -1)
			return -1;
	return 0;
}

/* Sums go on, so that at the end every record that ever came is accounted for. */
static int
take_sums(struct job *job, struct err *err)
{
	job->sums.lines = job->past.lines;
	job->sums.keys = job->past.keys;
	job->sums.state_bytes = job->past.state_bytes;
	job->bad_records = job->past.bad;
	job->late_records = job->past.late;
	job->line_records = job->past.lines.records;
	for (unsigned k = 0; k < job->config->plan->accounts; k++)
		if (checkpoint_account(&job->checkpoint, k, &job->account_sums[k], err) == -1)
			return -1;
	return 0;
}

static int
go_on(struct job *job, struct err *err)
{
	if (checkpoint_progress(&job->checkpoint, &job->past, err) == -1 ||
	    checkpoint_get(&job->checkpoint, "header", &job->header, err) == -1 ||
	    find_outputs(job, err) == -1)
		return -1;
	job->batches = job->past.batch;
	job->rows = job->past.rows;
	job->fed = job->past.journal;
	return take_sums(job, err);
}

/* True if something that comes cannot be read again. */
static bool
needs_journal(const struct job *job)
{
	for (size_t i = 0; i < job->nsources; i++)
		if (!job->source[i]->replayable)
			return true;
	return false;
}

int
resume_open(struct job *job, struct err *err)
{
	const struct job_config *c = job->config;

	if (!job_keeps(job))
		return 0;
	if (checkpoint_open(&job->checkpoint, c->checkpoint, c->sync, err) == -1 ||
	    identity_check(&job->checkpoint, c, err) == -1)
		return -1;
	if (c->journal > 0 && (journal_open(&job->journal, c->checkpoint, needs_journal(job),
	    c->sync, err) == -1 ||
	    (job->checkpoint.made && journal_clear(&job->journal, err) == -1)))
		return -1;
	if (job->checkpoint.resumed && go_on(job, err) == -1)
		return -1;
	return find_sources(job, err);
}

/* ---- the state ---- */

static struct source *
source_of(const struct job *job, uint32_t id)
{
	for (size_t i = 0; i < job->nsources; i++)
		if (job->source_id[i] == (int64_t)id)
			return job->source[i];
	return NULL;			/* it is not read any more */
}

static int
load_source(const struct job *job, const struct store_part *part, const char *bytes, size_t len,
    struct err *err)
{
	struct source *s = source_of(job, part->owner);
	struct wire in = { bytes, bytes + len, false };

	if (s == NULL || s->class->load == NULL)
		return 0;
	return s->class->load(s, part, &in, err);
}

static int
take_chunk(void *arg, const struct store_part *part, const char *bytes, size_t len,
    struct err *err)
{
	struct job *job = arg;

	if (part->role == STORE_SOURCE)
		return load_source(job, part, bytes, len, err);
	if (pipeline_load(&job->pipeline, part, bytes, len, err) == 0)
		return 0;
	err_prefix(err, job->checkpoint.path);
	return -1;
}

int
resume_state(struct job *job, struct err *err)
{
	if (!job_keeps(job) || !job->checkpoint.resumed)
		return 0;
	if (checkpoint_chunks(&job->checkpoint, take_chunk, job, err) == -1 ||
	    pipeline_loaded(&job->pipeline, err) == -1)
		return -1;
	return checkpoint_commit(&job->checkpoint, err);
}

/* ---- what came in between ---- */

/* Makes the block what an entry has behind what was fed of it before. */
static int
fill_block(struct job *job, const struct journal_entry *e, struct err *err)
{
	struct lines *l = &job->lines;
	size_t len = e->len - job->skipped.len;

	if (lines_grow(l, len) == -1)
		return err_memory(err, "reading the journal");
	memcpy(l->data, e->text + job->skipped.len, len);
	l->len = len;
	l->records = e->records - job->skipped.records;
	l->source = e->source;
	return 0;
}

/* Where the fields of its records are, by the header of its connection. */
static int
place_block(struct job *job, const struct journal_entry *e, struct err *err)
{
	struct framer f = { 0 };
	int rc = 0;

	if (e->header_len > 0) {
		rc = buf_add(&f.header, e->header, e->header_len) == -1 ?
		    err_memory(err, "reading the journal") :
		    header_place(job, job->source[0], &f, err);
		job->lines.layout = f.layout;
	} else {
		job->lines.layout = NULL;
	}
	frame_close(&f);
	return rc;
}

/* A run that died before its first commit has left the header of its columns only here. */
static int
bind_by_entry(struct job *job, const struct journal_entry *e, struct err *err)
{
	if (job->bound || e->header_len == 0)
		return 0;
	if (buf_add(&job->header, e->header, e->header_len) == -1 ||
	    buf_add(&job->header, "", 1) == -1)
		return err_memory(err, "reading the journal");
	if (checkpoint_set(&job->checkpoint, "header", job->header.data, err) == -1)
		return -1;
	return header_resume(job, err);
}

/* Feeds an entry; what was fed of it before the last commit is left out. */
static int
feed_entry(void *arg, const struct journal_entry *e, struct err *err)
{
	struct job *job = arg;

	job->skipped = (struct ahead){ 0 };
	if (e->number == job->past.journal + 1)
		job->skipped = (struct ahead){
			.len = job->past.skip_bytes, .records = job->past.skip_records,
		};
	if (job->skipped.len > e->len || job->skipped.records > e->records)
		return err_set(err, ERR_RUN, "%s: the journal is not that of this checkpoint",
		    job->checkpoint.path);
	if (bind_by_entry(job, e, err) == -1 || fill_block(job, e, err) == -1 ||
	    place_block(job, e, err) == -1)
		return -1;
	job->batch.lines.records += job->lines.records;
	job->batch.lines.bytes += job->lines.len;
	job->fed = e->number;
	if (batch_feed(job) == 0)
		return 0;
	*err = *job->err;
	return -1;
}

/* What was accepted and is lost is told, whatever the reason. */
static void
tell_lost(const struct job *job)
{
	struct err notice;

	(void)err_set(&notice, ERR_RUN, "%.*s: the journal is damaged: %llu of its entries, which "
	    "had not been counted, are lost", SHOWN, job->checkpoint.path,
	    (unsigned long long)job->journal.lost);
	job->config->print(notice.message);
}

static int
replay(struct job *job, bool *some, struct err *err)
{
	uint64_t fed = job->fed;
	int rc;

	if (job->config->journal == 0)
		return 0;
	job->replaying = true;
	rc = journal_replay(&job->journal, job->past.journal, feed_entry, job, err);
	job->replaying = false;
	job->skipped = (struct ahead){ 0 };
	if (job->journal.lost > 0)
		tell_lost(job);
	*some = job->fed != fed;
	return rc;
}

/* By the clock: ends the batch that was open, and those after it while a window has something. */
static int
end_missed(struct job *job, int64_t first, bool some, struct err *err)
{
	int64_t interval = job->config->plan->batch.ticks;

	for (int64_t tick = first; tick < job->ticker.boundary &&
	    (some || pipeline_windows(&job->pipeline)); tick += interval, some = false)
		if (batch_missed(job, tick) == -1) {
			*err = *job->err;
			return -1;
		}
	return 0;
}

int
resume_start(struct job *job, struct err *err)
{
	bool by_clock = !job_by_rows(job) && !job_by_events(job);
	int64_t first = job->past.time + job->config->plan->batch.ticks;
	bool some = job->past.open;

	if (!job_keeps(job))
		return 0;
	if (!job->bound && job->header.len > 0 && header_resume(job, err) == -1)
		return -1;
	by_clock &= job->past.batch > 0;
	if (by_clock && first < job->ticker.boundary)
		pipeline_begin(&job->pipeline, (struct moment){ .tick = first });
	if (replay(job, &some, err) == -1 || (by_clock && end_missed(job, first, some, err) == -1))
		return -1;
	if (job->bound)
		batch_begin(job);
	return 0;
}

void
resume_close(struct job *job)
{
	if (!job_keeps(job))
		return;
	for (unsigned i = 0; job->sink_saved != NULL && i < job->config->plan->outputs + 2; i++)
		buf_free(&job->sink_saved[i]);
	mem_free(job->sink_saved);
	mem_free(job->source_id);
	mem_free(job->source_put);
	buf_free(&job->saved);
	buf_free(&job->header);
	journal_close(&job->journal);
	checkpoint_close(&job->checkpoint);
}
