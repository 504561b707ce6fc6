/* Errors for people, see message.h. */
#include "cli/message.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_WIDTH 100		/* words before the one in question are left out beyond it */
#define WORD_MAX 200		/* bytes of a word that are shown */

/* What would break the line or drive the terminal is shown as '?'. */
static void
print_text(const char *text, size_t len)
{
	for (; len > 0; len--, text++)
		(void)fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, stderr);
}

void
message_line(const char *line)
{
	(void)fputs("streamctl: ", stderr);
	print_text(line, strlen(line));
	(void)fputc('\n', stderr);
}

/* True if a shell would need quotes around the word. */
static bool
quoted(const char *word)
{
	return word[0] == '\0' || strpbrk(word, " \t\n\"'\\$`*?[]{}()<>|&;#!~") != NULL;
}

/* Bytes of a word that are shown: a very long one is cut. */
static size_t
shown(const char *word)
{
	return strnlen(word, WORD_MAX);
}

static size_t
word_columns(const char *word)
{
	return utf8_columns(word, shown(word)) + (quoted(word) ? 2 : 0);
}

/* A word as it would be typed. */
static void
print_word(const char *word)
{
	const char *quote = quoted(word) ? "'" : "";

	(void)fputs(quote, stderr);
	print_text(word, shown(word));
	(void)fputs(quote, stderr);
}

/* The first word to be shown, so that the one in question is still on the line. */
static int
first_word(int word, char *const *argv)
{
	size_t width = 0;
	int first = word;

	while (first > 1 && width + word_columns(argv[first - 1]) + 1 < LINE_WIDTH / 2)
		width += word_columns(argv[--first]) + 1;
	return first;
}

/* Prints words from FIRST on; returns the column at which WORD begins. */
static size_t
print_words(int first, int word, int argc, char *const *argv)
{
	size_t at = 2, start = 0;

	(void)fputs("  ", stderr);
	if (first > 1)
		at += (size_t)fprintf(stderr, "... ");
	for (int i = first; i < argc && (i <= word || at < LINE_WIDTH); i++) {
		if (i > first)
			at += (size_t)fprintf(stderr, " ");
		if (i == word)
			start = at;
		print_word(argv[i]);
		at += word_columns(argv[i]);
	}
	(void)fputc('\n', stderr);
	return start;
}

static void
print_caret(const struct err *e, const char *word, size_t start)
{
	size_t len = shown(word);
	size_t column = e->column < len ? e->column : len;
	size_t length = e->length > 0 && column + e->length <= len ? e->length : len - column;

	start += utf8_columns(word, column) + (quoted(word) ? 1 : 0);
	length = utf8_columns(word + column, length);
	(void)fprintf(stderr, "%*s^", (int)start, "");
	while (length-- > 1)
		(void)fputc('~', stderr);
	(void)fputc('\n', stderr);
}

void
message_error(const struct err *e, int argc, char *const *argv)
{
	message_line(e->message);
	if (e->word != ERR_NO_WORD && e->word < argc) {
		size_t start = print_words(first_word(e->word, argv), e->word, argc, argv);

		print_caret(e, argv[e->word], start);
	}
}
