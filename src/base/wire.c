/* Numbers as bytes, see wire.h. */
#include "base/wire.h"

#include <math.h>
#include <string.h>

int
wire_put(struct buf *out, uint64_t v)
{
	unsigned char bytes[10];
	size_t n = 0;

	for (; v > 127; v >>= 7)
		bytes[n++] = (unsigned char)(v | 128);
	bytes[n++] = (unsigned char)v;
	return buf_add(out, bytes, n);
}

int
wire_put_word(struct buf *out, uint64_t v)
{
	unsigned char bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(v >> (8 * i));
	return buf_add(out, bytes, sizeof(bytes));
}

int
wire_put_double(struct buf *out, double v)
{
	uint64_t word;

	memcpy(&word, &v, sizeof(word));
	return wire_put_word(out, word);
}

int
wire_put_bytes(struct buf *out, const char *bytes, size_t len)
{
	if (wire_put(out, len) == -1)
		return -1;
	return len == 0 ? 0 : buf_add(out, bytes, len);
}

static uint64_t
damaged(struct wire *in)
{
	in->damaged = true;
	in->at = in->end;
	return 0;
}

uint64_t
wire_get(struct wire *in)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
		unsigned char byte = (unsigned char)*in->at++;

		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 127) << shift;
		if (byte < 128)
			return v;
	}
	return damaged(in);
}

uint64_t
wire_get_word(struct wire *in)
{
	uint64_t v = 0;

	if (in->end - in->at < 8)
		return damaged(in);
	for (unsigned i = 8; i-- > 0;)
		v = v << 8 | (unsigned char)in->at[i];
	in->at += 8;
	return v;
}

double
wire_get_double(struct wire *in)
{
	uint64_t word = wire_get_word(in);
	double v;

	memcpy(&v, &word, sizeof(v));
	return isfinite(v) ? v : (double)damaged(in);
}

const char *
wire_get_bytes(struct wire *in, size_t *len)
{
	uint64_t n = wire_get(in);
	const char *bytes = in->at;

	*len = 0;
	if (n > (uint64_t)(in->end - in->at)) {
		damaged(in);
		return "";
	}
	*len = (size_t)n;
	in->at += n;
	return bytes;
}
