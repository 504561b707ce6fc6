/* HOST:PORT, see endpoint.h. */
#include "source/endpoint.h"

#include "base/num.h"
#include "engine/sys.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LABEL_MAX 63			/* bytes between two dots of a name (RFC 1035) */

struct parse {
	struct endpoint	*to;
	const char	*prefix, *text;
	int		 word;
	struct err	*err;
	const char	*host;		/* within text */
	size_t		 host_len;
	bool		 bracketed;
	const char	*port;		/* within text, to its end; NULL: none */
};

/* The LEN bytes at AT are wrong; returns -1. */
static int __attribute__((format(printf, 4, 5)))
fault(const struct parse *p, const char *at, size_t len, const char *format, ...)
{
	char why[ENDPOINT_HOST + 160];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	(void)err_word(p->err, p->word, "%s%s: %s", p->prefix, p->text, why);
	p->err->column = strlen(p->prefix) + (size_t)(at - p->text);
	p->err->length = len;
	return -1;
}

/* The same about the whole of what was written. */
#define FAULT_ALL(p, ...) \
	fault(p, (p)->text - strlen((p)->prefix), strlen((p)->prefix) + strlen((p)->text), \
	    __VA_ARGS__)

static int
split_brackets(struct parse *p)
{
	const char *close = strchr(p->text, ']');

	if (close == NULL)
		return fault(p, p->text, 0, "'[' without ']'");
	p->bracketed = true;
	p->host = p->text + 1;
	p->host_len = (size_t)(close - p->host);
	if (close[1] != '\0' && close[1] != ':')
		return fault(p, close + 1, 0, "no ':' behind ']', write %s[ADDRESS]:PORT",
		    p->prefix);
	p->port = close[1] == ':' ? close + 2 : NULL;
	return 0;
}

/* Finds host and port in the text; without a colon it is all host. */
static int
split(struct parse *p)
{
	const char *colon = strchr(p->text, ':');

	if (p->text[0] == '[')
		return split_brackets(p);
	if (colon != NULL && strchr(colon + 1, ':') != NULL)
		return fault(p, p->text, 0,
		    "more than one colon; an IPv6 address stands in brackets, %s[ADDRESS]:PORT",
		    p->prefix);
	p->host = p->text;
	p->host_len = colon != NULL ? (size_t)(colon - p->text) : strlen(p->text);
	p->port = colon != NULL ? colon + 1 : NULL;
	return 0;
}

static int
read_port(struct parse *p, uint64_t least)
{
	enum num_status status;
	uint64_t port;

	if (p->port == NULL || p->port[0] == '\0')
		return FAULT_ALL(p, "no port, write %s%s%.*s%s:PORT", p->prefix,
		    p->bracketed ? "[" : "", (int)p->host_len, p->host, p->bracketed ? "]" : "");
	status = num_parse_u64(p->port, &port);
	if (status == NUM_OVERFLOW || (status == NUM_OK && port > UINT16_MAX))
		return fault(p, p->port, 0, "port %s is too large; the last one is 65535", p->port);
	if (status != NUM_OK)
		return fault(p, p->port, 0, "port '%s' %s", p->port, num_status_text(status));
	if (port < least)
		return fault(p, p->port, 0, "port 0 is nobody's; it must be 1 to 65535");
	p->to->port = (uint16_t)port;
	return 0;
}

static void
add_ipv4(struct endpoint *e, struct in_addr ip)
{
	e->kind = ENDPOINT_ADDRESSES;
	e->address[e->addresses++] = (struct address){
		.length = sizeof(struct sockaddr_in),
		.in = { .sin_family = AF_INET, .sin_port = htons(e->port), .sin_addr = ip },
	};
}

static void
add_ipv6(struct endpoint *e, struct in6_addr ip, uint32_t scope)
{
	e->kind = ENDPOINT_ADDRESSES;
	e->address[e->addresses++] = (struct address){
		.length = sizeof(struct sockaddr_in6),
		.in6 = {
			.sin6_family = AF_INET6, .sin6_port = htons(e->port), .sin6_addr = ip,
			.sin6_scope_id = scope,
		},
	};
}

