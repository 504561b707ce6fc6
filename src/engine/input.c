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

/* Finds room in the block, feeding it first if it is full. */
static char *
make_room(struct job *job, const struct framer *f, size_t *room)
{
	char *to = frame_room(f, &job->lines, room);

	if (*room > 0)
		return to;
	if (batch_feed(job) == -1)
		return NULL;
	return frame_room(f, &job->lines, room);
}

static enum receive
receive(struct source *s, struct framer *f, int fd)
{
	struct job *job = job_of(s);
	uint64_t bad;
	size_t room;
	ssize_t n;
	char *to;

	if (job->failed || batch_tick(job) == -1)
		return RECEIVE_STOP;
	to = make_room(job, f, &room);
	if (to == NULL)
		return RECEIVE_STOP;
	n = sys.read(fd, to, room);
	if (n <= 0)
		return n == 0 ? RECEIVE_EOF : read_failed();
	bad = job->batch.lines.bad;
	if (frame_take(f, &job->lines, job->scan, (size_t)n, job->config->max_line,
	    &job->batch.lines) == -1) {
		out_of_memory(job);
		return RECEIVE_STOP;
	}
	tell_bad(job, s, bad);
	return RECEIVE_SOME;
}

static bool
take(struct source *s, const char *text, size_t len)
{
	struct job *job = job_of(s);
	struct framer whole = { .skipping = false };

	while (len > 0) {
		size_t room;
		char *to;

		if (job->failed || batch_tick(job) == -1)
			return false;
		to = make_room(job, &whole, &room);
		if (to == NULL)
			return false;
		if (room > len)
			room = len;
		memcpy(to, text, room);
		if (frame_take(&whole, &job->lines, job->scan, room, job->config->max_line,
		    &job->batch.lines) == -1) {
			frame_close(&whole);
			return out_of_memory(job) == 0;
		}
		text += room;
		len -= room;
	}
	frame_close(&whole);
	return true;
}

static void
finish(struct source *s, struct framer *f, bool clean)
{
	struct job *job = job_of(s);
	uint64_t bad = job->batch.lines.bad;
	int rc;

	if (job->failed)
		return;
	rc = clean ? frame_end(f, &job->lines, job->config->max_line, &job->batch.lines) :
	    frame_drop(f, &job->lines, &job->batch.lines);
	if (rc == -1) {
		out_of_memory(job);
	} else if (clean) {
		tell_bad(job, s, bad);
	} else if (rc == 1) {
		job->told_bad = true;
		notice(s, "dropped an unfinished line");
	}
}

static void
over(struct source *s)
{
	if (!s->done)
		job_of(s)->running--;
	s->done = true;
	s->ready = false;
}

static void
failed(struct source *s, const struct err *err)
{
	over(s);
	input_fail(job_of(s), err);
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
		.take = take,
		.finish = finish,
		.ended = over,
		.failed = failed,
		.notice = notice,
		.resolver = resolver,
	};
}
