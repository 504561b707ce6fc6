/* Batches by event time: the engine's side of core/pipeline_event.c; see job.h. */
#include "engine/job.h"

#include "engine/sys.h"

int
batch_closed(void *arg, int64_t time, struct err *err)
{
	struct job *job = arg;

	figures_size(job);
	if (pipeline_flush(&job->pipeline, err) == -1 || outputs_end(job, time, err) == -1)
		return -1;
	job->due = true;		/* a commit, when the block has been fed */
	if (figures_close(job, (struct moment){ .tick = time, .wall = time }) == 0)
		return batch_conditions(job, err);
	*err = *job->err;
	return -1;
}

/* True if the state of an input has just changed to what is asked for. */
static bool
changed(const struct job *job, struct input_state *in, bool idle)
{
	if (!idle) {
		if (in->told || in->running > 0)
			return false;
		return in->told = true;
	}
	if (!in->live || in->idle || in->told || sys.mono() - in->heard < job->config->idle)
		return false;
	return in->idle = true;
}

int
batch_inputs(struct job *job, bool idle)
{
	struct err err;

	for (size_t i = 0; i < job->config->inputs && job->bound && job_by_events(job); i++) {
		int rc = 0;

		if (changed(job, &job->input[i], idle))
			rc = idle ? pipeline_source_idle(&job->pipeline, i, &err) :
			    pipeline_source_done(&job->pipeline, i, &err);
		if (rc == -1)
			return job_fail(job, &err);
	}
	return batch_feed(job);
}

/* What was read after the last batch was over has its figures told with the end. */
int
events_finish(struct job *job)
{
	struct err err;

	if (!job->bound)
		return 0;
	if (pipeline_finish_events(&job->pipeline, &err) == -1 ||
	    pipeline_flush(&job->pipeline, &err) == -1)
		return job_fail(job, &err);
	if ((job->batch.lines.records > 0 ? figures_close(job,
	    (struct moment){ .tick = job->pipeline.event.at, .wall = sys.wall() }) :
	    figures_finish(job)) == -1)
		return -1;
	return commit_finish(job);
}