/* An interface by number or name; 0: there is none. */
static uint32_t
find_interface(const char *name)
{
	uint64_t number;

	if (num_parse_u64(name, &number) == NUM_OK)
		return number <= UINT32_MAX ? (uint32_t)number : 0;
	return if_nametoindex(name);
}

static int
read_ipv6(struct parse *p)
{
	char *percent = strchr(p->to->host, '%');
	struct in6_addr ip;
	uint32_t scope = 0;
	int valid;

	if (percent != NULL) {
		scope = find_interface(percent + 1);
		if (scope == 0)
			return fault(p, p->host, p->host_len, "no network interface '%s'",
			    percent + 1);
		*percent = '\0';
	}
	valid = inet_pton(AF_INET6, p->to->host, &ip);
	if (percent != NULL)
		*percent = '%';
	if (valid != 1)
		return fault(p, p->host, p->host_len, "'%s' is not an IPv6 address", p->to->host);
	add_ipv6(p->to, ip, scope);
	return 0;
}

/* True if only digits stand behind the last dot: no name looks like that (RFC 1123, 2.1). */
static bool
looks_ipv4(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *last = dot != NULL ? dot + 1 : host;

	return last[0] != '\0' && last[strspn(last, "0123456789")] == '\0';
}

static int
read_ipv4(struct parse *p)
{
	struct in_addr ip;

	if (inet_pton(AF_INET, p->to->host, &ip) != 1)
		return fault(p, p->host, p->host_len, "'%s' is not an IPv4 address", p->to->host);
	add_ipv4(p->to, ip);
	return 0;
}

/* Refuses names that no name server could know. */
static int
check_name(const struct parse *p)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	const char *host = p->to->host;
	size_t good = strspn(host, allowed);

	if ((unsigned char)host[good] >= 0x80)
		return fault(p, p->host, p->host_len,
		    "a host name is ASCII; write this one in its xn-- form");
	if (host[good] != '\0')
		return fault(p, p->host + good, 1, "'%c' cannot be part of a host name",
		    host[good]);
	for (size_t len; *host != '\0'; host += len + (host[len] == '.')) {
		len = strcspn(host, ".");
		if (len == 0)
			return fault(p, p->host, p->host_len, "a host name with an empty part");
		if (len > LABEL_MAX)
			return fault(p, p->host, p->host_len,
			    "a part of a host name is longer than %d bytes", LABEL_MAX);
	}
	return 0;
}

/* True if NAME is TOP or ends in .TOP; a dot behind it changes nothing. */
static bool
is_below(const char *name, const char *top)
{
	size_t len = strlen(name), top_len = strlen(top);

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len < top_len || strncasecmp(name + len - top_len, top, top_len) != 0)
		return false;
	return len == top_len || name[len - top_len - 1] == '.';
}

bool
endpoint_is_invalid(const char *name)
{
	return is_below(name, "invalid");
}

static int
copy_host(const struct parse *p)
{
	if (p->host_len >= ENDPOINT_HOST)
		return fault(p, p->host, p->host_len, "the host name is longer than %d bytes",
		    ENDPOINT_HOST - 1);
	memcpy(p->to->host, p->host, p->host_len);
	p->to->host[p->host_len] = '\0';
	return 0;
}

int
endpoint_parse_remote(struct endpoint *e, const char *prefix, const char *text, int word,
    struct err *err)
{
	struct parse p = { .to = e, .prefix = prefix, .text = text, .word = word, .err = err };

	*e = (struct endpoint){ .kind = ENDPOINT_NAME };
	if (text[0] == '\0')
		return FAULT_ALL(&p, "no host and port, write %sHOST:PORT", prefix);
	if (split(&p) == -1 || read_port(&p, 1) == -1 || copy_host(&p) == -1)
		return -1;
	if (p.bracketed)
		return read_ipv6(&p);
	if (p.host_len == 0)
		return FAULT_ALL(&p, "no host, write %sHOST:%s", prefix, p.port);
	if (looks_ipv4(e->host))
		return read_ipv4(&p);
	if (check_name(&p) == -1)
		return -1;
	if (is_below(e->host, "localhost")) {
		add_ipv6(e, in6addr_loopback, 0);
		add_ipv4(e, (struct in_addr){ htonl(INADDR_LOOPBACK) });
	}
	return 0;
}

