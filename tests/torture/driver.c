/*
 * streamctl with another main: the same program, in which one chosen allocation or system call goes
 * wrong.  scripts/torture runs it over and over; by hand it is run like streamctl, with
 *
 *   TORTURE_FAULT   what goes wrong, several with commas between them:
 *                     alloc:7         the 7th allocation fails
 *                     alloc:7+        and all that follow
 *                     read:3:EIO      the 3rd read fails with EIO
 *                     read:3*5:EINTR  the 3rd and the 4 behind it
 *                     write:2+:short  from the 2nd write on one byte is written at a time
 *                     write:2:torn    half of the 2nd write is done, and the next is out of space
 *   TORTURE_REPORT  a file for what was seen: a line for each kind of call, NAME and how many were
 *                   made; `reached 1` if the fault was, `returned 1` if the program ended by
 *                   returning, `fds N`: descriptors that it left open
 *
 * Calls that SQLite makes have names of their own: litepwrite is its pwrite.  Waits for nothing but
 * the time take a fiftieth of it, so that giving up after many attempts does not take half a minute.
 *
 * The wall clock starts at a fixed moment, so that the same batches come every time.  A close that
 * fails loses what was written to the file, as on a network file system that is full: a program
 * that does not look is found out by the file.
 */
#include "base/mem.h"
#include "cli/cli.h"
#include "core/lite.h"
#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CALLS(X) \
	X(open) X(close) X(read) X(write) X(fstat) X(fcntl) X(isatty) X(poll) X(pipe2) X(socket) \
	X(connect) X(bind) X(listen) X(accept4) X(getsockname) X(getsockopt) X(setsockopt) \
	X(getrandom) X(sigaction) X(thread) X(ioctl) X(rename) X(mkdir) X(unlink) X(shutdown) \
	X(getaddrinfo) X(spawn) X(waitpid) X(pread) X(stat) X(opendir) X(readdir) X(closedir) \
	X(inotify_init1) X(inotify_add_watch) X(inotify_rm_watch) X(recvmsg) X(fsync) X(ftruncate) \
	X(lseek)
