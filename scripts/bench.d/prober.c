/*
 * Measures when a daemon answers: connects to a vty socket and asks for an echo, each 200 us, until
 * the first complete answer.
 *
 * usage: prober SOCKET TIMEOUT_MS
 * prints: the time of the answer, ns of CLOCK_MONOTONIC, or 0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int answers(const struct sockaddr_un *to)
{
	char answer[64];
	struct timeval patience = { 0, 500000 };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), length = 0;
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(s, (const void *)to, sizeof *to) == 0 && send(s, "echo ok", 8, MSG_NOSIGNAL) == 8) length = read(s, answer, sizeof answer);
	close(s);
	return length > 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	if (argc != 3) return fputs("usage: prober SOCKET TIMEOUT_MS\n", stderr), 64;
	snprintf(to.sun_path, sizeof to.sun_path, "%s", argv[1]);
	long long deadline = now() + atoll(argv[2]) * 1000000;
	while (now() < deadline) {
		if (answers(&to)) return printf("%lld\n", now()), 0;
		usleep(200);
	}
	puts("0");
	return 1;
}
