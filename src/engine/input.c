/* The host of the sources: reads, frames, counts.  See source/source.h for the contract. */
#include "engine/job.h"

#include "base/scan.h"
#include "engine/sys.h"

#include <errno.h>
#include <event2/dns.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NOTICE_BYTES 512

static struct job *
job_of(struct source *s)
{
	return (struct job *)(void *)((char *)s->host - offsetof(struct job, host));
}

static void __attribute__((format(printf, 2, 3)))
notice(struct source *s, const char *format, ...)
{
	struct job *job = job_of(s);
	char line[NOTICE_BYTES];
	int n = snprintf(line, sizeof(line), "%s: ", s->address);
	va_list ap;

	if (job->config->quiet || n < 0 || (size_t)n >= sizeof(line))
		return;
	va_start(ap, format);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n, format, ap);
	va_end(ap);
	job->config->print(line);
}

/* Tells of the first line over the limit, if there are more than BEFORE; the sum at the end. */
static void
tell_bad(struct job *job, struct source *s, uint64_t before)
{
	if (!job->told_bad && job->batch.lines.bad > before) {
		job->told_bad = true;
		notice(s, "skipped a line over %zu bytes (--max-line); more are only counted",
		    job->config->max_line);
	}
}

static int
out_of_memory(struct job *job)
{
	struct err err;

	err_memory(&err, "reading input");
	return job_fail(job, &err);
}

static enum receive
read_failed(void)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return RECEIVE_NOTHING;
	return RECEIVE_ERROR;
}

/*
 * With a checkpoint: a connection that goes on where a run before came to has had its header; and
 * a block is of one connection, so that it is known how much of each has been fed.
 */
static int
take_framer(struct job *job, struct source *s, struct framer *f)
{
	struct err err;

	f->keeps = true;
	if (job->framer != f && job->lines.records > 0 && batch_feed(job) == -1)
		return -1;
	job->from = s;
	job->framer = f;
	if (!f->headed || f->placed || header_place(job, s, f, &err) == 0)
		return 0;
	input_fail(job, &err);
	return -1;
}

/* Empties the block before records come that must not share it with those that are there. */
static int
take_apart(struct job *job, struct source *s, struct framer *f)
{
	struct lines *l = &job->lines;

	if (!job->apart)
		return 0;
	if (job_keeps(job) && take_framer(job, s, f) == -1)
		return -1;
	if (l->records > 0 && (l->source != s->number || l->layout != f->layout ||
	    header_due(job, f)) && batch_feed(job) == -1)
		return -1;
	l->source = s->number;
	l->layout = f->layout;
	if (job->idle != NULL) {
		job->input[s->number].heard = sys.mono();
		job->input[s->number].idle = false;
	}
	return 0;
}

static int
take_header(struct job *job, struct source *s, struct framer *f)
{
	bool first = !job->bound;
	struct err err;

	if (header_take(job, s, f, &err) == 0)
		return 0;
	if (first)
		return job_fail(job, &err);
	/* What came before is still answered; what came with the header cannot be read. */
	job->batch.lines.records -= job->lines.records;
	job->batch.lines.bytes -= job->lines.len;
	lines_empty(&job->lines);
	input_fail(job, &err);
	return -1;
}

/* Finds room in the block, feeding it first if it is full. */
static char *
make_room(struct job *job, const struct framer *f, size_t *room)
{
	char *to = frame_room(f, &job->lines, room);

	if (*room > 0)
		return to;
	if (batch_feed(job) == -1 || job->source_failed)	/* memory is full */
		return NULL;
	return frame_room(f, &job->lines, room);
}

static char *
room(struct source *s, struct framer *f, size_t *size)
{
	struct job *job = job_of(s);
	char *to;

	if (job->failed || job->source_failed || batch_tick(job) == -1 ||
	    take_apart(job, s, f) == -1)
		return NULL;
	to = make_room(job, f, size);
	*size = bucket_bytes(&s->bucket, *size);
	return to;
}

static bool
took(struct source *s, struct framer *f, size_t n)
{
	struct job *job = job_of(s);
	uint64_t bad = job->batch.lines.bad, records = job->batch.lines.records;
	uint64_t bytes = job->batch.lines.bytes;

	s->offset += n;
	if (frame_take(f, &job->lines, job->scan, n, job->config->max_line,
	    &job->batch.lines) == -1)
		return out_of_memory(job) == 0;
	f->position += job->batch.lines.bytes - bytes;
	bucket_spend(&s->bucket, job->batch.lines.records - records, n);
	tell_bad(job, s, bad);
	return !header_due(job, f) || take_header(job, s, f) == 0;
}

