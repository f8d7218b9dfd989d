/*
 * Preloaded into keepalived. The kernel sends process events (NETLINK_CONNECTOR, which
 * track_process needs) only in the first network namespace. This opens that one socket there
 * (BENCH_FIRST_NETNS) and changes nothing else. It runs once, at keepalived's start, and is not on
 * a path that is measured.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int socket(int domain, int type, int protocol)
{
	static int (*real)(int, int, int);
	if (!real) real = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
	const char *path = getenv("BENCH_FIRST_NETNS");
	if (domain != AF_NETLINK || protocol != NETLINK_CONNECTOR || !path) return real(domain, type, protocol);
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), first = open(path, O_RDONLY | O_CLOEXEC);
	if (first >= 0) setns(first, CLONE_NEWNET);
	int made = real(domain, type, protocol);
	setns(own, CLONE_NEWNET);
	close(own);
	close(first);
	return made;
}
