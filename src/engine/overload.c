/*
 * --shed: when more comes than can be fed, some of it is dropped instead of making the sender wait.
 *
 * What has been read waits in a queue (engine/shed).  Reading and feeding take turns; each feeds
 * for a few milliseconds while there is something, each reads for as long while something comes.
 * The queue holds what the pipeline was last seen to take in DELAY, so an answer is late by no more
 * than that: at the end of a batch all that waits is fed first, for it belongs to the batch in
 * which it was read.  See job.h.
 */
#include "engine/job.h"

#include "base/mem.h"
#include "engine/shed.h"
#include "engine/sys.h"

#include <stdio.h>

#define TURN 5000			/* microseconds of reading or feeding */
#define DELAY 250000			/* ... that feeding all that waits may take */
#define MOST ((size_t)8 << 20)		/* bytes that wait ... */
#define LEAST ((size_t)64 << 10)	/* ... however slow it is */

struct overload {
	struct shed	shed;
	double		cost;		/* microseconds a byte, lately */
	int64_t		fed;		/* when the last turn of feeding ended */
	bool		came;		/* something was read since */
	bool		told;
};

static const char *
policy_name(const struct job *job)
{
	static const char *const names[] = { "", "oldest", "newest", "sample" };

	return names[job->config->shed];
}

int
overload_open(struct job *job, struct err *err)
{
	if (job->config->shed == SHED_NONE)
		return 0;
	job->overload = mem_zalloc(sizeof(*job->overload));
	if (job->overload == NULL || shed_open(&job->overload->shed, job->config->shed,
	    job->seed[1], &job->lines) == -1)
		return err_memory(err, "starting");
	return 0;
}

void
overload_close(struct job *job)
{
	if (job->overload != NULL)
		shed_close(&job->overload->shed);
	mem_free(job->overload);
	job->overload = NULL;
}

bool
overload_waiting(const struct job *job)
{
	return job->overload != NULL && job->overload->shed.waiting > 0;
}

static size_t
limit(const struct overload *o)
{
	double bytes = o->cost > 0 ? DELAY / o->cost : (double)MOST;

	return bytes < (double)LEAST ? LEAST : bytes > (double)MOST ? MOST : (size_t)bytes;
}

/* Feeds the block that has waited longest. */
static int
feed_first(struct job *job)
{
	struct overload *o = job->overload;
	struct lines *l = shed_take(&o->shed);
	size_t bytes = l->len;
	int64_t began = sys.mono();

	if (batch_feed_lines(job, l) == -1)
		return -1;
	if (bytes >= LEAST / 2)		/* what is smaller says little of the cost of a byte */
		o->cost += ((double)(sys.mono() - began) / (double)bytes - o->cost) / 8;
	return 0;
}

static void
lost(struct job *job, uint64_t records)
{
	char line[128];

	job->batch.shed += records;
	if (records == 0 || job->overload->told || job->config->quiet)
		return;
	job->overload->told = true;
	(void)snprintf(line, sizeof(line), "cannot keep up: records are dropped (--shed %s); "
	    "how many is told at the end", policy_name(job));
	job->config->print(line);
}

int
overload_put(struct job *job)
{
	struct overload *o = job->overload;
	uint64_t records = 0;
	struct err err;

	if (job->lines.records == 0) {
		lines_empty(&job->lines);
		return 0;
	}
	o->came = true;
	if (shed_is_full(&o->shed) && feed_first(job) == -1)
		return -1;
	if (shed_put(&o->shed, &job->lines, limit(o), &records) == -1) {
		err_memory(&err, "keeping what was read");
		return job_fail(job, &err);
	}
	lost(job, records);
	return 0;
}

int
overload_work(struct job *job)
{
	struct overload *o = job->overload;
	int64_t now;
	bool came;

	if (!overload_waiting(job))
		return 0;
	now = sys.mono();
	came = o->came;
	o->came = false;
	if (came && now - o->fed < TURN)
		return 0;		/* reading has its turn */
	while (o->shed.waiting > 0 && sys.mono() - now < TURN)
		if (feed_first(job) == -1)
			return -1;
	o->fed = sys.mono();
	return 0;
}

int
overload_drain(struct job *job)
{
	while (overload_waiting(job))
		if (feed_first(job) == -1)
			return -1;
	return 0;
}

void
overload_tell(const struct job *job)
{
	char line[128];

	if (job->sums.shed == 0 || job->config->quiet)
		return;
	(void)snprintf(line, sizeof(line), "%llu of %llu records were dropped (--shed %s)",
	    (unsigned long long)job->sums.shed, (unsigned long long)job->sums.lines.records,
	    policy_name(job));
	job->config->print(line);
}
