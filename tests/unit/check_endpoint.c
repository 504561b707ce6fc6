/*
 * Unit tests of src/source/endpoint.c: tables of good and bad HOST:PORT, where the caret goes,
 * round trips of addresses, and that no text at all makes the parser read or point outside it.
 */

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/endpoint.h"

Suite *endpoint_suite(void);

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define WORD 5

#define X63 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define NAME253 X63 "." X63 "." X63 "." \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

struct good {
	const char	*text;
	const char	*host;
	const char	*addresses;	/* in order, ' ' between them; "": a name to look up */
};

static const struct good remotes[] = {
	{ "localhost:9999", "localhost", "[::1]:9999 127.0.0.1:9999" },
	{ "LocalHost:1", "LocalHost", "[::1]:1 127.0.0.1:1" },
	{ "localhost.:1", "localhost.", "[::1]:1 127.0.0.1:1" },
	{ "a.localhost:1", "a.localhost", "[::1]:1 127.0.0.1:1" },
	{ "127.0.0.1:9999", "127.0.0.1", "127.0.0.1:9999" },
	{ "10.1.2.3:65535", "10.1.2.3", "10.1.2.3:65535" },
	{ "10.1.2.3:00080", "10.1.2.3", "10.1.2.3:80" },
	{ "[::1]:7000", "::1", "[::1]:7000" },
	{ "[2001:db8::1]:7000", "2001:db8::1", "[2001:db8::1]:7000" },
	{ "[::ffff:1.2.3.4]:7", "::ffff:1.2.3.4", "[::ffff:1.2.3.4]:7" },
	{ "[fe80::1%1]:7", "fe80::1%1", "[fe80::1]:7" },
	{ "shop.example:80", "shop.example", "" },
	{ "shop.example.:80", "shop.example.", "" },
	{ "notlocalhost:80", "notlocalhost", "" },
	{ "localhost.example:80", "localhost.example", "" },
	{ "a_b-c.d9:80", "a_b-c.d9", "" },
	{ "1.2.3.4a:80", "1.2.3.4a", "" },
	{ "db:5432", "db", "" },
	{ X63 ":1", X63, "" },
	{ NAME253 ":1", NAME253, "" },
};

static const struct good locals[] = {
	{ "7000", "", "127.0.0.1:7000 [::1]:7000" },
	{ ":7000", "", "127.0.0.1:7000 [::1]:7000" },
	{ "0", "", "127.0.0.1:0 [::1]:0" },
	{ ":0", "", "127.0.0.1:0 [::1]:0" },
	{ "localhost:7000", "localhost", "127.0.0.1:7000 [::1]:7000" },
	{ "*:7000", "*", "0.0.0.0:7000 [::]:7000" },
	{ "0.0.0.0:7000", "0.0.0.0", "0.0.0.0:7000" },
	{ "[::]:7000", "::", "[::]:7000" },
	{ "[::1]:0", "::1", "[::1]:0" },
	{ "192.0.2.1:65535", "192.0.2.1", "192.0.2.1:65535" },
};

struct bad {
	const char	*text;
	size_t		 column, length;	/* of the caret, behind the prefix's "x://" */
	const char	*message;		/* a part of it */
};

#define ALL ((size_t)-4)			/* the caret starts with the prefix */

