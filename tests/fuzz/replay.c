/*
 * Runs the target it is linked with over files and the files of folders: the corpus in an ordinary
 * build.  Prints the name of each before it runs, so that the last one is the culprit, when -v is
 * given; the last line is how many were run.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool verbose;
static unsigned long runs;

static void
fail(const char *path)
{
	(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(2);
}

/* The bytes lie in memory of exactly their size, so that a sanitizer sees a read behind them. */
static void
run(const char *path, FILE *file, size_t size)
{
	uint8_t *data = malloc(size);

	if ((data == NULL && size > 0) || fread(data, 1, size, file) != size)
		fail(path);
	if (verbose) {
		printf("%s\n", path);
		(void)fflush(stdout);
	}
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	runs++;
}

static void replay(const char *path);

static void
replay_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	char name[4096];

	if (folder == NULL)
		fail(path);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		replay(name);
	}
	(void)closedir(folder);
}

static void
replay(const char *path)
{
	struct stat st;
	FILE *file;

	if (stat(path, &st) == -1)
		fail(path);
	if (S_ISDIR(st.st_mode)) {
		replay_folder(path);
		return;
	}
	file = fopen(path, "rb");
	if (file == NULL)
		fail(path);
	run(path, file, (size_t)st.st_size);
	(void)fclose(file);
}

/* A failed check aborts, for libFuzzer; here an exit status says it without a word by the shell. */
static void
aborted(int number)
{
	_exit(128 + number);
}

int
main(int argc, char **argv)
{
	(void)signal(SIGABRT, aborted);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0)
			verbose = true;
		else
			replay(argv[i]);
	}
	printf("%lu inputs\n", runs);
	return 0;
}
