/* The command line: words in, a job run, messages and an exit status out. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* Runs streamctl with these words and returns its exit status; ARGV[ARGC] is NULL. */
int cli_main(int argc, char **argv);

#endif