static const struct bad bad_remotes[] = {
	{ "", ALL, 4, "x://: no host and port, write x://HOST:PORT" },
	{ "localhost", ALL, 13, "x://localhost: no port, write x://localhost:PORT" },
	{ "localhost:", ALL, 14, "no port, write x://localhost:PORT" },
	{ "[::1]", ALL, 9, "no port, write x://[::1]:PORT" },
	{ "[::1]:", ALL, 10, "no port, write x://[::1]:PORT" },
	{ ":9999", ALL, 9, "no host, write x://HOST:9999" },
	{ ":", ALL, 5, "no port" },
	{ "9999", ALL, 8, "no port, write x://9999:PORT" },
	{ "h:0", 2, 0, "1 to 65535" },
	{ "h:65536", 2, 0, "port 65536 is too large" },
	{ "h:99999999999999999999", 2, 0, "is too large" },
	{ "h:-1", 2, 0, "port '-1' is negative" },
	{ "h:http", 2, 0, "port 'http' is not a number" },
	{ "h:80/", 2, 0, "port '80/' is not a number" },
	{ "h: 80", 2, 0, "is not a number" },
	{ "::1:80", 0, 0, "x://[ADDRESS]:PORT" },
	{ "::1", 0, 0, "x://[ADDRESS]:PORT" },
	{ "[::1", 0, 0, "'[' without ']'" },
	{ "[", 0, 0, "'[' without ']'" },
	{ "[::1]80", 5, 0, "no ':' behind ']'" },
	{ "[]:80", 1, 0, "'' is not an IPv6 address" },
	{ "[localhost]:80", 1, 9, "'localhost' is not an IPv6 address" },
	{ "[127.0.0.1]:80", 1, 9, "'127.0.0.1' is not an IPv6 address" },
	{ "[fe80::1%nosuchinterface]:80", 1, 23, "no network interface 'nosuchinterface'" },
	{ "[fe80::1%0]:80", 1, 9, "no network interface '0'" },
	{ "256.0.0.1:80", 0, 9, "'256.0.0.1' is not an IPv4 address" },
	{ "127.1:80", 0, 5, "is not an IPv4 address" },
	{ "1.2.3.4.5:80", 0, 9, "is not an IPv4 address" },
	{ "a b:80", 1, 1, "' ' cannot be part of a host name" },
	{ "user@host:80", 4, 1, "'@' cannot be part of a host name" },
	{ "host/path:80", 4, 1, "'/' cannot be part of a host name" },
	{ "*:80", 0, 1, "'*' cannot be part of a host name" },
	{ "b\xc3\xbc" "cher.example:80", 0, 15, "xn--" },
	{ "a..b:80", 0, 4, "empty part" },
	{ ".:80", 0, 1, "empty part" },
	{ ".a:80", 0, 2, "empty part" },
	{ X63 "x:80", 0, 64, "longer than 63 bytes" },
	{ NAME253 "x:80", 0, 254, "longer than 253 bytes" },
};

static const struct bad bad_locals[] = {
	{ "", ALL, 4, "x://: no port, write x://PORT or x://HOST:PORT" },
	{ ":", ALL, 5, "no port" },
	{ "*", ALL, 5, "no port, write x://*:PORT" },
	{ "127.0.0.1", ALL, 13, "no port, write x://127.0.0.1:PORT" },
	{ "-1", 0, 0, "port '-1' is negative" },
	{ ":-1", 1, 0, "port '-1' is negative" },
	{ "+1", 0, 0, "is not a number" },
	{ "65536", 0, 0, "is too large" },
	{ ":http", 1, 0, "is not a number" },
	{ "shop.example:80", 0, 12, "'shop.example' must be an address of this machine" },
	{ "300.1.1.1:80", 0, 9, "is not an IPv4 address" },
	{ "[*]:80", 1, 1, "is not an IPv6 address" },
	{ "::1:80", 0, 0, "in brackets" },
};

/* The addresses of an endpoint as the tables write them. */
static void
print_addresses(const struct endpoint *e, char *out, size_t size)
{
	char text[ADDRESS_TEXT];
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < e->addresses; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? " " : "",
		    address_format(&e->address[i], text));
}

static void
check_good(const struct good *g, int rc, const struct endpoint *e, const struct err *err)
{
	char text[2 * ADDRESS_TEXT];

	ck_assert_msg(rc == 0, "%s: %s", g->text, err->message);
	ck_assert_str_eq(e->host, g->host);
	print_addresses(e, text, sizeof(text));
	ck_assert_str_eq(text, g->addresses);
	ck_assert_int_eq(e->kind, text[0] == '\0' ? ENDPOINT_NAME : ENDPOINT_ADDRESSES);
}

static void
check_bad(const struct bad *b, int rc, const struct err *err)
{
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(err->code, ERR_USAGE);
	ck_assert_int_eq(err->word, WORD);
	ck_assert_msg(strstr(err->message, b->message) != NULL, "%s: %s", b->text, err->message);
	ck_assert_msg(err->column == b->column + 4 && err->length == b->length,
	    "%s: caret at %zu, %zu", b->text, err->column, err->length);
}

START_TEST(remote_good)
{
	struct err err = { .message = "" };
	struct endpoint e;
	int rc = endpoint_parse_remote(&e, "x://", remotes[_i].text, WORD, &err);

	check_good(&remotes[_i], rc, &e, &err);
}
END_TEST

