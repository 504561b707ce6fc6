/* Where the rows of a job go: opening sinks, writing to them, closing them; see job.h. */
#include "engine/job.h"

#include "base/mem.h"
#include "engine/sys.h"
#include "sink/descriptor.h"
#include "sink/sink_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOTICE_BYTES 512

/* ---- writing ---- */

static int
tell_written(const struct job *job, struct err *err)
{
	err_add(err, "; %llu batches were written", (unsigned long long)job->batches);
	return -1;
}

int
outputs_write(void *arg, unsigned output, const char *bytes, size_t len, struct err *err)
{
	struct job *job = arg;
	struct sink *s = &job->sink[output];

	s->given = true;
	return s->class->write(s, bytes, len, err) == 0 ? 0 : tell_written(job, err);
}

int
outputs_rows(void *arg, unsigned output, const struct schema *columns, const struct block *b,
    struct err *err)
{
	struct job *job = arg;
	struct sink *s = &job->sink[output];

	s->given = true;
	s->batch = job->config->meta ? job->batches + 1 : 0;
	return s->class->rows(s, columns, b, err) == 0 ? 0 : tell_written(job, err);
}

int
outputs_end(struct job *job, int64_t time, struct err *err)
{
	for (unsigned i = 0; i < job->sinks_open; i++) {
		struct sink *s = &job->sink[i];

		s->given = false;
		if (s->class->end != NULL && s->class->end(s, time, err) == -1)
			return tell_written(job, err);
	}
	return 0;
}

static void __attribute__((format(printf, 2, 3)))
notice(struct sink *s, const char *format, ...)
{
	const struct job *job = s->arg;
	char line[NOTICE_BYTES];
	int n = snprintf(line, sizeof(line), "%.200s: ", s->address);
	va_list ap;

	if (job->config->quiet)
		return;
	va_start(ap, format);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n, format, ap);
	va_end(ap);
	job->config->print(line);
}

/* ---- opening ---- */

/* A file that is read must not be written anew, by whatever name. */
static int
check_overwrite(const struct job *job, const char *path, struct err *err)
{
	int fd = sys_open(path, O_PATH | O_CLOEXEC, 0), rc;
	struct stat st;

	if (fd == -1)
		return 0;
	rc = sys.fstat(fd, &st);
	sys.close(fd);
	if (rc == -1)
		return err_system(err, path, "stat", errno);
	for (size_t i = 0; i < job->nsources; i++)
		if (job->source[i]->ino != 0 && job->source[i]->ino == st.st_ino &&
		    job->source[i]->dev == st.st_dev)
			return err_set(err, ERR_RUN,
			    "%s: is read by this run; write to another file", path);
	return 0;
}

static bool
to_file(const char *path)
{
	return path != NULL && strcmp(path, "-") != 0;
}

static int
check_outputs(const struct job *job, struct err *err)
{
	const struct job_config *c = job->config;

	for (unsigned i = 0; i < c->plan->outputs; i++)
		if (c->outputs[i].class->prefix[0] == '\0' &&
		    check_overwrite(job, c->outputs[i].address, err) == -1)
			return -1;
	if (to_file(c->stats) && check_overwrite(job, c->stats, err) == -1)
		return -1;
	if (to_file(c->late_file) && check_overwrite(job, c->late_file, err) == -1)
		return -1;
	return to_file(c->bad_file) ? check_overwrite(job, c->bad_file, err) : 0;
}

/* What was encoded for output I so far is its head: a sink of many files begins each with it. */
static void
give_head(struct job *job, struct sink *s, unsigned i)
{
	struct buf *out = &job->pipeline.encoder[i].out;

	if ((s->class->flags & SINK_HEADS) == 0) {
		if (s->saved != NULL)
			out->len = 0;	/* it goes on behind the one that it has */
		return;
	}
	job->head[i] = *out;
	*out = (struct buf){ 0 };
	s->head = job->head[i].data;
	s->head_len = job->head[i].len;
}