/* Without a colon it is the port, unless it cannot be meant as a number. */
static int
split_local(struct parse *p)
{
	if (p->text[0] == '\0')
		return FAULT_ALL(p, "no port, write %sPORT or %sHOST:PORT", p->prefix, p->prefix);
	if (p->text[strspn(p->text, "+-0123456789")] != '\0')
		return split(p);
	p->host = p->port = p->text;
	return 0;
}

int
endpoint_parse_local(struct endpoint *e, const char *prefix, const char *text, int word,
    struct err *err)
{
	struct parse p = { .to = e, .prefix = prefix, .text = text, .word = word, .err = err };

	*e = (struct endpoint){ .kind = ENDPOINT_ADDRESSES };
	if (split_local(&p) == -1 || read_port(&p, 0) == -1 || copy_host(&p) == -1)
		return -1;
	if (p.bracketed)
		return read_ipv6(&p);
	if (p.host_len == 0 || strcasecmp(e->host, "localhost") == 0) {
		add_ipv4(e, (struct in_addr){ htonl(INADDR_LOOPBACK) });
		add_ipv6(e, in6addr_loopback, 0);
		return 0;
	}
	if (strcmp(e->host, "*") == 0) {
		add_ipv4(e, (struct in_addr){ htonl(INADDR_ANY) });
		add_ipv6(e, in6addr_any, 0);
		return 0;
	}
	if (!looks_ipv4(e->host))
		return fault(&p, p.host, p.host_len,
		    "'%s' must be an address of this machine, localhost or * for all", e->host);
	return read_ipv4(&p);
}

uint16_t
address_port(const struct address *a)
{
	return ntohs(a->any.sa_family == AF_INET6 ? a->in6.sin6_port : a->in.sin_port);
}

void
address_set_port(struct address *a, uint16_t port)
{
	if (a->any.sa_family == AF_INET6)
		a->in6.sin6_port = htons(port);
	else
		a->in.sin_port = htons(port);
}

/* Equal in address and port; or in port, if any address of this machine was asked for. */
static bool
is_same(const struct address *a, const struct address *asked)
{
	if (a->any.sa_family != asked->any.sa_family || address_port(a) != address_port(asked))
		return false;
	if (a->any.sa_family == AF_INET)
		return asked->in.sin_addr.s_addr == htonl(INADDR_ANY) ||
		    a->in.sin_addr.s_addr == asked->in.sin_addr.s_addr;
	return IN6_IS_ADDR_UNSPECIFIED(&asked->in6.sin6_addr) ||
	    memcmp(&a->in6.sin6_addr, &asked->in6.sin6_addr, sizeof(a->in6.sin6_addr)) == 0;
}

bool
address_is_own(int fd, const struct sockaddr *to)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct address here = { 0 }, asked = { 0 };
	socklen_t size = sizeof(here.in6);

	if (to->sa_family != AF_INET && to->sa_family != AF_INET6)
		return false;
	memcpy(&asked.any, to, to->sa_family == AF_INET ? sizeof(asked.in) : sizeof(asked.in6));
	if (sys.getsockname(fd, &here.any, &size) == -1 || !is_same(&here, &asked))
		return false;
	(void)sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	return true;
}

const char *
address_format(const struct address *a, char out[ADDRESS_TEXT])
{
	bool six = a->any.sa_family == AF_INET6;
	const void *ip = six ? (const void *)&a->in6.sin6_addr : (const void *)&a->in.sin_addr;
	char text[INET6_ADDRSTRLEN] = "?";

	(void)inet_ntop(a->any.sa_family, ip, text, sizeof(text));
	(void)snprintf(out, ADDRESS_TEXT, six ? "[%s]:%u" : "%s:%u", text,
	    (unsigned)address_port(a));
	return out;
}