START_TEST(local_good)
{
	struct err err = { .message = "" };
	struct endpoint e;
	int rc = endpoint_parse_local(&e, "x://", locals[_i].text, WORD, &err);

	check_good(&locals[_i], rc, &e, &err);
}
END_TEST

START_TEST(remote_bad)
{
	struct err err = { .message = "" };
	struct endpoint e;

	check_bad(&bad_remotes[_i],
	    endpoint_parse_remote(&e, "x://", bad_remotes[_i].text, WORD, &err), &err);
}
END_TEST

START_TEST(local_bad)
{
	struct err err = { .message = "" };
	struct endpoint e;

	check_bad(&bad_locals[_i],
	    endpoint_parse_local(&e, "x://", bad_locals[_i].text, WORD, &err), &err);
}
END_TEST

START_TEST(port_of_a_name)
{
	struct endpoint e;
	struct err err;

	ck_assert_int_eq(endpoint_parse_remote(&e, "x://", "shop.example:4711", WORD, &err), 0);
	ck_assert_uint_eq(e.port, 4711);
	ck_assert_uint_eq(e.addresses, 0);
}
END_TEST

START_TEST(interface_number_is_kept)
{
	struct endpoint e;
	struct err err;

	ck_assert_int_eq(endpoint_parse_remote(&e, "x://", "[fe80::1%7]:1", WORD, &err), 0);
	ck_assert_uint_eq(e.address[0].in6.sin6_scope_id, 7);
}
END_TEST

START_TEST(invalid_names)
{
	ck_assert(endpoint_is_invalid("nosuch.invalid"));
	ck_assert(endpoint_is_invalid("nosuch.INVALID."));
	ck_assert(endpoint_is_invalid("invalid"));
	ck_assert(!endpoint_is_invalid("notinvalid"));
	ck_assert(!endpoint_is_invalid("invalid.example"));
	ck_assert(!endpoint_is_invalid(""));
}
END_TEST

START_TEST(ports_round_trip)
{
	struct endpoint e;
	struct err err;

	ck_assert_int_eq(endpoint_parse_remote(&e, "x://", "localhost:1", WORD, &err), 0);
	for (unsigned port = 0; port <= UINT16_MAX; port++) {
		for (int i = 0; i < 2; i++) {
			address_set_port(&e.address[i], (uint16_t)port);
			ck_assert_uint_eq(address_port(&e.address[i]), port);
		}
	}
}
END_TEST

/* Texts of the bytes that mean something: whatever comes of them, it stays in bounds. */
START_TEST(random_texts)
{
	static const char bytes[] = "[]:%.*-+019afhost \t\x80\xff/@";

	srandom(1);
	for (int round = 0; round < 200000; round++) {
		size_t len = (size_t)random() % 24;
		char *text = malloc(len + 1);		/* so that a sanitizer sees its end */
		struct err err;
		struct endpoint e;
		int rc;

		for (size_t i = 0; i < len; i++)
			text[i] = bytes[(size_t)random() % (sizeof(bytes) - 1)];
		text[len] = '\0';
		rc = round % 2 == 0 ? endpoint_parse_remote(&e, "x://", text, WORD, &err) :
		    endpoint_parse_local(&e, "x://", text, WORD, &err);
		if (rc == 0)
			ck_assert_uint_le(e.addresses, 2);
		else
			ck_assert_uint_le(err.column + err.length, len + 4);
		free(text);
	}
}
END_TEST

Suite *
endpoint_suite(void)
{
	Suite *suite = suite_create("endpoint");
	TCase *parse = tcase_create("parse"), *address = tcase_create("address");

	tcase_add_loop_test(parse, remote_good, 0, COUNT(remotes));
	tcase_add_loop_test(parse, local_good, 0, COUNT(locals));
	tcase_add_loop_test(parse, remote_bad, 0, COUNT(bad_remotes));
	tcase_add_loop_test(parse, local_bad, 0, COUNT(bad_locals));
	tcase_add_test(parse, port_of_a_name);
	tcase_add_test(parse, interface_number_is_kept);
	tcase_add_test(parse, invalid_names);
	tcase_add_test(parse, random_texts);
	tcase_set_timeout(parse, 30);
	suite_add_tcase(suite, parse);
	tcase_add_test(address, ports_round_trip);
	suite_add_tcase(suite, address);
	return suite;
}
