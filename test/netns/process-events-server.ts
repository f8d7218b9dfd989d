/**
 * A server in C for process-events-edges.test.ts. usage: server MODE SOCKET. It listens, prints
 * its pid on standard output, accepts connections for ever and keeps them open. On `go` on
 * standard input it does what its mode says and prints its pid again.
 *
 *   plain       nothing
 *   fork        a child serves from the beginning; the parent, which listened, exits with 0 at `go`
 *   leader      the first thread calls pthread_exit(3)
 *   exec        replaces itself by execve(2); its sockets stay open
 *   threadexec  the same from another thread
 *   threads     300 threads start and end; one stays
 *   crowd       2000 threads from the beginning
 */

export const SERVER = String.raw`
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int s;
static char **words;
static void say(void) { printf("%d\n", getpid()); fflush(stdout); }
static void *serve(void *x) { for (;;) accept(s, 0, 0); return x; }
static void *stay(void *x) { for (;;) pause(); return x; }
static void *leave(void *x) { return x; }
static void *become(void *x)
{
	char fd[16];
	snprintf(fd, sizeof fd, "%d", s);
	execl("/proc/self/exe", words[0], "again", fd, NULL);
	return x;
}

static pthread_t thread(void *(*body)(void *))
{
	pthread_t p;
	pthread_attr_t small;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	if (pthread_create(&p, &small, body, NULL)) exit(3);
	return p;
}

int main(int argc, char **argv)
{
	words = argv;
	const char *mode = argv[1];
	if (argc < 3) return 64;
	if (!strcmp(mode, "again")) { s = atoi(argv[2]); say(); serve(NULL); }
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	strncpy(a.sun_path, argv[2], sizeof a.sun_path - 1);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 5)) return 2;
	char line[16];
	if (!strcmp(mode, "fork") && fork() == 0) {
		say();
		thread(serve);
		/* The parent says that it goes; its end closes nothing of ours. */
		stay(NULL);
	}
	if (!strcmp(mode, "crowd")) for (int i = 0; i < 2000; i++) thread(stay);
	if (strcmp(mode, "fork")) { thread(serve); say(); }
	if (!fgets(line, sizeof line, stdin)) stay(NULL);
	if (!strcmp(mode, "fork")) { say(); exit(0); }
	if (!strcmp(mode, "leader")) { say(); pthread_exit(NULL); }
	if (!strcmp(mode, "exec")) become(NULL);
	if (!strcmp(mode, "threadexec")) pthread_join(thread(become), NULL);
	if (!strcmp(mode, "threads")) for (int i = 0; i < 300; i++) pthread_join(thread(leave), NULL);
	say();
	stay(NULL);
}
`;
