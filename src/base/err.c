/* Errors as values, see err.h. */
#include "base/err.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void __attribute__((format(printf, 4, 0)))
format_message(struct err *e, enum err_code code, int word, const char *format, va_list ap)
{
	*e = (struct err){ .code = code, .word = word };
	(void)vsnprintf(e->message, sizeof(e->message), format, ap);
}

int
err_set(struct err *e, enum err_code code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	format_message(e, code, ERR_NO_WORD, format, ap);
	va_end(ap);
	return -1;
}

int
err_word(struct err *e, int word, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	format_message(e, ERR_USAGE, word, format, ap);
	va_end(ap);
	return -1;
}

int
err_memory(struct err *e, const char *what)
{
	return err_set(e, ERR_RUN, mem_bound_met() ?
	    "out of memory %s: --max-memory allows no more" : "out of memory %s", what);
}

int
err_system(struct err *e, const char *subject, const char *action, int number)
{
	return err_set(e, ERR_RUN, "%s: %s: %s", subject, action, strerror(number));
}

void
err_add(struct err *e, const char *format, ...)
{
	size_t used = strlen(e->message);
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(e->message + used, sizeof(e->message) - used, format, ap);
	va_end(ap);
}

void
err_prefix(struct err *e, const char *subject)
{
	char message[sizeof(e->message)];

	memcpy(message, e->message, sizeof(message));
	(void)snprintf(e->message, sizeof(e->message), "%s: ", subject);
	err_add(e, "%s", message);
}