static int
start(struct sink *s, struct err *err)
{
	s->private = mem_zalloc(s->class->size);
	if (s->private == NULL)
		return err_memory(err, "starting");
	if (s->class->open == NULL || s->class->open(s, err) == 0)
		return 0;
	mem_free(s->private);
	return -1;
}

/* What an output saved in the run before, or NULL. */
static const struct buf *
saved_of(const struct job *job, unsigned number)
{
	const struct buf *saved = job->sink_saved == NULL ? NULL : &job->sink_saved[number];

	return saved == NULL || saved->len == 0 ? NULL : saved;
}

static int
open_sink(struct job *job, unsigned i, struct err *err)
{
	const struct job_output *given = &job->config->outputs[i];
	struct sink *s = &job->sink[i];

	*s = (struct sink){
		.class = given->class, .address = given->address, .word = given->word, .fd = -1,
		.rest = given->address + strlen(given->class->prefix),
		.format = given->format->name, .notice = notice, .arg = job,
		.deferred = job_keeps(job), .saved = saved_of(job, i),
	};
	give_head(job, s, i);
	if (start(s, err) == -1)
		return -1;
	job->can_wait &= (s->class->flags & SINK_TRUNCATABLE) != 0;
	job->sinks_open++;
	return 0;
}

/* A file for records that become no rows. */
static int
open_records(struct job *job, struct sink *s, unsigned number, const char *path, struct err *err)
{
	*s = (struct sink){
		.class = &sink_file, .address = path, .rest = path, .word = ERR_NO_WORD, .fd = -1,
		.notice = notice, .arg = job, .deferred = job_keeps(job),
		.saved = saved_of(job, number),
	};
	if (start(s, err) == 0)
		return 0;
	s->class = NULL;
	return -1;
}

int
outputs_open(struct job *job, struct err *err)
{
	const struct job_config *c = job->config;
	unsigned n = c->plan->outputs;

	job->sink = mem_zalloc((c->plan->outputs + 1) * sizeof(*job->sink));
	job->head = mem_zalloc((c->plan->outputs + 1) * sizeof(*job->head));
	if (job->sink == NULL || job->head == NULL)
		return err_memory(err, "starting");
	if (check_outputs(job, err) == -1)
		return -1;
	job->can_wait = true;
	for (unsigned i = 0; i < c->plan->outputs; i++)
		if (open_sink(job, i, err) == -1)
			return -1;
	if (c->bad == BAD_FILE && open_records(job, &job->bad, n, c->bad_file, err) == -1)
		return -1;
	if (c->late_file != NULL && open_records(job, &job->late, n + 1, c->late_file, err) == -1)
		return -1;
	if (c->stats == NULL)
		return 0;
	job->stats_fd = to_file(c->stats) ? descriptor_create(c->stats, err) : STDERR_FILENO;
	return job->stats_fd == -1 ? -1 : 0;
}

/* ---- closing ---- */

static int
close_sink(struct sink *s, struct err *err)
{
	const struct sink_class *class = s->class;
	int rc = class == NULL || class->close == NULL ? 0 : class->close(s, err);

	if (class != NULL)
		mem_free(s->private);
	s->class = NULL;
	return rc;
}

static int
close_stats(struct job *job, struct err *err)
{
	int fd = job->stats_fd;

	job->stats_fd = -1;
	if (fd > STDERR_FILENO && sys.close(fd) == -1 && errno != EINTR)
		return err_system(err, job->config->stats, "close", errno);
	return 0;
}

int
outputs_close(struct job *job, struct err *err)
{
	while (job->sinks_open > 0)
		if (close_sink(&job->sink[--job->sinks_open], err) == -1)
			return -1;
	if (close_sink(&job->bad, err) == -1 || close_sink(&job->late, err) == -1)
		return -1;
	return close_stats(job, err);
}

void
outputs_free(struct job *job)
{
	struct err ignored;

	while (outputs_close(job, &ignored) == -1)
		;		/* the first error ended the job already; all are to be closed */
	for (unsigned i = 0; job->head != NULL && i < job->config->plan->outputs; i++)
		buf_free(&job->head[i]);
	mem_free(job->head);
	mem_free(job->sink);
}
