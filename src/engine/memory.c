/*
 * The bound on memory (--max-memory), measured as the system does: by the pages that are resident.
 * There are two lines.  The outer one, a sixteenth above the bound, is base/mem's, where
 * allocations fail.  The inner one is drawn here: what is held, and what answering the open batch
 * will take, and what comes before the next look, must fit in.  When it does not --on-full says
 * what happens.
 *
 * Looking into the state is put off for as many blocks as cannot fill half of the room there is:
 * threads must be waited for.  A look at what is held costs a read of /proc, once for each block.
 */
#include "engine/job.h"

#include "base/mem.h"
#include "engine/sys.h"

#include <stdio.h>

#define STEP_MIN ((size_t)1 << 20)	/* bytes that a block is thought to add at least ... */
#define STEP_SUDDEN ((size_t)4 << 20)	/* ... and may, if it is not like those before it */
#define BUFFERS ((size_t)2 << 20)	/* of rows on their way out */
#define ROUNDS 6			/* of eviction, before it is given up */
#define MIB (1024.0 * 1024)

int
memory_open(struct job *job, struct err *err)
{
	size_t most = job->config->max_memory, held;

	if (most == 0)
		return 0;
	held = sys.resident();
	if (held == 0)
		return err_set(err, ERR_RUN, "max-memory: cannot read /proc/self/statm, which "
		    "tells how much memory is held");
	if (held > most / 4 * 3)
		return err_set(err, ERR_RUN, "max-memory: %.1fMiB are too little: %.1fMiB are held "
		    "before anything is read", (double)most / MIB, (double)held / MIB);
	job->memory = (struct memory){ .base = held, .step = STEP_MIN };
	mem_bound(most + most / 16, sys.resident);
	return 0;
}

/* Bytes that may come before the state can be looked at again. */
static size_t
margin(const struct job *job)
{
	size_t blocks = job->workers == NULL ? 1 : 2 * (size_t)job->config->jobs + 1;
	size_t most = job->config->max_memory / 4, bytes = job->memory.step * blocks;

	return bytes < most ? bytes : most;
}

/* Looks at all that is held; the lanes are at rest. */
static void
measure(struct job *job)
{
	struct memory *m = &job->memory;
	size_t held = sys.resident(), before = m->wanted, bound = job->config->max_memory, room;

	m->wanted = held + limit_need(&job->pipeline);
	if (m->fed > 0 && m->wanted > before && (m->wanted - before) / m->fed > m->step)
		m->step = (m->wanted - before) / m->fed;
	m->wanted += margin(job) + BUFFERS;
	room = m->wanted < bound ? bound - m->wanted : 0;
	m->calm = held + room / 4;
	m->blocks = room / 2 / (m->step > STEP_SUDDEN ? m->step : STEP_SUDDEN);
	m->fed = 0;
}

/* What the user can do about a stage that is full. */
static const char *
advice(const struct job *job, unsigned stage)
{
	const struct stage *s = &job->config->plan->stage[stage - 1];
	struct err unused;
	const char *what;

	if (job->config->on_full != FULL_FAIL)
		return ". Nothing more can be taken out of it: raise it, or forget keys by --ttl "
		    "or a shorter window";
	if (limit_can(s, FULL_APPROX, &what) &&
	    limit_check(job->config->plan, FULL_APPROX,
	    job->config->checkpoint != NULL, &unused) == 0)
		return ". Raise it, forget keys by --ttl or a shorter window, or choose --on-full "
		    "evict or approx";
	return limit_can(s, FULL_EVICT, &what) ?
	    ". Raise it, forget keys by --ttl or a shorter window, or choose --on-full evict" :
	    ". Raise it, or let the stage keep less";
}

/* The input ends here, and what came is answered. */
static void
fail(struct job *job)
{
	struct holding h = limit_fullest(&job->pipeline);
	double bound = (double)job->config->max_memory / MIB;
	struct err err;

	if (h.bytes == 0)
		err_set(&err, ERR_RUN, "memory is full: --max-memory is %.1fMiB, and no stage "
		    "holds any of it", bound);
	else
		err_set(&err, ERR_RUN, "memory is full: stage %u, %s, holds %llu keys in %.1fMiB, "
		    "and --max-memory is %.1fMiB; what was read is answered%s", h.stage,
		    job->config->plan->stage[h.stage - 1].class->name,
		    (unsigned long long)h.keys, (double)h.bytes / MIB, bound,
		    advice(job, h.stage));
	input_fail(job, &err);
}

static void
tell(struct job *job)
{
	if (job->memory.told || job->config->quiet)
		return;
	job->memory.told = true;
	job->config->print(job->config->on_full == FULL_APPROX ?
	    "memory is full: counts are approximate from here on; the error is in --stats, and "
	    "told at the end" :
	    "memory is full: keys are evicted; more are only counted");
}

/* The share of all keys that must go to come down to three quarters of the bound. */
static unsigned
share(const struct job *job)
{
	const struct memory *m = &job->memory;
	size_t low = job->config->max_memory / 4 * 3;
	double part = (double)(m->wanted - low) / (double)(m->wanted - m->base);
	unsigned n = (unsigned)(part * EVICT_ALL * 1.25);

	return n < EVICT_ALL / 8 ? EVICT_ALL / 8 : n > EVICT_ALL / 4 * 3 ? EVICT_ALL / 4 * 3 : n;
}

static int
evict(struct job *job)
{
	struct memory *m = &job->memory;
	size_t bound = job->config->max_memory, low = bound / 16 * 13;

	for (int i = 0; i < ROUNDS && m->wanted > low; i++) {
		struct eviction how = {
			.share = share(job), .approx = job->config->on_full == FULL_APPROX,
		};
		struct evicted sum = { 0 };
		struct err err;

		if (limit_evict(&job->pipeline, &how, &sum, &err) == -1)
			return job_fail(job, &err);
		mem_trim();
		measure(job);
		job->batch.evicted.keys += sum.keys;
		job->batch.evicted.records += sum.records;
		if (sum.keys > 0)
			tell(job);
	}
	if (m->wanted > bound)
		fail(job);
	return 0;
}

int
memory_look(struct job *job)
{
	struct memory *m = &job->memory;
	struct err err;

	if (job->config->max_memory == 0 || !job->bound || job->source_failed)
		return 0;
	if (m->fed++ < m->blocks && sys.resident() <= m->calm)
		return 0;
	if (job->workers != NULL && workers_wait(job->workers, &err) == -1)
		return job_fail(job, &err);
	measure(job);
	if (m->wanted <= job->config->max_memory)
		return 0;
	limit_release(&job->pipeline);
	mem_trim();
	measure(job);
	if (m->wanted <= job->config->max_memory)
		return 0;
	if (job->config->on_full != FULL_FAIL)
		return evict(job);
	fail(job);
	return 0;
}

void
memory_tell(const struct job *job)
{
	const struct stats *s = &job->sums;
	char line[160];

	if (s->evicted.keys == 0 || job->config->quiet)
		return;
	(void)snprintf(line, sizeof(line), "%llu keys with %llu records were evicted",
	    (unsigned long long)s->evicted.keys, (unsigned long long)s->evicted.records);
	job->config->print(line);
	if (job->config->on_full != FULL_APPROX)
		return;
	(void)snprintf(line, sizeof(line), "counts are too low by %llu at most, none is too high",
	    (unsigned long long)s->error);
	job->config->print(line);
}
