/* Looking up names, see resolve.h. */
#include "source/resolve.h"

#include "base/mem.h"

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <string.h>

struct lookup {
	struct event				*wake;		/* NULL: nobody waits any more */
	struct evdns_getaddrinfo_request	*request;	/* NULL: evdns has let go */
	bool					 answered;
	int					 result;	/* EVUTIL_EAI_* */
	struct evutil_addrinfo			*answer;
};

static void
lookup_free(struct lookup *l)
{
	if (l->answer != NULL)
		evutil_freeaddrinfo(l->answer);
	mem_free(l);
}

/* The last that evdns does with a lookup; may come before evdns_getaddrinfo has returned. */
static void
answer_cb(int result, struct evutil_addrinfo *answer, void *arg)
{
	struct lookup *l = arg;

	l->request = NULL;
	l->answered = true;
	l->result = result;
	l->answer = answer;
	if (l->wake != NULL)
		event_active(l->wake, EV_READ, 0);	/* EV_TIMEOUT would be lost in event_add */
	else
		lookup_free(l);
}

struct lookup *
lookup_start(struct source *source, const char *name, struct event *wake)
{
	const struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP,
	};
	struct evdns_getaddrinfo_request *request;
	struct evdns_base *dns;
	struct lookup *l;

	dns = source->host->resolver(source);
	l = dns != NULL ? mem_zalloc(sizeof(*l)) : NULL;
	if (l == NULL)
		return NULL;
	l->wake = wake;
	if (endpoint_is_invalid(name)) {
		answer_cb(EVUTIL_EAI_NONAME, NULL, l);
		return l;
	}
	request = evdns_getaddrinfo(dns, name, NULL, &hints, answer_cb, l);
	if (!l->answered)
		l->request = request;
	return l;
}

/* Copies the addresses of an answer; the number of them, or 0 when memory is short. */
static size_t
copy_answer(const struct evutil_addrinfo *answer, uint16_t port, struct address **found)
{
	const struct evutil_addrinfo *a;
	struct address *list;
	size_t n = 0;

	for (a = answer; a != NULL; a = a->ai_next)
		n++;
	list = mem_zalloc(n * sizeof(*list));
	if (list == NULL)
		return 0;
	n = 0;
	for (a = answer; a != NULL; a = a->ai_next) {
		if (a->ai_addrlen > sizeof(list->in6))
			continue;
		list[n].length = a->ai_addrlen;
		memcpy(&list[n].any, a->ai_addr, a->ai_addrlen);
		address_set_port(&list[n++], port);
	}
	*found = list;
	return n;
}

static enum lookup_status
result_status(const struct lookup *l)
{
	if (!l->answered)
		return LOOKUP_PENDING;
	if (l->result == 0)
		return l->answer != NULL ? LOOKUP_FOUND : LOOKUP_NO_NAME;
	if (l->result == EVUTIL_EAI_NONAME || l->result == EVUTIL_EAI_NODATA)
		return LOOKUP_NO_NAME;
	return l->result == EVUTIL_EAI_MEMORY ? LOOKUP_NO_MEMORY : LOOKUP_FAILED;
}

enum lookup_status
lookup_take(struct lookup *l, uint16_t port, struct address **found, size_t *count)
{
	enum lookup_status status = result_status(l);

	if (status == LOOKUP_FOUND) {
		size_t n = copy_answer(l->answer, port, found);

		if (n > 0)
			*count = n;
		else
			status = LOOKUP_NO_MEMORY;
	}
	lookup_drop(l);
	return status;
}

void
lookup_drop(struct lookup *l)
{
	if (l == NULL)
		return;
	l->wake = NULL;
	if (l->request != NULL)
		evdns_getaddrinfo_cancel(l->request);
	else
		lookup_free(l);
}