static uint64_t
allowed(struct source *s, int64_t *wait)
{
	return s->bucket.rate == 0 ? UINT64_MAX : bucket_allowed(&s->bucket, sys.mono(), wait);
}

static enum receive
receive(struct source *s, struct framer *f, int fd)
{
	size_t size;
	ssize_t n;
	char *to = room(s, f, &size);

	if (to == NULL)
		return RECEIVE_STOP;
	n = sys.read(fd, to, size);
	if (n <= 0)
		return n == 0 ? RECEIVE_EOF : read_failed();
	return took(s, f, (size_t)n) ? RECEIVE_SOME : RECEIVE_STOP;
}

/* Lines that a source makes are of no connection; where formats have headers each piece has one. */
static bool
begin_whole(struct job *job)
{
	if (job->config->bound)
		return true;
	if (job->lines.records > 0 && batch_feed(job) == -1)
		return false;
	frame_close(&job->whole);
	job->whole = (struct framer){ 0 };
	return true;
}

static bool
take(struct source *s, const char *text, size_t len)
{
	struct framer *whole = &job_of(s)->whole;
	bool taken = begin_whole(job_of(s));

	while (len > 0 && taken) {
		struct job *job = job_of(s);
		size_t size;
		char *to;

		if (job->failed || job->source_failed || batch_tick(job) == -1 ||
		    take_apart(job, s, whole) == -1)
			return false;
		to = make_room(job, whole, &size);
		if (to == NULL)
			return false;
		if (size > len)
			size = len;
		memcpy(to, text, size);
		taken = took(s, whole, size);
		text += size;
		len -= size;
	}
	return taken;
}

static void
finish(struct source *s, struct framer *f, bool clean)
{
	struct job *job = job_of(s);
	uint64_t bad = job->batch.lines.bad, bytes = job->batch.lines.bytes;
	int rc;

	if (job->failed)
		return;
	if (take_apart(job, s, f) == -1)
		return;
	rc = clean ? frame_end(f, &job->lines, job->config->max_line, &job->batch.lines) :
	    frame_drop(f, &job->lines, &job->batch.lines);
	f->position += job->batch.lines.bytes - bytes;
	if (rc == -1) {
		out_of_memory(job);
	} else if (clean) {
		tell_bad(job, s, bad);
		if (header_due(job, f))
			(void)take_header(job, s, f);
	} else if (rc == 1) {
		job->told_bad = true;
		notice(s, "dropped an unfinished line");
	}
	if (job_keeps(job)) {
		(void)batch_feed(job);	/* what fails ends the loop */
		job->framer = NULL;
	}
}

static void
over(struct source *s)
{
	struct job *job = job_of(s);

	if (!s->done) {
		job->running--;
		job->input[s->number].running--;
	}
	s->done = true;
	s->ready = false;
}

static void
failed(struct source *s, const struct err *err)
{
	over(s);
	input_fail(job_of(s), err);
}

/* Tells of the first record that the format or a stage could not take. */
void
job_tell_bad(struct job *job, const char *why)
{
	char line[NOTICE_BYTES];

	job->told_bad = true;
	if (job->config->quiet)
		return;
	(void)snprintf(line, sizeof(line), "skipped a bad record: %s; more are only counted", why);
	job->config->print(line);
}

void
input_fail(struct job *job, const struct err *err)
{
	if (job->failed || job->source_failed)
		return;
	*job->err = *err;
	job->source_failed = true;
}

/* Without a resolv.conf names still come from the hosts file, and addresses need neither. */
static struct evdns_base *
resolver(struct source *s)
{
	struct job *job = job_of(s);

	if (job->dns != NULL)
		return job->dns;
	job->dns = evdns_base_new(job->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (job->dns != NULL && evdns_base_resolv_conf_parse(job->dns, DNS_OPTIONS_ALL,
	    "/etc/resolv.conf") != 0)
		(void)evdns_base_load_hosts(job->dns, "/etc/hosts");
	return job->dns;
}

void
input_host(struct job *job)
{
	job->host = (struct source_host){
		.base = job->base,
		.options = job->config->source_options,
		.receive = receive,
		.room = room,
		.took = took,
		.allowed = allowed,
		.take = take,
		.finish = finish,
		.ended = over,
		.failed = failed,
		.notice = notice,
		.resolver = resolver,
	};
}
