/*
 * net: senders and plain readers over loopback and pipes, for scripts/bench.
 *
 *	net serve FILE			listens, prints its port, sends FILE to the first who connects
 *	net take PORT			connects and reads to the end: what the kernel can deliver
 *	net drain			the same from a pipe on stdin
 *	net clients PORT N LINES	N connections open at once, each sends LINES lines in pieces
 */
#define _GNU_SOURCE
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_SIZE = 4 << 20, READ_SIZE = 256 << 10, PIPE_SIZE = 1 << 20 };

static int
socket_make(void)
{
	const int size = BUFFER_SIZE;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return fd;
}

/* Connects to a port of this machine; tries again for 10 seconds while nobody listens. */
static int
connect_port(int fd, int port)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	for (int i = 0; i < 500; i++) {
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
			return fd;
		if (errno != ECONNREFUSED)
			break;
		nanosleep(&pause, NULL);
	}
	err(1, "connect to port %d", port);
}

static void
serve(const char *path)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int listener = socket_make(), file = open(path, O_RDONLY), fd;
	struct stat st;
	off_t sent = 0;

	if (file < 0 || fstat(file, &st) != 0)
		err(1, "%s", path);
	if (bind(listener, (struct sockaddr *)&at, size) != 0 || listen(listener, 1) != 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &size) != 0)
		err(1, "listen");
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		err(1, "accept");
	while (sent < st.st_size)
		if (sendfile(fd, file, &sent, (size_t)(st.st_size - sent)) <= 0)
			err(1, "sendfile");
	close(fd);
}

static void
read_all(int fd, size_t size)
{
	char *buf = malloc(size);
	ssize_t got;

	if (buf == NULL)
		err(1, "memory");
	while ((got = read(fd, buf, size)) > 0)
		;
	if (got < 0)
		err(1, "read");
	free(buf);
}

/* All connect, then all write, line by line and each line in two pieces, then all close. */
static void
clients(int port, int n, int lines)
{
	int *fds = calloc((size_t)n, sizeof(*fds));
	char text[64];

	if (fds == NULL)
		err(1, "memory");
	for (int i = 0; i < n; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (fds[i] < 0)
			err(1, "client %d", i);
		connect_port(fds[i], port);
	}
	printf("connected\n");
	fflush(stdout);
	for (int line = 0; line < lines; line++)
		for (int half = 0; half < 2; half++)
			for (int i = 0; i < n; i++) {
				int length = half == 0 ? snprintf(text, sizeof(text), "client%d ", i)
				    : snprintf(text, sizeof(text), "line%d\n", line);

				if (write(fds[i], text, (size_t)length) != length)
					err(1, "client %d", i);
			}
	for (int i = 0; i < n; i++)
		close(fds[i]);
	free(fds);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 3 && strcmp(what, "serve") == 0)
		serve(argv[2]);
	else if (argc == 3 && strcmp(what, "take") == 0)
		read_all(connect_port(socket_make(), atoi(argv[2])), PIPE_SIZE);
	else if (argc == 2 && strcmp(what, "drain") == 0) {
		fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_SIZE);
		read_all(STDIN_FILENO, READ_SIZE);
	} else if (argc == 5 && strcmp(what, "clients") == 0)
		clients(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
	else
		errx(2, "usage: net serve FILE | take PORT | drain | clients PORT N LINES");
	return 0;
}
